import { apply, scalarLike, type TensorLike } from '../apply.js';
import { operators } from '../operators/index.js';
import type { Tensor } from '../tensor.js';

/**
 * a where the condition (bool) holds, b elsewhere; all three broadcast.
 *
 * @throws DTypeError where the condition is not bool, or the types of a and b differ
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply(operators.where, [condition, a, b], undefined)[0]!;
}

/** The value where the mask holds, x elsewhere. */
export function maskedFill(x: Tensor, mask: Tensor, value: TensorLike): Tensor {
  return where(mask, typeof value === 'number' ? scalarLike('maskedFill', value, x) : value, x);
}

/** x limited to [low, high]; the gradient is that of x from low to high inclusive. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  const lowest = scalarLike('clamp', low, x);
  const highest = scalarLike('clamp', high, x);
  const raised = where(x.less(lowest), lowest, x);
  return where(raised.greater(highest), highest, raised);
}
