// The error function and what is made of it.
import { exponential } from './exponential';
import { madd } from './simd';

/**
 * e^(z²)·erfc(z) for z ≥ 0 from t = 3/(3 + z): t·P(t − 1/2). P has the smallest relative error of its degree for z up to
 * 10.3, 2.3e-9, and its terms add up to at most 2.5 times its value. Beyond, erfc is 0.
 */
// @ts-ignore: decorator
@inline
function scaledComplement(t: v128): v128 {
  const v = f32x4.sub(t, f32x4.splat(0.5));
  let sum = f32x4.splat(0.05541875877911346);
  sum = madd(sum, v, f32x4.splat(-0.0411301826457961));
  sum = madd(sum, v, f32x4.splat(-0.1314379978708825));
  sum = madd(sum, v, f32x4.splat(-0.026176982363847662));
  sum = madd(sum, v, f32x4.splat(0.2862939885608335));
  sum = madd(sum, v, f32x4.splat(0.6374889206382545));
  sum = madd(sum, v, f32x4.splat(0.8279092551249723));
  sum = madd(sum, v, f32x4.splat(0.7869710562656909));
  sum = madd(sum, v, f32x4.splat(0.5889296585146259));
  sum = madd(sum, v, f32x4.splat(0.358002302612222));
  return f32x4.mul(sum, t);
}

/**
 * e^(−factor·x²). The square is too large or too small by a rounding, which the exponential would magnify; so its error,
 * exact by the halves of x (Dekker, Numerische Mathematik 18, 1971), is taken off afterwards: e^ε = 1 + ε.
 */
// @ts-ignore: decorator
@inline
function exponentialOfSquare(x: v128, factor: f32): v128 {
  const high = v128.and(x, i32x4.splat(-4096));
  const low = f32x4.sub(x, high);
  const square = f32x4.mul(x, x);
  const cross = f32x4.mul(f32x4.add(high, high), low);
  const error = f32x4.add(f32x4.add(f32x4.sub(f32x4.mul(high, high), square), cross), f32x4.mul(low, low));
  const scale = f32x4.splat(-factor);
  const e = exponential(f32x4.mul(square, scale));
  return f32x4.mul(e, madd(error, scale, f32x4.splat(1)));
}

/** erfc(|x|) */
// @ts-ignore: decorator
@inline
function tail(x: v128): v128 {
  // Where erfc is 0 already: ∞ − ∞ would be NaN.
  const z = f32x4.min(f32x4.abs(x), f32x4.splat(16));
  const three = f32x4.splat(3);
  return f32x4.mul(scaledComplement(f32x4.div(three, f32x4.add(three, z))), exponentialOfSquare(z, 1));
}

/** Up to |x| = 1 as x·Q(x²), where Q has the smallest relative error of its degree, 1.3e-9; beyond as 1 − erfc(|x|). */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const one = f32x4.splat(1);
  const far = f32x4.sub(one, tail(x));
  const square = f32x4.mul(x, x);
  let sum = f32x4.splat(7.853861546454344e-5);
  sum = madd(sum, square, f32x4.splat(-0.0008010193960550109));
  sum = madd(sum, square, f32x4.splat(0.005188327762603652));
  sum = madd(sum, square, f32x4.splat(-0.026853812003110267));
  sum = madd(sum, square, f32x4.splat(0.1128358515125454));
  sum = madd(sum, square, f32x4.splat(-0.3761262582465158));
  sum = madd(sum, square, f32x4.splat(1.1283791657268938));
  const near = f32x4.mul(x, sum);
  const result = v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), one));
  return v128.bitselect(x, result, f32x4.splat(-0.0));
}

/** erfc(|x|), or 2 − erfc(|x|) where x is negative: nothing cancels. */
// @ts-ignore: decorator
@inline
export function erfc(x: v128): v128 {
  const size = tail(x);
  return v128.bitselect(f32x4.sub(f32x4.splat(2), size), size, f32x4.lt(x, f32x4.splat(0)));
}

/** x·Φ(x), where Φ(−|x|) is erfc(|x|/√2)/2. The square of x is halved, and not that of x/√2 taken, which is rounded. */
// @ts-ignore: decorator
@inline
export function gelu(x: v128): v128 {
  const size = f32x4.min(f32x4.abs(x), f32x4.splat(16));
  const scale = f32x4.splat(4.242640687119285);
  const t = f32x4.div(scale, f32x4.add(scale, size));
  const below = f32x4.mul(f32x4.mul(scaledComplement(t), f32x4.splat(0.5)), exponentialOfSquare(size, 0.5));
  const distribution = v128.bitselect(below, f32x4.sub(f32x4.splat(1), below), f32x4.lt(x, f32x4.splat(0)));
  // −∞ times 0 would be NaN; the limit is 0.
  return v128.andnot(f32x4.mul(x, distribution), f32x4.eq(x, f32x4.splat(-Infinity)));
}
