import type { Ciphertext, Plaintext } from '../ckks/evaluator.js';
import type { ResidueMemory } from './residue-memory.js';
import { Residues } from './residues.js';

const RESIDUE_BYTES = 8;

/** An encoded vector in the memory of an evaluator. */
export class WasmPlaintext extends Residues implements Plaintext {
  readonly level: number;
  readonly scale: number;

  constructor(
    owner: object,
    memory: ResidueMemory,
    released: () => void,
    degree: number,
    limbs: number,
    scale: number,
  ) {
    super(owner, memory, limbs * degree * RESIDUE_BYTES, released);
    this.level = limbs - 1;
    this.scale = scale;
  }
}

/** A ciphertext in the memory of an evaluator. Polynomials lie one behind the other, each with its limbs side by side. */
export class WasmCiphertext extends Residues implements Ciphertext {
  #limbs: number;
  #polynomials: number;
  /** Bytes from one polynomial to the next, which dropped limbs may lie between. */
  #stride: number;
  scale: number;

  constructor(
    owner: object,
    memory: ResidueMemory,
    released: () => void,
    degree: number,
    limbs: number,
    polynomials: number,
    scale: number,
  ) {
    super(owner, memory, polynomials * limbs * degree * RESIDUE_BYTES, released);
    this.#limbs = limbs;
    this.#polynomials = polynomials;
    this.#stride = limbs * degree * RESIDUE_BYTES;
    this.scale = scale;
  }

  get level(): number {
    return this.#limbs - 1;
  }

  get limbs(): number {
    return this.#limbs;
  }

  get polynomials(): number {
    return this.#polynomials;
  }

  get stride(): number {
    return this.#stride;
  }

  /** The limbs of all polynomials. */
  get parts(): number {
    return this.#limbs * this.#polynomials;
  }

  polynomialAt(index: number): number {
    return this.address + index * this.#stride;
  }

  /** Becomes another ciphertext, which is gone then. */
  takeOver(other: WasmCiphertext): void {
    this.swap(other);
    this.#limbs = other.#limbs;
    this.#polynomials = other.#polynomials;
    this.#stride = other.#stride;
    this.scale = other.scale;
    other.dispose();
  }

  /** Leaves out all but the first limbs, whose memory stays as it is. */
  drop(limbs: number): void {
    this.#limbs = limbs;
  }
}
