import type { Ciphertext } from '../ckks/evaluator.js';

/** Ciphertexts that are disposed of together, whatever happens. */
export class Owned {
  readonly #all = new Set<Ciphertext>();

  add<T extends Ciphertext>(ciphertext: T): T {
    this.#all.add(ciphertext);
    return ciphertext;
  }

  /** Disposes of one of them already. */
  release(ciphertext: Ciphertext): void {
    if (this.#all.delete(ciphertext)) ciphertext.dispose();
  }

  /** Gives one of them away. */
  take(ciphertext: Ciphertext): Ciphertext {
    this.#all.delete(ciphertext);
    return ciphertext;
  }

  dispose(): void {
    for (const each of this.#all) each.dispose();
    this.#all.clear();
  }
}
