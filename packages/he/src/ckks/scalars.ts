import { PlanError } from '../errors.js';
import { type IntegerMatrix, MAX_WEIGHT } from './evaluator.js';

/**
 * A number times a scale, rounded to an integer.
 *
 * @param limitBits what the modulus of the level has
 * @throws PlanError where it is not finite, or does not fit the level
 */
export function roundedAt(value: number, scale: number, limitBits: number): bigint {
  const product = value * scale;
  if (!Number.isFinite(product)) throw new PlanError(`${value} at scale ${scale} is not finite`);
  if (Math.log2(Math.abs(product)) + 1 >= limitBits) {
    throw new PlanError(`${value} at scale ${scale} needs more than the ${limitBits.toFixed(1)} bits of the level`);
  }
  return BigInt(Math.sign(product) * Math.round(Math.abs(product)));
}

/** @throws PlanError where a matrix is not one for so many ciphertexts, or has a row of zeros */
export function checkMatrix({ rows, integers, shift }: IntegerMatrix, columns: number): void {
  if (integers.length !== rows * columns || !(Number.isInteger(shift) && shift >= 0)) {
    throw new PlanError(
      `weightedSums: ${integers.length} integers times 2^${shift} for ${rows} sums of ${columns} ciphertexts`,
    );
  }
  for (let row = 0; row < rows; row++) {
    let isZero = true;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const integer = integers[i]!;
      if (Math.abs(integer) > MAX_WEIGHT) throw new PlanError(`weightedSums: ${integer} is more than ${MAX_WEIGHT}`);
      if (integer !== 0) isZero = false;
    }
    if (isZero) throw new PlanError(`weightedSums: all numbers of sum ${row} are 0: it would not hide anything`);
  }
}
