import { type HostBuffer, linearMemory } from '../host/linear-memory.js';

/**
 * Working memory of kernels, kept from call to call so that a loop in steady state asks for nothing, and as large as the
 * call needed that needed most; given back where memory runs short between calls. `memory()` counts tensors only; these
 * bytes are among `linearMemory.usedBytes`.
 */
export class Workspace {
  #buffer: HostBuffer | undefined;

  /**
   * At least this many bytes; what they hold is undefined after the next call.
   *
   * @throws MemoryError where there is no room
   */
  reserve(byteLength: number): HostBuffer {
    if (this.#buffer !== undefined && this.#buffer.byteLength >= byteLength) return this.#buffer;
    // First given back, so that both are never needed at once.
    this.release();
    this.#buffer = linearMemory.allocate(byteLength);
    linearMemory.spare.add(this);
    return this.#buffer;
  }

  /** Gives the memory back; the next call asks for it anew. */
  release(): void {
    if (this.#buffer) linearMemory.release(this.#buffer);
    this.#buffer = undefined;
    linearMemory.spare.delete(this);
  }
}
