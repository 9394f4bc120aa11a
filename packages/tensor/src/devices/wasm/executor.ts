import type { Operand } from '../../kernels.js';
import { type HostBuffer, linearMemory } from '../host/linear-memory.js';
import { type KernelExports, type KernelName, MAX_FIELDS } from './instance.js';
import type { ThreadPool } from './threads/thread-pool.js';
import { Workspace } from './workspace.js';

/** Where the elements of an operand begin in the linear memory. */
export function addressOf(operand: Operand): number {
  return (operand.buffer as HostBuffer).pointer;
}

/** Runs kernels block by block, on the calling thread or on several. */
export class Executor {
  readonly #exports: KernelExports & Readonly<Record<string, KernelExports[KernelName] | undefined>>;
  readonly #threads: ThreadPool | undefined;
  readonly #task = linearMemory.allocate(MAX_FIELDS * Float64Array.BYTES_PER_ELEMENT);
  readonly #scratch = new Workspace();

  /** Without threads the calling one does it all. */
  constructor(exports: KernelExports, threads?: ThreadPool) {
    this.#exports = exports;
    this.#threads = threads;
  }

  /** The number of blocks of a kernel, by its sizes; used to size the partial-sum buffer. */
  blocks(name: KernelName, fields: readonly number[]): number {
    this.#write(fields);
    return this.#exports[`${name}Blocks`]!(this.#task.pointer, 0, 0);
  }

  /** The bytes that all blocks of a kernel share, by its sizes; the caller reserves them. */
  sharedBytes(name: KernelName, fields: readonly number[]): number {
    this.#write(fields);
    return this.#exports[`${name}Shared`]!(this.#task.pointer, 0, 0);
  }

  // `set` of the array is slower for so few numbers.
  #write(fields: readonly number[]): void {
    const task = linearMemory.view(this.#task, 'float64');
    for (let i = 0; i < fields.length; i++) task[i] = fields[i]!;
  }

  /**
   * Computes all blocks of a kernel; the fields are those that its source names, in that order.
   *
   * @throws DeviceError where a thread died
   */
  run(name: KernelName, fields: readonly number[]): void {
    const task = this.#task.pointer;
    const blocks = this.blocks(name, fields);
    const scratchBytes = (this.#exports[`${name}Scratch`]?.(task, 0, 0) ?? 0) >>> 0;
    const kernel = this.#exports[name];
    const threads = this.#threads?.threadsFor(blocks) ?? 1;
    if (threads > 1) {
      this.#threads!.run(name, kernel, { fields, blocks, scratchBytes, threads });
      return;
    }
    const scratch = scratchBytes > 0 ? this.#scratch.reserve(scratchBytes).pointer : 0;
    for (let block = 0; block < blocks; block++) kernel(task, block, scratch);
  }
}
