// The natural logarithm and what is made of it.
import { exponential, LN2_HIGH, LN2_LOW } from './exponential';
import { madd } from './simd';

/** The bits of √½ and of the smallest normal number. */
const ROOT_OF_HALF: i32 = 0x3f3504f3;
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

/**
 * ln x: with x = m·2^n and m from √½ to √2, n·ln 2 + ln m, where ln m = 2·artanh z = 2z·Σ z^2k/(2k + 1) with
 * z = (m − 1)/(m + 1), |z| < 0.172, to k = 5: the remainder is at most z^12/13 < 6e-11 of it.
 */
export function logarithm(x: v128): v128 {
  const isSmall = f32x4.lt(x, f32x4.splat(SMALLEST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, isSmall);
  const exponent = i32x4.shr_s(i32x4.sub(scaled, i32x4.splat(ROOT_OF_HALF)), 23);
  const m = i32x4.sub(scaled, i32x4.shl(exponent, 23));
  const n = f32x4.convert_i32x4_s(i32x4.sub(exponent, v128.and(isSmall, i32x4.splat(23))));
  const z = f32x4.div(f32x4.sub(m, f32x4.splat(1)), f32x4.add(m, f32x4.splat(1)));
  const q = f32x4.mul(z, z);
  let sum = f32x4.splat(2.0 / 11);
  sum = madd(sum, q, f32x4.splat(2.0 / 9));
  sum = madd(sum, q, f32x4.splat(2.0 / 7));
  sum = madd(sum, q, f32x4.splat(2.0 / 5));
  sum = madd(sum, q, f32x4.splat(2.0 / 3));
  const small = madd(f32x4.mul(q, z), sum, f32x4.add(z, z));
  const value = madd(n, f32x4.splat(LN2_HIGH), madd(n, f32x4.splat(LN2_LOW), small));
  const zero = f32x4.splat(0);
  // Infinity and NaN as they are, NaN below 0, −∞ at 0.
  const finite = v128.bitselect(value, x, f32x4.lt(x, f32x4.splat(Infinity)));
  const positive = v128.bitselect(f32x4.splat(NaN), finite, f32x4.lt(x, zero));
  return v128.bitselect(f32x4.splat(-Infinity), positive, f32x4.eq(x, zero));
}

/** ln(1 + x) = ln u·x/(u − 1) with u = 1 + x as rounded: the quotient makes up for the rounding (Kahan). */
export function logarithmOfOnePlus(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(one, x);
  const log = logarithm(u);
  const value = f32x4.mul(log, f32x4.div(x, f32x4.sub(u, one)));
  const finite = v128.bitselect(value, log, f32x4.lt(u, f32x4.splat(Infinity)));
  return v128.bitselect(x, finite, f32x4.eq(u, one));
}

/** ln(1 + e^x) without overflow. */
export function softplus(x: v128): v128 {
  const e = exponential(f32x4.neg(f32x4.abs(x)));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), logarithmOfOnePlus(e));
}
