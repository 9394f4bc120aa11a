import type { Device } from './device.js';
import { arrayTypes, type DType, type TypedArray } from './dtype.js';
import { noteMade } from './effects.js';
import { DeviceError, DisposedError, ShapeError } from './errors.js';
import type { Buffer, Operand } from './kernels.js';
import { enter, Scoped } from './scope.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { activeTracer } from './tracer.js';

interface Holding {
  readonly device: Device;
  readonly buffer: Buffer;
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

function letGo({ device, buffer }: Holding, bytes: number): void {
  liveTensors--;
  buffer.references--;
  if (buffer.references > 0) return;
  liveBuffers--;
  liveBytes -= bytes;
  device.memory.release(buffer);
}

const forgotten = new FinalizationRegistry<Holding & { readonly bytes: number }>((holding) =>
  letGo(holding, holding.bytes),
);

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
  #watched = false;

  /**
   * Room for elements of this shape; or, with `sharedBuffer`, another look at elements that exist already.
   *
   * @throws MemoryError where the device has no room
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
      this.#buffer = device.memory.allocate(dtype, this.size);
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
    const buffer = this.#buffer;
    if (!buffer) throw new DisposedError(`tensor ${formatShape(this.shape)} was freed twice`);
    this.#buffer = undefined;
    if (this.#watched) forgotten.unregister(this);
    letGo({ device: this.device, buffer }, bytesOf(this.dtype, this.size));
  }

  /** `using x = …` disposes of x at the end of the block, where that has not happened before. */
  [Symbol.dispose](): void {
    if (!this.disposed) this.dispose();
  }

  /** @internal */
  override outlive(): void {
    if (this.#watched || !this.#buffer) return;
    this.#watched = true;
    const bytes = bytesOf(this.dtype, this.size);
    forgotten.register(this, { device: this.device, buffer: this.#buffer, bytes }, this);
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

  #checkSingle(): void {
    if (this.size !== 1) {
      throw new ShapeError(`item: ${formatShape(this.shape)} has ${this.size} elements: take one, or read data()`);
    }
  }
}
