import type { DeviceMemory } from '../../device.js';
import { arrayTypes, type DType, type TypedArray } from '../../dtype.js';
import { DeviceError, DTypeError, MemoryError } from '../../errors.js';
import type { Buffer, Operand } from '../../kernels.js';
import type { Health } from './health.js';
import { type Kernel, keyOf, Pipelines, type Variant } from './pipelines.js';
import { type Block, blockBytes, Pool } from './pool.js';
import { Queue } from './queue.js';
import type { Cut } from './wgsl/gemm.js';
import type { ScalarType } from './wgsl/program.js';

/** The elements of tensors on the GPU: 32 bits each, truth values as 0 and 1. */
export class WebGpuBuffer implements Buffer {
  references = 1;
  version = 0;
  /** The smallest and the largest integer that were stored, until something else is computed there. */
  bounds: readonly [low: number, high: number] | undefined;

  constructor(readonly block: Block) {}
}

/** The buffer of an operand that lies on a GPU. */
export function bufferOf(operand: Operand): WebGpuBuffer {
  return operand.buffer as WebGpuBuffer;
}

/** How elements of each type are held. */
export const scalarTypes = { float32: 'f32', int32: 'i32', bool: 'u32' } as const;

/** The type of the elements in WGSL. */
export function scalarType({ dtype }: Operand): ScalarType {
  return scalarTypes[dtype as keyof typeof scalarTypes];
}

/** What one call of a kernel needs. */
export interface Launch {
  readonly reads: readonly Operand[];
  readonly writes: readonly Operand[];
  /** By the names that the program gives them. */
  readonly parameters: Readonly<Record<string, number>>;
  /** The number of workgroups. */
  readonly groups: number;
  /** About how many operations all of them make. @default the number of elements that are written */
  readonly operations?: number;
}

/** Settings of an executor. */
export interface ExecutorSettings {
  readonly name: string;
  readonly device: GPUDevice;
  readonly health: Health;
  /** Whether the adapter is a processor. */
  readonly isSoftware: boolean;
}

function bytesOf({ dtype }: Operand, values: ArrayLike<number>): Uint8Array {
  const array =
    dtype === 'float32'
      ? values instanceof Float32Array
        ? values
        : Float32Array.from(values)
      : values instanceof Int32Array
        ? values
        : Int32Array.from(values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function boundsOf(values: ArrayLike<number>): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return [low, high];
}

/** Launches kernels, and owns the memory. */
export class Executor {
  readonly memory: DeviceMemory;
  readonly queue: Queue;
  readonly pool: Pool;
  readonly pipelines: Pipelines;
  /** Whether kernels are those for a processor, to which shared memory is of no use: tests take those for a GPU, too. */
  isSoftware: boolean;
  /** How products are cut, where that is not to be chosen: for tests and benchmarks. */
  cut: Partial<Cut> = {};
  /** How many elements a tensor may have. */
  readonly room: number;
  readonly #name: string;
  /** What compiles the kernels that were asked for while nothing is to be computed, by their keys. */
  #warming: Map<string, () => Promise<void>> | undefined;

  constructor({ name, device, health, isSoftware }: ExecutorSettings) {
    this.#name = name;
    this.isSoftware = isSoftware;
    this.queue = new Queue(device, health);
    this.pool = new Pool(device, (block) => this.queue.destroy(block));
    this.pipelines = new Pipelines(device);
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    this.room = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize, 2 ** 33) / 256) * 64;
    this.memory = {
      allocate: (dtype, size) => this.#allocate(dtype, size),
      release: (buffer) => this.pool.give((buffer as WebGpuBuffer).block),
      write: (operand, values) => {
        const buffer = bufferOf(operand);
        buffer.bounds = operand.dtype === 'int32' ? boundsOf(values) : undefined;
        if (operand.size > 0) this.queue.write(buffer.block, bytesOf(operand, values));
      },
      read: (operand) => this.#read(operand),
      readNow: undefined,
    };
  }

  /** Launches a kernel. An operand that is read and written is named as written, and a second time only if copied first. */
  run<V extends Variant>(kernel: Kernel<V>, variant: V, launch: Launch): void {
    const { reads, writes, parameters, groups } = launch;
    if (groups === 0) return;
    if (this.#warming) {
      this.#warming.set(keyOf(kernel, variant), () => this.pipelines.prepare(kernel, variant));
      return;
    }
    this.queue.open();
    const pipeline = this.pipelines.get(kernel, variant);
    const blocks: Block[] = [];
    const copies: Block[] = [];
    for (const operand of reads) {
      const { block } = bufferOf(operand);
      if (writes.some((written) => bufferOf(written).block === block)) {
        const copy = this.pool.take(block.bytes);
        this.queue.copy(block, copy);
        copies.push(copy);
        blocks.push(copy);
      } else blocks.push(block);
    }
    for (const operand of writes) {
      const buffer = bufferOf(operand);
      buffer.bounds = undefined;
      blocks.push(buffer.block);
    }
    const numbers = pipeline.parameterNames.map((name) => parameters[name]!);
    this.queue.dispatch(pipeline, blocks, numbers, groups, launch.operations ?? writes[0]!.size);
    for (const copy of copies) this.pool.give(copy);
  }

  /** Compiles all kernels that `work` launches, side by side, and launches none. */
  async warmUp(work: () => void): Promise<void> {
    const wanted = new Map<string, () => Promise<void>>();
    this.#warming = wanted;
    try {
      work();
    } finally {
      this.#warming = undefined;
    }
    await Promise.all([...wanted.values()].map((compile) => compile()));
  }

  /** Calls the body with room for elements that are no longer needed afterwards. */
  withTemporary(dtype: DType, size: number, body: (temporary: Operand) => void): void {
    const buffer = this.#allocate(dtype, size);
    try {
      body({ shape: [size], size, dtype, buffer });
    } finally {
      this.pool.give(buffer.block);
    }
  }

  #allocate(dtype: DType, size: number): WebGpuBuffer {
    if (dtype === 'float64') {
      throw new DTypeError(`${this.#name} computes in float32: cast() to float32, or keep float64 on reference`);
    }
    if (size > this.room) {
      throw new MemoryError(
        `${this.#name}: ${size} elements are more than the ${this.room} that a tensor may have there ` +
          '(the size of a buffer of the adapter): work in smaller batches',
      );
    }
    this.queue.open();
    return new WebGpuBuffer(this.pool.take(blockBytes(size)));
  }

  async #read(operand: Operand): Promise<TypedArray> {
    if (this.#warming) {
      throw new DeviceError(
        `${this.#name}: nothing is computed within warmUp(), so there is nothing to read: read after it`,
      );
    }
    const { dtype, size } = operand;
    const bytes = await this.queue.read(bufferOf(operand).block, 4 * size);
    if (dtype === 'bool') return Uint8Array.from(new Uint32Array(bytes));
    return new arrayTypes[dtype](bytes);
  }
}
