// The negacyclic number-theoretic transform, as P. Longa and M. Naehrig have it (Speeding up the number theoretic transform for
// faster ideal lattice-based cryptography, 2016): from coefficients in order to values at the odd powers of ψ in bit-reversed
// order, and back. Two of its stages are done at once, so that numbers are read and written half as often, on two neighboring
// vectors, which V8 can join to one of 256 bits.
//
// How large numbers get, in multiples of q: a product is below 1/2 + |a|·2^−55, and its factor |a| must be below 2^52. A stage
// forward adds a product. Below 2^48, where 2^52 is 16·q, that is 13.6 after 15 stages from 1.25·2^50, and nothing is ever reduced.
// For primes up to 2^50 every other pass reduces what it adds to, so that two passes without end below 3.
// A stage back doubles the sums: two passes from 1 end at 16. So for primes above 2^48 each pass reduces its sums, else every other.

import { Modulus } from '../modulus';
import { canonical, multiplyBy, reduce } from './arithmetic';

const VECTOR: usize = 16;
const PAIR: usize = 2 * VECTOR;

// @ts-ignore: decorator
@inline
function splat(table: usize, index: usize): v128 {
  return v128.load64_splat(table + (index << 3));
}

/** A stage over all of the polynomial, which reads it elsewhere. */
function forwardFirst(modulus: Modulus, from: usize, to: usize): void {
  const q = modulus.splatValue();
  const round = modulus.splatRound();
  const half: usize = (<usize>modulus.degree << 3) >> 1;
  const w = splat(modulus.roots, 1);
  const wq = splat(modulus.rootQuotients, 1);
  const end = from + half;
  do {
    const y0 = multiplyBy(v128.load(from + half), w, wq, q, round);
    const y1 = multiplyBy(v128.load(from + half, VECTOR), w, wq, q, round);
    const x0 = v128.load(from);
    const x1 = v128.load(from, VECTOR);
    v128.store(to, f64x2.add(x0, y0));
    v128.store(to, f64x2.add(x1, y1), VECTOR);
    v128.store(to + half, f64x2.sub(x0, y0));
    v128.store(to + half, f64x2.sub(x1, y1), VECTOR);
    from += PAIR;
    to += PAIR;
  } while (from < end);
}

/** Two stages over `groups` parts of the polynomial. */
// @ts-ignore: decorator
@inline
function forwardPair(modulus: Modulus, from: usize, to: usize, groups: usize, isReduced: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
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
      const x2 = v128.load(from + 2 * quarter);
      const x6 = v128.load(from + 2 * quarter, VECTOR);
      const x3 = v128.load(from + 3 * quarter);
      const x7 = v128.load(from + 3 * quarter, VECTOR);
      let x0 = v128.load(from);
      let x4 = v128.load(from, VECTOR);
      let x1 = v128.load(from + quarter);
      let x5 = v128.load(from + quarter, VECTOR);
      const y2 = multiplyBy(x2, w1, wq1, q, round);
      const y6 = multiplyBy(x6, w1, wq1, q, round);
      const y3 = multiplyBy(x3, w1, wq1, q, round);
      const y7 = multiplyBy(x7, w1, wq1, q, round);
      if (isReduced) {
        x0 = reduce(x0, q, reciprocal, round);
        x4 = reduce(x4, q, reciprocal, round);
        x1 = reduce(x1, q, reciprocal, round);
        x5 = reduce(x5, q, reciprocal, round);
      }
      const a1 = multiplyBy(f64x2.add(x1, y3), w2, wq2, q, round);
      const a5 = multiplyBy(f64x2.add(x5, y7), w2, wq2, q, round);
      const a3 = multiplyBy(f64x2.sub(x1, y3), w3, wq3, q, round);
      const a7 = multiplyBy(f64x2.sub(x5, y7), w3, wq3, q, round);
      const a0 = f64x2.add(x0, y2);
      const a4 = f64x2.add(x4, y6);
      const a2 = f64x2.sub(x0, y2);
      const a6 = f64x2.sub(x4, y6);
      v128.store(to, f64x2.add(a0, a1));
      v128.store(to, f64x2.add(a4, a5), VECTOR);
      v128.store(to + quarter, f64x2.sub(a0, a1));
      v128.store(to + quarter, f64x2.sub(a4, a5), VECTOR);
      v128.store(to + 2 * quarter, f64x2.add(a2, a3));
      v128.store(to + 2 * quarter, f64x2.add(a6, a7), VECTOR);
      v128.store(to + 3 * quarter, f64x2.sub(a2, a3));
      v128.store(to + 3 * quarter, f64x2.sub(a6, a7), VECTOR);
      from += PAIR;
      to += PAIR;
    } while (from < end);
    from += 3 * quarter;
    to += 3 * quarter;
  }
}

function forwardTwo(modulus: Modulus, from: usize, to: usize, groups: usize): void {
  forwardPair(modulus, from, to, groups, false);
}

function forwardTwoReduced(modulus: Modulus, from: usize, to: usize, groups: usize): void {
  forwardPair(modulus, from, to, groups, true);
}

/** The last two stages, within four neighbors, of which two are done at once. */
// @ts-ignore: decorator
@inline
function forwardLastOf(modulus: Modulus, at: usize, isCanonical: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const bytes = <usize>modulus.degree << 3;
  let w1: usize = modulus.roots + (bytes >> 2);
  let wq1: usize = modulus.rootQuotients + (bytes >> 2);
  let w2: usize = modulus.roots + (bytes >> 1);
  let wq2: usize = modulus.rootQuotients + (bytes >> 1);
  const end = at + bytes;
  do {
    const y0 = multiplyBy(v128.load(at, VECTOR), v128.load64_splat(w1), v128.load64_splat(wq1), q, round);
    const y1 = multiplyBy(v128.load(at, PAIR + VECTOR), v128.load64_splat(w1, 8), v128.load64_splat(wq1, 8), q, round);
    const x0 = v128.load(at);
    const x1 = v128.load(at, PAIR);
    const a0 = f64x2.add(x0, y0);
    const b0 = f64x2.sub(x0, y0);
    const a1 = f64x2.add(x1, y1);
    const b1 = f64x2.sub(x1, y1);
    const right0 = multiplyBy(v128.shuffle<f64>(a0, b0, 1, 3), v128.load(w2), v128.load(wq2), q, round);
    const right1 = multiplyBy(v128.shuffle<f64>(a1, b1, 1, 3), v128.load(w2, VECTOR), v128.load(wq2, VECTOR), q, round);
    const left0 = reduce(v128.shuffle<f64>(a0, b0, 0, 2), q, reciprocal, round);
    const left1 = reduce(v128.shuffle<f64>(a1, b1, 0, 2), q, reciprocal, round);
    let sum0 = f64x2.add(left0, right0);
    let difference0 = f64x2.sub(left0, right0);
    let sum1 = f64x2.add(left1, right1);
    let difference1 = f64x2.sub(left1, right1);
    if (isCanonical) {
      sum0 = canonical(reduce(sum0, q, reciprocal, round), q);
      difference0 = canonical(reduce(difference0, q, reciprocal, round), q);
      sum1 = canonical(reduce(sum1, q, reciprocal, round), q);
      difference1 = canonical(reduce(difference1, q, reciprocal, round), q);
    }
    v128.store(at, v128.shuffle<f64>(sum0, difference0, 0, 2));
    v128.store(at, v128.shuffle<f64>(sum0, difference0, 1, 3), VECTOR);
    v128.store(at, v128.shuffle<f64>(sum1, difference1, 0, 2), PAIR);
    v128.store(at, v128.shuffle<f64>(sum1, difference1, 1, 3), PAIR + VECTOR);
    at += 2 * PAIR;
    w1 += VECTOR;
    wq1 += VECTOR;
    w2 += PAIR;
    wq2 += PAIR;
  } while (at < end);
}

function forwardLast(modulus: Modulus, at: usize): void {
  forwardLastOf(modulus, at, false);
}

function forwardLastCanonical(modulus: Modulus, at: usize): void {
  forwardLastOf(modulus, at, true);
}

/** All stages but the last two. */
// @ts-ignore: decorator
@inline
function forwardButLast(modulus: Modulus, from: usize, to: usize): void {
  let groups: usize = 1;
  if (ctz(modulus.degree) & 1) {
    forwardFirst(modulus, from, to);
    groups = 2;
    from = to;
  }
  const mayReduce = modulus.isTight !== 0;
  let isReduced = mayReduce;
  for (; groups < <usize>modulus.degree >> 2; groups <<= 2) {
    if (isReduced) forwardTwoReduced(modulus, from, to, groups);
    else forwardTwo(modulus, from, to, groups);
    isReduced = mayReduce && !isReduced;
    from = to;
  }
}

/** Coefficients, |x| < 1.25·2^50, to values, |x| < 1.2·q; the two places are the same or apart. */
export function forward(modulus: Modulus, from: usize, to: usize): void {
  forwardButLast(modulus, from, to);
  forwardLast(modulus, to);
}

/** The same, to values between 0 and q. */
export function forwardCanonical(modulus: Modulus, from: usize, to: usize): void {
  forwardButLast(modulus, from, to);
  forwardLastCanonical(modulus, to);
}

/** The first two stages of the way back, within four neighbors. */
// @ts-ignore: decorator
@inline
function inverseFirstOf(modulus: Modulus, from: usize, to: usize, isReduced: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const bytes = <usize>modulus.degree << 3;
  let w1: usize = modulus.inverseRoots + (bytes >> 2);
  let wq1: usize = modulus.inverseRootQuotients + (bytes >> 2);
  let w2: usize = modulus.inverseRoots + (bytes >> 1);
  let wq2: usize = modulus.inverseRootQuotients + (bytes >> 1);
  const end = from + bytes;
  do {
    const x0 = v128.load(from);
    const y0 = v128.load(from, VECTOR);
    const x1 = v128.load(from, PAIR);
    const y1 = v128.load(from, PAIR + VECTOR);
    const even0 = v128.shuffle<f64>(x0, y0, 0, 2);
    const odd0 = v128.shuffle<f64>(x0, y0, 1, 3);
    const even1 = v128.shuffle<f64>(x1, y1, 0, 2);
    const odd1 = v128.shuffle<f64>(x1, y1, 1, 3);
    const differences0 = multiplyBy(f64x2.sub(even0, odd0), v128.load(w2), v128.load(wq2), q, round);
    const differences1 = multiplyBy(f64x2.sub(even1, odd1), v128.load(w2, VECTOR), v128.load(wq2, VECTOR), q, round);
    const sums0 = f64x2.add(even0, odd0);
    const sums1 = f64x2.add(even1, odd1);
    const left0 = v128.shuffle<f64>(sums0, differences0, 0, 2);
    const right0 = v128.shuffle<f64>(sums0, differences0, 1, 3);
    const left1 = v128.shuffle<f64>(sums1, differences1, 0, 2);
    const right1 = v128.shuffle<f64>(sums1, differences1, 1, 3);
    let sum0 = f64x2.add(left0, right0);
    let sum1 = f64x2.add(left1, right1);
    if (isReduced) {
      sum0 = reduce(sum0, q, reciprocal, round);
      sum1 = reduce(sum1, q, reciprocal, round);
    }
    v128.store(to, sum0);
    v128.store(
      to,
      multiplyBy(f64x2.sub(left0, right0), v128.load64_splat(w1), v128.load64_splat(wq1), q, round),
      VECTOR,
    );
    v128.store(to, sum1, PAIR);
    v128.store(
      to,
      multiplyBy(f64x2.sub(left1, right1), v128.load64_splat(w1, 8), v128.load64_splat(wq1, 8), q, round),
      PAIR + VECTOR,
    );
    from += 2 * PAIR;
    to += 2 * PAIR;
    w1 += VECTOR;
    wq1 += VECTOR;
    w2 += PAIR;
    wq2 += PAIR;
  } while (from < end);
}

function inverseFirst(modulus: Modulus, from: usize, to: usize): void {
  inverseFirstOf(modulus, from, to, false);
}

function inverseFirstReduced(modulus: Modulus, from: usize, to: usize): void {
  inverseFirstOf(modulus, from, to, true);
}

/** Two stages of the way back over `groups` parts. */
// @ts-ignore: decorator
@inline
function inversePair(modulus: Modulus, at: usize, groups: usize, isReduced: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
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
      const x4 = v128.load(at, VECTOR);
      const x1 = v128.load(at + quarter);
      const x5 = v128.load(at + quarter, VECTOR);
      const x2 = v128.load(at + 2 * quarter);
      const x6 = v128.load(at + 2 * quarter, VECTOR);
      const x3 = v128.load(at + 3 * quarter);
      const x7 = v128.load(at + 3 * quarter, VECTOR);
      const d0 = multiplyBy(f64x2.sub(x0, x1), w2, wq2, q, round);
      const d4 = multiplyBy(f64x2.sub(x4, x5), w2, wq2, q, round);
      const d2 = multiplyBy(f64x2.sub(x2, x3), w3, wq3, q, round);
      const d6 = multiplyBy(f64x2.sub(x6, x7), w3, wq3, q, round);
      const s0 = f64x2.add(x0, x1);
      const s4 = f64x2.add(x4, x5);
      const s2 = f64x2.add(x2, x3);
      const s6 = f64x2.add(x6, x7);
      let sum0 = f64x2.add(s0, s2);
      let sum4 = f64x2.add(s4, s6);
      let sum1 = f64x2.add(d0, d2);
      let sum5 = f64x2.add(d4, d6);
      if (isReduced) {
        sum0 = reduce(sum0, q, reciprocal, round);
        sum4 = reduce(sum4, q, reciprocal, round);
        sum1 = reduce(sum1, q, reciprocal, round);
        sum5 = reduce(sum5, q, reciprocal, round);
      }
      const y2 = multiplyBy(f64x2.sub(s0, s2), w1, wq1, q, round);
      const y6 = multiplyBy(f64x2.sub(s4, s6), w1, wq1, q, round);
      const y3 = multiplyBy(f64x2.sub(d0, d2), w1, wq1, q, round);
      const y7 = multiplyBy(f64x2.sub(d4, d6), w1, wq1, q, round);
      v128.store(at, sum0);
      v128.store(at, sum4, VECTOR);
      v128.store(at + quarter, sum1);
      v128.store(at + quarter, sum5, VECTOR);
      v128.store(at + 2 * quarter, y2);
      v128.store(at + 2 * quarter, y6, VECTOR);
      v128.store(at + 3 * quarter, y3);
      v128.store(at + 3 * quarter, y7, VECTOR);
      at += PAIR;
    } while (at < end);
    at += 3 * quarter;
  }
}

function inverseTwo(modulus: Modulus, at: usize, groups: usize): void {
  inversePair(modulus, at, groups, false);
}

function inverseTwoReduced(modulus: Modulus, at: usize, groups: usize): void {
  inversePair(modulus, at, groups, true);
}

/** The last step of each result: between −q/2 and q/2, or between 0 and q. */
// @ts-ignore: decorator
@inline
function finished(x: v128, q: v128, reciprocal: v128, round: v128, centered: bool): v128 {
  return centered ? reduce(x, q, reciprocal, round) : canonical(x, q);
}

/** The last stage, with the factor 1/N. */
// @ts-ignore: decorator
@inline
function inverseLastOf(modulus: Modulus, at: usize, centered: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const half: usize = (<usize>modulus.degree << 3) >> 1;
  const n = modulus.splatInverseDegree();
  const nq = modulus.splatInverseDegreeQuotient();
  const w = splat(modulus.inverseRoots, 1);
  const wq = splat(modulus.inverseRootQuotients, 1);
  const end = at + half;
  do {
    const x0 = v128.load(at);
    const x1 = v128.load(at, VECTOR);
    const y0 = v128.load(at + half);
    const y1 = v128.load(at + half, VECTOR);
    const sum0 = multiplyBy(f64x2.add(x0, y0), n, nq, q, round);
    const sum1 = multiplyBy(f64x2.add(x1, y1), n, nq, q, round);
    const difference0 = multiplyBy(f64x2.sub(x0, y0), w, wq, q, round);
    const difference1 = multiplyBy(f64x2.sub(x1, y1), w, wq, q, round);
    v128.store(at, finished(sum0, q, reciprocal, round, centered));
    v128.store(at, finished(sum1, q, reciprocal, round, centered), VECTOR);
    v128.store(at + half, finished(difference0, q, reciprocal, round, centered));
    v128.store(at + half, finished(difference1, q, reciprocal, round, centered), VECTOR);
    at += PAIR;
  } while (at < end);
}

function inverseLast(modulus: Modulus, at: usize): void {
  inverseLastOf(modulus, at, false);
}

function inverseLastCentered(modulus: Modulus, at: usize): void {
  inverseLastOf(modulus, at, true);
}

/** The last two stages, with the factor 1/N. */
// @ts-ignore: decorator
@inline
function inverseLastTwoOf(modulus: Modulus, at: usize, centered: bool): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const quarter: usize = (<usize>modulus.degree << 3) >> 2;
  const n = modulus.splatInverseDegree();
  const nq = modulus.splatInverseDegreeQuotient();
  const w1 = splat(modulus.inverseRoots, 1);
  const wq1 = splat(modulus.inverseRootQuotients, 1);
  const w2 = splat(modulus.inverseRoots, 2);
  const wq2 = splat(modulus.inverseRootQuotients, 2);
  const w3 = splat(modulus.inverseRoots, 3);
  const wq3 = splat(modulus.inverseRootQuotients, 3);
  const end = at + quarter;
  do {
    const x0 = v128.load(at);
    const x4 = v128.load(at, VECTOR);
    const x1 = v128.load(at + quarter);
    const x5 = v128.load(at + quarter, VECTOR);
    const x2 = v128.load(at + 2 * quarter);
    const x6 = v128.load(at + 2 * quarter, VECTOR);
    const x3 = v128.load(at + 3 * quarter);
    const x7 = v128.load(at + 3 * quarter, VECTOR);
    const d0 = multiplyBy(f64x2.sub(x0, x1), w2, wq2, q, round);
    const d4 = multiplyBy(f64x2.sub(x4, x5), w2, wq2, q, round);
    const d2 = multiplyBy(f64x2.sub(x2, x3), w3, wq3, q, round);
    const d6 = multiplyBy(f64x2.sub(x6, x7), w3, wq3, q, round);
    const s0 = f64x2.add(x0, x1);
    const s4 = f64x2.add(x4, x5);
    const s2 = f64x2.add(x2, x3);
    const s6 = f64x2.add(x6, x7);
    const y0 = multiplyBy(f64x2.add(s0, s2), n, nq, q, round);
    const y4 = multiplyBy(f64x2.add(s4, s6), n, nq, q, round);
    const y1 = multiplyBy(f64x2.add(d0, d2), n, nq, q, round);
    const y5 = multiplyBy(f64x2.add(d4, d6), n, nq, q, round);
    const y2 = multiplyBy(f64x2.sub(s0, s2), w1, wq1, q, round);
    const y6 = multiplyBy(f64x2.sub(s4, s6), w1, wq1, q, round);
    const y3 = multiplyBy(f64x2.sub(d0, d2), w1, wq1, q, round);
    const y7 = multiplyBy(f64x2.sub(d4, d6), w1, wq1, q, round);
    v128.store(at, finished(y0, q, reciprocal, round, centered));
    v128.store(at, finished(y4, q, reciprocal, round, centered), VECTOR);
    v128.store(at + quarter, finished(y1, q, reciprocal, round, centered));
    v128.store(at + quarter, finished(y5, q, reciprocal, round, centered), VECTOR);
    v128.store(at + 2 * quarter, finished(y2, q, reciprocal, round, centered));
    v128.store(at + 2 * quarter, finished(y6, q, reciprocal, round, centered), VECTOR);
    v128.store(at + 3 * quarter, finished(y3, q, reciprocal, round, centered));
    v128.store(at + 3 * quarter, finished(y7, q, reciprocal, round, centered), VECTOR);
    at += PAIR;
  } while (at < end);
}

function inverseLastTwo(modulus: Modulus, at: usize): void {
  inverseLastTwoOf(modulus, at, false);
}

function inverseLastTwoCentered(modulus: Modulus, at: usize): void {
  inverseLastTwoOf(modulus, at, true);
}

/** Values, |x| ≤ q, to coefficients: between −q/2 and q/2, or between 0 and q; the two places are the same or apart. */
export function inverse(modulus: Modulus, from: usize, to: usize, centered: bool): void {
  const isTight = modulus.isTight !== 0;
  if (isTight) inverseFirstReduced(modulus, from, to);
  else inverseFirst(modulus, from, to);
  let groups = <usize>modulus.degree >> 4;
  let isReduced = true;
  for (; groups >= 2; groups >>= 2) {
    if (isReduced) inverseTwoReduced(modulus, to, groups);
    else inverseTwo(modulus, to, groups);
    isReduced = isTight || !isReduced;
  }
  if (groups === 1) {
    if (centered) inverseLastTwoCentered(modulus, to);
    else inverseLastTwo(modulus, to);
  } else if (centered) {
    inverseLastCentered(modulus, to);
  } else {
    inverseLast(modulus, to);
  }
}
