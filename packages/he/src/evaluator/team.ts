import { DeviceError } from '@pnn/nn';
import { instantiate, type KernelExports, type KernelName } from './kernels.js';
import type { ResidueMemory } from './residue-memory.js';
import * as control from './team-program.js';

/** A block takes milliseconds; a thread that takes so long is dead. */
const PATIENCE_MILLISECONDS = 30_000;

/** What is used of a worker of Node. */
interface PlatformWorker {
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'exit', listener: (code: number) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}

interface NodeThreads {
  readonly Worker: new (
    program: string,
    options: { eval: true; name: string; workerData: control.WorkerData; env: object; execArgv: string[] },
  ) => PlatformWorker;
}

/** The module of Node's threads, got without an import; undefined in a page, where everything runs on one thread. */
function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: 'worker_threads') => NodeThreads };
  };
  return process?.getBuiltinModule?.('worker_threads');
}

/** The calling thread and workers, which share the blocks of kernels. Results do not depend on how many they are. */
export class Team {
  /** Whether products can be exact in double precision. */
  readonly isFused: boolean;
  readonly #kernels: KernelExports;
  readonly #names: readonly KernelName[];
  readonly #words: Int32Array;
  readonly #scratch: number;
  readonly #workers: PlatformWorker[] = [];
  #ended: string | undefined;

  /**
   * @param threads how many threads there are with the calling one; where the platform has no workers, it is alone
   * @param scratchBytes what a running block needs for itself
   */
  constructor(memory: ResidueMemory, threads: number, module: WebAssembly.Module, scratchBytes: number) {
    this.#kernels = instantiate(module, memory.memory);
    this.isFused = this.#kernels.isFused() === 1;
    this.#names = (Object.keys(this.#kernels) as (keyof KernelExports)[]).filter((name) => name !== 'isFused');
    const words = memory.allocate(control.CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT);
    this.#words = new Int32Array(memory.memory.buffer, words, control.CONTROL_WORDS);
    this.#scratch = memory.allocate(scratchBytes);
    const platform = threads > 1 ? nodeThreads() : undefined;
    for (let index = 1; platform && index < threads; index++) {
      const worker = new platform.Worker(control.teamProgram, {
        eval: true,
        name: `pnn he ${index}`,
        workerData: {
          module,
          memory: memory.memory,
          kernels: this.#names,
          control: words,
          scratch: memory.allocate(scratchBytes),
        },
        env: {},
        execArgv: [],
      });
      worker.on('error', (error) => {
        this.#ended ??= String(error);
      });
      worker.on('exit', (code) => {
        this.#ended ??= `it ended with code ${code}`;
      });
      worker.unref();
      this.#workers.push(worker);
    }
  }

  /** The threads, with the calling one. */
  get threads(): number {
    return this.#workers.length + 1;
  }

  /**
   * Computes all blocks of a kernel.
   *
   * @throws DeviceError where a thread died
   */
  run(name: KernelName, blocks: number, ...task: readonly number[]): void {
    const kernel = this.#kernels[name];
    if (this.#workers.length === 0 || blocks < 2) {
      for (let block = 0; block < blocks; block++) kernel(block, this.#scratch, ...task);
      return;
    }
    if (this.#ended !== undefined) throw this.#died(name, this.#ended);
    const words = this.#words;
    words[control.KERNEL] = this.#names.indexOf(name);
    words[control.BLOCKS] = blocks;
    words.set(task, control.TASK);
    Atomics.store(words, control.NEXT, 0);
    Atomics.store(words, control.OPEN, 1);
    Atomics.add(words, control.GENERATION, 1);
    if (Atomics.load(words, control.SLEEPERS) > 0) Atomics.notify(words, control.GENERATION);
    try {
      let block = Atomics.add(words, control.NEXT, 1);
      for (; block < blocks; block = Atomics.add(words, control.NEXT, 1)) kernel(block, this.#scratch, ...task);
    } finally {
      Atomics.store(words, control.OPEN, 0);
      this.#waitForWorkers(name);
    }
    if (Atomics.load(words, control.FAILURES) > 0) throw this.#died(name, 'a kernel failed');
  }

  #waitForWorkers(name: KernelName): void {
    const start = performance.now();
    for (let turn = 1; Atomics.load(this.#words, control.ACTIVE) !== 0; turn++) {
      if (turn % 4096 === 0 && performance.now() - start > PATIENCE_MILLISECONDS) {
        throw this.#died(name, `a block has not ended for ${PATIENCE_MILLISECONDS / 1000} s`);
      }
    }
  }

  /** Ends the workers. */
  end(): void {
    for (const worker of this.#workers) void worker.terminate();
    this.#workers.length = 0;
  }

  #died(name: KernelName, reason: string): DeviceError {
    return new DeviceError(`${name}: a thread of the evaluator died: ${reason}: make a new evaluator`);
  }
}
