import type { Kernels, MatmulLayout } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { boundsIn, computeIntegers, integerBounds } from '../integers.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

function matmulSource({ m, k, n, transposeA, transposeB, batch, aStrides, bStrides }: MatmulLayout): string {
  const { statements, at } = unravelIndex('this.thread.x', [...batch, m, n], 'i');
  const repeated = at.slice(0, -2);
  const [row, column] = at.slice(-2) as [string, string];
  const [aRow, aDepth] = transposeA ? [1, m] : [k, 1];
  const [bColumn, bDepth] = transposeB ? [k, 1] : [1, n];
  const aStart = ravelIndex([...repeated, row], [...aStrides.map((stride) => stride * m * k), aRow]);
  const bStart = ravelIndex([...repeated, column], [...bStrides.map((stride) => stride * k * n), bColumn]);
  return kernelSource(
    ['a', 'b'],
    `${statements}
const aStart = ${aStart};
const bStart = ${bStart};
let sum = 0;
for (let d = 0; d < ${k}; d++) {
  sum = sum + a[aStart + ${ravelIndex(['d'], [aDepth])}] * b[bStart + ${ravelIndex(['d'], [bDepth])}];
}
return sum;`,
  );
}

/** Products of matrices. */
export function matmulKernels(executor: Executor): Pick<Kernels, 'matmul'> {
  return {
    matmul(a, b, out, layout) {
      const products = integerBounds.mul(boundsIn(a), boundsIn(b));
      computeIntegers('matmul', out, integerBounds.sum(products, layout.k), () => {
        if (layout.k === 0) executor.fill(out, 0);
        else executor.launch(out, matmulSource(layout), a, b);
      });
    },
  };
}
