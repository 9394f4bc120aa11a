// Horner's method and sums of powers for groups of six vectors. Their code is written once and inlined into functions
// for each form, with the form as a constant.
import { madd } from '../simd';
import { GROUP_BYTES } from './activation';

/** s = x·scale, in the monomial basis. */
export const LINEAR: i32 = 0;
/** s = (x·scale)² − 1. */
export const CHEBYSHEV: i32 = 1;
/** s = x² + scale: the Chebyshev variable times B²/2. */
export const SHIFTED: i32 = 2;

/** The variable of the polynomial. */
// @ts-ignore: decorator
@inline
export function variableOf(kind: i32, x: v128, scale: v128, minusOne: v128): v128 {
  if (kind == SHIFTED) return madd(x, x, scale);
  const t = f32x4.mul(x, scale);
  return kind == LINEAR ? t : madd(t, t, minusOne);
}

// What the value v of the polynomial in s goes into.
/** out = v. */
export const VALUE: i32 = 0;
/** out = v + x·rest, for odd parts that are constant. */
export const VALUE_LINE: i32 = 1;
/** out = out + x·v. */
export const VALUE_ODD: i32 = 2;
/** out = gradient·v. */
export const SLOPE: i32 = 3;
/** out = gradient·(rest + x·v). */
export const SLOPE_LINE: i32 = 4;
/** out = gradient·(out + x·v). */
export const SLOPE_ODD: i32 = 5;

// @ts-ignore: decorator
@inline
export function finish(kind: i32, v: v128, x: v128, gradient: v128, out: usize, rest: v128): void {
  if (kind == VALUE_LINE) v = madd(x, rest, v);
  else if (kind == SLOPE_LINE) v = madd(x, v, rest);
  else if (kind == VALUE_ODD || kind == SLOPE_ODD) v = madd(x, v, v128.load(out));
  if (kind >= SLOPE) v = f32x4.mul(gradient, v);
  v128.store(out, v);
}

// @ts-ignore: decorator
@inline
function gradientAt(result: i32, gradient: usize): v128 {
  return result >= SLOPE ? v128.load(gradient) : f32x4.splat(0);
}

/** All bits but that of the sign. */
const MAGNITUDE: i32 = 0x7fffffff;

/** The sizes |x| as integers, whose order is the same: those of infinity and NaN are the largest of all. */
// @ts-ignore: decorator
@inline
export function sizesOf(x: v128, magnitude: v128 = i32x4.splat(MAGNITUDE)): v128 {
  return v128.and(x, magnitude);
}

// @ts-ignore: decorator
@inline
export function largest(a: v128, b: v128, magnitude: v128 = i32x4.splat(MAGNITUDE)): v128 {
  return i32x4.max_s(sizesOf(a, magnitude), sizesOf(b, magnitude));
}

// What a group needs besides coefficients lies in memory, where it takes no registers: largest sizes so far, the scale of the
// variable, and the rest for `finish`. Loads and stores also keep the compiler from moving work into the inner loops.
export const LARGEST: usize = 0;
export const SCALE: usize = 16;
export const REST: usize = 20;
export const MINUS_ONE: usize = 24;
export const MASK: usize = 28;
export const CONSTANTS_BYTES: usize = 32;

export function setConstants(constants: usize, scale: f32, rest: f32): void {
  v128.store(constants, i32x4.splat(0), LARGEST);
  f32.store(constants, scale, SCALE);
  f32.store(constants, rest, REST);
  f32.store(constants, -1, MINUS_ONE);
  store<i32>(constants, MAGNITUDE, MASK);
}

/** `finish` for the vector at x; returns the larger ones of its sizes and of those so far. */
// @ts-ignore: decorator
@inline
function finishAt(
  result: i32, v: v128, x: usize, gradient: usize, out: usize, rest: v128, sizes: v128, magnitude: v128,
): v128 {
  const input = v128.load(x);
  finish(result, v, input, gradientAt(result, gradient), out, rest);
  return i32x4.max_s(sizes, sizesOf(input, magnitude));
}

/**
 * Evaluates a polynomial in s by Horner's method for whole groups, two steps at a time. Six vectors hide its latency; s,
 * values and a coefficient then are all that is in registers inside of the loop, where V8 spills as soon as there is more:
 * inputs are read again and compared after it.
 */
// @ts-ignore: decorator
@inline
export function horner(
  variable: i32, result: i32, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, groups: i32,
): void {
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES, gradient += GROUP_BYTES) {
    const scale = v128.load32_splat(constants, SCALE);
    const minusOne = v128.load32_splat(constants, MINUS_ONE);
    const s0 = variableOf(variable, v128.load(x), scale, minusOne);
    const s1 = variableOf(variable, v128.load(x, 16), scale, minusOne);
    const s2 = variableOf(variable, v128.load(x, 32), scale, minusOne);
    const s3 = variableOf(variable, v128.load(x, 48), scale, minusOne);
    const s4 = variableOf(variable, v128.load(x, 64), scale, minusOne);
    const s5 = variableOf(variable, v128.load(x, 80), scale, minusOne);
    let p = last;
    let c = v128.load32_splat(p);
    let v0 = c;
    let v1 = c;
    let v2 = c;
    let v3 = c;
    let v4 = c;
    let v5 = c;
    if ((last - first) & 4) {
      p -= 4;
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
    }
    while (p > first) {
      p -= 8;
      c = v128.load32_splat(p, 4);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
    }
    const rest = v128.load32_splat(constants, REST);
    const magnitude = v128.load32_splat(constants, MASK);
    let sizes = v128.load(constants, LARGEST);
    sizes = finishAt(result, v0, x + 0, gradient + 0, out + 0, rest, sizes, magnitude);
    sizes = finishAt(result, v1, x + 16, gradient + 16, out + 16, rest, sizes, magnitude);
    sizes = finishAt(result, v2, x + 32, gradient + 32, out + 32, rest, sizes, magnitude);
    sizes = finishAt(result, v3, x + 48, gradient + 48, out + 48, rest, sizes, magnitude);
    sizes = finishAt(result, v4, x + 64, gradient + 64, out + 64, rest, sizes, magnitude);
    sizes = finishAt(result, v5, x + 80, gradient + 80, out + 80, rest, sizes, magnitude);
    v128.store(constants, sizes, LARGEST);
  }
}
