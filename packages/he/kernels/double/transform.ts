// The negacyclic number-theoretic transform, as P. Longa and M. Naehrig have it (Speeding up the number theoretic transform for
// faster ideal lattice-based cryptography, 2016): from coefficients in order to values at the odd powers of ψ in bit-reversed
// order, and back. Two of its stages are done at once, so that numbers are read and written half as often.

import { Modulus } from '../modulus';
import { canonical, multiplyBy, ROUND, reduce } from './arithmetic';

const VECTOR: usize = 16;

// @ts-ignore: decorator
@inline
function splat(table: usize, index: usize): v128 {
  return v128.load64_splat(table + (index << 3));
}

/** A stage over all of the polynomial, which reads it elsewhere. */
function forwardFirst(modulus: Modulus, from: usize, to: usize): void {
  const q = f64x2.splat(modulus.value);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const round = f64x2.splat(ROUND);
  const half: usize = (<usize>modulus.degree << 3) >> 1;
  const w = splat(modulus.roots, 1);
  const wq = splat(modulus.rootQuotients, 1);
  const end = from + half;
  do {
    const x = reduce(v128.load(from), q, reciprocal, round);
    const y = multiplyBy(reduce(v128.load(from + half), q, reciprocal, round), w, wq, q, round);
    v128.store(to, f64x2.add(x, y));
    v128.store(to + half, f64x2.sub(x, y));
    from += VECTOR;
    to += VECTOR;
  } while (from < end);
}

/** Two stages over `groups` parts of the polynomial; `isFirst` where its numbers are anything below 2^51. */
// @ts-ignore: decorator
@inline
function forwardPair(modulus: Modulus, from: usize, to: usize, groups: usize, isFirst: bool): void {
  const q = f64x2.splat(modulus.value);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const round = f64x2.splat(ROUND);
  const roots: usize = modulus.roots;
  const quotients: usize = modulus.rootQuotients;
  const quarter: usize = (<usize>modulus.degree << 3) / groups >> 2;
  for (let group: usize = 0; group < groups; group++) {
    const w1 = splat(roots, groups + group);
    const wq1 = splat(quotients, groups + group);
    const w2 = splat(roots, 2 * (groups + group));
    const wq2 = splat(quotients, 2 * (groups + group));
    const w3 = splat(roots, 2 * (groups + group) + 1);
    const wq3 = splat(quotients, 2 * (groups + group) + 1);
    const end = from + quarter;
    do {
      let x2 = v128.load(from + 2 * quarter);
      if (isFirst) x2 = reduce(x2, q, reciprocal, round);
      const y2 = multiplyBy(x2, w1, wq1, q, round);
      const x0 = reduce(v128.load(from), q, reciprocal, round);
      const a0 = f64x2.add(x0, y2);
      const a2 = f64x2.sub(x0, y2);
      let x3 = v128.load(from + 3 * quarter);
      if (isFirst) x3 = reduce(x3, q, reciprocal, round);
      const y3 = multiplyBy(x3, w1, wq1, q, round);
      const x1 = reduce(v128.load(from + quarter), q, reciprocal, round);
      const a1 = multiplyBy(f64x2.add(x1, y3), w2, wq2, q, round);
      const a3 = multiplyBy(f64x2.sub(x1, y3), w3, wq3, q, round);
      v128.store(to, f64x2.add(a0, a1));
      v128.store(to + quarter, f64x2.sub(a0, a1));
      v128.store(to + 2 * quarter, f64x2.add(a2, a3));
      v128.store(to + 3 * quarter, f64x2.sub(a2, a3));
      from += VECTOR;
      to += VECTOR;
    } while (from < end);
    from += 3 * quarter;
    to += 3 * quarter;
  }
}

function forwardFirstTwo(modulus: Modulus, from: usize, to: usize): void {
  forwardPair(modulus, from, to, 1, true);
}

function forwardTwo(modulus: Modulus, at: usize, groups: usize): void {
  forwardPair(modulus, at, at, groups, false);
}

/** The last two stages, within four neighbors; the results are between 0 and q. */
function forwardLast(modulus: Modulus, at: usize): void {
  const q = f64x2.splat(modulus.value);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const round = f64x2.splat(ROUND);
  const bytes = <usize>modulus.degree << 3;
  let w1: usize = modulus.roots + (bytes >> 2);
  let wq1: usize = modulus.rootQuotients + (bytes >> 2);
  let w2: usize = modulus.roots + (bytes >> 1);
  let wq2: usize = modulus.rootQuotients + (bytes >> 1);
  const end = at + bytes;
  do {
    const y = multiplyBy(v128.load(at, VECTOR), v128.load64_splat(w1), v128.load64_splat(wq1), q, round);
    const x = reduce(v128.load(at), q, reciprocal, round);
    const a = f64x2.add(x, y);
    const b = f64x2.sub(x, y);
    const left = v128.shuffle<f64>(a, b, 0, 2);
    const right = multiplyBy(v128.shuffle<f64>(a, b, 1, 3), v128.load(w2), v128.load(wq2), q, round);
    const sum = canonical(reduce(f64x2.add(left, right), q, reciprocal, round), q);
    const difference = canonical(reduce(f64x2.sub(left, right), q, reciprocal, round), q);
    v128.store(at, v128.shuffle<f64>(sum, difference, 0, 2));
    v128.store(at, v128.shuffle<f64>(sum, difference, 1, 3), VECTOR);
    at += 2 * VECTOR;
    w1 += 8;
    wq1 += 8;
    w2 += VECTOR;
    wq2 += VECTOR;
  } while (at < end);
}

/** Coefficients, |x| < 2^51, to values between 0 and q; the two places are the same or apart. */
export function forward(modulus: Modulus, from: usize, to: usize): void {
  let groups: usize = 1;
  if (ctz(modulus.degree) & 1) {
    forwardFirst(modulus, from, to);
    groups = 2;
  } else {
    forwardFirstTwo(modulus, from, to);
    groups = 4;
  }
  for (; groups < <usize>modulus.degree >> 2; groups <<= 2) forwardTwo(modulus, to, groups);
  forwardLast(modulus, to);
}

/** The first two stages of the way back, within four neighbors. */
function inverseFirst(modulus: Modulus, from: usize, to: usize): void {
  const q = f64x2.splat(modulus.value);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const round = f64x2.splat(ROUND);
  const bytes = <usize>modulus.degree << 3;
  let w1: usize = modulus.inverseRoots + (bytes >> 2);
  let wq1: usize = modulus.inverseRootQuotients + (bytes >> 2);
  let w2: usize = modulus.inverseRoots + (bytes >> 1);
  let wq2: usize = modulus.inverseRootQuotients + (bytes >> 1);
  const end = from + bytes;
  do {
    const x = v128.load(from);
    const y = v128.load(from, VECTOR);
    const even = v128.shuffle<f64>(x, y, 0, 2);
    const odd = v128.shuffle<f64>(x, y, 1, 3);
    const sums = f64x2.add(even, odd);
    const differences = multiplyBy(f64x2.sub(even, odd), v128.load(w2), v128.load(wq2), q, round);
    const left = v128.shuffle<f64>(sums, differences, 0, 2);
    const right = v128.shuffle<f64>(sums, differences, 1, 3);
    v128.store(to, reduce(f64x2.add(left, right), q, reciprocal, round));
    v128.store(
      to,
      multiplyBy(f64x2.sub(left, right), v128.load64_splat(w1), v128.load64_splat(wq1), q, round),
      VECTOR,
    );
    from += 2 * VECTOR;
    to += 2 * VECTOR;
    w1 += 8;
    wq1 += 8;
    w2 += VECTOR;
    wq2 += VECTOR;
  } while (from < end);
}

/** Two stages of the way back over `groups` parts. */
function inverseTwo(modulus: Modulus, at: usize, groups: usize): void {
  const q = f64x2.splat(modulus.value);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const round = f64x2.splat(ROUND);
  const roots: usize = modulus.inverseRoots;
  const quotients: usize = modulus.inverseRootQuotients;
  const quarter: usize = (<usize>modulus.degree << 3) / groups >> 2;
  for (let group: usize = 0; group < groups; group++) {
    const w1 = splat(roots, groups + group);
    const wq1 = splat(quotients, groups + group);
    const w2 = splat(roots, 2 * (groups + group));
    const wq2 = splat(quotients, 2 * (groups + group));
    const w3 = splat(roots, 2 * (groups + group) + 1);
    const wq3 = splat(quotients, 2 * (groups + group) + 1);
    const end = at + quarter;
    do {
      const x0 = v128.load(at);
      const x1 = v128.load(at + quarter);
      const s01 = f64x2.add(x0, x1);
      const d01 = multiplyBy(f64x2.sub(x0, x1), w2, wq2, q, round);
      const x2 = v128.load(at + 2 * quarter);
      const x3 = v128.load(at + 3 * quarter);
      const s23 = f64x2.add(x2, x3);
      const d23 = multiplyBy(f64x2.sub(x2, x3), w3, wq3, q, round);
      v128.store(at, reduce(f64x2.add(s01, s23), q, reciprocal, round));
      v128.store(at + quarter, reduce(f64x2.add(d01, d23), q, reciprocal, round));
      v128.store(at + 2 * quarter, multiplyBy(f64x2.sub(s01, s23), w1, wq1, q, round));
      v128.store(at + 3 * quarter, multiplyBy(f64x2.sub(d01, d23), w1, wq1, q, round));
      at += VECTOR;
    } while (at < end);
    at += 3 * quarter;
  }
}

/** The last step of each result: between −q/2 and q/2, or between 0 and q. */
// @ts-ignore: decorator
@inline
function finished(x: v128, q: v128, reciprocal: v128, round: v128, centered: bool): v128 {
  return centered ? reduce(x, q, reciprocal, round) : canonical(x, q);
}

/** The last stage, with the factor 1/N. */
function inverseLast(modulus: Modulus, at: usize, centered: bool): void {
  const q = f64x2.splat(modulus.value);
  const round = f64x2.splat(ROUND);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const half: usize = (<usize>modulus.degree << 3) >> 1;
  const n = f64x2.splat(modulus.inverseDegree);
  const nq = f64x2.splat(modulus.inverseDegreeQuotient);
  const w = splat(modulus.inverseRoots, 1);
  const wq = splat(modulus.inverseRootQuotients, 1);
  const end = at + half;
  do {
    const x = v128.load(at);
    const y = v128.load(at + half);
    const sum = multiplyBy(f64x2.add(x, y), n, nq, q, round);
    const difference = multiplyBy(f64x2.sub(x, y), w, wq, q, round);
    v128.store(at, finished(sum, q, reciprocal, round, centered));
    v128.store(at + half, finished(difference, q, reciprocal, round, centered));
    at += VECTOR;
  } while (at < end);
}

/** The last two stages, with the factor 1/N. */
function inverseLastTwo(modulus: Modulus, at: usize, centered: bool): void {
  const q = f64x2.splat(modulus.value);
  const round = f64x2.splat(ROUND);
  const reciprocal = f64x2.splat(modulus.reciprocal);
  const quarter: usize = (<usize>modulus.degree << 3) >> 2;
  const n = f64x2.splat(modulus.inverseDegree);
  const nq = f64x2.splat(modulus.inverseDegreeQuotient);
  const w1 = splat(modulus.inverseRoots, 1);
  const wq1 = splat(modulus.inverseRootQuotients, 1);
  const w2 = splat(modulus.inverseRoots, 2);
  const wq2 = splat(modulus.inverseRootQuotients, 2);
  const w3 = splat(modulus.inverseRoots, 3);
  const wq3 = splat(modulus.inverseRootQuotients, 3);
  const end = at + quarter;
  do {
    const x0 = v128.load(at);
    const x1 = v128.load(at + quarter);
    const s01 = f64x2.add(x0, x1);
    const d01 = multiplyBy(f64x2.sub(x0, x1), w2, wq2, q, round);
    const x2 = v128.load(at + 2 * quarter);
    const x3 = v128.load(at + 3 * quarter);
    const s23 = f64x2.add(x2, x3);
    const d23 = multiplyBy(f64x2.sub(x2, x3), w3, wq3, q, round);
    const y0 = multiplyBy(f64x2.add(s01, s23), n, nq, q, round);
    const y1 = multiplyBy(f64x2.add(d01, d23), n, nq, q, round);
    const y2 = multiplyBy(f64x2.sub(s01, s23), w1, wq1, q, round);
    const y3 = multiplyBy(f64x2.sub(d01, d23), w1, wq1, q, round);
    v128.store(at, finished(y0, q, reciprocal, round, centered));
    v128.store(at + quarter, finished(y1, q, reciprocal, round, centered));
    v128.store(at + 2 * quarter, finished(y2, q, reciprocal, round, centered));
    v128.store(at + 3 * quarter, finished(y3, q, reciprocal, round, centered));
    at += VECTOR;
  } while (at < end);
}

/** Values, |x| ≤ q, to coefficients: between −q/2 and q/2, or between 0 and q; the two places are the same or apart. */
export function inverse(modulus: Modulus, from: usize, to: usize, centered: bool): void {
  inverseFirst(modulus, from, to);
  let groups = <usize>modulus.degree >> 4;
  for (; groups >= 2; groups >>= 2) inverseTwo(modulus, to, groups);
  if (groups === 1) inverseLastTwo(modulus, to, centered);
  else inverseLast(modulus, to, centered);
}
