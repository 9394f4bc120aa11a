import { apply, scalarLike, type TensorLike, view } from '../apply.js';
import { type FloatDType, isFloat } from '../dtype.js';
import { stack } from '../functions/movement.js';
import { checkFloat, checkRole } from '../operator.js';
import { operators } from '../operators/index.js';
import { broadcastShapes } from '../shape.js';
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
  checkRole('maskedFill', 'mask', mask, 'bool');
  return where(mask, typeof value === 'number' ? scalarLike('maskedFill', value, x) : value, x);
}

/** x limited to [low, high]; the gradient is that of x from low to high inclusive. */
export function clamp(x: Tensor, low: TensorLike | undefined, high: TensorLike | undefined): Tensor {
  const limit = (value: TensorLike) => (typeof value === 'number' ? scalarLike('clamp', value, x) : value);
  let result = x;
  if (low !== undefined) {
    const lowest = limit(low);
    result = where(result.less(lowest), lowest, result);
  }
  if (high !== undefined) {
    const highest = limit(high);
    result = where(result.greater(highest), highest, result);
  }
  return result === x ? view(x) : result;
}

/** The largest number of each type. */
const largest: Readonly<Record<FloatDType, number>> = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

/** Numbers in place of NaN and infinities. */
export function nanToNum(
  x: Tensor,
  values: { readonly nan?: number; readonly posinf?: number; readonly neginf?: number } = {},
): Tensor {
  checkFloat('nanToNum', x);
  const bound = largest[x.dtype as FloatDType];
  const { nan = 0, posinf = bound, neginf = -bound } = values;
  const value = (number: number) => scalarLike('nanToNum', number, x);
  const withoutInfinities = where(x.isInf(), where(x.less(0), value(neginf), value(posinf)), x);
  return where(x.isNaN(), value(nan), withoutInfinities);
}

/** ⌊a/b⌋ from the remainder, since a rounded quotient may reach the next integer. */
export function floorDivide(x: Tensor, other: TensorLike): Tensor {
  const divisor = typeof other === 'number' ? scalarLike('floorDivide', other, x) : other;
  const rest = x.fmod(divisor);
  const quotient = x.sub(rest).div(divisor);
  const truncated = isFloat(x.dtype) ? quotient.round() : quotient;
  return truncated.sub(rest.sign().mul(divisor.sign()).less(0).cast(x.dtype));
}

/** ln(e^a + e^b) */
export function logAddExp(a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes('logAddExp', a.shape, b.shape);
  return stack([a.broadcastTo(shape), b.broadcastTo(shape)]).logSumExp(0);
}

/** |a − b| ≤ atol + rtol·|b| */
export function isClose(
  a: Tensor,
  b: Tensor,
  { rtol = 1e-5, atol = 1e-8 }: { readonly rtol?: number; readonly atol?: number } = {},
): Tensor {
  checkFloat('isClose', a);
  const isNear = a.sub(b).abs().lessEqual(b.abs().mul(rtol).add(atol));
  return a.equal(b).logicalOr(isNear.logicalAnd(b.isFinite()));
}
