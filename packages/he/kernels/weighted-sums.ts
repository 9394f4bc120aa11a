// Sums of many ciphertexts times small integers, for many sums of the same ciphertexts. A residue is cut into a high and a low half;
// products of halves with integers below 2^22 leave room to add up many of them, so that a product costs two multiplications and
// additions, and the modulus comes in once for many products. As products of matrices do, a block first packs what it reads.

import { canonical as canonicalDouble, fusedAdd, multiplyBy as multiplyDoubleBy, reduce } from './double/arithmetic';
import { isDouble, limbBytes, Modulus, modulusAt, RESIDUE } from './modulus';
import { canonical as canonicalWord, multiplyBy as multiplyWordBy, signedRemainder, subtractOnce } from './word/arithmetic';

const VECTOR: usize = 16;
/** Integers are at most 2^22 in absolute value; the evaluator checks it. */
const WEIGHT_BITS: u32 = 22;
/** Sums that are computed together, in registers. */
const TILE: u32 = 4;
/** Residues of a block. */
const PART: usize = 64;
/** Bits of the low half of a word: products with integers are below 2^53, and i64 adds up 2^10 of them. */
const WORD_SPLIT: u64 = 30;

/** Low bits of a residue in f64, as the evaluator has them: halves of the same size leave room for the most products. */
// @ts-ignore: decorator
@inline
function splitOf(modulus: Modulus): u32 {
  return <u32>modulus.bits >> 1;
}

/** Halves of two residues side by side, for each vector of the part those of all columns. */
function packDouble(modulus: Modulus, list: usize, columns: u32, first: u32, count: u32, polynomial: u32, offset: usize, panel: usize): void {
  const split = f64x2.splat(<f64>(<u64>1 << splitOf(modulus)));
  const inverse = f64x2.splat(1.0 / <f64>(<u64>1 << splitOf(modulus)));
  const stride = <usize>count * 2 * VECTOR;
  for (let column: u32 = 0; column < count; column++) {
    const address = list + 4 * (first + column);
    let from = <usize>load<u32>(address) + polynomial * load<u32>(address + 4 * columns) + offset;
    let to = panel + column * 2 * VECTOR;
    for (const end = from + PART * RESIDUE; from < end; from += VECTOR, to += stride) {
      const x = v128.load(from);
      const high = f64x2.nearest(f64x2.mul(x, inverse));
      v128.store(to, high);
      v128.store(to, f64x2.sub(x, f64x2.mul(high, split)), VECTOR);
    }
  }
}

/** Adds the products of one vector's columns to four sums, which are at `to`, the first `rows` of them. */
function addTileDouble(
  modulus: Modulus, panel: usize, count: u32, weights: usize, highFactor: usize, lowFactor: usize,
  targets: usize, rows: u32, offset: usize, isFirst: bool,
): void {
  const q = modulus.splatValue();
  const reciprocal = modulus.splatReciprocal();
  const round = modulus.splatRound();
  const highBits = <u32>modulus.bits - splitOf(modulus);
  // Sums stay below 2^51.
  const run: u32 = 1 << (51 - WEIGHT_BITS - highBits);
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  if (!isFirst) {
    t0 = v128.load(load<u32>(targets) + offset);
    if (rows > 1) t1 = v128.load(load<u32>(targets, 4) + offset);
    if (rows > 2) t2 = v128.load(load<u32>(targets, 8) + offset);
    if (rows > 3) t3 = v128.load(load<u32>(targets, 12) + offset);
  }
  for (let start: u32 = 0; start < count; start += run) {
    let h0 = f64x2.splat(0);
    let h1 = h0;
    let h2 = h0;
    let h3 = h0;
    let l0 = h0;
    let l1 = h0;
    let l2 = h0;
    let l3 = h0;
    const end = panel + min(run, count - start) * 2 * VECTOR;
    for (; panel < end; panel += 2 * VECTOR, weights += TILE * RESIDUE) {
      const high = v128.load(panel);
      const low = v128.load(panel, VECTOR);
      const w0 = v128.load64_splat(weights);
      h0 = fusedAdd(high, w0, h0);
      l0 = fusedAdd(low, w0, l0);
      const w1 = v128.load64_splat(weights, RESIDUE);
      h1 = fusedAdd(high, w1, h1);
      l1 = fusedAdd(low, w1, l1);
      const w2 = v128.load64_splat(weights, 2 * RESIDUE);
      h2 = fusedAdd(high, w2, h2);
      l2 = fusedAdd(low, w2, l2);
      const w3 = v128.load64_splat(weights, 3 * RESIDUE);
      h3 = fusedAdd(high, w3, h3);
      l3 = fusedAdd(low, w3, l3);
    }
    const hw = v128.load64_splat(highFactor);
    const hq = v128.load64_splat(highFactor, RESIDUE);
    const lw = v128.load64_splat(lowFactor);
    const lq = v128.load64_splat(lowFactor, RESIDUE);
    t0 = joined(t0, h0, hw, hq, l0, lw, lq, q, reciprocal, round);
    t1 = joined(t1, h1, hw, hq, l1, lw, lq, q, reciprocal, round);
    t2 = joined(t2, h2, hw, hq, l2, lw, lq, q, reciprocal, round);
    t3 = joined(t3, h3, hw, hq, l3, lw, lq, q, reciprocal, round);
  }
  v128.store(load<u32>(targets) + offset, canonicalDouble(t0, q));
  if (rows > 1) v128.store(load<u32>(targets, 4) + offset, canonicalDouble(t1, q));
  if (rows > 2) v128.store(load<u32>(targets, 8) + offset, canonicalDouble(t2, q));
  if (rows > 3) v128.store(load<u32>(targets, 12) + offset, canonicalDouble(t3, q));
}

/** A sum and the sums of both halves, times what each stands for: between −q/2 and q/2. */
// @ts-ignore: decorator
@inline
function joined(
  sum: v128, high: v128, hw: v128, hq: v128, low: v128, lw: v128, lq: v128, q: v128, reciprocal: v128, round: v128,
): v128 {
  const both = f64x2.add(multiplyDoubleBy(high, hw, hq, q, round), multiplyDoubleBy(low, lw, lq, q, round));
  return reduce(f64x2.add(sum, both), q, reciprocal, round);
}

/** Halves of words side by side, for each residue of the part those of all columns. */
function packWord(list: usize, columns: u32, first: u32, count: u32, polynomial: u32, offset: usize, panel: usize): void {
  const mask: u64 = (<u64>1 << WORD_SPLIT) - 1;
  const stride = <usize>count * 2 * RESIDUE;
  for (let column: u32 = 0; column < count; column++) {
    const address = list + 4 * (first + column);
    let from = <usize>load<u32>(address) + polynomial * load<u32>(address + 4 * columns) + offset;
    let to = panel + column * 2 * RESIDUE;
    for (const end = from + PART * RESIDUE; from < end; from += RESIDUE, to += stride) {
      const x = load<u64>(from);
      store<u64>(to, x >> WORD_SPLIT);
      store<u64>(to, x & mask, RESIDUE);
    }
  }
}

function addTileWord(
  modulus: Modulus, panel: usize, count: u32, weights: usize, highFactor: usize, lowFactor: usize,
  targets: usize, rows: u32, offset: usize, isFirst: bool,
): void {
  let h0: i64 = 0;
  let h1: i64 = 0;
  let h2: i64 = 0;
  let h3: i64 = 0;
  let l0: i64 = 0;
  let l1: i64 = 0;
  let l2: i64 = 0;
  let l3: i64 = 0;
  for (const end = panel + count * 2 * RESIDUE; panel < end; panel += 2 * RESIDUE, weights += TILE * 4) {
    const high = load<i64>(panel);
    const low = load<i64>(panel, RESIDUE);
    const w0 = <i64>load<i32>(weights);
    h0 += high * w0;
    l0 += low * w0;
    const w1 = <i64>load<i32>(weights, 4);
    h1 += high * w1;
    l1 += low * w1;
    const w2 = <i64>load<i32>(weights, 8);
    h2 += high * w2;
    l2 += low * w2;
    const w3 = <i64>load<i32>(weights, 12);
    h3 += high * w3;
    l3 += low * w3;
  }
  addWord(modulus, h0, l0, highFactor, lowFactor, load<u32>(targets) + offset, isFirst);
  if (rows > 1) addWord(modulus, h1, l1, highFactor, lowFactor, load<u32>(targets, 4) + offset, isFirst);
  if (rows > 2) addWord(modulus, h2, l2, highFactor, lowFactor, load<u32>(targets, 8) + offset, isFirst);
  if (rows > 3) addWord(modulus, h3, l3, highFactor, lowFactor, load<u32>(targets, 12) + offset, isFirst);
}

function addWord(modulus: Modulus, high: i64, low: i64, highFactor: usize, lowFactor: usize, to: usize, isFirst: bool): void {
  const q = modulus.word;
  const h = multiplyWordBy(signedRemainder(high, modulus), load<u64>(highFactor), load<u64>(highFactor, RESIDUE), q);
  const l = multiplyWordBy(signedRemainder(low, modulus), load<u64>(lowFactor), load<u64>(lowFactor, RESIDUE), q);
  const sum = subtractOnce(canonicalWord(h, q) + canonicalWord(l, q), q);
  store<u64>(to, isFirst ? sum : subtractOnce(load<u64>(to) + sum, q));
}

/**
 * to_j = Σ_i a_i·w_ji·2^shift. `list` has the addresses of `columns` ciphertexts, as many strides of theirs, then the addresses of
 * the first polynomials of `rows` results, and those of the second ones. Integers lie by four rows, then by column, then by row, as f64 in `weights` and as i32 in `words`, with
 * zeros for rows that there are not. Factors are, for each prime with its quotient, 16 bytes, 2^shift for low halves, and with the
 * bits of a low half for high ones. A block is a part of a limb.
 */
export function weightedSums(
  block: u32, scratch: usize, table: usize, limbs: u32, list: usize, columns: u32, rows: u32,
  weights: usize, words: usize, highFactors: usize, lowFactors: usize,
): void {
  const partsOfLimb = modulusAt(table, 0).degree / <u32>PART;
  const limb = block / partsOfLimb;
  const index = limb % limbs;
  const polynomial = limb / limbs;
  const modulus = modulusAt(table, index);
  const offset = index * limbBytes(modulus) + (block % partsOfLimb) * PART * RESIDUE;
  const highFactor = highFactors + index * VECTOR;
  const lowFactor = lowFactors + index * VECTOR;
  const isFloat = isDouble(modulus);
  // As many columns as have room in `scratch`.
  const most = <u32>(limbBytes(modulus) / (PART * 2 * RESIDUE));
  for (let first: u32 = 0; first < columns; first += most) {
    const count = min(most, columns - first);
    if (isFloat) packDouble(modulus, list, columns, first, count, polynomial, offset, scratch);
    else packWord(list, columns, first, count, polynomial, offset, scratch);
    const step: usize = isFloat ? VECTOR : RESIDUE;
    const panelStep = <usize>count * 2 * step;
    for (let row: u32 = 0; row < rows; row += TILE) {
      const targets = list + 4 * (2 * columns + polynomial * rows + row);
      const left = rows - row;
      const before = <usize>row * columns + first * TILE;
      let panel = scratch;
      for (let at = offset; at < offset + PART * RESIDUE; at += step, panel += panelStep) {
        if (isFloat) {
          addTileDouble(modulus, panel, count, weights + before * RESIDUE, highFactor, lowFactor, targets, left, at, first === 0);
        } else {
          addTileWord(modulus, panel, count, words + before * 4, highFactor, lowFactor, targets, left, at, first === 0);
        }
      }
    }
  }
}
