import type { EvaluationKeys } from '../ckks/evaluator.js';
import { KeyError } from '../errors.js';
import {
  type KeySwitchingKey,
  type ModulusChain,
  readGaloisKeys,
  readRelinearizationKey,
} from '../seal-format/index.js';
import { galoisPermutation } from './galois.js';
import type { ModulusTable } from './modulus-table.js';
import { type ResidueMemory, SKEW_BYTES } from './residue-memory.js';
import { expandSeeds } from './seeds.js';
import type { Team } from './team.js';

/** A Galois key as kernels read it. */
export interface GaloisKey {
  readonly element: number;
  /** The address of the key, with the inverse of the automorphism applied. */
  readonly key: number;
  /** The address of the permutation of values that the automorphism is. */
  readonly permutation: number;
}

/** Keys as kernels read them: laid out once, with what seeds stood for. They hold no secret. */
export class KeyStore {
  readonly #memory: ResidueMemory;
  readonly #team: Team;
  readonly #table: ModulusTable;
  readonly #chain: ModulusChain;
  readonly #relinearization: number | undefined;
  readonly #galois = new Map<number, GaloisKey>();

  /** @throws MalformedError where the bytes are not keys of these parameters */
  constructor(
    memory: ResidueMemory,
    team: Team,
    table: ModulusTable,
    chain: ModulusChain,
    { relinearization, galois }: EvaluationKeys,
  ) {
    this.#memory = memory;
    this.#team = team;
    this.#table = table;
    this.#chain = chain;
    const { degree } = chain.parameters;
    this.#relinearization = relinearization && this.#load(readRelinearizationKey(relinearization, chain), 0);
    if (!galois) return;
    for (const [element, key] of readGaloisKeys(galois, chain)) {
      const permutation = memory.allocate(degree * Uint32Array.BYTES_PER_ELEMENT);
      memory.words(permutation, degree).set(galoisPermutation(element, degree));
      this.#galois.set(element, { element, permutation, key: this.#load(key, permutation) });
    }
  }

  /** Bytes from one digit of a key to the next. */
  get digitStride(): number {
    return 2 * this.#polynomialBytes + SKEW_BYTES;
  }

  get #polynomialBytes(): number {
    return this.#chain.keyLimbs * this.#chain.parameters.degree * 8;
  }

  /** @throws KeyError where there is none */
  get relinearization(): number {
    if (this.#relinearization === undefined) throw new KeyError('relinearize: there is no relinearization key');
    return this.#relinearization;
  }

  /** @throws KeyError where there is none for this element */
  galois(element: number, steps: number): GaloisKey {
    const key = this.#galois.get(element);
    if (!key) throw new KeyError(`rotate: there is no key for a rotation by ${steps}`);
    return key;
  }

  /** Lays out a key as kernels/key-layout.ts says, and returns its address. */
  #load(parts: KeySwitchingKey, permutation: number): number {
    const memory = this.#memory;
    const { keyLimbs } = this.#chain;
    const polynomialBytes = this.#polynomialBytes;
    const address = memory.allocate(parts.length * this.digitStride);
    const staging = memory.allocate(parts.length * polynomialBytes);
    for (const polynomial of [0, 1]) {
      this.#stage(parts, polynomial, staging, polynomialBytes);
      for (const [digit] of parts.entries()) {
        const from = staging + digit * polynomialBytes;
        this.#team.run(
          'decodeKey',
          keyLimbs,
          this.#table.address,
          from,
          permutation,
          address,
          this.digitStride,
          digit,
          polynomial,
        );
      }
    }
    memory.release(staging, parts.length * polynomialBytes);
    return address;
  }

  /** Writes one of the two polynomials of all parts, as words, side by side. */
  #stage(parts: KeySwitchingKey, polynomial: number, staging: number, polynomialBytes: number): void {
    const memory = this.#memory;
    const { keyLimbs } = this.#chain;
    for (const [digit, { coefficients, seed }] of parts.entries()) {
      const place = staging + digit * polynomialBytes;
      if (polynomial === 1 && seed) {
        expandSeeds(memory, this.#team, this.#table, keyLimbs, [seed], place, polynomialBytes);
      } else {
        const start = polynomial * polynomialBytes;
        memory.bytes(place, polynomialBytes).set(coefficients.subarray(start, start + polynomialBytes));
      }
    }
  }
}
