// The error function and what is made of it. Coefficients are of least squares at Chebyshev's nodes, relative to the function.
import { exponentialOfSum } from './exponential';
import { madd } from './simd';

/** From here on e^(−x²) is 0, and so is erfc. */
const FAR: f32 = 15;
/** Without the last 12 digits, so that squares are exact. */
const HALF_DIGITS: i32 = 0xfffff000;

/**
 * e^(−x²·share), from a rounding of x to half its digits, whose square is exact, and the rest of the square: a rounding of
 * x² would be multiplied by x².
 */
// @ts-ignore: decorator
@inline
function gaussian(x: v128, share: f32): v128 {
  const high = v128.and(x, i32x4.splat(HALF_DIGITS));
  const rest = f32x4.mul(f32x4.sub(x, high), f32x4.add(x, high));
  const factor = f32x4.splat(-share);
  return exponentialOfSum(f32x4.mul(f32x4.mul(high, high), factor), f32x4.mul(rest, factor));
}

/**
 * erfc x for x ≥ 0, given e^(−x²): (1 + 2x)·e^(x²)·erfc x is a polynomial of w = (x − 2)/(x + 2), after Shepherd & Laframboise,
 * "Chebyshev Approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞" (Math. Comp. 36, 1981).
 */
// @ts-ignore: decorator
@inline
function tail(x: v128, gaussian: v128): v128 {
  const two = f32x4.splat(2);
  const w = f32x4.div(f32x4.sub(x, two), f32x4.add(x, two));
  let sum = f32x4.splat(-0.00040066096698865294);
  sum = madd(sum, w, f32x4.splat(-0.001224780222401023));
  sum = madd(sum, w, f32x4.splat(0.0013211355544626713));
  sum = madd(sum, w, f32x4.splat(0.00862967036664486));
  sum = madd(sum, w, f32x4.splat(-0.00806559156626463));
  sum = madd(sum, w, f32x4.splat(-0.05420451983809471));
  sum = madd(sum, w, f32x4.splat(0.16405659914016724));
  sum = madd(sum, w, f32x4.splat(-0.16603133082389832));
  sum = madd(sum, w, f32x4.splat(-0.09276404976844788));
  sum = madd(sum, w, f32x4.splat(1.2769783735275269));
  return f32x4.div(f32x4.mul(gaussian, sum), madd(two, x, f32x4.splat(1)));
}

// @ts-ignore: decorator
@inline
function sizeOf(x: v128): v128 {
  return f32x4.min(f32x4.abs(x), f32x4.splat(FAR));
}

/** 1 − erf x. */
export function errorComplement(x: v128): v128 {
  const size = sizeOf(x);
  const value = tail(size, gaussian(size, 1));
  return v128.bitselect(f32x4.sub(f32x4.splat(2), value), value, f32x4.lt(x, f32x4.splat(0)));
}

/** erf x: near 0 x times a polynomial of x², from 1 on 1 − erfc x. */
export function errorFunction(x: v128): v128 {
  const size = sizeOf(x);
  const q = f32x4.mul(x, x);
  let sum = f32x4.splat(7.847259257687256e-5);
  sum = madd(sum, q, f32x4.splat(-0.0008008189033716917));
  sum = madd(sum, q, f32x4.splat(0.005188099108636379));
  sum = madd(sum, q, f32x4.splat(-0.026853691786527634));
  sum = madd(sum, q, f32x4.splat(0.1128358244895935));
  sum = madd(sum, q, f32x4.splat(-0.3761262595653534));
  sum = madd(sum, q, f32x4.splat(1.1283791065216064));
  const far = f32x4.sub(f32x4.splat(1), tail(size, gaussian(size, 1)));
  const value = v128.bitselect(f32x4.mul(size, sum), far, f32x4.lt(size, f32x4.splat(1)));
  return v128.bitselect(x, value, f32x4.splat(-0.0));
}

/** x·Φ(x) with Φ(x) = erfc(−x/√2)/2, the exact form of Hendrycks & Gimpel (arXiv 1606.08415). */
export function gelu(x: v128): v128 {
  const clamped = f32x4.min(f32x4.abs(x), f32x4.splat(FAR));
  const e = gaussian(clamped, 0.5);
  const half = f32x4.mul(f32x4.splat(0.5), tail(f32x4.mul(clamped, f32x4.splat(0.7071067811865476)), e));
  const isNegative = f32x4.lt(x, f32x4.splat(0));
  const share = v128.bitselect(half, f32x4.sub(f32x4.splat(1), half), isNegative);
  // −∞ times 0 would be NaN; the limit is 0.
  return v128.andnot(f32x4.mul(x, share), f32x4.eq(x, f32x4.splat(-Infinity)));
}
