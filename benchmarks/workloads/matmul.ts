import { normal } from '@pnn/nn';
import type { Workload } from '../workload.js';

/** Products of two square matrices. */
export const matmulWorkloads: readonly Workload[] = [128, 256, 512].map((size) => ({
  name: `matmul/${size}`,
  flops: 2 * size ** 3,
  prepare: () => {
    const a = normal([size, size]);
    const b = normal([size, size]);
    return {
      run: () => a.matmul(b),
      dispose: () => {
        a.dispose();
        b.dispose();
      },
    };
  },
}));
