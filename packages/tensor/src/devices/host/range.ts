import { bytesPerElement, type DType } from '../../dtype.js';
import type { Buffer, Operand } from '../../kernels.js';
import { HostBuffer, linearMemory } from './linear-memory.js';

/**
 * All bytes of the memory that the CPU devices share, for functions outside of WebAssembly. The array is another one when
 * the memory has grown; a shared memory grows in place, so its address stays.
 */
export function hostBytes(): Uint8Array {
  return new Uint8Array(linearMemory.memory.buffer);
}

/** Where a buffer begins in `hostBytes`, in bytes; undefined if it lies on a device with a memory of its own. */
export function hostOffset(buffer: Buffer): number | undefined {
  return buffer instanceof HostBuffer ? buffer.pointer : undefined;
}

/** The elements of a range of `hostBytes`, as kernels take them: nothing is copied, and nothing keeps the range in use. */
export function hostRange(dtype: DType, offset: number, size: number): Operand {
  const byteLength = size * bytesPerElement(dtype);
  return { shape: [size], size, dtype, buffer: new HostBuffer(offset, byteLength, byteLength) };
}
