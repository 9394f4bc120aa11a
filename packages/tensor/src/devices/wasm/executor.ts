import type { Operand } from '../../kernels.js';
import { type HostBuffer, linearMemory } from '../host/linear-memory.js';
import { type KernelFields, type KernelName, MAX_FIELDS, writeFields } from './generated/tasks.js';
import type { KernelExports } from './instance.js';
import type { ThreadPool } from './threads/thread-pool.js';
import { Workspace } from './workspace.js';

/** Where the elements of an operand begin in the linear memory. */
export function addressOf(operand: Operand): number {
  return (operand.buffer as HostBuffer).pointer;
}

/** Whether kernels that only move elements of 32 bits can move those of the operand. */
export function isWide({ dtype }: Operand): boolean {
  return dtype === 'float32' || dtype === 'int32';
}

type KernelFunction = KernelExports[KernelName];

/** The functions of a kernel, found once: names made for every call would take longer than small kernels. */
interface Functions<Name extends KernelName> {
  readonly write: (task: Float64Array, fields: KernelFields[Name]) => void;
  readonly compute: KernelFunction;
  readonly blocks: KernelFunction;
  readonly scratch: KernelFunction | undefined;
  readonly shared: KernelFunction | undefined;
}

type FunctionsByName = { readonly [Name in KernelName]: Functions<Name> };

function functionsOf(exports: KernelExports): FunctionsByName {
  const found: Readonly<Record<string, KernelFunction | undefined>> = exports;
  const functions = Object.entries(writeFields).map(([name, write]) => ({
    name,
    write,
    compute: found[name],
    blocks: found[`${name}Blocks`],
    scratch: found[`${name}Scratch`],
    shared: found[`${name}Shared`],
  }));
  return Object.fromEntries(functions.map((each) => [each.name, each])) as unknown as FunctionsByName;
}

/** Runs kernels block by block, on the calling thread or on several. */
export class Executor {
  readonly #functions: FunctionsByName;
  readonly #threads: ThreadPool | undefined;
  readonly #task = linearMemory.allocate(MAX_FIELDS * Float64Array.BYTES_PER_ELEMENT);
  readonly #scratch = new Workspace();

  /** Without threads the calling one does it all. */
  constructor(exports: KernelExports, threads?: ThreadPool) {
    this.#functions = functionsOf(exports);
    this.#threads = threads;
  }

  /** What the kernel that is called next reads. */
  get #fields(): Float64Array {
    return linearMemory.view(this.#task, 'float64') as Float64Array;
  }

  /** The number of blocks of a kernel, by its sizes; used to size the partial-sum buffer. */
  blocks<Name extends KernelName>(name: Name, fields: KernelFields[Name]): number {
    const { write, blocks } = this.#functions[name];
    write(this.#fields, fields);
    return blocks(this.#task.pointer, 0, 0);
  }

  /** The bytes that all blocks of a kernel share, by its sizes; the caller reserves them. */
  sharedBytes<Name extends KernelName>(name: Name, fields: KernelFields[Name]): number {
    const { write, shared } = this.#functions[name];
    write(this.#fields, fields);
    return shared!(this.#task.pointer, 0, 0);
  }

  /**
   * Computes all blocks of a kernel.
   *
   * @throws DeviceError where a thread died
   */
  run<Name extends KernelName>(name: Name, fields: KernelFields[Name]): void {
    const { write, compute, blocks: countBlocks, scratch: countScratch } = this.#functions[name];
    const task = this.#task.pointer;
    write(this.#fields, fields);
    const blocks = countBlocks(task, 0, 0);
    const scratchBytes = countScratch === undefined ? 0 : countScratch(task, 0, 0) >>> 0;
    const threads = this.#threads?.threadsFor(blocks) ?? 1;
    if (threads > 1) {
      this.#threads!.run(name, compute, { fields: this.#fields, blocks, scratchBytes, threads });
      return;
    }
    const scratch = scratchBytes > 0 ? this.#scratch.reserve(scratchBytes).pointer : 0;
    for (let block = 0; block < blocks; block++) compute(task, block, scratch);
  }
}
