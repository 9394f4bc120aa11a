import type { DType, TypedArray } from '../dtype.js';
import { FormatError } from '../errors.js';

/** The bytes of one element in the element types that files store. */
export const ELEMENT_SIZES = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
} as const;

/** An element type that a file may store; most are wider or narrower than what tensors compute with. */
export type ElementType = keyof typeof ELEMENT_SIZES;

const PLATFORM_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function reverseEachElement(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

function checkedBooleans(bytes: Uint8Array, source: string): Uint8Array {
  const wrong = bytes.findIndex((value) => value > 1);
  if (wrong >= 0) {
    throw new FormatError(`${source}: bool element ${wrong} is ${bytes[wrong]}, neither 0 nor 1`);
  }
  return bytes;
}

function checkedInt32(values: Uint32Array | BigInt64Array | BigUint64Array, source: string): Int32Array {
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > 0x7fffffff || value < -0x80000000) {
      throw new FormatError(`${source}: element ${i} is ${value}, which int32 cannot hold`);
    }
    result[i] = Number(value);
  }
  return result;
}

/**
 * IEEE 754 binary16 has 1 sign bit, 5 exponent bits with bias 15 and 10 fraction bits. Moved to where float32 has them,
 * they stand for a number 2^(127 - 15) times smaller, subnormal ones too; infinities and NaN get the exponent 255.
 */
function widenFloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  const values = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const nonFinite = (half & 0x7c00) === 0x7c00 ? 0x7f800000 : 0;
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13) | nonFinite;
    values[i]! *= 2 ** 112;
  }
  return values;
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/**
 * Reads the elements of a file into the narrowest tensor dtype that holds them exactly: float16 and bfloat16 become
 * float32, integers become int32.
 *
 * @param bytes the elements and nothing else, in any alignment; they are copied
 * @param source names the file, and the tensor in it, in the message of an error
 * @throws FormatError when the bytes are no whole number of elements, a bool is neither 0 nor 1, or an integer does
 *   not fit into int32
 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  littleEndian: boolean,
  source: string,
): { dtype: DType; data: TypedArray } {
  const size = ELEMENT_SIZES[type];
  if (bytes.length % size !== 0) {
    throw new FormatError(`${source}: ${bytes.length} bytes are no whole number of ${type} elements`);
  }
  const aligned = new Uint8Array(bytes);
  if (size > 1 && littleEndian !== PLATFORM_IS_LITTLE_ENDIAN) reverseEachElement(aligned, size);
  const { buffer } = aligned;
  switch (type) {
    case 'float32':
      return { dtype: 'float32', data: new Float32Array(buffer) };
    case 'float64':
      return { dtype: 'float64', data: new Float64Array(buffer) };
    case 'float16':
      return { dtype: 'float32', data: widenFloat16(new Uint16Array(buffer)) };
    case 'bfloat16':
      return { dtype: 'float32', data: widenBfloat16(new Uint16Array(buffer)) };
    case 'bool':
      return { dtype: 'bool', data: checkedBooleans(aligned, source) };
    case 'int8':
      return { dtype: 'int32', data: new Int32Array(new Int8Array(buffer)) };
    case 'uint8':
      return { dtype: 'int32', data: new Int32Array(aligned) };
    case 'int16':
      return { dtype: 'int32', data: new Int32Array(new Int16Array(buffer)) };
    case 'uint16':
      return { dtype: 'int32', data: new Int32Array(new Uint16Array(buffer)) };
    case 'int32':
      return { dtype: 'int32', data: new Int32Array(buffer) };
    case 'uint32':
      return { dtype: 'int32', data: checkedInt32(new Uint32Array(buffer), source) };
    case 'int64':
      return { dtype: 'int32', data: checkedInt32(new BigInt64Array(buffer), source) };
    case 'uint64':
      return { dtype: 'int32', data: checkedInt32(new BigUint64Array(buffer), source) };
  }
}

/** Writes the elements of a host array in little-endian order to `out` from `offset` on. */
export function encodeElements(data: TypedArray, out: Uint8Array, offset: number): void {
  const target = out.subarray(offset, offset + data.byteLength);
  target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (!PLATFORM_IS_LITTLE_ENDIAN) reverseEachElement(target, data.BYTES_PER_ELEMENT);
}
