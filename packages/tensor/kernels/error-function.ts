// The error function and what is made of it. Coefficients are of least squares at Chebyshev's nodes, relative to the function.
import { exponentialOfSum } from './exponential';
import { madd, splatAt } from './simd';

/** From here on e^(−x²) is 0, and so is erfc. */
const FAR: f32 = 15;
/** Without the last 12 digits, so that squares are exact. */
const HALF_DIGITS: usize = memory.data<u32>([0xfffff000]);
/** Of `tail`, that of the highest power first. */
const TAIL: usize = memory.data<f32>([
  -0.00040066096698865294, -0.001224780222401023, 0.0013211355544626713, 0.00862967036664486, -0.00806559156626463,
  -0.05420451983809471, 0.16405659914016724, -0.16603133082389832, -0.09276404976844788, 1.2769783735275269,
]);
/** Of the error function near 0, likewise. */
const NEAR: usize = memory.data<f32>([
  7.847259257687256e-5, -0.0008008189033716917, 0.005188099108636379, -0.026853691786527634,
  0.1128358244895935, -0.3761262595653534, 1.1283791065216064,
]);
const NUMBERS: usize = memory.data<f32>([0.5, 1, 2, FAR, 0.7071067811865476, -0.0, -Infinity]);
const HALF: usize = NUMBERS;
const ONE: usize = NUMBERS + 4;
const TWO: usize = NUMBERS + 8;
const FARTHEST: usize = NUMBERS + 12;
const ROOT_OF_HALF: usize = NUMBERS + 16;
const SIGN: usize = NUMBERS + 20;
const LEAST: usize = NUMBERS + 24;
/** What gaussian multiplies squares by. */
const SHARES: usize = memory.data<f32>([-1, -0.5]);
const WHOLE: usize = 0;
const HALVED: usize = 4;

/**
 * e^(−x²·share), from a rounding of x to half its digits, whose square is exact, and the rest of the square: a rounding of
 * x² would be multiplied by x².
 */
// @ts-ignore: decorator
@inline
function gaussian(x: v128, share: usize): v128 {
  const high = v128.and(x, splatAt(HALF_DIGITS));
  const rest = f32x4.mul(f32x4.sub(x, high), f32x4.add(x, high));
  const factor = splatAt(SHARES + share);
  return exponentialOfSum(f32x4.mul(f32x4.mul(high, high), factor), f32x4.mul(rest, factor));
}

/**
 * erfc x for x ≥ 0, given e^(−x²): (1 + 2x)·e^(x²)·erfc x is a polynomial of w = (x − 2)/(x + 2), after Shepherd & Laframboise,
 * "Chebyshev Approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞" (Math. Comp. 36, 1981).
 */
// @ts-ignore: decorator
@inline
function tail(x: v128, gaussian: v128): v128 {
  const two = splatAt(TWO);
  const w = f32x4.div(f32x4.sub(x, two), f32x4.add(x, two));
  let sum = splatAt(TAIL);
  sum = madd(sum, w, splatAt(TAIL + 4));
  sum = madd(sum, w, splatAt(TAIL + 8));
  sum = madd(sum, w, splatAt(TAIL + 12));
  sum = madd(sum, w, splatAt(TAIL + 16));
  sum = madd(sum, w, splatAt(TAIL + 20));
  sum = madd(sum, w, splatAt(TAIL + 24));
  sum = madd(sum, w, splatAt(TAIL + 28));
  sum = madd(sum, w, splatAt(TAIL + 32));
  sum = madd(sum, w, splatAt(TAIL + 36));
  return f32x4.div(f32x4.mul(gaussian, sum), madd(two, x, splatAt(ONE)));
}

// @ts-ignore: decorator
@inline
function sizeOf(x: v128): v128 {
  return f32x4.min(f32x4.abs(x), splatAt(FARTHEST));
}

/** 1 − erf x. */
export function errorComplement(x: v128): v128 {
  const size = sizeOf(x);
  const value = tail(size, gaussian(size, WHOLE));
  return v128.bitselect(f32x4.sub(splatAt(TWO), value), value, f32x4.lt(x, f32x4.splat(0)));
}

/** erf x: near 0 x times a polynomial of x², from 1 on 1 − erfc x. */
export function errorFunction(x: v128): v128 {
  const size = sizeOf(x);
  const q = f32x4.mul(x, x);
  let sum = splatAt(NEAR);
  sum = madd(sum, q, splatAt(NEAR + 4));
  sum = madd(sum, q, splatAt(NEAR + 8));
  sum = madd(sum, q, splatAt(NEAR + 12));
  sum = madd(sum, q, splatAt(NEAR + 16));
  sum = madd(sum, q, splatAt(NEAR + 20));
  sum = madd(sum, q, splatAt(NEAR + 24));
  const far = f32x4.sub(splatAt(ONE), tail(size, gaussian(size, WHOLE)));
  const value = v128.bitselect(f32x4.mul(size, sum), far, f32x4.lt(size, splatAt(ONE)));
  return v128.bitselect(x, value, splatAt(SIGN));
}

/** x·Φ(x) with Φ(x) = erfc(−x/√2)/2, the exact form of Hendrycks & Gimpel (arXiv 1606.08415). */
export function gelu(x: v128): v128 {
  const clamped = f32x4.min(f32x4.abs(x), splatAt(FARTHEST));
  const e = gaussian(clamped, HALVED);
  const half = f32x4.mul(splatAt(HALF), tail(f32x4.mul(clamped, splatAt(ROOT_OF_HALF)), e));
  const isNegative = f32x4.lt(x, f32x4.splat(0));
  const share = v128.bitselect(half, f32x4.sub(splatAt(ONE), half), isNegative);
  // −∞ times 0 would be NaN; the limit is 0.
  return v128.andnot(f32x4.mul(x, share), f32x4.eq(x, splatAt(LEAST)));
}
