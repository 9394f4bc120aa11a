import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import { operators } from '../operators/index.js';
import type { Tensor } from '../tensor.js';

/** Which operands of a matrix product are taken transposed; a vector never is. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The matrix product over the last two axes, with vectors as rows or columns. */
export function matmul(x: Tensor, other: Tensor, options: MatmulOptions | undefined): Tensor {
  if (x.rank === 0 || other.rank === 0) throw new ShapeError('matmul: a scalar has no rows: use mul()');
  const transposeA = options?.transposeA ?? false;
  const transposeB = options?.transposeB ?? false;
  const left = x.rank === 1 ? x.reshape([1, x.size]) : x;
  const right = other.rank === 1 ? other.reshape([other.size, 1]) : other;
  const product = apply(operators.matmul, [left, right], {
    transposeA: transposeA && x.rank > 1,
    transposeB: transposeB && other.rank > 1,
  })[0]!;
  if (x.rank > 1 && other.rank > 1) return product;
  const rows = x.rank === 1 ? [] : product.shape.slice(-2, -1);
  const columns = other.rank === 1 ? [] : product.shape.slice(-1);
  return product.reshape([...product.shape.slice(0, -2), ...rows, ...columns]);
}
