import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { parmsIdOf } from './encryption-parameters.js';

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Parameters with the hashes of all their levels. A level is told by its number of primes, which are called limbs. */
export class ModulusChain {
  readonly parameters: ParametersWithPrimes;
  readonly #parmsIds: readonly Uint8Array[];

  constructor(parameters: ParametersWithPrimes) {
    this.parameters = parameters;
    this.#parmsIds = parameters.primes.map((_, i) => parmsIdOf(parameters, i + 1));
  }

  /** The primes of keys, with the special one. */
  get keyLimbs(): number {
    return this.parameters.primes.length;
  }

  /** The primes of a fresh ciphertext. Where there is one prime only, keys have no special one. */
  get firstLimbs(): number {
    return Math.max(1, this.keyLimbs - 1);
  }

  /** The hash of a level. */
  parmsId(limbs: number): Uint8Array {
    return this.#parmsIds[limbs - 1]!;
  }

  /** The level that a hash names; undefined where it is none of these parameters. */
  limbsOf(parmsId: Uint8Array): number | undefined {
    const index = this.#parmsIds.findIndex((each) => areEqual(each, parmsId));
    return index === -1 ? undefined : index + 1;
  }
}
