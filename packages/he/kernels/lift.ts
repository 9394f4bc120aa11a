// From one prime to another: coefficients as signed integers (f64 or i64, as the prime keeps its residues) that are smaller in
// absolute value than the prime that they come from.

import { multiply } from './double/arithmetic';
import { forward as forwardDouble } from './double/transform';
import { isDouble, limbBytes, Modulus, RESIDUE } from './modulus';
import { signedRemainder } from './word/arithmetic';
import { forward as forwardWord } from './word/transform';

const SPLIT: u64 = 30;
const TWO_TO_SPLIT: f64 = 1073741824;

/** Two integers of 64 bits, each split in two, as f64 that are small modulo q. */
// @ts-ignore: decorator
@inline
function doubles(x: i64, y: i64, q: v128, reciprocal: v128, round: v128): v128 {
  const mask: i64 = (1 << SPLIT) - 1;
  const high = f64x2.replace_lane(f64x2.splat(<f64>(x >> SPLIT)), 1, <f64>(y >> SPLIT));
  const low = f64x2.replace_lane(f64x2.splat(<f64>(x & mask)), 1, <f64>(y & mask));
  return f64x2.add(multiply(high, f64x2.splat(TWO_TO_SPLIT), q, reciprocal, round), low);
}

function wordsToDoubles(from: usize, to: usize, target: Modulus): void {
  const q = target.splatValue();
  const reciprocal = target.splatReciprocal();
  const round = target.splatRound();
  for (const end = from + limbBytes(target); from < end; from += 2 * RESIDUE, to += 2 * RESIDUE) {
    v128.store(to, doubles(load<i64>(from), load<i64>(from, RESIDUE), q, reciprocal, round));
  }
}

function doublesToWords(from: usize, to: usize, target: Modulus): void {
  for (const end = from + limbBytes(target); from < end; from += RESIDUE, to += RESIDUE) {
    store<u64>(to, signedRemainder(<i64>load<f64>(from), target));
  }
}

function wordsToWords(from: usize, to: usize, target: Modulus): void {
  for (const end = from + limbBytes(target); from < end; from += RESIDUE, to += RESIDUE) {
    store<u64>(to, signedRemainder(load<i64>(from), target));
  }
}

/** Writes the values, |x| < 1.2·q or below q, modulo one prime of a polynomial whose coefficients are given as integers modulo another. */
export function liftAndTransform(from: usize, source: Modulus, to: usize, target: Modulus): void {
  if (isDouble(target)) {
    if (isDouble(source)) {
      forwardDouble(target, from, to);
    } else {
      wordsToDoubles(from, to, target);
      forwardDouble(target, to, to);
    }
  } else {
    if (isDouble(source)) doublesToWords(from, to, target);
    else wordsToWords(from, to, target);
    forwardWord(target, to);
  }
}
