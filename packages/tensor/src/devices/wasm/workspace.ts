import { type HostBuffer, linearMemory } from '../../memory.js';

/** Working memory of kernels that is kept from call to call and grows when a call needs more. */
export class Workspace {
  #buffer: HostBuffer | undefined;

  /** At least this many bytes; what they hold is undefined after the next call. */
  reserve(byteLength: number): HostBuffer {
    if (this.#buffer !== undefined && this.#buffer.byteLength >= byteLength) return this.#buffer;
    const buffer = linearMemory.allocate(byteLength);
    if (this.#buffer) linearMemory.release(this.#buffer);
    this.#buffer = buffer;
    return buffer;
  }
}
