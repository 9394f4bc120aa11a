import { type Buffer, type Device, getThreads, reference, setThreads } from '@pnn/nn';
import { hostOffset, hostRange } from '@pnn/tensor/node';
import type { Group } from './group.js';
import { ALIGNMENT, bytesOf, type Piece } from './pieces.js';
import { type Addition, additionsOf, partialSumsOf } from './tree.js';

/** So many elements are added at a time where there are partial sums, so that those stay in the cache. */
const BLOCK = 65536;

/** A piece is added sooner than other threads wake up. */
function onOneThread(act: () => void): void {
  const threads = getThreads();
  setThreads(1);
  try {
    act();
  } finally {
    setThreads(threads);
  }
}

/** Adds the parts of this process to those that the others have of the same elements. */
export class Adder {
  readonly #rank: number;
  readonly #size: number;
  readonly #device: Device;
  /** How many pieces the received parts have room for. */
  readonly #ahead: number;
  readonly #additions: readonly Addition[];
  /** From the begin of one received part to that of the next, in bytes. */
  readonly #stride: number;
  readonly #received: Buffer;
  readonly #partialSums: Buffer | undefined;

  constructor({ rank, size }: Pick<Group, 'rank' | 'size'>, pieces: readonly Piece[], device: Device, ahead: number) {
    this.#rank = rank;
    this.#size = size;
    this.#device = device;
    this.#ahead = ahead;
    this.#additions = additionsOf(size, rank);
    const most = Math.max(1, ...pieces.map(({ dtype, parts }) => parts[rank]!.size * bytesOf(dtype)));
    this.#stride = Math.ceil(most / ALIGNMENT) * ALIGNMENT;
    const doubles = Float64Array.BYTES_PER_ELEMENT;
    this.#received = reference.memory.allocate('float64', (ahead * (size - 1) * this.#stride) / doubles);
    const partialSums = partialSumsOf(size);
    this.#partialSums = partialSums > 0 ? reference.memory.allocate('float64', BLOCK * partialSums) : undefined;
  }

  /** Where the elements of another process come to, in `hostBytes`. */
  slot(piece: number, process: number): number {
    const other = process < this.#rank ? process : process - 1;
    return hostOffset(this.#received)! + ((piece % this.#ahead) * (this.#size - 1) + other) * this.#stride;
  }

  /** The part of this process, of the piece of this number, becomes the sum of all. */
  add(number: number, { dtype, parts }: Piece): void {
    onOneThread(() => {
      const own = parts[this.#rank]!;
      const { add } = this.#device.kernels.binary;
      const bytes = bytesOf(dtype);
      const starts = parts.map((_, process) => (process === this.#rank ? own.offset : this.slot(number, process)));
      const partialSums = this.#partialSums ? hostOffset(this.#partialSums)! : 0;
      const block = this.#partialSums ? BLOCK : own.size;
      for (let done = 0; done < own.size; done += block) {
        const length = Math.min(block, own.size - done);
        const operand = (n: number) => {
          const begin = n < this.#size ? starts[n]! + done * bytes : partialSums + (n - this.#size) * BLOCK * bytes;
          return hostRange(dtype, begin, length);
        };
        for (const { left, right, out } of this.#additions) add(operand(left), operand(right), operand(out));
      }
    });
  }

  release(): void {
    reference.memory.release(this.#received);
    if (this.#partialSums) reference.memory.release(this.#partialSums);
  }
}
