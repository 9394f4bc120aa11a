import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import { operators } from '../operators/index.js';
import { formatShape, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';

/**
 * Tensors one after the other along an axis.
 *
 * @throws ShapeError where there are none, or their shapes differ along another axis
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = tensors[0];
  if (!first) throw new ShapeError('concat: there is nothing to join');
  return apply(operators.concat, tensors, { axis: normalizeAxis('concat', axis, first.rank) })[0]!;
}

/**
 * Tensors of one shape side by side along a new axis.
 *
 * @throws ShapeError where there are none, or their shapes differ
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return concat(
    tensors.map((each) => each.unsqueeze(axis)),
    axis,
  );
}

/**
 * Coordinates of a grid: from vectors of lengths n_1, n_2, … tensors [n_1, n_2, …], of which the k-th repeats the k-th
 * vector along all other axes.
 *
 * @param options.indexing `xy` exchanges the first two axes, as plots have it. @default 'ij'
 * @throws ShapeError where one is not a vector
 */
export function meshgrid(vectors: readonly Tensor[], options?: { readonly indexing?: 'ij' | 'xy' }): Tensor[] {
  const other = vectors.find(({ rank }) => rank !== 1);
  if (other) throw new ShapeError(`meshgrid: ${formatShape(other.shape)} must have one axis: flatten() it`);
  const order = vectors.map((_, k) => k);
  if (options?.indexing === 'xy' && order.length > 1) order.splice(0, 2, 1, 0);
  const shape = order.map((k) => vectors[k]!.size);
  return vectors.map((vector, k) => vector.reshape(order.map((axis) => (axis === k ? -1 : 1))).broadcastTo(shape));
}
