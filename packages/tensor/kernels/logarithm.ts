// The natural logarithm and what is made of it.
import { exponential, LN2_HIGH, LN2_LOW } from './exponential';
import { madd, splatAt } from './simd';

/** The bits of √½ and of the smallest normal number. */
const ROOT_OF_HALF: i32 = 0x3f3504f3;
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

const ROOT: usize = memory.data<i32>([ROOT_OF_HALF]);
/** The smallest normal number; what smaller ones are multiplied by, 2^23, and its exponent. */
const SMALL: usize = memory.data<f32>([SMALLEST_NORMAL, 8388608]);
const SMALL_EXPONENT: usize = memory.data<i32>([23]);
const ONE: usize = memory.data<f32>([1]);
/** 2/(2k + 1) from k = 5 to 1. */
const SERIES: usize = memory.data<f32>([2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3]);
const LN2: usize = memory.data<f32>([LN2_HIGH, LN2_LOW]);
const SPECIAL: usize = memory.data<f32>([NaN, Infinity, -Infinity]);

/**
 * ln x: with x = m·2^n and m from √½ to √2, n·ln 2 + ln m, where ln m = 2·artanh z = 2z·Σ z^2k/(2k + 1) with
 * z = (m − 1)/(m + 1), |z| < 0.172, to k = 5: the remainder is at most z^12/13 < 6e-11 of it.
 */
export function logarithm(x: v128): v128 {
  const isSmall = f32x4.lt(x, splatAt(SMALL));
  const scaled = v128.bitselect(f32x4.mul(x, splatAt(SMALL + 4)), x, isSmall);
  const exponent = i32x4.shr_s(i32x4.sub(scaled, splatAt(ROOT)), 23);
  const m = i32x4.sub(scaled, i32x4.shl(exponent, 23));
  const n = f32x4.convert_i32x4_s(i32x4.sub(exponent, v128.and(isSmall, splatAt(SMALL_EXPONENT))));
  const z = f32x4.div(f32x4.sub(m, splatAt(ONE)), f32x4.add(m, splatAt(ONE)));
  const q = f32x4.mul(z, z);
  let sum = splatAt(SERIES);
  sum = madd(sum, q, splatAt(SERIES + 4));
  sum = madd(sum, q, splatAt(SERIES + 8));
  sum = madd(sum, q, splatAt(SERIES + 12));
  sum = madd(sum, q, splatAt(SERIES + 16));
  const small = madd(f32x4.mul(q, z), sum, f32x4.add(z, z));
  const value = madd(n, splatAt(LN2), madd(n, splatAt(LN2 + 4), small));
  const zero = f32x4.splat(0);
  // Infinity and NaN as they are, NaN below 0, −∞ at 0.
  const finite = v128.bitselect(value, x, f32x4.lt(x, splatAt(SPECIAL + 4)));
  const positive = v128.bitselect(splatAt(SPECIAL), finite, f32x4.lt(x, zero));
  return v128.bitselect(splatAt(SPECIAL + 8), positive, f32x4.eq(x, zero));
}

/** ln(1 + x) = ln u·x/(u − 1) with u = 1 + x as rounded: the quotient makes up for the rounding (Kahan). */
export function logarithmOfOnePlus(x: v128): v128 {
  const one = splatAt(ONE);
  const u = f32x4.add(one, x);
  const log = logarithm(u);
  const value = f32x4.mul(log, f32x4.div(x, f32x4.sub(u, one)));
  const finite = v128.bitselect(value, log, f32x4.lt(u, splatAt(SPECIAL + 4)));
  return v128.bitselect(x, finite, f32x4.eq(u, one));
}

/** ln(1 + e^x) without overflow. */
export function softplus(x: v128): v128 {
  const e = exponential(f32x4.neg(f32x4.abs(x)));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), logarithmOfOnePlus(e));
}
