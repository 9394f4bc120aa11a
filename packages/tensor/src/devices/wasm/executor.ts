import type { Operand } from '../../kernels.js';
import { type HostBuffer, linearMemory } from '../../memory.js';
import type { KernelExports, KernelName } from './instance.js';
import { Workspace } from './workspace.js';

const MAXIMUM_FIELDS = 64;

/** Where the elements of an operand begin in the linear memory. */
export function addressOf(operand: Operand): number {
  return (operand.buffer as HostBuffer).pointer;
}

/** Runs kernels block by block. */
export class Executor {
  readonly #exports: KernelExports & Readonly<Record<string, KernelExports[KernelName] | undefined>>;
  readonly #task = linearMemory.allocate(MAXIMUM_FIELDS * Float64Array.BYTES_PER_ELEMENT);
  readonly #scratch = new Workspace();

  constructor(exports: KernelExports) {
    this.#exports = exports;
  }

  /** The number of blocks of a kernel, by its sizes: for who gives each of them room for partial sums. */
  blocks(name: KernelName, fields: readonly number[]): number {
    linearMemory.view(this.#task, 'float64').set(fields);
    return this.#exports[`${name}Blocks`]!(this.#task.pointer, 0, 0);
  }

  /** Computes all blocks of a kernel; the fields are those that its source names, in that order. */
  run(name: KernelName, fields: readonly number[]): void {
    const task = this.#task.pointer;
    const blocks = this.blocks(name, fields);
    const scratchBytes = this.#exports[`${name}Scratch`]?.(task, 0, 0) ?? 0;
    const scratch = scratchBytes > 0 ? this.#scratch.reserve(scratchBytes >>> 0).pointer : 0;
    const kernel = this.#exports[name];
    for (let block = 0; block < blocks; block++) kernel(task, block, scratch);
  }
}
