// Sums of products of digits and a key, two digits at a time: their values and their parts of the key are as many streams as the
// processor fetches ahead, and sums, which wait in the nearer caches, are read and written half as often.

import { RECORD } from '../key-layout';
import { Modulus } from '../modulus';
import { multiply, reduce } from './arithmetic';

const VECTOR: usize = 16;
const PAIR: usize = 2 * VECTOR;

/**
 * Values times both polynomials of a key, summed over all digits: at most q in absolute value. The values of the digit `own` lie at
 * `ownValues`, those of any other at `values`; the key lies as in key-layout.ts.
 */
export function innerProduct(
  modulus: Modulus, limbs: u32, own: u32, ownValues: usize, values: usize, valuesStride: usize,
  key: usize, digitStride: usize, to: usize, toStride: usize,
): void {
  let digit: u32 = limbs & 1;
  if (digit) setProducts(modulus, own === 0 ? ownValues : values, key, to, toStride);
  for (; digit < limbs; digit += 2) {
    const x = digit === own ? ownValues : values + digit * valuesStride;
    const y = digit + 1 === own ? ownValues : values + (digit + 1) * valuesStride;
    const part = key + digit * digitStride;
    if (digit) addPair(modulus, x, y, part, digitStride, to, toStride);
    else setPair(modulus, x, y, part, digitStride, to, toStride);
  }
}

/** The products of one digit. */
function setProducts(modulus: Modulus, x: usize, key: usize, to: usize, toStride: usize): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const end = to + (<usize>modulus.degree << 3);
  do {
    const x0 = v128.load(x);
    const x1 = v128.load(x, VECTOR);
    v128.store(to, multiply(x0, v128.load(key), q, reciprocal, round));
    v128.store(to, multiply(x1, v128.load(key, VECTOR), q, reciprocal, round), VECTOR);
    v128.store(to + toStride, multiply(x0, v128.load(key, PAIR), q, reciprocal, round));
    v128.store(to + toStride, multiply(x1, v128.load(key, PAIR + VECTOR), q, reciprocal, round), VECTOR);
    x += PAIR;
    key += RECORD;
    to += PAIR;
  } while (to < end);
}

/** The products of two digits, x and y, added to the sums where these have begun: a product is below q. */
// @ts-ignore: decorator
@inline
function pairOf(
  modulus: Modulus, x: usize, y: usize, key: usize, digitStride: usize, to: usize, toStride: usize, isFirst: bool,
): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const end = to + (<usize>modulus.degree << 3);
  let next = key + digitStride;
  do {
    const x0 = v128.load(x);
    const x1 = v128.load(x, VECTOR);
    const y0 = v128.load(y);
    const y1 = v128.load(y, VECTOR);
    let sum0 = multiply(x0, v128.load(key), q, reciprocal, round);
    let sum1 = multiply(x1, v128.load(key, VECTOR), q, reciprocal, round);
    let sum2 = multiply(x0, v128.load(key, PAIR), q, reciprocal, round);
    let sum3 = multiply(x1, v128.load(key, PAIR + VECTOR), q, reciprocal, round);
    sum0 = f64x2.add(sum0, multiply(y0, v128.load(next), q, reciprocal, round));
    sum1 = f64x2.add(sum1, multiply(y1, v128.load(next, VECTOR), q, reciprocal, round));
    sum2 = f64x2.add(sum2, multiply(y0, v128.load(next, PAIR), q, reciprocal, round));
    sum3 = f64x2.add(sum3, multiply(y1, v128.load(next, PAIR + VECTOR), q, reciprocal, round));
    if (!isFirst) {
      sum0 = f64x2.add(sum0, v128.load(to));
      sum1 = f64x2.add(sum1, v128.load(to, VECTOR));
      sum2 = f64x2.add(sum2, v128.load(to + toStride));
      sum3 = f64x2.add(sum3, v128.load(to + toStride, VECTOR));
    }
    v128.store(to, reduce(sum0, q, reciprocal, round));
    v128.store(to, reduce(sum1, q, reciprocal, round), VECTOR);
    v128.store(to + toStride, reduce(sum2, q, reciprocal, round));
    v128.store(to + toStride, reduce(sum3, q, reciprocal, round), VECTOR);
    x += PAIR;
    y += PAIR;
    key += RECORD;
    next += RECORD;
    to += PAIR;
  } while (to < end);
}

function setPair(modulus: Modulus, x: usize, y: usize, key: usize, digitStride: usize, to: usize, toStride: usize): void {
  pairOf(modulus, x, y, key, digitStride, to, toStride, true);
}

function addPair(modulus: Modulus, x: usize, y: usize, key: usize, digitStride: usize, to: usize, toStride: usize): void {
  pairOf(modulus, x, y, key, digitStride, to, toStride, false);
}
