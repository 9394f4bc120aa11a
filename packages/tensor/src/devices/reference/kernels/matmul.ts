import type { TypedArray } from '../../../dtype.js';
import type { Kernels, MatmulLayout } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { forEachRow } from './elementwise.js';
import { multiplyPanels, packPanels, panelSize, workspace } from './gemm.js';

/** Sums of products modulo 2^32, whose last digits double precision would lose. */
function multiplyIntegers(
  a: TypedArray,
  b: TypedArray,
  out: TypedArray,
  { m, k, n, transposeA, transposeB }: MatmulLayout,
  [aStart, bStart, outStart]: readonly [number, number, number],
): void {
  const [aRow, aDepth] = transposeA ? [1, m] : [k, 1];
  const [bColumn, bDepth] = transposeB ? [k, 1] : [1, n];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let d = 0; d < k; d++) {
        sum = (sum + Math.imul(a[aStart + i * aRow + d * aDepth]!, b[bStart + j * bColumn + d * bDepth]!)) | 0;
      }
      out[outStart + i * n + j] = sum;
    }
  }
}

export const matmul: Pick<Kernels, 'matmul'> = {
  matmul(a, b, out, layout) {
    const { m, k, n, transposeA, transposeB, batch, aStrides, bStrides } = layout;
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
        if (out.dtype === 'int32') {
          multiplyIntegers(left, right, target, layout, [aMatrix! * m * k, bMatrix! * k * n, index * m * n]);
          return;
        }
        packPanels(packedA, left, aMatrix! * m * k, m, k, transposeA ? 1 : k, transposeA ? m : 1);
        packPanels(packedB, right, bMatrix! * k * n, n, k, transposeB ? k : 1, transposeB ? 1 : n);
        multiplyPanels(m, n, k, packedA, packedB, target, index * m * n, n, false);
      },
    );
  },
};
