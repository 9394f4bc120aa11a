import type { Ciphertext, Plaintext } from '../ckks/evaluator.js';

type Part = Ciphertext | Plaintext;

/** Ciphertexts and plaintexts that are disposed of together, whatever happens. */
export class Owned {
  readonly #all = new Set<Part>();

  add<T extends Part>(part: T): T {
    this.#all.add(part);
    return part;
  }

  /** Disposes of one of them already. */
  release(part: Part): void {
    if (this.#all.delete(part)) part.dispose();
  }

  /** Gives one of them away. */
  take<T extends Part>(part: T): T {
    this.#all.delete(part);
    return part;
  }

  dispose(): void {
    for (const each of this.#all) each.dispose();
    this.#all.clear();
  }
}
