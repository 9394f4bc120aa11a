// Between residues as words of 64 bits, as files have them, and as kernels want them.

import { forwardCanonical as forwardDouble } from './double/transform';
import { placeOf, recordsAt } from './key-layout';
import { isDouble, limbBytes, Modulus, modulusAt, RESIDUE } from './modulus';
import { remainder } from './word/arithmetic';
import { forward as forwardWord } from './word/transform';

const VECTOR: usize = 16;
/** 2^52 as f64: its low bits are those of an integer that is added. */
const TWO_TO_52: f64 = 4503599627370496;

/** Words to residues, for limbs that lie side by side; a block is a limb of a polynomial. */
export function decode(
  block: u32,
  scratch: usize,
  table: usize,
  limbs: u32,
  from: usize,
  to: usize,
  toStride: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  const bytes = limbBytes(modulus);
  const source = from + block * bytes;
  const target = to + (block / limbs) * toStride + (block % limbs) * bytes;
  if (isDouble(modulus)) wordsToResidues(source, target, bytes);
  else memory.copy(target, source, bytes);
}

function wordsToResidues(from: usize, to: usize, bytes: usize): void {
  const exponent = f64x2.splat(TWO_TO_52);
  for (const end = from + bytes; from < end; from += VECTOR, to += VECTOR) {
    v128.store(to, f64x2.sub(v128.or(v128.load(from), exponent), exponent));
  }
}

/** Residues to words, likewise. */
export function encode(
  block: u32,
  scratch: usize,
  table: usize,
  limbs: u32,
  from: usize,
  fromStride: usize,
  to: usize,
): void {
  const modulus = modulusAt(table, block % limbs);
  const bytes = limbBytes(modulus);
  const source = from + (block / limbs) * fromStride + (block % limbs) * bytes;
  const target = to + block * bytes;
  if (isDouble(modulus)) residuesToWords(source, target, bytes);
  else memory.copy(target, source, bytes);
}

function residuesToWords(from: usize, to: usize, bytes: usize): void {
  const exponent = f64x2.splat(TWO_TO_52);
  for (const end = from + bytes; from < end; from += VECTOR, to += VECTOR) {
    v128.store(to, v128.xor(f64x2.add(v128.load(from), exponent), exponent));
  }
}

/**
 * Words of one polynomial of a digit of a key to residues, centered where they are f64, and with the inverse of a permutation applied:
 * value i goes to `permutation[i]`, unless that is 0. A block is a limb of it.
 */
export function decodeKey(
  block: u32, scratch: usize, table: usize, from: usize, permutation: usize, key: usize, digitStride: usize, digit: u32, polynomial: u32,
): void {
  const modulus = modulusAt(table, block);
  const bytes = limbBytes(modulus);
  const source = from + block * bytes;
  const records = recordsAt(key, digitStride, digit, block, bytes);
  const q = modulus.word;
  const half = q >> 1;
  const isFloat = isDouble(modulus);
  for (let i: usize = 0; i < <usize>modulus.degree; i++) {
    const word = load<u64>(source + i * RESIDUE);
    const value = permutation ? <usize>load<u32>(permutation + 4 * i) : i;
    const place = placeOf(records, polynomial, value);
    if (isFloat) store<f64>(place, <f64>(word > half ? <i64>(word - q) : <i64>word));
    else store<u64>(place, word);
  }
}

/** Values of a polynomial whose coefficients are integers in f64; each prime is a block. */
export function transformIntegers(block: u32, scratch: usize, table: usize, from: usize, to: usize): void {
  const modulus = modulusAt(table, block);
  const target = to + block * limbBytes(modulus);
  integersToResidues(modulus, from, target);
  if (isDouble(modulus)) forwardDouble(modulus, target, target);
  else forwardWord(modulus, target);
}

function integersToResidues(modulus: Modulus, from: usize, to: usize): void {
  const q = modulus.word;
  const isFloat = isDouble(modulus);
  for (const end = from + limbBytes(modulus); from < end; from += RESIDUE, to += RESIDUE) {
    const x = load<f64>(from);
    let rest = remainderOf(abs(x), modulus);
    if (x < 0 && rest !== 0) rest = q - rest;
    if (isFloat) store<f64>(to, <f64>rest);
    else store<u64>(to, rest);
  }
}

/** A natural number in f64 modulo q: its mantissa, doubled as often as its exponent says. */
function remainderOf(x: f64, modulus: Modulus): u64 {
  const bits = reinterpret<u64>(x);
  const exponent = <i32>(bits >> 52) - 1075;
  if (exponent <= 0) return remainder(<u64>x, modulus);
  let result = remainder((bits & 0xfffffffffffff) | 0x10000000000000, modulus);
  for (let left = exponent; left > 0; left -= 3) {
    result = remainder(result << (<u64>min(left, 3)), modulus);
  }
  return result;
}
