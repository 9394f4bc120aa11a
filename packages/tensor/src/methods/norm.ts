import { scalarLike } from '../apply.js';
import { ArgumentError } from '../errors.js';
import { checkFloat } from '../operator.js';
import type { Tensor } from '../tensor.js';
import { where } from './elementwise.js';
import type { Axes, ReductionOptions } from './reduction.js';

/** x^exponent of numbers of 0 or more, with the derivative 0 at 0, also where it would be infinite. */
function flatPower(x: Tensor, exponent: number): Tensor {
  const isZero = x.equal(0);
  const safe = where(isZero, scalarLike('norm', 1, x), x);
  const power = exponent === 0.5 ? safe.sqrt() : safe.pow(exponent);
  return where(isZero, scalarLike('norm', 0 ** exponent, x), power);
}

/** (Σ|x|^p)^(1/p) over the axes, or its limit for p = ±∞ and the number of elements that are not 0 for p = 0. */
export function norm(x: Tensor, p: number, axes: Axes, options: ReductionOptions | undefined): Tensor {
  checkFloat('norm', x);
  if (Number.isNaN(p)) throw new ArgumentError('norm: p must be a number, ∞ or −∞, not NaN');
  if (p === Number.POSITIVE_INFINITY) return x.abs().max(axes, options);
  if (p === Number.NEGATIVE_INFINITY) return x.abs().min(axes, options);
  if (p === 0) return x.notEqual(0).cast(x.dtype).sum(axes, options);
  if (p === 1) return x.abs().sum(axes, options);
  if (p === 2) return flatPower(x.square().sum(axes, options), 0.5);
  return flatPower(flatPower(x.abs(), p).sum(axes, options), 1 / p);
}

/** The square root of the variance; its derivative where all elements are equal is 0, not infinite. */
export function standardDeviation(
  x: Tensor,
  axes: Axes,
  options: (ReductionOptions & { readonly correction?: number }) | undefined,
): Tensor {
  return flatPower(x.variance(axes, options), 0.5);
}
