import type { DeviceMemory } from '../../device.js';
import { arrayTypes, type TypedArray } from '../../dtype.js';
import { ArgumentError, DeviceError } from '../../errors.js';
import type { Operand } from '../../kernels.js';
import { bufferOf, GpuBuffer } from './buffer.js';
import type { HealthCheck } from './health.js';
import { boundsOf } from './integers.js';
import { type CompiledKernel, KernelCache } from './kernel-cache.js';
import type { Elements, LibraryContext } from './library.js';
import { checkRoom, type GpuLimits } from './limits.js';

const IDENTITY = 'function (x) { return x[this.thread.x]; }';
const CONSTANT = 'function (value) { return value; }';

function free(buffer: GpuBuffer): void {
  if (buffer.elements && !(buffer.elements instanceof Float32Array)) buffer.elements.delete();
  if (buffer.maker) buffer.maker.users--;
  buffer.elements = undefined;
  buffer.maker = undefined;
}

/** What is known of integers holds until others take their place. */
function forget(buffer: GpuBuffer): void {
  buffer.bounds = undefined;
  buffer.attained = false;
}

function hostArray(elements: Float32Array, { dtype, size }: GpuBuffer): TypedArray {
  if (dtype !== 'float32' && elements.some(Number.isNaN)) {
    throw new ArgumentError('data: a position was out of range when these elements were picked by an index');
  }
  return new arrayTypes[dtype](elements.subarray(0, size));
}

/** How an executor works. */
export interface ExecutorSettings {
  /** Whether the library answers with promises. @default false */
  readonly asynchronous?: boolean;
  /** How many compiled kernels are kept. @default KERNELS_KEPT */
  readonly kernelsKept?: number | undefined;
  /** Is called whenever elements are read, and where a kernel fails: what it throws goes before. */
  readonly checkHealth?: HealthCheck;
}

/**
 * Runs kernels of gpu.js in the order in which they were asked for, keeps them compiled, and owns the memory. Where the
 * library answers with promises (WebGPU), every request waits for the one before it, so that changes in place and
 * releases need no further care; an error is then kept with the elements that could not be computed, until they are read.
 */
export class Executor {
  readonly limits: GpuLimits;
  readonly memory: DeviceMemory;
  readonly #context: LibraryContext;
  readonly #name: string;
  readonly #asynchronous: boolean;
  readonly #checkHealth: HealthCheck;
  readonly #kernels: KernelCache;
  #last: Promise<void> = Promise.resolve();
  #held = 0;

  constructor(
    name: string,
    context: LibraryContext,
    limits: GpuLimits,
    { asynchronous = false, kernelsKept, checkHealth = () => {} }: ExecutorSettings = {},
  ) {
    this.#kernels = new KernelCache(context, kernelsKept);
    this.#checkHealth = checkHealth;
    this.#name = name;
    this.#context = context;
    this.limits = limits;
    this.#asynchronous = asynchronous;
    this.memory = {
      allocate: (dtype, size) => {
        checkRoom(name, limits, dtype, size);
        return new GpuBuffer(dtype, size);
      },
      release: (buffer) => this.#release(buffer as GpuBuffer),
      write: (operand, values) => this.#write(operand, values),
      read: (operand) => this.#read(operand),
      readNow: asynchronous ? undefined : (operand) => this.#readNow(bufferOf(operand)),
    };
  }

  /** Buffers whose elements the device holds now: to tell that nothing leaks. */
  get held(): number {
    return this.#held;
  }

  /** Compiled kernels that are kept for further calls. */
  get kernels(): number {
    return this.#kernels.size;
  }

  /**
   * The elements of `out` become what the kernel makes of the inputs: one call for every element, at `this.thread.x`.
   * Inputs are operands, read by their flat index, and numbers. `out` may be among them.
   *
   * @param source a function as text; loops have literal bounds
   */
  launch(out: Operand, source: string, ...inputs: readonly (Operand | number)[]): void {
    if (out.size === 0) return;
    const target = bufferOf(out);
    const sources = inputs.map((input) => (typeof input === 'number' ? input : bufferOf(input)));
    forget(target);
    this.#inOrder(target, () => {
      const values = sources.map((each) => {
        if (typeof each === 'number') return each;
        if (each.failure) throw each.failure;
        // Of an empty operand nothing is read, but every input needs an element.
        return each.elements ?? new Float32Array(Math.max(1, each.size));
      });
      const types = sources.map((each) => (typeof each === 'number' ? 'f' : each.size));
      const kernel = this.#kernels.get(`${target.size}|${types}|${source}`, source, { output: [target.size] });
      return this.#call(kernel, values, target);
    });
  }

  /** All elements of `out` become this number. */
  fill(out: Operand, value: number): void {
    this.launch(out, CONSTANT, value);
  }

  /** The elements of `out` become what the processor makes of those of x: for the little that shaders are bad at. */
  computeOnHost(out: Operand, x: Operand, compute: (elements: Float32Array) => Float32Array): void {
    const target = bufferOf(out);
    const source = bufferOf(x);
    forget(target);
    this.#inOrder(target, () => {
      if (source.failure) throw source.failure;
      if (this.#asynchronous) return this.#arrive(source).then((read) => this.#upload(target, compute(read)));
      return this.#upload(target, compute(this.#arrayOf(source)));
    });
  }

  /** Calls the body with room for elements that are no longer needed afterwards. */
  withTemporary(size: number, body: (temporary: Operand) => void): void {
    const buffer = this.memory.allocate('float32', size);
    const temporary: Operand = { shape: [size], size, dtype: 'float32', buffer };
    try {
      body(temporary);
    } finally {
      this.memory.release(buffer);
    }
  }

  #inOrder(target: GpuBuffer, task: () => void | Promise<void>): void {
    if (!this.#asynchronous) {
      task();
      return;
    }
    this.#last = this.#last.then(task).catch((error: unknown) => {
      target.failure = error;
    });
  }

  #call(kernel: CompiledKernel, inputs: readonly (Elements | number)[], target: GpuBuffer): void | Promise<void> {
    kernel.users++;
    const fail = (error: unknown): never => {
      kernel.users--;
      // What a library says of a context that was lost is of no use to anybody.
      this.#checkHealth();
      throw error;
    };
    try {
      const result = kernel.run(...inputs);
      if (result instanceof Promise) return result.then((elements) => this.#replace(target, elements, kernel), fail);
      this.#checkMode(kernel);
      this.#replace(target, result, kernel);
    } catch (error) {
      fail(error);
    }
  }

  #checkMode({ run }: CompiledKernel): void {
    if (run.kernel instanceof this.#context.Kernel) return;
    throw new DeviceError(
      `${this.#name}: gpu.js fell back to another mode (${run.kernel.fallbackReason ?? 'without a reason'}): ` +
        'choose that mode in gpu({ mode }), or use another device',
    );
  }

  #replace(target: GpuBuffer, elements: Elements, kernel: CompiledKernel): void {
    if (target.elements) free(target);
    else this.#held++;
    target.elements = elements;
    target.failure = undefined;
    if (elements instanceof Float32Array) kernel.users--;
    else target.maker = kernel;
  }

  #release(buffer: GpuBuffer): void {
    this.#inOrder(buffer, () => {
      if (!buffer.elements) return;
      free(buffer);
      this.#held--;
    });
  }

  #write(operand: Operand, values: ArrayLike<number>): void {
    const target = bufferOf(operand);
    if (target.size === 0) return;
    forget(target);
    if (target.dtype === 'int32') {
      target.bounds = boundsOf(this.#name, values);
      target.attained = true;
    }
    const elements = Float32Array.from(values);
    this.#inOrder(target, () => this.#upload(target, elements));
  }

  #upload(target: GpuBuffer, elements: Float32Array): void | Promise<void> {
    const settings = { output: [target.size], argumentTypes: ['Array'] } as const;
    return this.#call(this.#kernels.get(`upload|${target.size}`, IDENTITY, settings), [elements], target);
  }

  async #read(operand: Operand): Promise<TypedArray> {
    const buffer = bufferOf(operand);
    if (!this.#asynchronous) return this.#readNow(buffer);
    let elements: Promise<Float32Array> | undefined;
    // The copy is ordered here, before any release that follows; only its arrival is waited for.
    this.#inOrder(buffer, () => {
      if (!buffer.failure) elements = this.#arrive(buffer);
    });
    await this.#last;
    if (!elements) {
      // That a GPU was lost may be heard of after a kernel has failed for that.
      this.#checkHealth();
      throw buffer.failure;
    }
    return hostArray(await elements, buffer);
  }

  #readNow(buffer: GpuBuffer): TypedArray {
    return hostArray(this.#arrayOf(buffer), buffer);
  }

  #arrayOf({ elements, size }: GpuBuffer): Float32Array {
    if (!elements) return new Float32Array(size);
    const array = elements instanceof Float32Array ? elements : (elements.toArray() as Float32Array);
    this.#checkHealth();
    return array;
  }

  async #arrive({ elements, maker, size }: GpuBuffer): Promise<Float32Array> {
    if (!elements) return new Float32Array(size);
    if (elements instanceof Float32Array) return elements;
    if (maker) maker.users++;
    try {
      return await elements.toArray();
    } finally {
      if (maker) maker.users--;
      this.#checkHealth();
    }
  }
}
