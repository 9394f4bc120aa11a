import { arrayTypes, type DType, type TypedArray } from '../dtype.js';
import { FormatError } from '../errors.js';
import type { ByteReader } from './byte-reader.js';
import { widenBfloat16, widenFloat8E4M3, widenFloat8E5M2, widenFloat16 } from './short-floats.js';

/** The bytes of one element in the element types that files store. */
export const ELEMENT_SIZES = {
  bool: 1,
  int8: 1,
  uint8: 1,
  float8E4M3: 1,
  float8E5M2: 1,
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

function checkBooleans(bytes: Uint8Array, source: string, first: number): void {
  const wrong = bytes.findIndex((value) => value > 1);
  if (wrong >= 0) {
    throw new FormatError(`${source}: bool element ${first + wrong} is ${bytes[wrong]}, neither 0 nor 1`);
  }
}

function narrowToInt32(
  values: Uint32Array | BigInt64Array | BigUint64Array,
  out: TypedArray,
  source: string,
  first: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > 0x7fffffff || value < -0x80000000) {
      throw new FormatError(`${source}: element ${first + i} is ${value}, which int32 cannot hold`);
    }
    out[i] = Number(value);
  }
}

/** Element types that are read piece by piece, since they are none that tensors compute with. */
type ConvertedType = Exclude<ElementType, DType>;

interface Conversion {
  /** The narrowest that holds all elements exactly; integers that int32 does not hold are refused one by one. */
  readonly dtype: DType;
  readonly convert: (bytes: Uint8Array<ArrayBuffer>, out: TypedArray, source: string, first: number) => void;
}

function toFloat32(widen: (bytes: Uint8Array<ArrayBuffer>, out: Float32Array) => void): Conversion {
  return { dtype: 'float32', convert: (bytes, out) => widen(bytes, out as Float32Array) };
}

function halvesIn(bytes: Uint8Array<ArrayBuffer>): Uint16Array {
  return new Uint16Array(bytes.buffer, 0, bytes.length / 2);
}

const CONVERSIONS: Readonly<Record<ConvertedType, Conversion>> = {
  float16: toFloat32((bytes, out) => widenFloat16(halvesIn(bytes), out)),
  bfloat16: toFloat32((bytes, out) => widenBfloat16(halvesIn(bytes), out)),
  float8E4M3: toFloat32(widenFloat8E4M3),
  float8E5M2: toFloat32(widenFloat8E5M2),
  int8: { dtype: 'int32', convert: ({ buffer }, out) => out.set(new Int8Array(buffer, 0, out.length)) },
  uint8: { dtype: 'int32', convert: (bytes, out) => out.set(bytes) },
  int16: { dtype: 'int32', convert: ({ buffer }, out) => out.set(new Int16Array(buffer, 0, out.length)) },
  uint16: { dtype: 'int32', convert: (bytes, out) => out.set(halvesIn(bytes)) },
  uint32: {
    dtype: 'int32',
    convert: ({ buffer }, out, source, first) =>
      narrowToInt32(new Uint32Array(buffer, 0, out.length), out, source, first),
  },
  int64: {
    dtype: 'int32',
    convert: ({ buffer }, out, source, first) =>
      narrowToInt32(new BigInt64Array(buffer, 0, out.length), out, source, first),
  },
  uint64: {
    dtype: 'int32',
    convert: ({ buffer }, out, source, first) =>
      narrowToInt32(new BigUint64Array(buffer, 0, out.length), out, source, first),
  },
};

/** Elements that are stored one after another. */
export interface StoredElements {
  /** Of the first byte in the file. */
  readonly position: number;
  readonly count: number;
  readonly type: ElementType;
  readonly littleEndian: boolean;
  /** Names the file, and the tensor in it, in the message of an error. */
  readonly source: string;
  /** The number that messages give the first one. @default 0 */
  readonly first?: number;
}

/** Elements that are converted at once. */
export const PIECE = 2 ** 18;

/**
 * Reads elements into the narrowest dtype that holds them exactly: floats of 8 and 16 bits become float32, integers become
 * int32.
 *
 * @throws FormatError where a bool is neither 0 nor 1, or an integer does not fit into int32
 */
export function* readElements(elements: StoredElements): ByteReader<{ dtype: DType; data: TypedArray }> {
  const { position, count, type, littleEndian, source, first = 0 } = elements;
  const size = ELEMENT_SIZES[type];
  const isReversed = size > 1 && littleEndian !== PLATFORM_IS_LITTLE_ENDIAN;
  if (Object.hasOwn(arrayTypes, type)) {
    const dtype = type as DType;
    const data = new arrayTypes[dtype](count);
    const target = new Uint8Array(data.buffer);
    yield { position, target };
    if (isReversed) reverseEachElement(target, size);
    if (type === 'bool') checkBooleans(target, source, first);
    return { dtype, data };
  }
  const { dtype, convert } = CONVERSIONS[type as ConvertedType];
  const data = new arrayTypes[dtype](count);
  const piece = new Uint8Array(Math.min(count, PIECE) * size);
  for (let start = 0; start < count; start += PIECE) {
    const length = Math.min(count - start, PIECE);
    const target = piece.subarray(0, length * size);
    yield { position: position + start * size, target };
    if (isReversed) reverseEachElement(target, size);
    convert(target, data.subarray(start, start + length), source, first + start);
  }
  return { dtype, data };
}

/** The bytes of elements in little-endian order: those of the array itself where the platform has that order. */
export function littleEndianBytes(data: TypedArray | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (PLATFORM_IS_LITTLE_ENDIAN) return bytes;
  const reversed = bytes.slice();
  reverseEachElement(reversed, data.BYTES_PER_ELEMENT);
  return reversed;
}
