import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { At } from '../plan/activation.js';
import { keyBytes, MAX_KEY_BYTES } from '../plan/cost.js';

/** A plan as JSON: its gathers are most of it, 5 bytes a slot. */
export const MAX_PLAN_BYTES = 64 * 2 ** 20;

/** What is limited of a plan, of either layout. */
interface LimitedPlan {
  readonly box: readonly [low: number, high: number];
  readonly input: At;
  readonly output: At;
  readonly rotations: readonly number[];
  readonly refreshes: readonly (At & { readonly largest: number })[];
  readonly largestLogit: number;
  readonly errorBound: number;
}

/** Inputs may be so many times larger than those of the calibration. */
const INPUT_MARGIN = 4;
/** Bits below the modulus that SEAL wants to be left, the sign among them, and one for roundings. */
const SPARE_BITS = 3;
/** SEAL takes another way, of another time, for coefficients of more than 64 bits with the sign; one is for roundings. */
const WORD_BITS = 62;

/**
 * What a client must not go along with in a plan, whoever it is from; undefined if there is nothing.
 *
 * A server that chooses the scales of refreshes freely has an oracle of decryption (the reaction attacks of Chenal and Tang, On
 * Key Recovery Attacks Against Existing Somewhat Homomorphic Encryption Schemes, 2014): SEAL refuses to encode numbers that are too
 * large for the modulus, and whether a client goes on then tells of the secret key. So nothing that a ciphertext can decrypt to may
 * be too large. A coefficient of it is q/2 at most, encoded again it is that times the quotient of both scales.
 */
export function weaknessOf(plan: LimitedPlan, parameters: ParametersWithPrimes): string | undefined {
  const { box, input, output, rotations, refreshes, largestLogit, errorBound } = plan;
  const { primes } = parameters;
  const bitsOf = (limbs: number) => primes.slice(0, limbs).reduce((sum, prime) => sum + Math.log2(Number(prime)), 0);
  const room = bitsOf(primes.length - 1) - SPARE_BITS;
  const numbers = [...box, input.scale, output.scale, largestLogit, errorBound];
  if (![...numbers, ...refreshes.flatMap(({ scale, largest }) => [scale, largest])].every(Number.isFinite)) {
    return 'a number is not finite';
  }
  if (Math.log2(input.scale) + Math.log2(INPUT_MARGIN * Math.max(1, ...box.map(Math.abs))) > room) {
    return `inputs at the scale ${input.scale} have no room in the modulus`;
  }
  const unsafe = refreshes.find(({ level, scale }) => {
    const largest = bitsOf(level + 1) - 1 + Math.log2(input.scale) - Math.log2(scale);
    return !(largest <= Math.min(room, WORD_BITS));
  });
  if (unsafe) {
    return (
      `results of level ${unsafe.level} and scale ${unsafe.scale} could be too large to be encrypted again, and that would tell ` +
      'the server of the secret key'
    );
  }
  if (new Set(rotations).size < rotations.length) return 'a rotation occurs twice';
  if (keyBytes(parameters, rotations.length + 1).memory > MAX_KEY_BYTES) {
    return `the keys of ${rotations.length} rotations take more than ${MAX_KEY_BYTES / 2 ** 30} GiB`;
  }
  return undefined;
}
