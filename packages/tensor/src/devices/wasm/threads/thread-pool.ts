import { DeviceError } from '../../../errors.js';
import { linearMemory } from '../../host/linear-memory.js';
import type { KernelName } from '../generated/tasks.js';
import type { KernelExports, KernelModule } from '../instance.js';
import { Workspace } from '../workspace.js';
import { hasWorkers, startWorker } from './platform-worker.js';
import { type Job, Team } from './team.js';
import { getThreads } from './thread-count.js';

/** A worker that has computed no block for so long is taken for dead. */
const PATIENCE_MILLISECONDS = 30_000;
/** More than that between two looks at the workers does not count: the whole program was halted, and they with it. */
const MAX_LOOK_MILLISECONDS = 100;

/** What a pool does otherwise than usual, for its tests. */
export interface PoolOptions {
  /** Milliseconds without a block after which a worker is given up. */
  readonly patience?: number;
  /** What starts a worker. */
  readonly start?: typeof startWorker;
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
  readonly #module: KernelModule;
  readonly #kernels: readonly KernelName[];
  readonly #patience: number;
  readonly #startWorker: typeof startWorker;
  /** Of the calling thread. */
  readonly #scratch = new Workspace();
  #team: Team | undefined;
  /** Why a worker ended, until the next job tells it. */
  #ended: string | undefined;
  #possible: boolean | undefined;

  /** Workers run the kernels of the module; `exports` are those of the calling thread, and name them. */
  constructor(
    module: KernelModule,
    exports: KernelExports,
    { patience = PATIENCE_MILLISECONDS, start = startWorker }: PoolOptions = {},
  ) {
    this.#module = module;
    this.#kernels = Object.keys(exports) as KernelName[];
    this.#patience = patience;
    this.#startWorker = start;
  }

  /** How many threads take part in a job of many blocks, with the calling one. */
  get mostThreads(): number {
    const threads = getThreads();
    return threads > 1 && this.#isPossible() ? threads : 1;
  }

  /** How many threads take part in a job of so many blocks, with the calling one: they are started where they are not. */
  threadsFor(blocks: number): number {
    const threads = blocks < 2 ? 1 : Math.min(this.mostThreads, blocks);
    return threads > 1 && this.#hasStarted(threads - 1) ? threads : 1;
  }

  /** The blocks that each worker has computed so far. */
  get computed(): readonly number[] {
    return this.#team?.computed ?? [];
  }

  /**
   * Computes all blocks of a kernel on this thread and on others, as many as `threadsFor` said.
   *
   * @throws DeviceError where a worker died or failed; the workers are then started anew by the next call
   */
  run(
    name: KernelName,
    kernel: KernelExports[KernelName],
    { threads, ...job }: Omit<Job, 'kernel' | 'workers'> & { readonly threads: number },
  ): void {
    this.#reportEnd(name);
    const team = this.#team!;
    const own = job.scratchBytes > 0 ? this.#scratch.reserve(job.scratchBytes).pointer : 0;
    team.open({ ...job, kernel: this.#kernels.indexOf(name), workers: threads - 1 });
    let finished = false;
    try {
      for (let block = team.next(); block < job.blocks; block = team.next()) kernel(team.task, block, own);
      finished = true;
    } finally {
      team.close();
      // What the kernel itself throws comes first; workers that failed with it are not to tell of it later.
      if (!finished) this.stop();
    }
    this.#waitForWorkers(name, team);
    this.#reportFailures(name, team);
  }

  /** Ends the workers; the next job starts others. */
  stop(): void {
    this.#team?.end();
    this.#team = undefined;
    this.#ended = undefined;
  }

  #isPossible(): boolean {
    if (this.#possible === undefined) {
      const reason = obstacle();
      if (reason === undefined) this.#possible = true;
      else this.#stayAlone(reason);
    }
    return this.#possible === true;
  }

  /** From now on everything is computed on the calling thread. */
  #stayAlone(reason: string): void {
    this.#possible = false;
    this.stop();
    console.warn(`wasm: kernels run on one thread: ${reason}`);
  }

  /** Starts workers until there are so many; false where that cannot be. */
  #hasStarted(workers: number): boolean {
    this.#team ??= new Team(this.#module, this.#kernels, this.#startWorker);
    const team = this.#team;
    try {
      team.grow(workers, (index, reason) => {
        if (this.#team === team) this.#noteEnd(team, index, reason);
      });
    } catch (error) {
      this.#noteEnd(team, team.size, String(error));
      return false;
    }
    return true;
  }

  #noteEnd(team: Team, index: number, reason: string): void {
    if (team.hasStarted(index)) this.#ended ??= `worker ${index + 1} of ${team.size} died: ${reason}`;
    else {
      this.#stayAlone(
        `worker ${index + 1} did not start: ${reason}: let the page have workers from blob: addresses ` +
          '(Content-Security-Policy: worker-src blob:), or setThreads(1)',
      );
    }
  }

  #reportEnd(name: KernelName): void {
    const reason = this.#ended;
    if (reason === undefined) return;
    this.stop();
    throw new DeviceError(`wasm: ${name}: ${reason}: repeat the step, or use fewer threads (PNN_THREADS=1)`);
  }

  #waitForWorkers(name: KernelName, team: Team): void {
    let silent = 0;
    let before = 0;
    let progress = -1;
    for (let turn = 1; team.isActive; turn++) {
      if (turn % 4096 !== 0) continue;
      const computed = team.computed.reduce((sum, blocks) => sum + blocks, 0);
      const now = performance.now();
      silent = computed === progress ? silent + Math.min(now - before, MAX_LOOK_MILLISECONDS) : 0;
      before = now;
      progress = computed;
      if (silent > this.#patience) {
        this.stop();
        throw new DeviceError(
          `wasm: ${name}: ${team.size === 1 ? 'worker 1' : `one of ${team.size} workers`} has not answered for ` +
            `${this.#patience / 1000} s: tensors changed in place are half done: go on from a checkpoint`,
        );
      }
    }
  }

  #reportFailures(name: KernelName, team: Team): void {
    for (let index = 0; index < team.size; index++) {
      const message = team.failureOf(index);
      if (message === undefined) continue;
      this.stop();
      throw new DeviceError(
        `wasm: ${name}: worker ${index + 1} failed: ${message}: tensors changed in place are half done`,
      );
    }
  }
}
