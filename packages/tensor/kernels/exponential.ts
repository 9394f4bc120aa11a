// The exponential function and what is made of it.
import { madd } from './simd';

const LOG2_E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the first has so few digits that its multiples by whole numbers are exact. */
export const LN2_HIGH: f32 = 0.693359375;
export const LN2_LOW: f32 = -2.1219444005469058e-4;

/** 2^n for whole n from −126 to 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * e^(x + low), where low is small beside x or absent: with n the whole number nearest to x/ln 2 and r the rest,
 * 2^n·Σ r^k/k! to k = 7, whose remainder is at most (ln √2)^8/8! < 5.3e-9 without low. 2^n is multiplied in two halves, so
 * that it reaches the smallest and the largest numbers.
 */
// @ts-ignore: decorator
@inline
function exponentialFrom(x: v128, low: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(LOG2_E)));
  const r = f32x4.add(madd(n, f32x4.splat(-LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), clamped)), low);
  let sum = f32x4.splat(1.0 / 5040);
  sum = madd(sum, r, f32x4.splat(1.0 / 720));
  sum = madd(sum, r, f32x4.splat(1.0 / 120));
  sum = madd(sum, r, f32x4.splat(1.0 / 24));
  sum = madd(sum, r, f32x4.splat(1.0 / 6));
  sum = madd(sum, r, f32x4.splat(0.5));
  sum = madd(sum, r, f32x4.splat(1));
  sum = madd(sum, r, f32x4.splat(1));
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(sum, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/** e^x. */
export function exponential(x: v128): v128 {
  return exponentialFrom(x, f32x4.splat(-0.0));
}

/** e^(x + low) with |low| below 0.1. */
export function exponentialOfSum(x: v128, low: v128): v128 {
  return exponentialFrom(x, low);
}

/** e^x − 1: near 0 by x·Σ x^k/(k + 1)! to k = 7, whose remainder is at most 0.5^8/9! < 1.1e-8 of it. */
export function exponentialMinusOne(x: v128): v128 {
  let sum = f32x4.splat(1.0 / 40320);
  sum = madd(sum, x, f32x4.splat(1.0 / 5040));
  sum = madd(sum, x, f32x4.splat(1.0 / 720));
  sum = madd(sum, x, f32x4.splat(1.0 / 120));
  sum = madd(sum, x, f32x4.splat(1.0 / 24));
  sum = madd(sum, x, f32x4.splat(1.0 / 6));
  sum = madd(sum, x, f32x4.splat(0.5));
  const near = madd(f32x4.mul(x, x), sum, x);
  const far = f32x4.sub(exponential(x), f32x4.splat(1));
  const value = v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), f32x4.splat(0.5)));
  return v128.bitselect(x, value, f32x4.splat(-0.0));
}
