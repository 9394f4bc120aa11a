// Horner's method and sums of powers for groups of eight vectors. Their code is written once and inlined into functions
// for each form, with the form as a constant.
import { madd, magnitudes, pairBytes, splatAt, wide } from '../simd';
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
export function resultOf(kind: i32, v: v128, x: v128, gradient: v128, before: v128, rest: v128): v128 {
  if (kind == VALUE_LINE) v = madd(x, rest, v);
  else if (kind == SLOPE_LINE) v = madd(x, v, rest);
  else if (kind == VALUE_ODD || kind == SLOPE_ODD) v = madd(x, v, before);
  return kind >= SLOPE ? f32x4.mul(gradient, v) : v;
}

/** Two vectors side by side: all that is loaded comes before what is stored, so that they can be computed as one. */
// @ts-ignore: decorator
@inline
export function finishPair(kind: i32, v0: v128, v1: v128, x: usize, gradient: usize, out: usize, rest: v128): void {
  const x0 = v128.load(x);
  const x1 = v128.load(x, 16);
  const isSlope = kind >= SLOPE;
  const isSum = kind == VALUE_ODD || kind == SLOPE_ODD;
  const g0 = isSlope ? v128.load(gradient) : x0;
  const g1 = isSlope ? v128.load(gradient, 16) : x1;
  const o0 = isSum ? v128.load(out) : x0;
  const o1 = isSum ? v128.load(out, 16) : x1;
  const r0 = resultOf(kind, v0, x0, g0, o0, rest);
  const r1 = resultOf(kind, v1, x1, g1, o1, rest);
  v128.store(out, r0);
  v128.store(out, r1, 16);
}

// @ts-ignore: decorator
@inline
function gradientAt(result: i32, gradient: usize): v128 {
  return result >= SLOPE ? v128.load(gradient) : f32x4.splat(0);
}

/** The sizes |x| as integers, whose order is the same: those of infinity and NaN are the largest of all. */
// @ts-ignore: decorator
@inline
export function sizesOf(x: v128, magnitude: v128): v128 {
  return v128.and(x, magnitude);
}

// @ts-ignore: decorator
@inline
export function largest(a: v128, b: v128, magnitude: v128): v128 {
  return i32x4.max_s(sizesOf(a, magnitude), sizesOf(b, magnitude));
}

// What a group needs besides coefficients lies in memory, where it takes no registers: the largest sizes so far of every second
// vector and of those between, the scale of the variable and the rest for `finishPair`. Loads and stores also keep the compiler
// from moving work into the inner loops.
export const LARGEST: usize = 0;
export const SCALE: usize = 32;
export const REST: usize = 36;
export const CONSTANTS_BYTES: usize = 48;

const MINUS_ONES: usize = memory.data<f32>([-1]);

// @ts-ignore: decorator
@inline
export function minusOnes(): v128 {
  return splatAt(MINUS_ONES);
}

/** Stores them, with no sizes so far. */
export function setConstants(constants: usize, scale: f32, rest: f32): void {
  clearSizes(constants);
  f32.store(constants, scale, SCALE);
  f32.store(constants, rest, REST);
}

// @ts-ignore: decorator
@inline
export function clearSizes(constants: usize): void {
  v128.store(constants, i32x4.splat(0), LARGEST);
  v128.store(constants, i32x4.splat(0), LARGEST + 16);
}

// @ts-ignore: decorator
@inline
function addSizes(constants: usize, sizes: v128): void {
  v128.store(constants, i32x4.max_s(v128.load(constants, LARGEST), sizes), LARGEST);
}

/** The largest sizes so far, of all vectors. */
// @ts-ignore: decorator
@inline
export function sizesSoFar(constants: usize): v128 {
  return i32x4.max_s(v128.load(constants, LARGEST), v128.load(constants, LARGEST + 16));
}

/** Stores the largest sizes of each group, of every second vector and of those between, and returns those of all. */
export function storeSizes(x: usize, groups: i32, sizes: usize): v128 {
  let evens = i32x4.splat(0);
  let odds = i32x4.splat(0);
  const magnitude = magnitudes();
  for (const end = x + <usize>groups * GROUP_BYTES; x < end; x += GROUP_BYTES, sizes += 32) {
    const even = i32x4.max_s(
      largest(v128.load(x), v128.load(x, 32), magnitude), largest(v128.load(x, 64), v128.load(x, 96), magnitude),
    );
    const odd = i32x4.max_s(
      largest(v128.load(x, 16), v128.load(x, 48), magnitude), largest(v128.load(x, 80), v128.load(x, 112), magnitude),
    );
    v128.store(sizes, even);
    v128.store(sizes, odd, 16);
    evens = i32x4.max_s(evens, even);
    odds = i32x4.max_s(odds, odd);
  }
  return i32x4.max_s(evens, odds);
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
  for (let at = 0; at < groups * <i32>GROUP_BYTES; at += <i32>GROUP_BYTES, sizes += 32) {
    store<i32>(list, at);
    list += <usize>anyBeyond(i32x4.max_s(v128.load(sizes), v128.load(sizes, 16)), size) << 2;
  }
  return <i32>(list - start) >> 2;
}

/** The same as `horner` for a polynomial of one term. */
// @ts-ignore: decorator
@inline
function constant(
  result: i32, constants: usize, term: usize, x: usize, gradient: usize, out: usize, groups: i32, sizes: usize,
): void {
  const v = v128.load32_splat(term);
  const rest = v128.load32_splat(constants, REST);
  const magnitude = magnitudes();
  let evens = v128.load(constants, LARGEST);
  let odds = v128.load(constants, LARGEST + 16);
  for (let group = 0; group < groups; group++, sizes += 32) {
    let even = i32x4.splat(0);
    let odd = i32x4.splat(0);
    for (const end = x + GROUP_BYTES; x < end; x += 32, gradient += 32, out += 32) {
      even = i32x4.max_s(even, sizesOf(v128.load(x), magnitude));
      odd = i32x4.max_s(odd, sizesOf(v128.load(x, 16), magnitude));
      finishPair(result, v, v, x, gradient, out, rest);
    }
    v128.store(sizes, even);
    v128.store(sizes, odd, 16);
    evens = i32x4.max_s(evens, even);
    odds = i32x4.max_s(odds, odd);
  }
  v128.store(constants, evens, LARGEST);
  v128.store(constants, odds, LARGEST + 16);
}

/** Evaluates a polynomial in s by Horner's method for whole groups, and stores the largest sizes of each group at `sizes`. */
// @ts-ignore: decorator
@inline
export function horner(
  variable: i32, result: i32, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, groups: i32, sizes: usize,
): void {
  if (last <= first) {
    constant(result, constants, first, x, gradient, out, groups, sizes);
    return;
  }
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES, gradient += GROUP_BYTES, sizes += 32) {
    const pair = pairBytes();
    const at1 = x + pair;
    const at2 = at1 + pair;
    const at3 = at2 + pair;
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(at1);
    const x3 = v128.load(at1, 16);
    const x4 = v128.load(at2);
    const x5 = v128.load(at2, 16);
    const x6 = v128.load(at3);
    const x7 = v128.load(at3, 16);
    const magnitude = magnitudes();
    const even = i32x4.max_s(largest(x0, x2, magnitude), largest(x4, x6, magnitude));
    const odd = i32x4.max_s(largest(x1, x3, magnitude), largest(x5, x7, magnitude));
    const evens = i32x4.max_s(v128.load(constants, LARGEST), even);
    const odds = i32x4.max_s(v128.load(constants, LARGEST + 16), odd);
    v128.store(sizes, even);
    v128.store(sizes, odd, 16);
    v128.store(constants, evens, LARGEST);
    v128.store(constants, odds, LARGEST + 16);
    let p = last;
    let c = v128.load32_splat(p);
    const scale = v128.load32_splat(constants, SCALE);
    const minusOne = minusOnes();
    const s0 = variableOf(variable, x0, scale, minusOne);
    const s1 = variableOf(variable, x1, scale, minusOne);
    const s2 = variableOf(variable, x2, scale, minusOne);
    const s3 = variableOf(variable, x3, scale, minusOne);
    const s4 = variableOf(variable, x4, scale, minusOne);
    const s5 = variableOf(variable, x5, scale, minusOne);
    const s6 = variableOf(variable, x6, scale, minusOne);
    const s7 = variableOf(variable, x7, scale, minusOne);
    let v0 = c;
    let v1 = c;
    let v2 = c;
    let v3 = c;
    let v4 = c;
    let v5 = c;
    let v6 = c;
    let v7 = c;
    if ((last - first) & 4) {
      p -= 4;
      const d = v128.load32_splat(p);
      v0 = madd(c, s0, d);
      v1 = madd(c, s1, d);
      v2 = madd(c, s2, d);
      v3 = madd(c, s3, d);
      v4 = madd(c, s4, d);
      v5 = madd(c, s5, d);
      v6 = madd(c, s6, d);
      v7 = madd(c, s7, d);
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
      v6 = madd(v6, s6, c);
      v7 = madd(v7, s7, c);
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
      v6 = madd(v6, s6, c);
      v7 = madd(v7, s7, c);
    }
    const rest = v128.load32_splat(constants, REST);
    const gradient1 = gradient + pair;
    const out1 = out + pair;
    const gradient2 = gradient1 + pair;
    const out2 = out1 + pair;
    const gradient3 = gradient2 + pair;
    const out3 = out2 + pair;
    finishPair(result, v0, v1, x, gradient, out, rest);
    finishPair(result, v2, v3, at1, gradient1, out1, rest);
    finishPair(result, v4, v5, at2, gradient2, out2, rest);
    finishPair(result, v6, v7, at3, gradient3, out3, rest);
  }
}

// @ts-ignore: decorator
@inline
function shortHorner(terms: i32, s: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128): v128 {
  let v = terms > 5 ? madd(c5, s, c4) : c4;
  v = terms > 4 ? madd(v, s, c3) : c3;
  v = terms > 3 ? madd(v, s, c2) : c2;
  v = terms > 2 ? madd(v, s, c1) : c1;
  return madd(v, s, c0);
}

// @ts-ignore: decorator
@inline
function shortPair(
  variable: i32, result: i32, terms: i32, x0: v128, x1: v128, gradient: usize, out: usize,
  scale: v128, minusOne: v128, rest: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128,
): void {
  const g0 = gradientAt(result, gradient);
  const g1 = gradientAt(result, gradient + 16);
  const v0 = shortHorner(terms, variableOf(variable, x0, scale, minusOne), c0, c1, c2, c3, c4, c5);
  const v1 = shortHorner(terms, variableOf(variable, x1, scale, minusOne), c0, c1, c2, c3, c4, c5);
  v128.store(out, resultOf(result, v0, x0, g0, v0, rest));
  v128.store(out, resultOf(result, v1, x1, g1, v1, rest), 16);
}

/**
 * The same for VALUE_LINE and SLOPE_LINE with two to six terms: the coefficients stay in registers, and vectors one after
 * the other hide the latency.
 */
// @ts-ignore: decorator
@inline
function hornerShort(
  variable: i32, result: i32, terms: i32, constants: usize, table: usize,
  x: usize, gradient: usize, out: usize, groups: i32, groupSizes: usize,
): void {
  const scale = v128.load32_splat(constants, SCALE);
  const minusOne = variable == CHEBYSHEV ? minusOnes() : scale;
  const rest = v128.load32_splat(constants, REST);
  const c0 = v128.load32_splat(table);
  const c1 = v128.load32_splat(table, 4);
  const c2 = terms > 2 ? v128.load32_splat(table, 8) : c1;
  const c3 = terms > 3 ? v128.load32_splat(table, 12) : c1;
  const c4 = terms > 4 ? v128.load32_splat(table, 16) : c1;
  const c5 = terms > 5 ? v128.load32_splat(table, 20) : c1;
  const magnitude = magnitudes();
  let evens = v128.load(constants, LARGEST);
  let odds = v128.load(constants, LARGEST + 16);
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += GROUP_BYTES, gradient += GROUP_BYTES, out += GROUP_BYTES, groupSizes += 32) {
    let even = i32x4.splat(0);
    let odd = even;
    // A loop, in which V8 fills the registers better; for so few terms it would take longer than they do.
    if (terms == 2) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      shortPair(variable, result, terms, x0, x1, gradient, out, scale, minusOne, rest, c0, c1, c2, c3, c4, c5);
      const x2 = v128.load(x, 32);
      const x3 = v128.load(x, 48);
      shortPair(variable, result, terms, x2, x3, gradient + 32, out + 32, scale, minusOne, rest, c0, c1, c2, c3, c4, c5);
      const x4 = v128.load(x, 64);
      const x5 = v128.load(x, 80);
      shortPair(variable, result, terms, x4, x5, gradient + 64, out + 64, scale, minusOne, rest, c0, c1, c2, c3, c4, c5);
      const x6 = v128.load(x, 96);
      const x7 = v128.load(x, 112);
      shortPair(variable, result, terms, x6, x7, gradient + 96, out + 96, scale, minusOne, rest, c0, c1, c2, c3, c4, c5);
      even = i32x4.max_s(largest(x0, x2, magnitude), largest(x4, x6, magnitude));
      odd = i32x4.max_s(largest(x1, x3, magnitude), largest(x5, x7, magnitude));
    } else {
      for (let i: usize = 0; i < GROUP_BYTES; i += 32) {
        const x0 = v128.load(x + i);
        const x1 = v128.load(x + i, 16);
        even = i32x4.max_s(even, sizesOf(x0, magnitude));
        odd = i32x4.max_s(odd, sizesOf(x1, magnitude));
        shortPair(variable, result, terms, x0, x1, gradient + i, out + i, scale, minusOne, rest, c0, c1, c2, c3, c4, c5);
      }
    }
    v128.store(groupSizes, even);
    v128.store(groupSizes, odd, 16);
    evens = i32x4.max_s(evens, even);
    odds = i32x4.max_s(odds, odd);
  }
  v128.store(constants, evens, LARGEST);
  v128.store(constants, odds, LARGEST + 16);
}

/** Groups that `hornerTwelve` computes together: two rounds of twelve vectors. */
const TOGETHER: i32 = 3;

/**
 * The same as `horner` for VALUE_LINE and SLOPE_LINE, for so many groups that `TOGETHER` divides their number, without their
 * sizes. A multiplication waits for the one before it for four cycles, and two can begin in each: four vectors of 256 bits, as
 * many as `horner` has, leave half of that unused. Of 128 bits, six more would not find registers.
 */
// @ts-ignore: decorator
@inline
function hornerTwelve(
  variable: i32, result: i32, constants: usize, first: usize, last: usize, x: usize, gradient: usize, out: usize, groups: i32,
): void {
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += 192, out += 192, gradient += 192) {
    const pair = pairBytes();
    const at1 = x + pair;
    const at2 = at1 + pair;
    const at3 = at2 + pair;
    const at4 = at3 + pair;
    const at5 = at4 + pair;
    const scale = v128.load32_splat(constants, SCALE);
    const minusOne = minusOnes();
    const s0 = variableOf(variable, v128.load(x), scale, minusOne);
    const s1 = variableOf(variable, v128.load(x, 16), scale, minusOne);
    const s2 = variableOf(variable, v128.load(at1), scale, minusOne);
    const s3 = variableOf(variable, v128.load(at1, 16), scale, minusOne);
    const s4 = variableOf(variable, v128.load(at2), scale, minusOne);
    const s5 = variableOf(variable, v128.load(at2, 16), scale, minusOne);
    const s6 = variableOf(variable, v128.load(at3), scale, minusOne);
    const s7 = variableOf(variable, v128.load(at3, 16), scale, minusOne);
    const s8 = variableOf(variable, v128.load(at4), scale, minusOne);
    const s9 = variableOf(variable, v128.load(at4, 16), scale, minusOne);
    const s10 = variableOf(variable, v128.load(at5), scale, minusOne);
    const s11 = variableOf(variable, v128.load(at5, 16), scale, minusOne);
    let p = last;
    let c = v128.load32_splat(p);
    let v0 = c;
    let v1 = c;
    let v2 = c;
    let v3 = c;
    let v4 = c;
    let v5 = c;
    let v6 = c;
    let v7 = c;
    let v8 = c;
    let v9 = c;
    let v10 = c;
    let v11 = c;
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
      v7 = madd(v7, s7, c);
      v8 = madd(v8, s8, c);
      v9 = madd(v9, s9, c);
      v10 = madd(v10, s10, c);
      v11 = madd(v11, s11, c);
    } while (p > first);
    const rest = v128.load32_splat(constants, REST);
    const gradient1 = gradient + pair;
    const out1 = out + pair;
    const gradient2 = gradient1 + pair;
    const out2 = out1 + pair;
    const gradient3 = gradient2 + pair;
    const out3 = out2 + pair;
    const gradient4 = gradient3 + pair;
    const out4 = out3 + pair;
    const gradient5 = gradient4 + pair;
    const out5 = out4 + pair;
    finishPair(result, v0, v1, x, gradient, out, rest);
    finishPair(result, v2, v3, at1, gradient1, out1, rest);
    finishPair(result, v4, v5, at2, gradient2, out2, rest);
    finishPair(result, v6, v7, at3, gradient3, out3, rest);
    finishPair(result, v8, v9, at4, gradient4, out4, rest);
    finishPair(result, v10, v11, at5, gradient5, out5, rest);
  }
}

/** `horner` for VALUE_LINE and SLOPE_LINE, in the way that is the fastest for so many terms. */
// @ts-ignore: decorator
@inline
export function hornerLine(
  variable: i32, result: i32, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, groups: i32, sizes: usize,
): void {
  const terms = <i32>((last - first) >> 2) + 1;
  if (terms == 2) hornerShort(variable, result, 2, constants, first, x, gradient, out, groups, sizes);
  else if (terms == 3) hornerShort(variable, result, 3, constants, first, x, gradient, out, groups, sizes);
  else if (terms == 4) hornerShort(variable, result, 4, constants, first, x, gradient, out, groups, sizes);
  else if (terms == 5) hornerShort(variable, result, 5, constants, first, x, gradient, out, groups, sizes);
  else if (terms == 6) hornerShort(variable, result, 6, constants, first, x, gradient, out, groups, sizes);
  else {
    if (wide && terms > 6) {
      const most = groups - (groups % TOGETHER);
      addSizes(constants, storeSizes(x, most, sizes));
      hornerTwelve(variable, result, constants, first, last, x, gradient, out, most);
      const bytes = <usize>most * GROUP_BYTES;
      x += bytes;
      gradient += bytes;
      out += bytes;
      sizes += <usize>most << 5;
      groups -= most;
    }
    horner(variable, result, constants, first, last, x, gradient, out, groups, sizes);
  }
}
