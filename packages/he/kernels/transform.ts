import { forwardCanonical as forwardDouble, inverse as inverseDouble } from './double/transform';
import { isDouble, limbBytes, modulusAt } from './modulus';
import { forward as forwardWord, inverse as inverseWord } from './word/transform';

/** Coefficients to values, in place; a block is a limb of one polynomial. */
export function transform(block: u32, scratch: usize, table: usize, at: usize): void {
  const modulus = modulusAt(table, block);
  const limb = at + block * limbBytes(modulus);
  if (isDouble(modulus)) forwardDouble(modulus, limb, limb);
  else forwardWord(modulus, limb);
}

/** Values to coefficients, in place; likewise. */
export function transformBack(block: u32, scratch: usize, table: usize, at: usize): void {
  const modulus = modulusAt(table, block);
  const limb = at + block * limbBytes(modulus);
  if (isDouble(modulus)) inverseDouble(modulus, limb, limb, false);
  else inverseWord(modulus, limb, limb);
}
