import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import { operators } from '../operators/index.js';
import { normalizeAxis } from '../shape.js';
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
