import type { DType } from '../../dtype.js';
import { DTypeError, MemoryError } from '../../errors.js';

/** Every integer up to here has a 32-bit float of its own: indices and int32 elements go no further. */
export const EXACT_INTEGERS = 2 ** 24;

/** What a GPU device can hold. */
export interface GpuLimits {
  /** The number of elements that a tensor may have. */
  readonly elements: number;
  /** What sets that number. */
  readonly because: string;
}

/**
 * @throws DTypeError for float64
 * @throws MemoryError where the tensor would be too large
 */
export function checkRoom(device: string, limits: GpuLimits, dtype: DType, size: number): void {
  if (dtype === 'float64') {
    throw new DTypeError(`${device} computes in float32: cast() to float32, or keep float64 on reference`);
  }
  if (size > limits.elements) {
    throw new MemoryError(
      `${device}: ${size} elements are more than the ${limits.elements} that a tensor may have there ` +
        `(${limits.because}): work in smaller batches`,
    );
  }
}
