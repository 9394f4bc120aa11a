import { DTypeError } from './errors.js';

/** The element types: IEEE 754 single and double precision, 32-bit integers, and truth values stored as bytes 0 and 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool';

/** The element types that have gradients. */
export type FloatDType = 'float32' | 'float64';

/** The arrays that hold the elements of a tensor in host memory. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The constructor of the array that holds elements of each type. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** The number of bytes that one element takes. */
export function bytesPerElement(dtype: DType): number {
  return arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** @throws DTypeError where the type cannot hold the number */
export function checkElement(operation: string, value: number, dtype: DType): void {
  if (dtype === 'int32' && (value | 0) !== value) {
    throw new DTypeError(
      `${operation}: int32 holds integers from -2147483648 to 2147483647, not ${value}: round it, or use float32`,
    );
  }
  if (dtype === 'bool' && value !== 0 && value !== 1) {
    throw new DTypeError(`${operation}: bool holds 0 and 1, not ${value}: compare it with a number, or use int32`);
  }
}

/** Whether elements of this type have gradients. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'float32' || dtype === 'float64';
}
