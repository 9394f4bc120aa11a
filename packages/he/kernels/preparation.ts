import { isDouble, Modulus, modulusAt, RESIDUE } from './modulus';
import { multiply } from './word/arithmetic';

/** base^exponent modulo q. */
function power(base: u64, exponent: u64, modulus: Modulus): u64 {
  let result: u64 = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = multiply(result, base, modulus);
    base = multiply(base, base, modulus);
  }
  return result;
}

/** 1/x modulo the prime q (P. de Fermat). */
function inverseOf(x: u64, modulus: Modulus): u64 {
  return power(x, modulus.word - 2, modulus);
}

/** ⌊x·2^64/q⌋ for x < q, bit by bit. */
function wordQuotient(x: u64, q: u64): u64 {
  let quotient: u64 = 0;
  for (let i = 0; i < 64; i++) {
    x <<= 1;
    quotient <<= 1;
    if (x >= q) {
      x -= q;
      quotient |= 1;
    }
  }
  return quotient;
}

/** Writes a residue and its quotient as `multiplyBy` wants them. */
function writeFactor(x: u64, modulus: Modulus, to: usize, quotientTo: usize): void {
  const q = modulus.word;
  if (isDouble(modulus)) {
    const centered = <f64>(x > q >> 1 ? <i64>(x - q) : <i64>x);
    store<f64>(to, centered);
    store<f64>(quotientTo, centered / modulus.value);
  } else {
    store<u64>(to, x);
    store<u64>(quotientTo, wordQuotient(x, q));
  }
}

/** The smallest of the roots of unity of order 2N, the odd powers of one of them: SEAL takes it, too. */
function smallest(root: u64, modulus: Modulus): u64 {
  const square = multiply(root, root, modulus);
  let least = root;
  for (let i: u32 = 1; i < modulus.degree; i++) {
    root = multiply(root, square, modulus);
    if (root < least) least = root;
  }
  return least;
}

/** i with its lowest bits in reverse order. */
function reverseBits(i: u32, bits: u32): u32 {
  let reversed: u32 = 0;
  for (let bit: u32 = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

/** root^bitrev(i) with quotients; that of place 1, which the last stage uses, is multiplied by `last`. */
function writeRoots(root: u64, last: u64, modulus: Modulus, to: usize, quotientsTo: usize): void {
  const bits = ctz(modulus.degree);
  let x: u64 = 1;
  for (let i: u32 = 0; i < modulus.degree; i++) {
    const place = <usize>reverseBits(i, bits) * RESIDUE;
    writeFactor(place === RESIDUE ? multiply(x, last, modulus) : x, modulus, to + place, quotientsTo + place);
    x = multiply(x, root, modulus);
  }
}

/** Computes all that belongs to a modulus, a block, from q and a root of unity of order 2N, one after the other in `roots`. */
export function prepareModulus(block: u32, scratch: usize, table: usize, roots: usize): void {
  const modulus = modulusAt(table, block);
  const root = smallest(load<u64>(roots + block * RESIDUE), modulus);
  const inverseDegree = inverseOf(modulus.degree, modulus);
  writeRoots(root, 1, modulus, modulus.roots, modulus.rootQuotients);
  writeRoots(inverseOf(root, modulus), inverseDegree, modulus, modulus.inverseRoots, modulus.inverseRootQuotients);
  modulus.wordInverseDegree = inverseDegree;
  modulus.wordInverseDegreeQuotient = wordQuotient(inverseDegree, modulus.word);
  modulus.inverseDegree = <f64>(inverseDegree > modulus.word >> 1 ? <i64>(inverseDegree - modulus.word) : <i64>inverseDegree);
  modulus.inverseDegreeQuotient = modulus.inverseDegree / modulus.value;
}
