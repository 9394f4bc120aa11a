import type { DType, TypedArray } from './dtype.js';
import type { Buffer, Kernels, Operand } from './kernels.js';

/** Where tensors live and what computes on them: memory and a table of kernels. */
export interface Device {
  /** The name that messages and reports use. */
  readonly name: string;
  /** What really computes, where that is more than the name: instructions and threads, or the adapter. For reports. */
  readonly description?: string;
  readonly kernels: Kernels;
  /** Devices of one memory share their tensors: an operation may mix them without a copy. */
  readonly memory: DeviceMemory;
}

/** The memory of one device, or of several. */
export interface DeviceMemory {
  /** Room for this many elements; their values are whatever was there before. */
  allocate(dtype: DType, size: number): Buffer;
  /**
   * Takes the room back.
   *
   * @param stale whether it has not been used since other room that was taken back before, so that no cache has it; false
   *   unless it is given
   */
  release(buffer: Buffer, stale?: boolean): void;
  /** Gives back what is kept between kernels so that it need not be asked for again; only called outside of kernels. */
  trim?(): void;
  /** Whether a kernel that reads each element before it writes there can compute in place, without a copy first. */
  readonly inPlace?: boolean;
  /** Stores the elements. */
  write(operand: Operand, values: ArrayLike<number>): void;
  /** A copy of the elements, once everything that computes them is done. */
  read(operand: Operand): Promise<TypedArray>;
  /** A copy of the elements at once; undefined where only `read` is possible. */
  readonly readNow: ((operand: Operand) => TypedArray) | undefined;
}
