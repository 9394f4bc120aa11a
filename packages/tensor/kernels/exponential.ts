// The exponential function and what is made of it.
import { madd, splatAt } from './simd';

const LOG2_E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the first has so few digits that its multiples by whole numbers are exact. */
export const LN2_HIGH: f32 = 0.693359375;
export const LN2_LOW: f32 = -2.1219444005469058e-4;

const BIAS: usize = memory.data<i32>([127]);
/** What lies beyond has no exponential but 0 and infinity. */
const RANGE: usize = memory.data<f32>([-104, 89]);
const LOGARITHMS: usize = memory.data<f32>([LOG2_E, -LN2_LOW, -LN2_HIGH]);
/** 1/8!, 1/7!, … 1/0!. */
const FACTORIALS: usize = memory.data<f32>([
  1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1,
]);
const ONE: usize = FACTORIALS + 32;
const HALF: usize = FACTORIALS + 24;
const SIGN: usize = memory.data<f32>([-0.0]);

/** 2^n for whole n from −126 to 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, splatAt(BIAS)), 23);
}

/**
 * e^(x + low), where low is small beside x or absent: with n the whole number nearest to x/ln 2 and r the rest,
 * 2^n·Σ r^k/k! to k = 7, whose remainder is at most (ln √2)^8/8! < 5.3e-9 without low. 2^n is multiplied in two halves, so
 * that it reaches the smallest and the largest numbers.
 */
// @ts-ignore: decorator
@inline
function exponentialFrom(x: v128, low: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, splatAt(RANGE + 4)), splatAt(RANGE));
  const n = f32x4.nearest(f32x4.mul(clamped, splatAt(LOGARITHMS)));
  const r = f32x4.add(madd(n, splatAt(LOGARITHMS + 4), madd(n, splatAt(LOGARITHMS + 8), clamped)), low);
  let sum = splatAt(FACTORIALS + 4);
  sum = madd(sum, r, splatAt(FACTORIALS + 8));
  sum = madd(sum, r, splatAt(FACTORIALS + 12));
  sum = madd(sum, r, splatAt(FACTORIALS + 16));
  sum = madd(sum, r, splatAt(FACTORIALS + 20));
  sum = madd(sum, r, splatAt(HALF));
  sum = madd(sum, r, splatAt(ONE));
  sum = madd(sum, r, splatAt(ONE));
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(sum, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/** e^x. */
export function exponential(x: v128): v128 {
  return exponentialFrom(x, splatAt(SIGN));
}

/** e^(x + low) with |low| below 0.1. */
export function exponentialOfSum(x: v128, low: v128): v128 {
  return exponentialFrom(x, low);
}

/** e^x − 1: near 0 by x·Σ x^k/(k + 1)! to k = 7, whose remainder is at most 0.5^8/9! < 1.1e-8 of it. */
export function exponentialMinusOne(x: v128): v128 {
  let sum = splatAt(FACTORIALS);
  sum = madd(sum, x, splatAt(FACTORIALS + 4));
  sum = madd(sum, x, splatAt(FACTORIALS + 8));
  sum = madd(sum, x, splatAt(FACTORIALS + 12));
  sum = madd(sum, x, splatAt(FACTORIALS + 16));
  sum = madd(sum, x, splatAt(FACTORIALS + 20));
  sum = madd(sum, x, splatAt(HALF));
  const near = madd(f32x4.mul(x, x), sum, x);
  const far = f32x4.sub(exponential(x), splatAt(ONE));
  const value = v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), splatAt(HALF)));
  return v128.bitselect(x, value, splatAt(SIGN));
}
