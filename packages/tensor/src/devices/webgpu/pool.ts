/** Flags of WebGPU, whose global objects are missing in Node. */
const STORAGE = 0x80;
const COPY_DESTINATION = 0x8;
const COPY_SOURCE = 0x4;

/** Rounds sizes up, so that few differ; vectors of four elements may then be read past the last element. */
const GRANULE = 256;

/** So much may be kept beyond what was once in use at the same time. */
const SLACK_BYTES = 2 ** 26;

/** A buffer on the GPU for the elements of one tensor at a time. */
export interface Block {
  /** Tells blocks apart, forever. */
  readonly id: number;
  readonly bytes: number;
  readonly handle: GPUBuffer;
  /** The last batch of commands that uses it. */
  batch: number;
}

/** The bytes of a block for so many elements. */
export function blockBytes(elements: number): number {
  return Math.max(GRANULE, Math.ceil((4 * elements) / GRANULE) * GRANULE);
}

/** Puts a block where it belongs among blocks from the youngest to the oldest. */
function insert(blocks: Block[], block: Block): void {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle]!.id > block.id) low = middle + 1;
    else high = middle;
  }
  blocks.splice(low, 0, block);
}

/**
 * Buffers that are used again, by their exact size, the oldest first: a step that repeats takes the same buffers as the step
 * before, whose bind groups exist. What is given back can be taken at once: the queue keeps the order. The whole stays within
 * what was in use at the same time, and half as much again.
 */
export class Pool {
  readonly #device: GPUDevice;
  /** Free blocks by size, the oldest last; the size that was given back last comes last. */
  readonly #free = new Map<number, Block[]>();
  readonly #destroy: (block: Block) => void;
  #nextId = 1;
  #used = 0;
  #kept = 0;
  #peak = 0;
  #created = 0;

  /** @param destroy is called for blocks that are kept no longer */
  constructor(device: GPUDevice, destroy: (block: Block) => void) {
    this.#device = device;
    this.#destroy = destroy;
  }

  /** Buffers that were ever created. */
  get created(): number {
    return this.#created;
  }

  /** Bytes in use, and bytes that are kept for later. */
  get bytes(): { readonly used: number; readonly kept: number } {
    return { used: this.#used, kept: this.#kept };
  }

  take(bytes: number): Block {
    this.#used += bytes;
    this.#peak = Math.max(this.#peak, this.#used);
    const found = this.#free.get(bytes)?.pop();
    if (found) {
      this.#kept -= bytes;
      return found;
    }
    this.#created++;
    const usage = STORAGE | COPY_SOURCE | COPY_DESTINATION;
    return { id: this.#nextId++, bytes, handle: this.#device.createBuffer({ size: bytes, usage }), batch: 0 };
  }

  give(block: Block): void {
    this.#used -= block.bytes;
    this.#kept += block.bytes;
    const same = this.#free.get(block.bytes) ?? [];
    this.#free.delete(block.bytes);
    this.#free.set(block.bytes, same);
    insert(same, block);
    this.#shrink(1.5 * this.#peak + SLACK_BYTES - this.#used);
  }

  /** Destroys what is kept. */
  clear(): void {
    this.#shrink(0);
  }

  #shrink(limit: number): void {
    for (const [bytes, blocks] of this.#free) {
      if (this.#kept <= limit) return;
      while (this.#kept > limit && blocks.length > 0) {
        this.#kept -= bytes;
        this.#destroy(blocks.shift()!);
      }
      if (blocks.length === 0) this.#free.delete(bytes);
    }
  }
}
