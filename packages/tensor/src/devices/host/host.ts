import type { DeviceMemory } from '../../device.js';
import { arrayTypes, bytesPerElement, type TypedArray } from '../../dtype.js';
import type { Operand } from '../../kernels.js';
import { type HostBuffer, linearMemory } from './linear-memory.js';

/** The elements of a tensor in the linear memory; writing to the array writes to the tensor. */
export function values(operand: Operand): TypedArray {
  return linearMemory.view(operand.buffer as HostBuffer, operand.dtype);
}

function copyOf(operand: Operand): TypedArray {
  return new arrayTypes[operand.dtype](values(operand));
}

/** The memory that all CPU devices share. */
export const hostMemory: DeviceMemory = {
  allocate: (dtype, size) => linearMemory.allocate(size * bytesPerElement(dtype)),
  release: (buffer, stale) => linearMemory.release(buffer as HostBuffer, stale),
  trim: () => {
    for (const each of linearMemory.spare) each.release();
  },
  inPlace: true,
  write: (operand, source) => values(operand).set(source),
  read: async (operand) => copyOf(operand),
  readNow: copyOf,
};
