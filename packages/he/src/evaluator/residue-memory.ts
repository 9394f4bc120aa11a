import { MemoryError } from '@pnn/nn';

const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;
const ALIGNMENT = 64;
/**
 * Bytes between polynomials of a power of two that are read side by side: without, they would fall on the same few lines of the
 * nearest cache, and drive each other out.
 */
export const SKEW_BYTES = 5 * ALIGNMENT;

/** Residues in memory, in double precision and as whole numbers over the same bytes. */
export interface ResidueViews {
  readonly double: Float64Array;
  readonly word: BigUint64Array;
}

/**
 * Shared linear memory, of which whole blocks are given out and taken back. Sizes are few (polynomials of each level, keys), so
 * a block that was freed waits for the next one of its size, and an evaluator in steady state takes nothing from the system.
 */
export class ResidueMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  readonly #free = new Map<number, number[]>();
  /** Address 0 means that there is nothing. */
  #end = ALIGNMENT;
  #used = 0;

  /** Bytes that are given out. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Bytes that were taken from the system. */
  get totalBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /**
   * The address of so many bytes, which hold anything.
   *
   * @throws MemoryError where 4 GiB are not enough, or the system has no more
   */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const reused = this.#free.get(size)?.pop();
    const address = reused ?? this.#extend(size);
    this.#used += size;
    return address;
  }

  /** Takes back what was given out with this size. */
  release(address: number, bytes: number): void {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const free = this.#free.get(size);
    if (free) free.push(address);
    else this.#free.set(size, [address]);
    this.#used -= size;
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }

  /** Numbers of 64 bits, as whole numbers or in double precision over the same bytes. */
  residues(address: number, length: number): ResidueViews {
    const { buffer } = this.memory;
    return { double: new Float64Array(buffer, address, length), word: new BigUint64Array(buffer, address, length) };
  }

  #extend(size: number): number {
    const address = this.#end;
    const missing = address + size - this.totalBytes;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE_BYTES));
      } catch (cause) {
        throw new MemoryError(
          `ciphertexts and keys: ${size} bytes more than ${address} are not to be had (at most 4 GiB): ` +
            'dispose of ciphertexts, or take parameters with fewer primes',
          { cause },
        );
      }
    }
    this.#end = address + size;
    return address;
  }
}
