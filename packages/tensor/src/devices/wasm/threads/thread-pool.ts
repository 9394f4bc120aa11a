import { DeviceError } from '../../../errors.js';
import { type HostBuffer, linearMemory } from '../../../memory.js';
import type { KernelExports, KernelName } from '../instance.js';
import { Workspace } from '../workspace.js';
import * as control from './control-block.js';
import { hasWorkers, type PlatformWorker, startWorker } from './platform-worker.js';
import { getThreads } from './thread-count.js';

/** A worker that has computed no block for so long is taken for dead. */
const PATIENCE_MILLISECONDS = 30_000;
const MOST_WORKERS = 63;

/** Says once why kernels run on one thread although more were wanted. */
let said = false;
function sayOnce(reason: string): void {
  if (said) return;
  said = true;
  console.warn(`wasm: kernels run on one thread: ${reason}`);
}

/** Threads are possible only over memory that they share. */
function obstacle(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined' || !(linearMemory.memory.buffer instanceof SharedArrayBuffer)) {
    return 'memory cannot be shared with workers: serve the page cross-origin isolated (headers COOP and COEP)';
  }
  return hasWorkers() ? undefined : 'the platform has no workers (Node has them from 20.16 on)';
}

/** Workers that share the blocks of kernels with the calling thread. They are started when first needed. */
export class ThreadPool {
  readonly #module: WebAssembly.Module;
  readonly #kernels: readonly KernelName[];
  readonly #patience: number;
  #scratch: Workspace[] = [];
  #workers: PlatformWorker[] = [];
  #block: HostBuffer | undefined;
  #words = new Int32Array(0);
  /** Why a worker ended, until the next job tells it. */
  #ended: string | undefined;
  #possible: boolean | undefined;

  constructor(
    module: WebAssembly.Module,
    exports: KernelExports,
    { patience = PATIENCE_MILLISECONDS }: { readonly patience?: number } = {},
  ) {
    this.#module = module;
    this.#kernels = Object.keys(exports) as KernelName[];
    this.#patience = patience;
  }

  /** How many threads take part in a job of many blocks, with the calling one. */
  get mostThreads(): number {
    const threads = getThreads();
    return threads > 1 && this.#isPossible() ? threads : 1;
  }

  /** How many threads take part in a job of so many blocks, with the calling one. */
  threadsFor(blocks: number): number {
    return blocks < 2 ? 1 : Math.min(this.mostThreads, blocks);
  }

  /** The blocks that each worker has computed so far. */
  get computed(): readonly number[] {
    return this.#workers.map((_, index) => Atomics.load(this.#words, this.#slot(index) + control.COMPUTED));
  }

  /**
   * Computes all blocks of a kernel on this thread and on others.
   *
   * @throws DeviceError where a worker died or failed; the workers are then started anew by the next call
   */
  run(
    name: KernelName,
    kernel: KernelExports[KernelName],
    job: { readonly task: number; readonly blocks: number; readonly scratchBytes: number; readonly threads: number },
  ): void {
    const { task, blocks, scratchBytes, threads } = job;
    this.#start(threads - 1);
    this.#reportEnd(name);
    const words = this.#words;
    for (let thread = 1; thread < threads; thread++) {
      words[this.#slot(thread - 1) + control.SCRATCH] = this.#scratchOf(thread, scratchBytes);
    }
    const own = this.#scratchOf(0, scratchBytes);
    words[control.KERNEL] = this.#kernels.indexOf(name);
    words[control.TASK] = task;
    words[control.BLOCKS] = blocks;
    words[control.WORKERS] = threads - 1;
    Atomics.store(words, control.NEXT, 0);
    Atomics.store(words, control.OPEN, 1);
    Atomics.add(words, control.GENERATION, 1);
    if (Atomics.load(words, control.SLEEPERS) > 0) Atomics.notify(words, control.GENERATION);
    let finished = false;
    try {
      for (;;) {
        const block = Atomics.add(words, control.NEXT, 1);
        if (block >= blocks) break;
        kernel(task, block, own);
      }
      finished = true;
    } finally {
      Atomics.store(words, control.OPEN, 0);
      // What the kernel itself throws comes first; workers that failed with it are not to tell of it later.
      if (!finished) this.stop();
    }
    this.#waitForWorkers(name);
    this.#reportFailures(name);
  }

  /** Working memory of a thread; 0 is the calling one. */
  #scratchOf(thread: number, bytes: number): number {
    if (bytes === 0) return 0;
    while (this.#scratch.length <= thread) this.#scratch.push(new Workspace());
    return this.#scratch[thread]!.reserve(bytes).pointer;
  }

  /** Ends the workers; the next job starts others. */
  stop(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    // Block and scratch stay reserved: a worker that is about to end may still use them.
    this.#block = undefined;
    this.#scratch = [];
    this.#ended = undefined;
  }

  #isPossible(): boolean {
    if (this.#possible === undefined) {
      const reason = obstacle();
      this.#possible = reason === undefined;
      if (reason !== undefined) sayOnce(reason);
    }
    return this.#possible;
  }

  #slot(index: number): number {
    return control.SLOTS + index * control.SLOT_WORDS;
  }

  #start(workers: number): void {
    if (!this.#block) {
      const words = control.controlWords(MOST_WORKERS);
      this.#block = linearMemory.allocate(words * Int32Array.BYTES_PER_ELEMENT);
      this.#words = new Int32Array(linearMemory.memory.buffer, this.#block.pointer, words);
      this.#words.fill(0);
    }
    while (this.#workers.length < workers) {
      const index = this.#workers.length;
      const data = {
        module: this.#module,
        memory: linearMemory.memory,
        kernels: this.#kernels,
        control: this.#block.pointer,
        words: this.#words.length,
        index,
      };
      const block = this.#block;
      const onEnd = (reason: string) => {
        if (this.#block === block) this.#ended ??= `worker ${index + 1} of ${this.#workers.length} died: ${reason}`;
      };
      try {
        this.#workers.push(startWorker(`pnn wasm ${index + 1}`, data, onEnd));
      } catch (error) {
        throw new DeviceError(
          `wasm: a worker cannot be started: ${error}: allow workers from blob: addresses, or setThreads(1)`,
        );
      }
    }
  }

  #reportEnd(name: KernelName): void {
    const reason = this.#ended;
    if (reason === undefined) return;
    this.stop();
    throw new DeviceError(`wasm: ${name}: ${reason}: repeat the step, or use fewer threads (PNN_THREADS=1)`);
  }

  #waitForWorkers(name: KernelName): void {
    const words = this.#words;
    let deadline = 0;
    let progress = 0;
    for (let turn = 1; Atomics.load(words, control.ACTIVE) !== 0; turn++) {
      if (turn % 4096 !== 0) continue;
      const computed = this.computed.reduce((sum, blocks) => sum + blocks, 0);
      const now = performance.now();
      if (deadline === 0 || computed !== progress) {
        deadline = now + this.#patience;
        progress = computed;
      } else if (now > deadline) {
        const count = this.#workers.length;
        this.stop();
        throw new DeviceError(
          `wasm: ${name}: ${count === 1 ? 'worker 1' : `one of ${count} workers`} has not answered for ` +
            `${this.#patience / 1000} s: tensors changed in place are half done: go on from a checkpoint`,
        );
      }
    }
  }

  #reportFailures(name: KernelName): void {
    const words = this.#words;
    for (let index = 0; index < this.#workers.length; index++) {
      const slot = this.#slot(index);
      const length = Atomics.load(words, slot + control.FAILURE);
      if (length === 0) continue;
      const message = String.fromCharCode(...words.subarray(slot + control.MESSAGE, slot + control.MESSAGE + length));
      this.stop();
      throw new DeviceError(
        `wasm: ${name}: worker ${index + 1} failed: ${message}: tensors changed in place are half done`,
      );
    }
  }
}
