import { ArgumentError, ShapeError } from '../errors.js';
import type { Operand, SparseMatrix } from '../kernels.js';
import { checkFloat, operator } from '../operator.js';
import { formatShape } from '../shape.js';

/** @throws ArgumentError where the entries do not lie in the matrix, or the rows do not follow one another */
function checkMatrix({ rows, columns, starts, positions, weights }: SparseMatrix): void {
  const isOrdered =
    starts.length === rows + 1 &&
    starts[0] === 0 &&
    starts.every((start, row) => Number.isInteger(start) && start >= (starts[row - 1] ?? 0));
  const inside = positions.every((position) => Number.isInteger(position) && position >= 0 && position < columns);
  if (isOrdered && inside && starts[rows] === positions.length && weights.length === positions.length) return;
  throw new ArgumentError(
    `sparseMatmul: ${starts.length} starts, ${positions.length} positions and ${weights.length} weights are not those of a ` +
      `${rows}×${columns} matrix: starts must ascend from 0 to the number of positions, with one more than there are rows`,
  );
}

/** Products with matrices most of whose elements are 0. */
export const sparseOperators = {
  sparseMatmul: operator<readonly [Operand], { readonly axis: number; readonly matrix: SparseMatrix }>({
    name: 'sparseMatmul',
    infer: ([x], { axis, matrix }) => {
      checkFloat('sparseMatmul', x);
      checkMatrix(matrix);
      if (x.shape[axis] !== matrix.columns) {
        throw new ShapeError(
          `sparseMatmul: ${formatShape(x.shape)}: axis ${axis} must have the ${matrix.columns} columns of the matrix`,
        );
      }
      return [{ shape: x.shape.map((length, each) => (each === axis ? matrix.rows : length)), dtype: x.dtype }];
    },
    launch: (kernels, [x], [out], { axis, matrix }) => kernels.sparseMatmul(x, out!, axis, matrix),
  }),
};
