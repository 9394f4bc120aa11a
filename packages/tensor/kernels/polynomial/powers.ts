// Slopes and sums of powers at once: Horner's method for the slopes and the powers for the sums hide each other's latency. A
// group is eight vectors; every second one goes to one sum, those between to another. That is one half after the other, since
// more do not fit in the registers, or all of them at once where V8 takes two vectors for one.
import { lowerDoubles, madd, magnitudes, upperDoubles, wide } from '../simd';
import { CHUNK, GROUP_BYTES } from './activation';
import {
  CHEBYSHEV, finishPair, LARGEST, LINEAR, largest, minusOnes, REST, resultOf, SCALE, SHIFTED, SLOPE, SLOPE_LINE, SLOPE_ODD,
  sizesSoFar, VALUE, VALUE_ODD, variableOf,
} from './group';

/** Bytes whose powers are summed in single precision. */
const SUMMED: usize = <usize>CHUNK << 4;
/** Bytes of coefficients beyond which a group is computed in halves at any width: measured. */
const MOST_PAIRED: usize = 64;
/** A sum in single precision is two vectors. */
export const SUM_BYTES: usize = 32;

/** Adds four vectors to a sum. */
// @ts-ignore: decorator
@inline
function addHalf(sum: usize, w0: v128, w1: v128, w2: v128, w3: v128): void {
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3))));
}

/** Adds four pairs of vectors to a pair of sums. */
// @ts-ignore: decorator
@inline
function addPairs(
  sum: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128, w5: v128, w6: v128, w7: v128,
): void {
  const even = f32x4.add(v128.load(sum), f32x4.add(f32x4.add(w0, w2), f32x4.add(w4, w6)));
  const odd = f32x4.add(v128.load(sum, 16), f32x4.add(f32x4.add(w1, w3), f32x4.add(w5, w7)));
  v128.store(sum, even);
  v128.store(sum, odd, 16);
}

// @ts-ignore: decorator
@inline
function weightOf(result: i32, gradient: v128, x: v128): v128 {
  return result == VALUE ? f32x4.mul(gradient, x) : gradient;
}

/** Adds four sums to two in double precision. */
// @ts-ignore: decorator
@inline
export function addDoubles(total: v128, sum: v128): v128 {
  return f64x2.add(total, f64x2.add(lowerDoubles(sum), upperDoubles(sum)));
}

/** Puts sums of float32 to those in double precision, two for each, and starts them again from 0. */
function flush(sums: usize, end: usize, totals: usize): void {
  for (; sums < end; sums += SUM_BYTES, totals += 16) {
    v128.store(totals, addDoubles(addDoubles(v128.load(totals), v128.load(sums)), v128.load(sums, 16)));
    v128.store(sums, f32x4.splat(0));
    v128.store(sums, f32x4.splat(0), 16);
  }
}

/** `finishPair` for a single vector. */
// @ts-ignore: decorator
@inline
function finish(result: i32, v: v128, x: usize, gradient: usize, out: usize, rest: v128): void {
  const isSum = result == VALUE_ODD || result == SLOPE_ODD;
  v128.store(out, resultOf(result, v, v128.load(x), v128.load(gradient), isSum ? v128.load(out) : v, rest));
}

/** Half of a group: every second vector from x on. */
// @ts-ignore: decorator
@inline
function computeHalf(
  variable: i32, result: i32, constants: usize, sizes: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, sums: usize, products: usize,
): void {
  const x0 = v128.load(x);
  const x1 = v128.load(x, 32);
  const x2 = v128.load(x, 64);
  const x3 = v128.load(x, 96);
  const magnitude = magnitudes();
  v128.store(sizes, i32x4.max_s(i32x4.max_s(largest(x0, x1, magnitude), largest(x2, x3, magnitude)), v128.load(sizes)));
  const scale = v128.load32_splat(constants, SCALE);
  const minusOne = minusOnes();
  const s0 = variableOf(variable, x0, scale, minusOne);
  const s1 = variableOf(variable, x1, scale, minusOne);
  const s2 = variableOf(variable, x2, scale, minusOne);
  const s3 = variableOf(variable, x3, scale, minusOne);
  const g0 = v128.load(gradient);
  const g1 = v128.load(gradient, 32);
  const g2 = v128.load(gradient, 64);
  const g3 = v128.load(gradient, 96);
  if (result == SLOPE_LINE) {
    const low = madd(g1, x1, f32x4.mul(g0, x0));
    const high = madd(g3, x3, f32x4.mul(g2, x2));
    v128.store(products, f32x4.add(v128.load(products), f32x4.add(low, high)));
  }
  let w0 = weightOf(result, g0, x0);
  let w1 = weightOf(result, g1, x1);
  let w2 = weightOf(result, g2, x2);
  let w3 = weightOf(result, g3, x3);
  addHalf(sums, w0, w1, w2, w3);
  w0 = f32x4.mul(w0, s0);
  w1 = f32x4.mul(w1, s1);
  w2 = f32x4.mul(w2, s2);
  w3 = f32x4.mul(w3, s3);
  addHalf(sums + SUM_BYTES, w0, w1, w2, w3);
  let p = last;
  let c = v128.load32_splat(p);
  let v0 = c;
  let v1 = c;
  let v2 = c;
  let v3 = c;
  if (p > first) {
    let sum = sums + 2 * SUM_BYTES;
    do {
      p -= 4;
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      w0 = f32x4.mul(w0, s0);
      w1 = f32x4.mul(w1, s1);
      w2 = f32x4.mul(w2, s2);
      w3 = f32x4.mul(w3, s3);
      addHalf(sum, w0, w1, w2, w3);
      sum += SUM_BYTES;
    } while (p > first);
  }
  const rest = v128.load32_splat(constants, REST);
  finish(result, v0, x, gradient, out, rest);
  finish(result, v1, x + 32, gradient + 32, out + 32, rest);
  finish(result, v2, x + 64, gradient + 64, out + 64, rest);
  finish(result, v3, x + 96, gradient + 96, out + 96, rest);
}

/** A whole group. */
// @ts-ignore: decorator
@inline
function computePairs(
  variable: i32, result: i32, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, sums: usize, products: usize,
): void {
  const x0 = v128.load(x);
  const x1 = v128.load(x, 16);
  const x2 = v128.load(x, 32);
  const x3 = v128.load(x, 48);
  const x4 = v128.load(x, 64);
  const x5 = v128.load(x, 80);
  const x6 = v128.load(x, 96);
  const x7 = v128.load(x, 112);
  const magnitude = magnitudes();
  const even = i32x4.max_s(i32x4.max_s(largest(x0, x2, magnitude), largest(x4, x6, magnitude)), v128.load(constants, LARGEST));
  const odd = i32x4.max_s(i32x4.max_s(largest(x1, x3, magnitude), largest(x5, x7, magnitude)), v128.load(constants, LARGEST + 16));
  v128.store(constants, even, LARGEST);
  v128.store(constants, odd, LARGEST + 16);
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
  const g0 = v128.load(gradient);
  const g1 = v128.load(gradient, 16);
  const g2 = v128.load(gradient, 32);
  const g3 = v128.load(gradient, 48);
  const g4 = v128.load(gradient, 64);
  const g5 = v128.load(gradient, 80);
  const g6 = v128.load(gradient, 96);
  const g7 = v128.load(gradient, 112);
  if (result == SLOPE_LINE) {
    const evenLow = madd(g2, x2, f32x4.mul(g0, x0));
    const oddLow = madd(g3, x3, f32x4.mul(g1, x1));
    const evenHigh = madd(g6, x6, f32x4.mul(g4, x4));
    const oddHigh = madd(g7, x7, f32x4.mul(g5, x5));
    const evenSum = f32x4.add(v128.load(products), f32x4.add(evenLow, evenHigh));
    const oddSum = f32x4.add(v128.load(products, 16), f32x4.add(oddLow, oddHigh));
    v128.store(products, evenSum);
    v128.store(products, oddSum, 16);
  }
  let w0 = weightOf(result, g0, x0);
  let w1 = weightOf(result, g1, x1);
  let w2 = weightOf(result, g2, x2);
  let w3 = weightOf(result, g3, x3);
  let w4 = weightOf(result, g4, x4);
  let w5 = weightOf(result, g5, x5);
  let w6 = weightOf(result, g6, x6);
  let w7 = weightOf(result, g7, x7);
  addPairs(sums, w0, w1, w2, w3, w4, w5, w6, w7);
  w0 = f32x4.mul(w0, s0);
  w1 = f32x4.mul(w1, s1);
  w2 = f32x4.mul(w2, s2);
  w3 = f32x4.mul(w3, s3);
  w4 = f32x4.mul(w4, s4);
  w5 = f32x4.mul(w5, s5);
  w6 = f32x4.mul(w6, s6);
  w7 = f32x4.mul(w7, s7);
  addPairs(sums + SUM_BYTES, w0, w1, w2, w3, w4, w5, w6, w7);
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
  if (p > first) {
    let sum = sums + 2 * SUM_BYTES;
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
      w0 = f32x4.mul(w0, s0);
      w1 = f32x4.mul(w1, s1);
      w2 = f32x4.mul(w2, s2);
      w3 = f32x4.mul(w3, s3);
      w4 = f32x4.mul(w4, s4);
      w5 = f32x4.mul(w5, s5);
      w6 = f32x4.mul(w6, s6);
      w7 = f32x4.mul(w7, s7);
      addPairs(sum, w0, w1, w2, w3, w4, w5, w6, w7);
      sum += SUM_BYTES;
    } while (p > first);
  }
  const rest = v128.load32_splat(constants, REST);
  finishPair(result, v0, v1, x, gradient, out, rest);
  finishPair(result, v2, v3, x + 32, gradient + 32, out + 32, rest);
  finishPair(result, v4, v5, x + 64, gradient + 64, out + 64, rest);
  finishPair(result, v6, v7, x + 96, gradient + 96, out + 96, rest);
}

/**
 * `finishPair` for v, the polynomial in s with the coefficients from `first` to `last`, together with the sums of w·s^k, one
 * more than there are coefficients. The weight w is the gradient, for VALUE the gradient times x. With SLOPE_LINE the last
 * sum is that of gradient·x. The totals of the sums go to `totals`.
 */
// @ts-ignore: decorator
@inline
function slopesAndPowers(
  variable: i32, result: i32, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, groups: i32, sums: usize, sumsEnd: usize, totals: usize,
): void {
  const end = x + <usize>groups * GROUP_BYTES;
  const products = sumsEnd - SUM_BYTES;
  while (x < end) {
    const chunkEnd = min(end, x + SUMMED);
    if (wide && last - first < MOST_PAIRED) {
      for (; x < chunkEnd; x += GROUP_BYTES, gradient += GROUP_BYTES, out += GROUP_BYTES) {
        computePairs(variable, result, constants, first, last, x, gradient, out, sums, products);
      }
    } else {
      const sizes = constants + LARGEST;
      for (; x < chunkEnd; x += GROUP_BYTES, gradient += GROUP_BYTES, out += GROUP_BYTES) {
        for (let half: usize = 0; half < 32; half += 16) {
          computeHalf(
            variable, result, constants, sizes + half, first, last,
            x + half, gradient + half, out + half, sums + half, products + half,
          );
        }
      }
    }
    flush(sums, sumsEnd, totals);
  }
}

// A function for each form, lest the compiler takes them for one.

/** In the monomial basis. */
export function monomialSlopes(
  constants: usize, first: usize, last: usize, x: usize, gradient: usize, out: usize, groups: i32,
  sums: usize, sumsEnd: usize, totals: usize,
): void {
  slopesAndPowers(LINEAR, SLOPE, constants, first, last, x, gradient, out, groups, sums, sumsEnd, totals);
}

/** Where O is constant. */
export function lineSlopes(
  constants: usize, first: usize, last: usize, x: usize, gradient: usize, out: usize, groups: i32,
  sums: usize, sumsEnd: usize, totals: usize,
): void {
  slopesAndPowers(CHEBYSHEV, SLOPE_LINE, constants, first, last, x, gradient, out, groups, sums, sumsEnd, totals);
}

/** The same for powers of x² − B²/2. */
export function shiftedSlopes(
  constants: usize, first: usize, last: usize, x: usize, gradient: usize, out: usize, groups: i32,
  sums: usize, sumsEnd: usize, totals: usize,
): void {
  slopesAndPowers(SHIFTED, SLOPE_LINE, constants, first, last, x, gradient, out, groups, sums, sumsEnd, totals);
}

/** The first half of the general case: Q(s), and the sums of odd terms. */
export function oddValues(
  constants: usize, first: usize, last: usize, x: usize, gradient: usize, out: usize, groups: i32,
  sums: usize, sumsEnd: usize, totals: usize,
): void {
  slopesAndPowers(CHEBYSHEV, VALUE, constants, first, last, x, gradient, out, groups, sums, sumsEnd, totals);
}

/** The second half. */
export function oddSlopes(
  constants: usize, first: usize, last: usize, x: usize, gradient: usize, out: usize, groups: i32,
  sums: usize, sumsEnd: usize, totals: usize,
): void {
  slopesAndPowers(CHEBYSHEV, SLOPE_ODD, constants, first, last, x, gradient, out, groups, sums, sumsEnd, totals);
}

/**
 * Where O is constant, E has two terms, and powers of x² − B²/2 do as well as those of s: coefficients and sums stay in
 * registers. Three terms need more registers than there are.
 */
export function twoTermSlopes(
  constants: usize, table: usize, x: usize, gradient: usize, out: usize, groups: i32, totals: usize,
): void {
  const end = x + <usize>groups * GROUP_BYTES;
  const scale = v128.load32_splat(constants, SCALE);
  const magnitude = magnitudes();
  const rest = v128.load32_splat(constants, REST);
  const coefficient = v128.load32_splat(table);
  let sizes = sizesSoFar(constants);
  let total0 = v128.load(totals);
  let total1 = v128.load(totals, 16);
  let productTotal = v128.load(totals, 32);
  while (x < end) {
    const chunkEnd = min(end, x + (<usize>CHUNK << 2));
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let product = f32x4.splat(0);
    for (; x < chunkEnd; x += 32, gradient += 32, out += 32) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const g0 = v128.load(gradient);
      const g1 = v128.load(gradient, 16);
      sizes = i32x4.max_s(sizes, largest(x0, x1, magnitude));
      sum0 = f32x4.add(sum0, f32x4.add(g0, g1));
      product = f32x4.add(product, madd(x1, g1, f32x4.mul(x0, g0)));
      const s0 = variableOf(SHIFTED, x0, scale, scale);
      const s1 = variableOf(SHIFTED, x1, scale, scale);
      sum1 = f32x4.add(sum1, f32x4.add(f32x4.mul(g0, s0), f32x4.mul(g1, s1)));
      const r0 = resultOf(SLOPE_LINE, coefficient, x0, g0, x0, rest);
      const r1 = resultOf(SLOPE_LINE, coefficient, x1, g1, x1, rest);
      v128.store(out, r0);
      v128.store(out, r1, 16);
    }
    total0 = addDoubles(total0, sum0);
    total1 = addDoubles(total1, sum1);
    productTotal = addDoubles(productTotal, product);
  }
  v128.store(totals, total0);
  v128.store(totals, total1, 16);
  v128.store(totals, productTotal, 32);
  v128.store(constants, sizes, LARGEST);
}
