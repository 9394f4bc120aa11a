// Where the even-odd form is taken twice: two series F and G in s, each in powers of u = 2s² − 1 in two parts, such as
// F(s) = A(u) + s·B(u). Term k of a series is s^(k mod 2)·u^⌊k/2⌋; a table holds the coefficients of A before those of B, then
// those of G likewise. F(s) + x·G(s) is computed part by part for chunks of inputs, and each part by Horner's method in u.
import { madd } from '../simd';
import { CHUNK, GROUP_BYTES, GROUP_SIZES_BYTES } from './activation';
import { CONSTANTS_BYTES, horner, LINEAR, minusOnes, setConstants, VALUE } from './group';
import { monomialSlopes, SUM_BYTES } from './powers';

const CHUNK_BYTES: usize = <usize>CHUNK << 2;

// What is needed lies in memory: constants of Horner's method, what it tells of the sizes of u, s and u, and what the parts
// are.
const SIZES: usize = CONSTANTS_BYTES;
const S: usize = SIZES + GROUP_SIZES_BYTES;
const U: usize = S + CHUNK_BYTES;
const PARTS: usize = U + CHUNK_BYTES;
export const TWICE_BYTES: usize = PARTS + 4 * CHUNK_BYTES;

/** Where term k of a series has its coefficient in a table. */
// @ts-ignore: decorator
@inline
export function twicePlace(k: i32, terms: i32): i32 {
  return (k & 1 ? (terms + 1) >> 1 : 0) + (k >> 1);
}

/** Stores s and u of so many bytes of inputs. */
function storeVariables(x: usize, bytes: usize, memory: usize, scale: f32): void {
  const scales = f32x4.splat(scale);
  const minusOne = minusOnes();
  for (let at: usize = 0; at < bytes; at += 16) {
    const values = v128.load(x + at);
    const t = f32x4.mul(values, scales);
    const s = madd(t, t, minusOne);
    v128.store(memory + at, s, S);
    v128.store(memory + at, madd(f32x4.add(s, s), s, minusOne), U);
  }
}

/** A part of the chunk. */
function storePart(table: usize, terms: i32, bytes: usize, memory: usize, part: usize): void {
  const groups = <i32>((bytes + GROUP_BYTES - 1) / GROUP_BYTES);
  const last = table + (<usize>(terms - 1) << 2);
  horner(LINEAR, VALUE, memory, table, last, memory + U, 0, part, groups, memory + SIZES);
}

/** Joins the two parts of a series at the place of the first. */
function joinParts(first: usize, second: usize, bytes: usize, memory: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(first + at, madd(v128.load(memory + at, S), v128.load(second + at), v128.load(first + at)));
  }
}

/** A series of the chunk at `out`. */
function storeSeries(table: usize, terms: i32, bytes: usize, memory: usize, out: usize): void {
  const firstTerms = (terms + 1) >> 1;
  storePart(table, firstTerms, bytes, memory, out);
  if (terms < 2) return;
  storePart(table + (<usize>firstTerms << 2), terms - firstTerms, bytes, memory, out + CHUNK_BYTES);
  joinParts(out, out + CHUNK_BYTES, bytes, memory);
}

/**
 * F(s) + x·G(s) for so many bytes of inputs, times their gradients where there are any; t = x·scale/√2, and G has no terms or
 * more.
 */
export function evaluateTwice(
  x: usize, gradient: usize, out: usize, bytes: usize, table: usize, firstTerms: i32, secondTerms: i32, memory: usize, scale: f32,
): void {
  setConstants(memory, 1, 0);
  const first = memory + PARTS;
  const second = first + 2 * CHUNK_BYTES;
  for (let start: usize = 0; start < bytes; start += CHUNK_BYTES) {
    const length = min(CHUNK_BYTES, bytes - start);
    storeVariables(x + start, length, memory, scale);
    storeSeries(table, firstTerms, length, memory, first);
    if (secondTerms) storeSeries(table + (<usize>firstTerms << 2), secondTerms, length, memory, second);
    for (let at: usize = 0; at < length; at += 16) {
      let value = v128.load(first + at);
      if (secondTerms) value = madd(v128.load(x + start + at), v128.load(second + at), value);
      if (gradient) value = f32x4.mul(value, v128.load(gradient + start + at));
      v128.store(out + start + at, value);
    }
  }
}

/** Sums of a part, two at least. */
// @ts-ignore: decorator
@inline
function sumsOfPart(terms: i32): i32 {
  return max(2, terms);
}

/** How many sums there are for a series. */
// @ts-ignore: decorator
@inline
export function twiceSums(terms: i32): i32 {
  return sumsOfPart((terms + 1) >> 1) + sumsOfPart(terms >> 1);
}

/** Which of them is that of term k. */
// @ts-ignore: decorator
@inline
export function twiceSum(k: i32, terms: i32): i32 {
  return (k & 1 ? sumsOfPart((terms + 1) >> 1) : 0) + (k >> 1);
}

/** Adds Σ w·u^k for the weights that are at the place of the first part; what else is computed there is not used. */
function addPowers(terms: i32, bytes: usize, memory: usize, sums: usize, totals: usize): void {
  const weights = memory + PARTS;
  const groups = <i32>(bytes / GROUP_BYTES);
  // Horner's method goes along, for as many coefficients as the sums but one: any numbers do.
  const last = memory + S + (<usize>max(0, terms - 2) << 2);
  const end = sums + <usize>sumsOfPart(terms) * SUM_BYTES;
  monomialSlopes(memory, memory + S, last, memory + U, weights, weights + CHUNK_BYTES, groups, sums, end, totals);
}

/** The weights: gradients, or those times x; with a factor s for the second part. */
function storeWeights(x: usize, gradient: usize, timesS: bool, bytes: usize, memory: usize): void {
  const weights = memory + PARTS;
  for (let at: usize = 0; at < bytes; at += 16) {
    let weight = v128.load(gradient + at);
    if (x) weight = f32x4.mul(weight, v128.load(x + at));
    if (timesS) weight = f32x4.mul(weight, v128.load(memory + at, S));
    v128.store(weights + at, weight);
  }
}

function addSeries(x: usize, gradient: usize, bytes: usize, terms: i32, memory: usize, sums: usize, totals: usize): void {
  const firstTerms = (terms + 1) >> 1;
  storeWeights(x, gradient, false, bytes, memory);
  addPowers(firstTerms, bytes, memory, sums, totals);
  if (terms < 2) return;
  const offset = <usize>sumsOfPart(firstTerms);
  storeWeights(x, gradient, true, bytes, memory);
  addPowers(terms >> 1, bytes, memory, sums + offset * SUM_BYTES, totals + (offset << 4));
}

/**
 * Adds up the gradients times every term of F, and times x and every term of G, for so many bytes of inputs, of whole
 * groups; sums as in powers.ts, those of F before those of G.
 */
export function addTwicePowers(
  x: usize, gradient: usize, bytes: usize, firstTerms: i32, secondTerms: i32, memory: usize, scale: f32,
  sums: usize, totals: usize,
): void {
  setConstants(memory, 1, 0);
  const offset = <usize>twiceSums(firstTerms);
  const secondSums = sums + offset * SUM_BYTES;
  const secondTotals = totals + (offset << 4);
  for (let start: usize = 0; start < bytes; start += CHUNK_BYTES) {
    const length = min(CHUNK_BYTES, bytes - start);
    storeVariables(x + start, length, memory, scale);
    addSeries(0, gradient + start, length, firstTerms, memory, sums, totals);
    if (secondTerms) addSeries(x + start, gradient + start, length, secondTerms, memory, secondSums, secondTotals);
  }
}
