// Horner's method and sums of powers for groups of seven vectors. Their code is written once and inlined into functions
// for each form, with the form as a constant.
import { madd } from '../simd';
import { GROUP_BYTES } from './activation';

/** s = x·scale, in the monomial basis. */
export const LINEAR: i32 = 0;
/** s = (x·scale)² − 1. */
export const CHEBYSHEV: i32 = 1;
/** s = x² − scale: the Chebyshev variable times B²/2. */
export const SHIFTED: i32 = 2;

/** The variable of the polynomial. */
// @ts-ignore: decorator
@inline
export function variableOf(kind: i32, x: v128, scale: v128): v128 {
  if (kind == SHIFTED) return madd(x, x, f32x4.neg(scale));
  const t = f32x4.mul(x, scale);
  return kind == LINEAR ? t : madd(t, t, f32x4.splat(-1));
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
function finish(kind: i32, v: v128, x: usize, gradient: usize, out: usize, rest: v128): void {
  if (kind == VALUE_LINE) v = madd(v128.load(x), rest, v);
  else if (kind == SLOPE_LINE) v = madd(v128.load(x), v, rest);
  else if (kind == VALUE_ODD || kind == SLOPE_ODD) v = madd(v128.load(x), v, v128.load(out));
  if (kind >= SLOPE) v = f32x4.mul(v128.load(gradient), v);
  v128.store(out, v);
}

// @ts-ignore: decorator
@inline
function productOf(a: usize, b: usize): v128 {
  return f32x4.mul(v128.load(a), v128.load(b));
}

/** Adds Σ gradient·x of a group to the sum. */
// @ts-ignore: decorator
@inline
function addProducts(x: usize, gradient: usize, sum: usize): void {
  const a = madd(v128.load(x, 16), v128.load(gradient, 16), productOf(x, gradient));
  const b = madd(v128.load(x, 48), v128.load(gradient, 48), productOf(x + 32, gradient + 32));
  const c = madd(v128.load(x, 80), v128.load(gradient, 80), productOf(x + 64, gradient + 64));
  const d = madd(v128.load(x, 96), v128.load(gradient, 96), v128.load(sum));
  v128.store(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** Adds Σ w·s^k to the sums of each k from 0 on. */
// @ts-ignore: decorator
@inline
function addPowers(
  sum: usize, end: usize,
  s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128, s6: v128,
  w0: v128, w1: v128, w2: v128, w3: v128, w4: v128, w5: v128, w6: v128,
): void {
  while (true) {
    const low = f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3));
    const high = f32x4.add(f32x4.add(w4, w5), w6);
    v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(low, high)));
    sum += 16;
    if (sum >= end) break;
    w0 = f32x4.mul(w0, s0);
    w1 = f32x4.mul(w1, s1);
    w2 = f32x4.mul(w2, s2);
    w3 = f32x4.mul(w3, s3);
    w4 = f32x4.mul(w4, s4);
    w5 = f32x4.mul(w5, s5);
    w6 = f32x4.mul(w6, s6);
  }
}

/** Adds Σ w·s^k over whole groups to the sums of each k, where w is gradient·x and s the Chebyshev variable. */
export function addOddPowers(scale: f32, x: usize, gradient: usize, groups: i32, sums: usize, sumsEnd: usize): void {
  const end = x + <usize>groups * GROUP_BYTES;
  const scales = f32x4.splat(scale);
  for (; x < end; x += GROUP_BYTES, gradient += GROUP_BYTES) {
    addPowers(
      sums, sumsEnd,
      variableOf(CHEBYSHEV, v128.load(x), scales), variableOf(CHEBYSHEV, v128.load(x, 16), scales),
      variableOf(CHEBYSHEV, v128.load(x, 32), scales), variableOf(CHEBYSHEV, v128.load(x, 48), scales),
      variableOf(CHEBYSHEV, v128.load(x, 64), scales), variableOf(CHEBYSHEV, v128.load(x, 80), scales),
      variableOf(CHEBYSHEV, v128.load(x, 96), scales),
      productOf(x, gradient), productOf(x + 16, gradient + 16), productOf(x + 32, gradient + 32),
      productOf(x + 48, gradient + 48), productOf(x + 64, gradient + 64), productOf(x + 80, gradient + 80),
      productOf(x + 96, gradient + 96),
    );
  }
}

/** All bits but that of the sign. */
const MAGNITUDE: i32 = 0x7fffffff;

/** The sizes |x| as integers, whose order is the same: those of infinity and NaN are the largest of all. */
// @ts-ignore: decorator
@inline
export function sizesOf(x: v128): v128 {
  return v128.and(x, i32x4.splat(MAGNITUDE));
}

// @ts-ignore: decorator
@inline
function largest(a: v128, b: v128): v128 {
  return i32x4.max_s(sizesOf(a), sizesOf(b));
}

/** The largest sizes in the lanes of a group, as integers. */
// @ts-ignore: decorator
@inline
export function groupSizes(x: usize): v128 {
  return i32x4.max_s(
    i32x4.max_s(largest(v128.load(x), v128.load(x, 16)), largest(v128.load(x, 32), v128.load(x, 48))),
    i32x4.max_s(largest(v128.load(x, 64), v128.load(x, 80)), sizesOf(v128.load(x, 96))),
  );
}

/**
 * Evaluates a polynomial in s by Horner's method for whole groups, and adds Σ gradient·s^k to the sums of each k, if there
 * are any.
 *
 * @returns the largest sizes in the lanes, as integers
 */
// @ts-ignore: decorator
@inline
export function horner(
  variable: i32, result: i32, scale: f32, first: usize, last: usize, rest: f32,
  x: usize, gradient: usize, out: usize, groups: i32, sums: usize, sumsEnd: usize,
): v128 {
  const end = x + <usize>groups * GROUP_BYTES;
  let sizes = f32x4.splat(0);
  const scales = f32x4.splat(scale);
  const rests = f32x4.splat(rest);
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES, gradient += GROUP_BYTES) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    const x4 = v128.load(x, 64);
    const x5 = v128.load(x, 80);
    const x6 = v128.load(x, 96);
    sizes = i32x4.max_s(
      i32x4.max_s(i32x4.max_s(largest(x0, x1), largest(x2, x3)), largest(x4, x5)),
      i32x4.max_s(sizes, sizesOf(x6)),
    );
    const s0 = variableOf(variable, x0, scales);
    const s1 = variableOf(variable, x1, scales);
    const s2 = variableOf(variable, x2, scales);
    const s3 = variableOf(variable, x3, scales);
    const s4 = variableOf(variable, x4, scales);
    const s5 = variableOf(variable, x5, scales);
    const s6 = variableOf(variable, x6, scales);
    let p = last;
    let c = v128.load32_splat(p);
    let v0 = c;
    let v1 = c;
    let v2 = c;
    let v3 = c;
    let v4 = c;
    let v5 = c;
    let v6 = c;
    while (p > first) {
      p -= 4;
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
      v6 = madd(v6, s6, c);
    }
    finish(result, v0, x, gradient, out, rests);
    finish(result, v1, x + 16, gradient + 16, out + 16, rests);
    finish(result, v2, x + 32, gradient + 32, out + 32, rests);
    finish(result, v3, x + 48, gradient + 48, out + 48, rests);
    finish(result, v4, x + 64, gradient + 64, out + 64, rests);
    finish(result, v5, x + 80, gradient + 80, out + 80, rests);
    finish(result, v6, x + 96, gradient + 96, out + 96, rests);
    if (result >= SLOPE && sums < sumsEnd) {
      if (result == SLOPE_LINE) addProducts(x, gradient, sumsEnd);
      addPowers(
        sums, sumsEnd, s0, s1, s2, s3, s4, s5, s6,
        v128.load(gradient), v128.load(gradient, 16), v128.load(gradient, 32), v128.load(gradient, 48),
        v128.load(gradient, 64), v128.load(gradient, 80), v128.load(gradient, 96),
      );
    }
  }
  return sizes;
}
