import { ArgumentError, FormatError } from '@pnn/nn';

/** An array that an IDX file can hold. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The content of an IDX file: values in row-major order, as many as the product of the shape. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: IdxData;
}

/** The element types by their code in the file, each with the accessors of a DataView (big-endian unless told). */
const elementTypes = [
  { code: 0x08, array: Uint8Array, get: 'getUint8', set: 'setUint8' },
  { code: 0x09, array: Int8Array, get: 'getInt8', set: 'setInt8' },
  { code: 0x0b, array: Int16Array, get: 'getInt16', set: 'setInt16' },
  { code: 0x0c, array: Int32Array, get: 'getInt32', set: 'setInt32' },
  { code: 0x0d, array: Float32Array, get: 'getFloat32', set: 'setFloat32' },
  { code: 0x0e, array: Float64Array, get: 'getFloat64', set: 'setFloat64' },
] as const;

/** A limit of this codec: no data set in this format has more, and the size of a header stays bounded. */
const MAX_DIMENSIONS = 8;

const hexadecimal = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`;

/**
 * Reads an IDX file, the format of the MNIST family (LeCun, Cortes and Burges, "The MNIST database of handwritten
 * digits"): two zero bytes, a type code, the number of dimensions, the sizes as 32-bit and the values as big-endian
 * numbers. Memory is taken only after the sizes were found to agree with the bytes that are there.
 *
 * @param name what errors call the file
 * @returns unsigned bytes are a view of `bytes`, everything else is a copy
 * @throws FormatError where the header is not one of an IDX file, or promises more or fewer values than there are
 */
export function decodeIdx(bytes: Uint8Array, name: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) {
    throw new FormatError(`decodeIdx: ${name}: ${bytes.length} bytes are too few for the header of an IDX file`);
  }
  if (view.getUint16(0) !== 0) {
    const found = `${hexadecimal(view.getUint8(0))} ${hexadecimal(view.getUint8(1))}`;
    throw new FormatError(`decodeIdx: ${name}: an IDX file begins with two zero bytes, this one with ${found}`);
  }
  const code = view.getUint8(2);
  const type = elementTypes.find((candidate) => candidate.code === code);
  if (type === undefined) {
    const known = elementTypes.map((candidate) => hexadecimal(candidate.code)).join(', ');
    throw new FormatError(`decodeIdx: ${name}: the type code ${hexadecimal(code)} is none of ${known}`);
  }
  const rank = view.getUint8(3);
  if (rank < 1 || rank > MAX_DIMENSIONS) {
    throw new FormatError(
      `decodeIdx: ${name}: the header gives ${rank} dimensions, and 1 to ${MAX_DIMENSIONS} are readable`,
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new FormatError(
      `decodeIdx: ${name}: the file ends after ${bytes.length} bytes, within its header of ${start} bytes`,
    );
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  // At most 2^259: exact up to 2^53, beyond that rounded, which is still more than any file has.
  const expected = shape.reduce((product, size) => product * size, type.array.BYTES_PER_ELEMENT);
  const found = bytes.length - start;
  if (expected !== found) {
    const fault = found < expected ? 'it is truncated, or its header is damaged' : 'something was appended to it';
    throw new FormatError(
      `decodeIdx: ${name}: the shape [${shape}] needs ${expected} bytes after the header and there are ${found}: ${fault}`,
    );
  }
  if (type.array === Uint8Array) return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, found) };
  const size = type.array.BYTES_PER_ELEMENT;
  const data = new type.array(found / size);
  for (let i = 0; i < data.length; i++) data[i] = view[type.get](start + i * size);
  return { shape, data };
}

/**
 * The IDX file of an array: what `decodeIdx` reads back.
 *
 * @throws ArgumentError where the shape has not 1 to 8 sizes from 0 to 2^32 - 1 whose product is the number of values
 */
export function encodeIdx({ shape, data }: IdxArray): Uint8Array {
  const fits = shape.every((size) => Number.isInteger(size) && size >= 0 && size < 2 ** 32);
  const length = shape.reduce((product, size) => product * size, 1);
  if (shape.length < 1 || shape.length > MAX_DIMENSIONS || !fits || length !== data.length) {
    throw new ArgumentError(`encodeIdx: the shape [${shape}] does not describe ${data.length} values`);
  }
  const type = elementTypes.find((candidate) => data instanceof candidate.array);
  if (type === undefined)
    throw new ArgumentError(`encodeIdx: the format has no element type for ${Object.prototype.toString.call(data)}`);
  const start = 4 + 4 * shape.length;
  const size = type.array.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(start + data.length * size);
  const view = new DataView(bytes.buffer);
  view.setUint8(2, type.code);
  view.setUint8(3, shape.length);
  shape.forEach((extent, i) => {
    view.setUint32(4 + 4 * i, extent);
  });
  for (let i = 0; i < data.length; i++) view[type.set](start + i * size, data[i]!);
  return bytes;
}
