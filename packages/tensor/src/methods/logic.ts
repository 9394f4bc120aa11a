import { applyUnary, scalarLike } from '../apply.js';
import { isFloat } from '../dtype.js';
import { operators } from '../operators/index.js';
import type { Tensor } from '../tensor.js';
import { where } from './elementwise.js';
import type { Axes, ReductionOptions } from './reduction.js';

/** Whether elements are not 0: NaN is not. */
function truth(x: Tensor): Tensor {
  return x.dtype === 'bool' ? x : x.notEqual(0);
}

/** a ∧ b */
export function and(a: Tensor, b: Tensor): Tensor {
  const left = truth(a);
  return where(left, truth(b), scalarLike('logicalAnd', 0, left));
}

/** a ∨ b */
export function or(a: Tensor, b: Tensor): Tensor {
  const left = truth(a);
  return where(left, scalarLike('logicalOr', 1, left), truth(b));
}

/** Either a or b */
export function xor(a: Tensor, b: Tensor): Tensor {
  return truth(a).notEqual(truth(b));
}

/** ¬x */
export function not(x: Tensor): Tensor {
  return x.equal(0);
}

/** |x| = ∞ */
export function infinite(x: Tensor): Tensor {
  return isFloat(x.dtype) ? applyUnary(operators.abs, x).equal(Number.POSITIVE_INFINITY) : x.notEqual(x);
}

/** |x| < ∞ */
export function finite(x: Tensor): Tensor {
  return isFloat(x.dtype) ? applyUnary(operators.abs, x).less(Number.POSITIVE_INFINITY) : x.equal(x);
}

/** How many elements are not 0. */
export function countNonzero(x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  return truth(x).cast('int32').sum(axes, options);
}

/** Whether an element is not 0. */
export function any(x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  return countNonzero(x, axes, options).greater(0);
}

/** Whether no element is 0. */
export function all(x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  return x.equal(0).cast('int32').sum(axes, options).equal(0);
}
