import type { Device } from './device.js';
import { arrayTypes, type DType, type TypedArray } from './dtype.js';
import { noteMade } from './effects.js';
import { DeviceError, DisposedError, MemoryError, ShapeError } from './errors.js';
import type { Buffer, Operand } from './kernels.js';
import { liveInstances } from './live-instances.js';
import { enter, Scoped } from './scope.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { activeTracer } from './tracer.js';

interface Holding {
  readonly device: Device;
  readonly buffer: Buffer;
  readonly bytes: number;
}

let liveTensors = 0;
let liveBuffers = 0;
let liveBytes = 0;

function bytesOf(dtype: DType, size: number): number {
  return size * arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** What is alive on all devices: to tell that a loop keeps nothing. */
export interface MemoryUse {
  /** Tensors that were not disposed of. */
  readonly tensors: number;
  /** Blocks of elements; tensors that are views of one another share theirs. */
  readonly buffers: number;
  /** Bytes of elements in them. */
  readonly bytes: number;
}

/** What is alive now. */
export function memory(): MemoryUse {
  return { tensors: liveTensors, buffers: liveBuffers, bytes: liveBytes };
}

function letGo(device: Device, buffer: Buffer, bytes: number, stale: boolean): void {
  liveTensors--;
  buffer.references--;
  if (buffer.references > 0) return;
  liveBuffers--;
  liveBytes -= bytes;
  device.memory.release(buffer, stale);
}

/** What the tensors outside of all scopes hold: these can be forgotten. */
const watched = new Set<Holding>();

function takeBack(holding: Holding): void {
  // What was taken back before memory ran out is told of once more by the finalizers.
  if (watched.delete(holding)) letGo(holding.device, holding.buffer, holding.bytes, true);
}

const forgotten = new FinalizationRegistry<Holding>(takeBack);

/** The elements of a tensor and their lifetime: everything about it but the arithmetic. */
export class Storage extends Scoped implements Operand, Disposable {
  /** The sizes of the axes, outermost first. */
  readonly shape: Shape;
  /** The number of elements. */
  readonly size: number;
  readonly dtype: DType;
  /** Where the elements are. */
  readonly device: Device;
  #buffer: Buffer | undefined;
  /** Set where the tensor is outside of all scopes. */
  #watched: Holding | undefined;

  /**
   * Room for elements of this shape; or, with `sharedBuffer`, another look at elements that exist already.
   *
   * @throws MemoryError where the device has no room, even when what was forgotten is taken back
   */
  constructor(shape: Shape, dtype: DType, device: Device, sharedBuffer?: Buffer) {
    super();
    this.shape = shape;
    this.size = sizeOf(shape);
    this.dtype = dtype;
    this.device = device;
    if (sharedBuffer) {
      this.#buffer = sharedBuffer;
      sharedBuffer.references++;
    } else {
      this.#buffer = Storage.#allocate(device, dtype, this.size);
      liveBuffers++;
      liveBytes += bytesOf(dtype, this.size);
      activeTracer()?.allocated(this.#buffer);
      noteMade(this.#buffer);
    }
    liveTensors++;
    enter(this);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * Where the device keeps the elements.
   *
   * @throws DisposedError after `dispose`
   */
  get buffer(): Buffer {
    if (!this.#buffer) {
      throw new DisposedError(
        `tensor ${formatShape(this.shape)} was used after it was freed: return it from its scope(), or keep() it`,
      );
    }
    return this.#buffer;
  }

  /** Whether the elements were given up. */
  override get disposed(): boolean {
    return this.#buffer === undefined;
  }

  /**
   * Gives the elements up at once; views of them that were not disposed of keep theirs.
   *
   * @throws DisposedError the second time
   */
  override dispose(): void {
    this.#giveUp(false);
  }

  /** @internal */
  override expire(): void {
    this.#giveUp(true);
  }

  #giveUp(stale: boolean): void {
    const buffer = this.#buffer;
    if (!buffer) throw new DisposedError(`tensor ${formatShape(this.shape)} was freed twice`);
    this.#buffer = undefined;
    if (this.#watched) {
      forgotten.unregister(this);
      watched.delete(this.#watched);
    }
    letGo(this.device, buffer, bytesOf(this.dtype, this.size), stale);
  }

  /** `using x = …` disposes of x at the end of the block, where that has not happened before. */
  [Symbol.dispose](): void {
    if (!this.disposed) this.dispose();
  }

  /** @internal */
  override outlive(): void {
    if (this.#watched || !this.#buffer) return;
    this.#watched = { device: this.device, buffer: this.#buffer, bytes: bytesOf(this.dtype, this.size) };
    watched.add(this.#watched);
    forgotten.register(this, this.#watched, this);
  }

  /** A copy of the elements in row-major order, once they are computed. */
  data(): Promise<TypedArray> {
    return this.device.memory.read(this);
  }

  /**
   * A copy of the elements at once.
   *
   * @throws DeviceError on a device that computes in the background: use `await data()` there
   */
  dataSync(): TypedArray {
    const read = this.device.memory.readNow;
    if (!read) throw new DeviceError(`dataSync: ${this.device.name} cannot be read at once: use await data()`);
    activeTracer()?.reading(this.buffer);
    return read(this);
  }

  /**
   * The only element.
   *
   * @throws ShapeError where there are several, or none
   */
  async item(): Promise<number> {
    this.#checkSingle();
    return (await this.data())[0]!;
  }

  /**
   * The only element, at once.
   *
   * @throws ShapeError where there are several, or none
   * @throws DeviceError on a device that computes in the background: use `await item()` there
   */
  itemSync(): number {
    this.#checkSingle();
    return this.dataSync()[0]!;
  }

  static #allocate({ memory }: Device, dtype: DType, size: number): Buffer {
    try {
      return memory.allocate(dtype, size);
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
    }
    memory.trim?.();
    const isComplete = Storage.#reclaim();
    try {
      return memory.allocate(dtype, size);
    } catch (error) {
      if (!(error instanceof MemoryError) || isComplete || watched.size === 0) throw error;
      let bytes = 0;
      for (const holding of watched) bytes += holding.bytes;
      throw new MemoryError(
        `${error.message}; ${watched.size} tensors of ${bytes} bytes lie outside of every scope(): ` +
          'what was forgotten of them comes back only when the running task has ended',
      );
    }
  }

  /** Takes back at once what forgotten tensors hold; false where the platform does not tell which those are. */
  static #reclaim(): boolean {
    if (watched.size === 0) return true;
    const live = liveInstances(Storage.prototype);
    if (!live) return false;
    const held = new Set<Holding | undefined>();
    // The prototypes of derived classes are found as well.
    for (const each of live) if (#watched in each) held.add(each.#watched);
    for (const holding of watched) if (!held.has(holding)) takeBack(holding);
    return true;
  }

  #checkSingle(): void {
    if (this.size !== 1) {
      throw new ShapeError(`item: ${formatShape(this.shape)} has ${this.size} elements: take one, or read data()`);
    }
  }
}
