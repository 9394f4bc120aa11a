import { PlanError } from '../errors.js';
import type { ResidueMemory } from './residue-memory.js';

/** Polynomials in the memory of an evaluator, until they are disposed of. */
export abstract class Residues implements Disposable {
  /** The evaluator that they belong to. */
  readonly owner: object;
  readonly #memory: ResidueMemory;
  readonly #released: () => void;
  #address = 0;
  #bytes = 0;

  constructor(owner: object, memory: ResidueMemory, bytes: number, released: () => void) {
    this.owner = owner;
    this.#memory = memory;
    this.#released = released;
    this.#address = memory.allocate(bytes);
    this.#bytes = bytes;
  }

  /** @throws PlanError where they were disposed of */
  get address(): number {
    if (this.#address === 0) throw new PlanError('a ciphertext or plaintext was used after it had been disposed of');
    return this.#address;
  }

  /** Exchanges the memory of two of them. */
  protected swap(other: Residues): void {
    const { address } = this;
    const bytes = this.#bytes;
    this.#address = other.address;
    this.#bytes = other.#bytes;
    other.#address = address;
    other.#bytes = bytes;
  }

  dispose(): void {
    if (this.#address === 0) return;
    this.#memory.release(this.#address, this.#bytes);
    this.#address = 0;
    this.#released();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
