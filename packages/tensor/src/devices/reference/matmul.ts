import type { Kernels } from '../../kernels.js';
import { values } from '../host.js';
import { forEachRow } from './elementwise.js';
import { multiplyPanels, packPanels, panelSize, workspace } from './gemm.js';

export const matrix: Pick<Kernels, 'matmul'> = {
  matmul(a, b, out, { m, k, n, transposeA, transposeB, batch, aStrides, bStrides }) {
    if (out.size === 0) return;
    const left = values(a);
    const right = values(b);
    const target = values(out);
    const packedA = workspace(0, panelSize(m, k));
    const packedB = workspace(1, panelSize(n, k));
    forEachRow(
      [...batch, 1],
      [
        [...aStrides, 0],
        [...bStrides, 0],
      ],
      (index, [aMatrix, bMatrix]) => {
        packPanels(packedA, left, aMatrix! * m * k, m, k, transposeA ? 1 : k, transposeA ? m : 1);
        packPanels(packedB, right, bMatrix! * k * n, n, k, transposeB ? k : 1, transposeB ? 1 : n);
        multiplyPanels(m, n, k, packedA, packedB, target, index * m * n, n, false);
      },
    );
  },
};
