import { apply } from '../apply.js';
import type { SparseMatrix } from '../kernels.js';
import { operators } from '../operators/index.js';
import { normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';

export { transposeSparse } from '../sparse-matrix.js';

/**
 * The product of a constant sparse matrix with every line along an axis: a linear map such as one that resizes.
 *
 * @throws ShapeError where the axis does not have as many elements as the matrix has columns
 * @throws ArgumentError where the parts of the matrix do not fit one another
 */
export function sparseMatmul(x: Tensor, axis: number, matrix: SparseMatrix): Tensor {
  return apply(operators.sparseMatmul, [x], { axis: normalizeAxis('sparseMatmul', axis, x.rank), matrix })[0]!;
}
