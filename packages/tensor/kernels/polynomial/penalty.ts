// Penalties on inputs beyond a limit, of four inputs at once by their sizes |x|: see `Penalty` in src/kernels.ts.
import { exponential } from '../exponential';
import { Activation } from './activation';

/** Forms of a penalty: see `Penalty` in src/kernels.ts. */
export enum PenaltyForm {
  none,
  exponential,
  quadratic,
  power,
}

/** Up to this size an input needs nothing but the polynomial. */
// @ts-ignore: decorator
@inline
export function plainSize(fields: Activation): f32 {
  const form = <i32>fields.form;
  if (form == PenaltyForm.none) return <f32>fields.bound;
  return form == PenaltyForm.power ? -1 : <f32>min(fields.bound, fields.limit);
}

/** u^8. */
// @ts-ignore: decorator
@inline
function eighth(u: v128): v128 {
  const square = f32x4.mul(u, u);
  const fourth = f32x4.mul(square, square);
  return f32x4.mul(fourth, fourth);
}

/** What the form is a function of: the excess over the limit, 0 within it; for the tenth power |x|/limit. */
// @ts-ignore: decorator
@inline
function argumentOf(form: i32, size: v128, limit: f32): v128 {
  if (form == PenaltyForm.power) return f32x4.div(size, f32x4.splat(limit));
  // NaN is not beyond the limit.
  return v128.and(f32x4.sub(size, f32x4.splat(limit)), f32x4.gt(size, f32x4.splat(limit)));
}

/** The argument from which the penalty goes on along its tangent. */
// @ts-ignore: decorator
@inline
function lastOf(form: i32, cap: f32): v128 {
  return f32x4.splat(form == PenaltyForm.power ? 1 + cap : cap);
}

/** The derivative with respect to the argument. */
function slopeOf(form: i32, u: v128): v128 {
  if (form == PenaltyForm.exponential) return exponential(u);
  if (form == PenaltyForm.quadratic) return f32x4.add(u, u);
  return f32x4.mul(f32x4.splat(10), f32x4.mul(eighth(u), u));
}

/** The penalty of each of four inputs. */
export function penaltyValue(form: i32, size: v128, limit: f32, cap: f32): v128 {
  const argument = argumentOf(form, size, limit);
  const last = lastOf(form, cap);
  const u = f32x4.pmin(argument, last);
  let value: v128;
  if (form == PenaltyForm.exponential) value = f32x4.sub(exponential(u), f32x4.splat(1));
  else if (form == PenaltyForm.quadratic) value = f32x4.mul(u, u);
  else value = f32x4.mul(eighth(u), f32x4.mul(u, u));
  const beyond = f32x4.gt(argument, last);
  if (!v128.any_true(beyond)) return value;
  const tangent = f32x4.add(value, f32x4.mul(slopeOf(form, u), f32x4.sub(argument, u)));
  return v128.bitselect(tangent, value, beyond);
}

/** The derivative with respect to |x|; 0 within the limit. */
export function penaltySlope(form: i32, size: v128, limit: f32, cap: f32): v128 {
  const slope = slopeOf(form, f32x4.pmin(argumentOf(form, size, limit), lastOf(form, cap)));
  if (form == PenaltyForm.power) return f32x4.div(slope, f32x4.splat(limit));
  return v128.and(slope, f32x4.gt(size, f32x4.splat(limit)));
}
