import { apply } from '../apply.js';
import { operators } from '../operators/index.js';
import { broadcastShapes, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';

/**
 * y_i = factors_i·y_(i−1) + terms_i along an axis, with y = 0 before its beginning: what linear filters, exponential
 * averages and state space models compute. Factors and terms broadcast.
 *
 * @param options.reverse from the end of the axis to its beginning. @default false
 * @throws ShapeError where the shapes do not broadcast
 * @throws DTypeError for integers
 */
export function linearRecurrence(
  factors: Tensor,
  terms: Tensor,
  axis: number,
  options?: { readonly reverse?: boolean },
): Tensor {
  const shape = broadcastShapes('linearRecurrence', factors.shape, terms.shape);
  return apply(operators.linearRecurrence, [factors.broadcastTo(shape), terms.broadcastTo(shape)], {
    axis: normalizeAxis('linearRecurrence', axis, shape.length),
    reverse: options?.reverse ?? false,
  })[0]!;
}
