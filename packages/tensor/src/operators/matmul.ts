import { ShapeError } from '../errors.js';
import type { MatmulLayout, Operand } from '../kernels.js';
import { checkSameType, checkType, operator } from '../operator.js';
import { broadcastShapes, broadcastStrides, formatShape } from '../shape.js';

/** Which operands of a matrix product are taken transposed in their last two axes. */
export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function layoutOf(a: Operand, b: Operand, { transposeA, transposeB }: MatmulAttributes): MatmulLayout {
  const fail = (problem: string): never => {
    const shapes = `${formatShape(a.shape)}${transposeA ? 'ᵀ' : ''} x ${formatShape(b.shape)}${transposeB ? 'ᵀ' : ''}`;
    throw new ShapeError(`matmul: ${shapes}: ${problem}`);
  };
  if (a.shape.length < 2 || b.shape.length < 2) fail('both operands need two axes or more');
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== inner) fail(`inner sizes ${k} and ${inner} differ`);
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = broadcastShapes('matmul', aBatch, bBatch);
  const aStrides = broadcastStrides(aBatch, batch);
  const bStrides = broadcastStrides(bBatch, batch);
  return { m, k, n, transposeA, transposeB, batch, aStrides, bStrides };
}

/** Products of matrices. */
export const matmulOperators = {
  matmul: operator<readonly [Operand, Operand], MatmulAttributes>({
    name: 'matmul',
    infer: ([a, b], attributes) => {
      checkSameType('matmul', a, b);
      checkType('matmul', a, ['float32', 'float64', 'int32']);
      const { m, n, batch } = layoutOf(a, b, attributes);
      return [{ shape: [...batch, m, n], dtype: a.dtype }];
    },
    launch: (kernels, [a, b], [out], attributes) => kernels.matmul(a, b, out!, layoutOf(a, b, attributes)),
  }),
};
