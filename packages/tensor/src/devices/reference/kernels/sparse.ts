import type { Kernels } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { values } from '../../host/host.js';

export const sparse: Pick<Kernels, 'sparseMatmul'> = {
  sparseMatmul(x, out, axis, { rows, columns, starts, positions, weights }) {
    const source = values(x);
    const target = values(out);
    const outer = sizeOf(x.shape.slice(0, axis));
    const inner = sizeOf(x.shape.slice(axis + 1));
    let at = 0;
    for (let o = 0; o < outer; o++) {
      const line = o * columns * inner;
      for (let row = 0; row < rows; row++) {
        const end = starts[row + 1]!;
        for (let i = 0; i < inner; i++) {
          let sum = 0;
          for (let e = starts[row]!; e < end; e++) sum += weights[e]! * source[line + positions[e]! * inner + i]!;
          target[at++] = sum;
        }
      }
    }
  },
};
