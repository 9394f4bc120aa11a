// Switching keys as SEAL does it: a polynomial is cut into its limbs, each is lifted to all primes and multiplied by its part of
// the key, and the sum is divided by the special prime (J.-S. Bajard, J. Eynard, A. Hasan and V. Zucca, 2016; S. Halevi,
// Y. Polyakov and V. Shoup, 2018). Everything is exact, so any order of the steps gives SEAL's bits.
//
// The key for an automorphism σ is kept as σ⁻¹ of it. Then everything is computed before σ, which permutes values and turns the
// signs of coefficients, and σ is applied once to what comes out. A rotation by itself cuts σ(c) into coefficients from 0 to q;
// seen before σ, a coefficient whose sign turns is x − q instead of x.

import { canonical as canonicalDouble, multiplyBy as multiplyDoubleBy } from './double/arithmetic';
import { innerProduct as innerProductDouble } from './double/inner-product';
import { RECORD, recordsAt } from './key-layout';
import { inverse as inverseDouble } from './double/transform';
import { liftAndTransform } from './lift';
import { isDouble, limbBytes, Modulus, modulusAt, RESIDUE } from './modulus';
import { canonical as canonicalWord, multiply as multiplyWord, multiplyBy as multiplyWordBy, subtractOnce } from './word/arithmetic';
import { inverse as inverseWord } from './word/transform';

const VECTOR: usize = 16;
const PAIR: usize = 2 * VECTOR;

/** Takes q from the coefficients other than 0 whose sign the automorphism X → X^element turns. */
function turnSigns(modulus: Modulus, at: usize, element: u32): void {
  const degree = i64x2.splat(modulus.degree);
  const step = i64x2.splat(2 * <i64>element);
  const end = at + limbBytes(modulus);
  let power = i64x2.replace_lane(i64x2.splat(0), 1, element);
  if (isDouble(modulus)) {
    const q = modulus.splatValue();
    const zero = f64x2.splat(0);
    for (; at < end; at += VECTOR) {
      const x = v128.load(at);
      const turns = v128.and(i64x2.eq(v128.and(power, degree), degree), f64x2.ne(x, zero));
      v128.store(at, f64x2.sub(x, v128.and(q, turns)));
      power = i64x2.add(power, step);
    }
  } else {
    const q = i64x2.splat(modulus.word);
    const zero = i64x2.splat(0);
    for (; at < end; at += VECTOR) {
      const x = v128.load(at);
      const turns = v128.and(i64x2.eq(v128.and(power, degree), degree), i64x2.ne(x, zero));
      v128.store(at, i64x2.sub(x, v128.and(q, turns)));
      power = i64x2.add(power, step);
    }
  }
}

/**
 * Coefficients of a polynomial that is given by its values, one limb a block, from 0 to q. With an element other than 0, q is taken
 * from those whose sign the automorphism turns.
 */
export function digits(block: u32, scratch: usize, table: usize, from: usize, to: usize, element: u32): void {
  const modulus = modulusAt(table, block);
  const offset = block * limbBytes(modulus);
  if (isDouble(modulus)) inverseDouble(modulus, from + offset, to + offset, false);
  else inverseWord(modulus, from + offset, to + offset);
  if (element) turnSigns(modulus, to + offset, element);
}

/** The prime that the place behind the `limbs` of a level stands for: the special one, the last of all. */
// @ts-ignore: decorator
@inline
function extendedIndex(place: u32, limbs: u32, special: u32): u32 {
  return place < limbs ? place : special;
}

/**
 * Values of each digit modulo each prime and the special one: a block is a pair of place and digit, in this order. Where both are
 * of one prime they would be those of the polynomial itself, and are left out.
 */
export function extend(
  block: u32, scratch: usize, table: usize, limbs: u32, special: u32, digitsAt: usize, to: usize, toStride: usize,
): void {
  const place = block / limbs;
  const digit = block % limbs;
  if (place === digit) return;
  const source = modulusAt(table, digit);
  const target = modulusAt(table, extendedIndex(place, limbs, special));
  liftAndTransform(digitsAt + digit * limbBytes(source), source, to + block * toStride, target);
}

/** What `innerProductDouble` computes, below q. */
function innerProductWord(
  modulus: Modulus, limbs: u32, own: u32, ownValues: usize, values: usize, valuesStride: usize,
  key: usize, digitStride: usize, to: usize, toStride: usize,
): void {
  const q = modulus.word;
  const end = to + limbBytes(modulus);
  while (to < end) {
    for (let inRecord: usize = 0; inRecord < PAIR; inRecord += RESIDUE) {
      let first: u64 = 0;
      let second: u64 = 0;
      let part = key + inRecord;
      for (let digit: u32 = 0; digit < limbs; digit++, part += digitStride) {
        const x = load<u64>((digit === own ? ownValues : values + digit * valuesStride) + inRecord);
        first = subtractOnce(first + multiplyWord(x, load<u64>(part), modulus), q);
        second = subtractOnce(second + multiplyWord(x, load<u64>(part, PAIR), modulus), q);
      }
      store<u64>(to + inRecord, first);
      store<u64>(to + toStride + inRecord, second);
    }
    ownValues += PAIR;
    values += PAIR;
    key += RECORD;
    to += PAIR;
  }
}

/**
 * The two sums of digits and key modulo one prime, a block: at most q in absolute value, or below q. `extended` are the values of the
 * digits modulo this prime, but for the digit of the prime itself, which are those of the polynomial. The sums lie as
 * [polynomial][place], with room for the special prime behind the limbs.
 */
// @ts-ignore: decorator
@inline
function sumDigits(
  block: u32, table: usize, limbs: u32, special: u32,
  values: usize, extended: usize, extendedStride: usize, key: usize, digitStride: usize, to: usize,
): void {
  const index = extendedIndex(block, limbs, special);
  const modulus = modulusAt(table, index);
  const bytes = limbBytes(modulus);
  const own = values + block * bytes;
  const records = recordsAt(key, digitStride, 0, index, bytes);
  const target = to + block * bytes;
  const targetStride = (limbs + 1) * bytes;
  if (isDouble(modulus)) {
    innerProductDouble(modulus, limbs, block, own, extended, extendedStride, records, digitStride, target, targetStride);
  } else {
    innerProductWord(modulus, limbs, block, own, extended, extendedStride, records, digitStride, target, targetStride);
  }
}

/** The sums for digits that were extended before. */
export function innerProduct(
  block: u32, scratch: usize, table: usize, limbs: u32, special: u32,
  values: usize, extended: usize, extendedStride: usize, key: usize, digitStride: usize, to: usize,
): void {
  const own = extended + block * limbs * extendedStride;
  sumDigits(block, table, limbs, special, values, own, extendedStride, key, digitStride, to);
}

/** The same for digits that are extended meanwhile, to `scratch`. */
export function extendedInnerProduct(
  block: u32, scratch: usize, table: usize, limbs: u32, special: u32,
  values: usize, digitsAt: usize, scratchStride: usize, key: usize, digitStride: usize, to: usize,
): void {
  const modulus = modulusAt(table, extendedIndex(block, limbs, special));
  const bytes = limbBytes(modulus);
  for (let digit: u32 = 0; digit < limbs; digit++) {
    if (block === digit) continue;
    liftAndTransform(digitsAt + digit * bytes, modulusAt(table, digit), scratch + digit * scratchStride, modulus);
  }
  sumDigits(block, table, limbs, special, values, scratch, scratchStride, key, digitStride, to);
}

/** Centers coefficients between 0 and q, as signed integers. */
function center(modulus: Modulus, at: usize): void {
  const q = <i64>modulus.word;
  const half = q >> 1;
  for (const end = at + limbBytes(modulus); at < end; at += RESIDUE) {
    const x = load<i64>(at);
    store<i64>(at, select<i64>(x - q, x, x > half));
  }
}

/** Coefficients between −q/2 and q/2 of the limb of prime `last` that stands at `place`, in place; a block is a polynomial. */
export function centerLast(
  block: u32, scratch: usize, table: usize, from: usize, stride: usize, place: u32, last: u32, to: usize,
): void {
  const modulus = modulusAt(table, last);
  const bytes = limbBytes(modulus);
  const source = from + block * stride + place * bytes;
  const target = to + block * bytes;
  if (isDouble(modulus)) {
    inverseDouble(modulus, source, target, true);
  } else {
    inverseWord(modulus, source, target);
    center(modulus, target);
  }
}

/**
 * (x − t)/p for the limbs of x, where t are the centered coefficients modulo the prime p, and the factors 1/p modulo each prime
 * with their quotients, 16 bytes. What is at `summand`, unless that is 0, is added to so many of the polynomials; then values
 * are permuted: value i is the one at `permutation[i]`, unless that is 0. A block is a limb.
 */
export function divideByLast(
  block: u32, scratch: usize, table: usize, limbs: u32, from: usize, stride: usize, centered: usize, last: u32,
  factors: usize, summand: usize, summandStride: usize, summands: u32, permutation: usize, to: usize, toStride: usize,
): void {
  const polynomial = block / limbs;
  const index = block % limbs;
  const modulus = modulusAt(table, index);
  const bytes = limbBytes(modulus);
  const source = from + polynomial * stride + index * bytes;
  const target = to + polynomial * toStride + index * bytes;
  const result = permutation ? scratch : target;
  const added = polynomial < summands ? summand + polynomial * summandStride + index * bytes : 0;
  liftAndTransform(centered + polynomial * bytes, modulusAt(table, last), scratch, modulus);
  if (isDouble(modulus)) divideDouble(modulus, source, scratch, factors + index * VECTOR, added, result);
  else divideWord(modulus, source, scratch, factors + index * VECTOR, added, result);
  if (permutation) permute(bytes, result, permutation, target);
}

function divideDouble(modulus: Modulus, x: usize, t: usize, factor: usize, added: usize, to: usize): void {
  const q = modulus.splatValue();
  const round = modulus.splatRound();
  const w = v128.load64_splat(factor);
  const quotient = v128.load64_splat(factor, RESIDUE);
  const end = x + limbBytes(modulus);
  if (added) {
    for (; x < end; x += PAIR, t += PAIR, to += PAIR, added += PAIR) {
      const y0 = multiplyDoubleBy(f64x2.sub(v128.load(x), v128.load(t)), w, quotient, q, round);
      const y1 = multiplyDoubleBy(f64x2.sub(v128.load(x, VECTOR), v128.load(t, VECTOR)), w, quotient, q, round);
      const z0 = f64x2.sub(f64x2.add(canonicalDouble(y0, q), v128.load(added)), q);
      const z1 = f64x2.sub(f64x2.add(canonicalDouble(y1, q), v128.load(added, VECTOR)), q);
      v128.store(to, canonicalDouble(z0, q));
      v128.store(to, canonicalDouble(z1, q), VECTOR);
    }
  } else {
    for (; x < end; x += PAIR, t += PAIR, to += PAIR) {
      const y0 = multiplyDoubleBy(f64x2.sub(v128.load(x), v128.load(t)), w, quotient, q, round);
      const y1 = multiplyDoubleBy(f64x2.sub(v128.load(x, VECTOR), v128.load(t, VECTOR)), w, quotient, q, round);
      v128.store(to, canonicalDouble(y0, q));
      v128.store(to, canonicalDouble(y1, q), VECTOR);
    }
  }
}

function divideWord(modulus: Modulus, x: usize, t: usize, factor: usize, added: usize, to: usize): void {
  const q = modulus.word;
  const w = load<u64>(factor);
  const quotient = load<u64>(factor, RESIDUE);
  for (const end = x + limbBytes(modulus); x < end; x += RESIDUE, t += RESIDUE, to += RESIDUE) {
    let y = canonicalWord(multiplyWordBy(load<u64>(x) + q - load<u64>(t), w, quotient, q), q);
    if (added) {
      y = subtractOnce(y + load<u64>(added), q);
      added += RESIDUE;
    }
    store<u64>(to, y);
  }
}

function permute(bytes: usize, from: usize, permutation: usize, to: usize): void {
  for (const end = to + bytes; to < end; to += VECTOR, permutation += 8) {
    const low = v128.load64_zero(from + (<usize>load<u32>(permutation) << 3));
    v128.store(to, v128.load64_lane(from + (<usize>load<u32>(permutation, 4) << 3), low, 1));
  }
}
