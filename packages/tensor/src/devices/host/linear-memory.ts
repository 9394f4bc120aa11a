import { arrayTypes, bytesPerElement, type DType, type TypedArray } from '../../dtype.js';
import { MemoryError } from '../../errors.js';

const PAGE = 65536;
const MAX_PAGES = 65536;
const INITIAL_PAGES = 256;
const ALIGNMENT = 64;

/**
 * The size that a request is rounded up to, so that blocks can be handed out again: multiples of the alignment, and
 * above 1 KiB eight classes for every doubling (12.5% are lost at most).
 */
function sizeClass(byteLength: number): number {
  const step = byteLength <= 1024 ? ALIGNMENT : Math.max(ALIGNMENT, 2 ** (Math.floor(Math.log2(byteLength - 1)) - 3));
  return Math.max(ALIGNMENT, Math.ceil(byteLength / step) * step);
}

/** A block of the linear memory. */
export class HostBuffer {
  /** Number of tensors that look at this block. */
  references = 1;
  /** Counts the changes in place, so that a gradient can tell that a value it needs was overwritten. */
  version = 0;
  /** @internal */
  view: TypedArray | undefined;

  constructor(
    /** The byte offset in the linear memory; a multiple of 64. */
    readonly pointer: number,
    /** The number of bytes asked for. */
    readonly byteLength: number,
    /** The number of bytes that the block has. */
    readonly capacity: number,
  ) {}
}

/**
 * The linear memory in which every CPU device keeps its tensors: TypeScript loops, SIMD kernels and worker threads see
 * the same bytes. Blocks are recycled by size, so that a loop in steady state asks the system for nothing.
 */
export class LinearMemory {
  #memory: WebAssembly.Memory | undefined;
  /** Cached `memory.buffer`: the getter is slow. Another one when the memory has grown. */
  #bytes: WebAssembly.Memory['buffer'] | undefined;
  /** The first 64 bytes stay free, so that 0 is never the address of anything. */
  #top = ALIGNMENT;
  #free = new Map<number, number[]>();
  #usedBytes = 0;
  #usedBlocks = 0;

  /** The memory itself; shared between threads where the platform allows it. Made on first use. */
  get memory(): WebAssembly.Memory {
    this.#memory ??= new WebAssembly.Memory({
      initial: INITIAL_PAGES,
      maximum: MAX_PAGES,
      shared: typeof SharedArrayBuffer !== 'undefined',
    });
    return this.#memory;
  }

  /** Bytes in blocks that are in use, as asked for. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Blocks that are in use. */
  get usedBlocks(): number {
    return this.#usedBlocks;
  }

  /** Bytes that were ever handed out, in use or waiting to be used again. */
  get reservedBytes(): number {
    return this.#top;
  }

  /**
   * A block of at least this many bytes; its content is whatever was there before.
   *
   * @throws MemoryError where the 4 GiB that a linear memory can address are used up
   */
  allocate(byteLength: number): HostBuffer {
    const size = sizeClass(byteLength);
    let capacity = size;
    let pointer = this.#free.get(size)?.pop() ?? this.#extend(size);
    if (pointer === undefined) {
      capacity = this.#larger(size);
      pointer = this.#free.get(capacity)?.pop();
    }
    if (pointer === undefined) {
      throw new MemoryError(
        `allocate: ${byteLength} bytes do not fit beside the ${this.#usedBytes} in use (4 GiB in all): ` +
          'free tensors with scope() or dispose(), or work in smaller batches',
      );
    }
    this.#usedBytes += byteLength;
    this.#usedBlocks++;
    return new HostBuffer(pointer, byteLength, capacity);
  }

  /** Takes a block back. */
  release(buffer: HostBuffer): void {
    const free = this.#free.get(buffer.capacity);
    if (free) free.push(buffer.pointer);
    else this.#free.set(buffer.capacity, [buffer.pointer]);
    buffer.view = undefined;
    this.#usedBytes -= buffer.byteLength;
    this.#usedBlocks--;
  }

  /** The elements in a block; writing to the array writes to the block. */
  view(buffer: HostBuffer, dtype: DType): TypedArray {
    const cached = buffer.view;
    this.#bytes ??= this.memory.buffer;
    if (cached?.buffer === this.#bytes && cached instanceof arrayTypes[dtype]) return cached;
    const length = buffer.byteLength / bytesPerElement(dtype);
    buffer.view = new arrayTypes[dtype](this.#bytes, buffer.pointer, length);
    return buffer.view;
  }

  #extend(size: number): number | undefined {
    const end = this.#top + size;
    if (end > MAX_PAGES * PAGE) return undefined;
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      const pages = this.memory.buffer.byteLength / PAGE;
      const wanted = Math.max(Math.ceil(missing / PAGE), Math.ceil(pages / 4));
      try {
        this.memory.grow(Math.min(wanted, MAX_PAGES - pages));
        this.#bytes = undefined;
      } catch {
        return undefined;
      }
    }
    const pointer = this.#top;
    this.#top = end;
    return pointer;
  }

  /** The smallest size above this one of which a block is free: the last resort when the memory cannot grow. */
  #larger(size: number): number {
    let best = Number.POSITIVE_INFINITY;
    for (const [candidate, pointers] of this.#free) {
      if (candidate > size && pointers.length > 0) best = Math.min(best, candidate);
    }
    return best;
  }
}

/** The linear memory of this program. */
export const linearMemory: LinearMemory = new LinearMemory();
