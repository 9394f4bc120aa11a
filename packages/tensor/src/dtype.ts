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

/** Whether elements of this type have gradients. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'float32' || dtype === 'float64';
}
