import { arrayTypes, bytesPerElement, type DType, type TypedArray } from '../../dtype.js';
import { MemoryError } from '../../errors.js';

const PAGE = 65536;
const INITIAL_PAGES = 256;
/** The memory grows to multiples of 2 MiB, which systems can give large pages. */
const LARGE_PAGE = 32;
/** The last MiB below 4 GiB is never used: kernels compute where rows and blocks end in 32 bits, which must not wrap. */
const MAX_PAGES = 65536 - 16;
const ALIGNMENT = 64;
/**
 * Bytes that are never handed out, so that 0 is the address of nothing: in them lie the numbers that kernels know when they are
 * compiled, the same ones in every module.
 */
export const STATIC_BYTES = 1024;

/**
 * The size that a request is rounded up to, so that blocks can be handed out again: multiples of the alignment, and
 * above 1 KiB eight classes for every doubling (12.5% are lost at most).
 */
function sizeClass(byteLength: number): number {
  const step = byteLength <= 1024 ? ALIGNMENT : 2 ** (28 - Math.clz32(byteLength - 1));
  return Math.max(ALIGNMENT, Math.ceil(byteLength / step) * step);
}

/** Free blocks of one size, the last released last. Those that were not stale are handed out first: a cache may have them. */
interface Bin {
  readonly recent: number[];
  readonly stale: number[];
}

/** Free bytes side by side, which blocks of any size are cut from. */
interface Range {
  pointer: number;
  size: number;
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
 * the same bytes. Blocks are recycled by size, so that a loop in steady state asks the system for nothing and searches
 * for nothing. Only where none of the size is free, neighbors are joined and larger ones split.
 */
export class LinearMemory {
  /** What holds blocks that it can do without, except while a kernel runs. */
  readonly spare: Set<{ release(): void }> = new Set();
  #memory: WebAssembly.Memory | undefined;
  /** Cached `memory.buffer`: the getter is slow. Another one when the memory has grown. */
  #bytes: WebAssembly.Memory['buffer'] | undefined;
  /** Where what was never handed out begins. */
  #top = STATIC_BYTES;
  #reservedBytes = STATIC_BYTES;
  /** The free blocks of each size. */
  #bins = new Map<number, Bin>();
  #ranges: Range[] = [];
  /** Every size that was asked for when no block of it was free. */
  #sizes = new Set<number>();
  #allocationsSinceJoin = 0;
  #usedBytes = 0;
  #mostUsedBytes = 0;
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
    return this.#reservedBytes;
  }

  /**
   * A block of at least this many bytes; its content is whatever was there before.
   *
   * @throws MemoryError where the 4 GiB that a linear memory can address are used up
   */
  allocate(byteLength: number): HostBuffer {
    let capacity = sizeClass(byteLength);
    const bin = this.#bins.get(capacity);
    let pointer = bin?.recent.pop() ?? bin?.stale.pop() ?? this.#find(capacity);
    if (pointer === undefined) {
      // Nearly full: without the bytes that are added so that blocks are alike.
      capacity = Math.max(ALIGNMENT, Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT);
      pointer = this.#find(capacity);
    }
    if (pointer === undefined) {
      throw new MemoryError(
        `allocate: ${byteLength} bytes do not fit beside the ${this.#usedBytes} in use (4 GiB in all): ` +
          'free tensors with scope() or dispose(), or work in smaller batches',
      );
    }
    this.#usedBytes += byteLength;
    if (this.#usedBytes > this.#mostUsedBytes) this.#mostUsedBytes = this.#usedBytes;
    this.#usedBlocks++;
    this.#allocationsSinceJoin++;
    return new HostBuffer(pointer, byteLength, capacity);
  }

  /**
   * Takes a block back.
   *
   * @param stale whether it has not been used since others that were taken back before
   */
  release(buffer: HostBuffer, stale = false): void {
    let bin = this.#bins.get(buffer.capacity);
    if (!bin) {
      bin = { recent: [], stale: [] };
      this.#bins.set(buffer.capacity, bin);
    }
    (stale ? bin.stale : bin.recent).push(buffer.pointer);
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

  /** The address of so many bytes where no block of that size is free. */
  #find(size: number): number | undefined {
    const pointer = this.#cut(size);
    if (pointer !== undefined) return pointer;
    if (this.#isJoiningWorthwhile(size)) this.#join();
    const found = this.#cut(size) ?? this.#extend(size);
    if (found !== undefined) return found;
    this.#join();
    return this.#cut(size) ?? this.#extend(size);
  }

  /** From the smallest range that is large enough. */
  #cut(size: number): number | undefined {
    let best = -1;
    for (const [i, range] of this.#ranges.entries()) {
      if (range.size >= size && (best < 0 || range.size < this.#ranges[best]!.size)) best = i;
    }
    const range = this.#ranges[best];
    if (!range) return undefined;
    const { pointer } = range;
    range.pointer += size;
    range.size -= size;
    if (range.size === 0) this.#ranges.splice(best, 1);
    return pointer;
  }

  /**
   * Whether to join free blocks while the memory could still grow. A size that was never asked for tells that shapes
   * have changed, and blocks of the old ones may not be needed again. Otherwise growing makes the next round find a block
   * of its size, which joining would not; but no more than twice the bytes that were ever in use are worth that, and then
   * sorting the blocks must not cost more than the requests since it was done last.
   */
  #isJoiningWorthwhile(size: number): boolean {
    const isNew = !this.#sizes.has(size);
    this.#sizes.add(size);
    if (!isNew && this.#top + size <= 2 * this.#mostUsedBytes) return false;
    let bytes = 0;
    let blocks = 0;
    for (const [capacity, { recent, stale }] of this.#bins) {
      const free = recent.length + stale.length;
      bytes += capacity * free;
      blocks += free;
    }
    return bytes >= size && (isNew || this.#allocationsSinceJoin >= blocks);
  }

  /** Makes ranges of all free blocks. */
  #join(): void {
    const sizes = new Map<number, number>();
    for (const { pointer, size } of this.#ranges) sizes.set(pointer, size);
    for (const [capacity, { recent, stale }] of this.#bins) {
      for (const pointer of recent) sizes.set(pointer, capacity);
      for (const pointer of stale) sizes.set(pointer, capacity);
    }
    this.#bins.clear();
    this.#ranges = [];
    this.#allocationsSinceJoin = 0;
    let last: Range | undefined;
    for (const pointer of Float64Array.from(sizes.keys()).sort()) {
      const size = sizes.get(pointer)!;
      if (last && last.pointer + last.size === pointer) {
        last.size += size;
      } else {
        last = { pointer, size };
        this.#ranges.push(last);
      }
    }
    if (last && last.pointer + last.size === this.#top) {
      this.#top = last.pointer;
      this.#ranges.pop();
    }
  }

  #extend(size: number): number | undefined {
    const end = this.#top + size;
    if (end > MAX_PAGES * PAGE || !this.#grow(end)) return undefined;
    const pointer = this.#top;
    this.#top = end;
    this.#reservedBytes = Math.max(this.#reservedBytes, end);
    return pointer;
  }

  /** Makes the memory as large as this; by more than is missing, as long as the platform gives it. */
  #grow(byteLength: number): boolean {
    const missing = Math.ceil((byteLength - this.memory.buffer.byteLength) / PAGE);
    if (missing <= 0) return true;
    const pages = this.memory.buffer.byteLength / PAGE;
    const generous = Math.ceil(Math.max(pages + missing, 1.25 * pages) / LARGE_PAGE) * LARGE_PAGE;
    for (const wanted of [Math.min(generous, MAX_PAGES) - pages, missing]) {
      try {
        this.memory.grow(wanted);
        this.#bytes = undefined;
        return true;
      } catch {}
    }
    return false;
  }
}

/** The linear memory of this program. */
export const linearMemory: LinearMemory = new LinearMemory();
