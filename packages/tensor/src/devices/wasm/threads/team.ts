import { type HostBuffer, linearMemory } from '../../host/linear-memory.js';
import { MAX_FIELDS } from '../generated/tasks.js';
import type { KernelModule } from '../instance.js';
import { Workspace } from '../workspace.js';
import * as control from './control-block.js';
import type { PlatformWorker, startWorker } from './platform-worker.js';
import type { WorkerData } from './worker-program.js';

const MAX_WORKERS = 63;

/** What workers compute together with the calling thread. */
export interface Job {
  /** The index of the kernel. */
  readonly kernel: number;
  /** What the kernel is told, as it reads it. */
  readonly fields: ArrayLike<number>;
  readonly blocks: number;
  /** Bytes that each thread needs for itself. */
  readonly scratchBytes: number;
  /** How many workers may take part. */
  readonly workers: number;
}

/**
 * Workers, and the memory that they read and write beside tensors and what blocks share; it stays theirs until they have ended.
 * Tensors and what blocks share do not: a worker that was given up may still spoil them, so the error says to go on from a checkpoint.
 */
export class Team {
  readonly #start: typeof startWorker;
  readonly #data: Omit<WorkerData, 'index'>;
  readonly #control: HostBuffer;
  readonly #task: HostBuffer;
  readonly #words: Int32Array;
  readonly #fields: Float64Array;
  readonly #scratch: Workspace[] = [];
  readonly #workers: PlatformWorker[] = [];

  /** @param start what starts a worker */
  constructor({ module, wide }: KernelModule, kernels: readonly string[], start: typeof startWorker) {
    this.#start = start;
    const words = control.controlWords(MAX_WORKERS);
    this.#control = linearMemory.allocate(words * Int32Array.BYTES_PER_ELEMENT);
    this.#task = linearMemory.allocate(MAX_FIELDS * Float64Array.BYTES_PER_ELEMENT);
    const { memory } = linearMemory;
    this.#words = new Int32Array(memory.buffer, this.#control.pointer, words).fill(0);
    this.#fields = new Float64Array(memory.buffer, this.#task.pointer, MAX_FIELDS);
    this.#data = { module, memory, wide, kernels, control: this.#control.pointer, words };
  }

  /** The number of workers. */
  get size(): number {
    return this.#workers.length;
  }

  /** The address of a job's fields. */
  get task(): number {
    return this.#task.pointer;
  }

  /** The blocks that each worker has computed so far. */
  get computed(): readonly number[] {
    return this.#workers.map((_, index) => Atomics.load(this.#words, control.slotOf(index) + control.COMPUTED));
  }

  /** Whether a worker may be computing a block of the job that was closed. */
  get isActive(): boolean {
    return Atomics.load(this.#words, control.ACTIVE) !== 0;
  }

  /**
   * Starts workers until there are so many; `onEnd` is told which of them ended, and why.
   *
   * @throws what the platform throws where it does not allow it
   */
  grow(workers: number, onEnd: (index: number, reason: string) => void): void {
    while (this.#workers.length < workers) {
      const index = this.#workers.length;
      const worker = this.#start(`pnn wasm ${index + 1}`, { ...this.#data, index }, (reason) => onEnd(index, reason));
      this.#workers.push(worker);
    }
  }

  /** Whether a worker has come to life: one that has not did not touch anything. */
  hasStarted(index: number): boolean {
    return Atomics.load(this.#words, control.slotOf(index) + control.ALIVE) !== 0;
  }

  /** Hands out the blocks of a job. */
  open({ kernel, fields, blocks, scratchBytes, workers }: Job): void {
    const words = this.#words;
    for (let index = 0; index < workers && scratchBytes > 0; index++) {
      if (index === this.#scratch.length) this.#scratch.push(new Workspace());
      words[control.slotOf(index) + control.SCRATCH] = this.#scratch[index]!.reserve(scratchBytes).pointer;
    }
    this.#fields.set(fields);
    words[control.KERNEL] = kernel;
    words[control.TASK] = this.task;
    words[control.BLOCKS] = blocks;
    words[control.WORKERS] = workers;
    Atomics.store(words, control.NEXT, 0);
    Atomics.store(words, control.OPEN, 1);
    Atomics.add(words, control.GENERATION, 1);
    if (Atomics.load(words, control.SLEEPERS) > 0) Atomics.notify(words, control.GENERATION);
  }

  /** The next block, for the calling thread; not below the number of blocks where all are handed out. */
  next(): number {
    return Atomics.add(this.#words, control.NEXT, 1);
  }

  /** Lets no other worker join the job. */
  close(): void {
    Atomics.store(this.#words, control.OPEN, 0);
  }

  /** What a worker failed with in the last job; undefined where it did not. */
  failureOf(index: number): string | undefined {
    const words = this.#words;
    const length = Atomics.load(words, control.slotOf(index) + control.FAILURE);
    if (length === 0) return undefined;
    const start = control.slotOf(index) + control.MESSAGE;
    return String.fromCharCode(...words.subarray(start, start + length));
  }

  /**
   * Ends the workers. One that is computing a block may go on for a while: it gets no other one, and the memory is handed
   * out again only when all are known to have ended; where the platform does not tell, it never is.
   */
  end(): void {
    const words = this.#words;
    Atomics.store(words, control.NEXT, words[control.BLOCKS]!);
    // Not to be given back by anyone else before.
    for (const scratch of this.#scratch) linearMemory.spare.delete(scratch);
    const ends = this.#workers.map((worker) => worker.terminate());
    if (ends.some((end) => end === undefined)) return;
    void Promise.all(ends).then(() => {
      for (const scratch of this.#scratch) scratch.release();
      linearMemory.release(this.#control);
      linearMemory.release(this.#task);
    });
  }
}
