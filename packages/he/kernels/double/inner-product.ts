// Sums of products that are reduced once for many of them. Added to 1.5·2^102, a product is rounded to a multiple of 2^50, and what
// the sum grew by is known exactly: the rest of the product, at most 2^49, is a fused multiplication and addition away, and is
// added up by itself (T. Ogita, S. M. Rump and S. Oishi, Accurate sum and dot product, 2005). Products of |a| < 1.2·q and |b| ≤ q/2
// may add up to 2^101 and to 2^51·q: three of them for q below 2^50, many more below 2^48. Four are taken there, since more streams are
// slower to read. Four rests are below 2^51.

import { RECORD } from '../key-layout';
import { Modulus } from '../modulus';
import { fusedAdd, fusedSubtract, reduce } from './arithmetic';

const VECTOR: usize = 16;
const PAIR: usize = 2 * VECTOR;

/** How many products are added up before they are reduced. */
// @ts-ignore: decorator
@inline
function runOf(modulus: Modulus): u32 {
  return modulus.isTight ? 3 : 4;
}

/** high + low + total modulo q, where high is a multiple of 2^50 below 2^101, and low at most 2^51: between −q/2 and q/2. */
// @ts-ignore: decorator
@inline
function joined(high: v128, low: v128, total: v128, q: v128, reciprocal: v128, round: v128): v128 {
  const c = f64x2.sub(fusedAdd(high, reciprocal, round), round);
  return reduce(f64x2.add(f64x2.add(fusedSubtract(c, q, high), low), total), q, reciprocal, round);
}

/**
 * Values times both polynomials of a key, summed over all digits: between −q/2 and q/2. The values of the digit `own` lie at
 * `ownValues`, those of any other at `values`; the key lies as in key-layout.ts.
 */
export function innerProduct(
  modulus: Modulus, limbs: u32, own: u32, ownValues: usize, values: usize, valuesStride: usize,
  key: usize, digitStride: usize, to: usize, toStride: usize,
): void {
  const run = runOf(modulus);
  for (let first: u32 = 0; first < limbs; first += run) {
    addProducts(
      modulus, first, min(first + run, limbs), own, ownValues, values, valuesStride, key, digitStride, to, toStride,
    );
  }
}

/** Adds the products of some digits to sums, which begin with digit 0. */
function addProducts(
  modulus: Modulus, first: u32, last: u32, own: u32, ownValues: usize, values: usize, valuesStride: usize,
  key: usize, digitStride: usize, to: usize, toStride: usize,
): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const grid = modulus.splatGrid();
  const zero = f64x2.splat(0);
  const sums = first === 0 ? zero : v128.not(zero);
  const end = to + (<usize>modulus.degree << 3);
  values += first * valuesStride;
  key += first * digitStride;
  do {
    let high0 = grid;
    let high1 = grid;
    let high2 = grid;
    let high3 = grid;
    let low0 = zero;
    let low1 = zero;
    let low2 = zero;
    let low3 = zero;
    let other = values;
    let part = key;
    let digit = first;
    do {
      const at = digit === own ? ownValues : other;
      const x0 = v128.load(at);
      const x1 = v128.load(at, VECTOR);
      const k0 = v128.load(part);
      const k1 = v128.load(part, VECTOR);
      const k2 = v128.load(part, PAIR);
      const k3 = v128.load(part, PAIR + VECTOR);
      const next0 = fusedAdd(x0, k0, high0);
      const next1 = fusedAdd(x1, k1, high1);
      const next2 = fusedAdd(x0, k2, high2);
      const next3 = fusedAdd(x1, k3, high3);
      low0 = f64x2.sub(low0, fusedSubtract(x0, k0, f64x2.sub(next0, high0)));
      low1 = f64x2.sub(low1, fusedSubtract(x1, k1, f64x2.sub(next1, high1)));
      low2 = f64x2.sub(low2, fusedSubtract(x0, k2, f64x2.sub(next2, high2)));
      low3 = f64x2.sub(low3, fusedSubtract(x1, k3, f64x2.sub(next3, high3)));
      high0 = next0;
      high1 = next1;
      high2 = next2;
      high3 = next3;
      other += valuesStride;
      part += digitStride;
      digit++;
    } while (digit < last);
    const total0 = v128.and(v128.load(to), sums);
    const total1 = v128.and(v128.load(to, VECTOR), sums);
    const total2 = v128.and(v128.load(to + toStride), sums);
    const total3 = v128.and(v128.load(to + toStride, VECTOR), sums);
    v128.store(to, joined(f64x2.sub(high0, grid), low0, total0, q, reciprocal, round));
    v128.store(to, joined(f64x2.sub(high1, grid), low1, total1, q, reciprocal, round), VECTOR);
    v128.store(to + toStride, joined(f64x2.sub(high2, grid), low2, total2, q, reciprocal, round));
    v128.store(to + toStride, joined(f64x2.sub(high3, grid), low3, total3, q, reciprocal, round), VECTOR);
    ownValues += PAIR;
    values += PAIR;
    key += RECORD;
    to += PAIR;
  } while (to < end);
}
