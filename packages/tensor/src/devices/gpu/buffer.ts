import type { DType } from '../../dtype.js';
import type { Buffer, Operand } from '../../kernels.js';
import type { CompiledKernel } from './kernel-cache.js';
import type { Elements } from './library.js';

/** The smallest and the largest integer of a tensor, or numbers beyond them; undefined where they are not known. */
export type Bounds = readonly [low: number, high: number] | undefined;

/** The elements of tensors on the GPU: always in one row, as 32-bit floats. */
export class GpuBuffer implements Buffer {
  references = 1;
  version = 0;
  /** What was computed last; undefined before, and after the release. */
  elements: Elements | undefined;
  /** Which kernel made them, where they are on the device: it must not be destroyed before. */
  maker: CompiledKernel | undefined;
  /** What went wrong when it was to be computed, where that was only found out later. */
  failure: unknown;
  /** Between which numbers integers lie, where that is known: kernels cannot complain about an index, so others must. */
  bounds: Bounds;
  /** Whether both bounds are among the elements. */
  attained = false;

  constructor(
    readonly dtype: DType,
    readonly size: number,
  ) {}
}

/** The buffer of an operand that lies on a GPU. */
export function bufferOf(operand: Operand): GpuBuffer {
  return operand.buffer as GpuBuffer;
}
