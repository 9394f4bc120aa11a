// Horner's method and sums of powers for groups of seven vectors. Their code is written once and inlined into functions
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

// What a group needs besides coefficients lies in memory, where it takes no registers: the largest sizes so far, the scale
// of the variable, the rest for `finish`, −1 and the mask of magnitudes. Loads and stores also keep the compiler from moving work into the inner loops.
export const LARGEST: usize = 0;
export const SCALE: usize = 16;
export const REST: usize = 20;
export const MINUS_ONE: usize = 24;
export const MASK: usize = 28;
export const CONSTANTS_BYTES: usize = 32;

/** Stores them, with no sizes so far. */
export function setConstants(constants: usize, scale: f32, rest: f32): void {
  v128.store(constants, i32x4.splat(0), LARGEST);
  f32.store(constants, scale, SCALE);
  f32.store(constants, rest, REST);
  f32.store(constants, -1, MINUS_ONE);
  store<i32>(constants, MAGNITUDE, MASK);
}

/** Stores the largest sizes of each group, and returns those of all. */
export function storeSizes(x: usize, groups: i32, sizes: usize): v128 {
  let all = i32x4.splat(0);
  for (const end = x + <usize>groups * GROUP_BYTES; x < end; x += GROUP_BYTES, sizes += 16) {
    const first = i32x4.max_s(largest(v128.load(x), v128.load(x, 16)), largest(v128.load(x, 32), v128.load(x, 48)));
    const second = i32x4.max_s(largest(v128.load(x, 64), v128.load(x, 80)), sizesOf(v128.load(x, 96)));
    const own = i32x4.max_s(first, second);
    v128.store(sizes, own);
    all = i32x4.max_s(all, own);
  }
  return all;
}

/** Whether a size in the lanes is beyond this one. */
// @ts-ignore: decorator
@inline
export function anyBeyond(sizes: v128, size: f64): bool {
  return v128.any_true(i32x4.gt_s(sizes, f32x4.splat(<f32>size)));
}

/**
 * Lists where the groups begin that have a size beyond this one, in bytes from the first. Without a branch: where some groups
 * have one and others not, mistaken branches would cost more than what is done for a group.
 *
 * @returns how many there are
 */
export function listBeyond(sizes: usize, groups: i32, size: f64, list: usize): i32 {
  const start = list;
  for (let at = 0; at < groups * <i32>GROUP_BYTES; at += <i32>GROUP_BYTES, sizes += 16) {
    store<i32>(list, at);
    list += <usize>anyBeyond(v128.load(sizes), size) << 2;
  }
  return <i32>(list - start) >> 2;
}

/** Evaluates a polynomial in s by Horner's method for whole groups, and stores the largest sizes of each group at `sizes`. */
// @ts-ignore: decorator
@inline
export function horner(
  variable: i32, result: i32, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, groups: i32, sizes: usize,
): void {
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES, gradient += GROUP_BYTES, sizes += 16) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    const x4 = v128.load(x, 64);
    const x5 = v128.load(x, 80);
    const x6 = v128.load(x, 96);
    const magnitude = v128.load32_splat(constants, MASK);
    const own = i32x4.max_s(
      i32x4.max_s(i32x4.max_s(largest(x0, x1, magnitude), largest(x2, x3, magnitude)), largest(x4, x5, magnitude)),
      sizesOf(x6, magnitude),
    );
    v128.store(sizes, own);
    v128.store(constants, i32x4.max_s(v128.load(constants, LARGEST), own), LARGEST);
    const scale = v128.load32_splat(constants, SCALE);
    const minusOne = v128.load32_splat(constants, MINUS_ONE);
    const s0 = variableOf(variable, x0, scale, minusOne);
    const s1 = variableOf(variable, x1, scale, minusOne);
    const s2 = variableOf(variable, x2, scale, minusOne);
    const s3 = variableOf(variable, x3, scale, minusOne);
    const s4 = variableOf(variable, x4, scale, minusOne);
    const s5 = variableOf(variable, x5, scale, minusOne);
    const s6 = variableOf(variable, x6, scale, minusOne);
    let p = last;
    let c = v128.load32_splat(p);
    let v0 = c;
    let v1 = c;
    let v2 = c;
    let v3 = c;
    let v4 = c;
    let v5 = c;
    let v6 = c;
    if (p > first) {
      do {
        p -= 4;
        c = v128.load32_splat(p);
        v0 = madd(v0, s0, c);
        v1 = madd(v1, s1, c);
        v2 = madd(v2, s2, c);
        v3 = madd(v3, s3, c);
        v4 = madd(v4, s4, c);
        v5 = madd(v5, s5, c);
        v6 = madd(v6, s6, c);
      } while (p > first);
    }
    const rest = v128.load32_splat(constants, REST);
    finish(result, v0, v128.load(x), gradientAt(result, gradient), out, rest);
    finish(result, v1, v128.load(x, 16), gradientAt(result, gradient + 16), out + 16, rest);
    finish(result, v2, v128.load(x, 32), gradientAt(result, gradient + 32), out + 32, rest);
    finish(result, v3, v128.load(x, 48), gradientAt(result, gradient + 48), out + 48, rest);
    finish(result, v4, v128.load(x, 64), gradientAt(result, gradient + 64), out + 64, rest);
    finish(result, v5, v128.load(x, 80), gradientAt(result, gradient + 80), out + 80, rest);
    finish(result, v6, v128.load(x, 96), gradientAt(result, gradient + 96), out + 96, rest);
  }
}

// @ts-ignore: decorator
@inline
function shortHorner(terms: i32, s: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128): v128 {
  let v = terms > 4 ? madd(c4, s, c3) : c3;
  v = terms > 3 ? madd(v, s, c2) : c2;
  v = terms > 2 ? madd(v, s, c1) : c1;
  return madd(v, s, c0);
}

// @ts-ignore: decorator
@inline
function shortStep(
  terms: i32, at: usize, out: usize, sizes: v128, magnitude: v128, scale: v128, rest: v128,
  c0: v128, c1: v128, c2: v128, c3: v128, c4: v128,
): v128 {
  const x = v128.load(at);
  const v = shortHorner(terms, variableOf(SHIFTED, x, scale, scale), c0, c1, c2, c3, c4);
  v128.store(out, madd(x, rest, v));
  return i32x4.max_s(sizes, sizesOf(x, magnitude));
}

/**
 * The same for SHIFTED and VALUE_LINE with two to five terms: the coefficients stay in registers, and vectors one after
 * the other hide the latency.
 */
// @ts-ignore: decorator
@inline
export function hornerShort(
  terms: i32, constants: usize, table: usize, x: usize, out: usize, groups: i32, groupSizes: usize,
): void {
  const scale = v128.load32_splat(constants, SCALE);
  const rest = v128.load32_splat(constants, REST);
  const c0 = v128.load32_splat(table);
  const c1 = v128.load32_splat(table, 4);
  const c2 = terms > 2 ? v128.load32_splat(table, 8) : c1;
  const c3 = terms > 3 ? v128.load32_splat(table, 12) : c1;
  const c4 = terms > 4 ? v128.load32_splat(table, 16) : c1;
  const magnitude = v128.load32_splat(constants, MASK);
  let sizes = v128.load(constants, LARGEST);
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES, groupSizes += 16) {
    let own = i32x4.splat(0);
    own = shortStep(terms, x, out, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    own = shortStep(terms, x + 16, out + 16, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    own = shortStep(terms, x + 32, out + 32, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    own = shortStep(terms, x + 48, out + 48, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    own = shortStep(terms, x + 64, out + 64, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    own = shortStep(terms, x + 80, out + 80, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    own = shortStep(terms, x + 96, out + 96, own, magnitude, scale, rest, c0, c1, c2, c3, c4);
    v128.store(groupSizes, own);
    sizes = i32x4.max_s(sizes, own);
  }
  v128.store(constants, sizes, LARGEST);
}
