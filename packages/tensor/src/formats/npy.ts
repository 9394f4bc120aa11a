import type { DType, TypedArray } from '../dtype.js';
import { FormatError, ShapeError } from '../errors.js';
import { formatShape, type Shape } from '../shape.js';
import { decodeElements, ELEMENT_SIZES, type ElementType, encodeElements } from './elements.js';
import { excerpt, HeaderScanner, quote } from './header-scanner.js';
import { checkHostArray, elementCount, type HostArray } from './host-array.js';

// NumPy's format: NEP 1, "A Simple File Format for NumPy Arrays", kept up to date in the documentation of
// numpy.lib.format (versions 1.0, 2.0 and 3.0). A file is
//
//   \x93NUMPY, major version, minor version, header length (2 bytes in version 1.0, else 4, little-endian),
//   header (a Python dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }), elements

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const VERSION_END = MAGIC.length + 2;
const ALIGNMENT = 64;

/** The longest header of version 1.0. Longer ones exist for structured types only, which are refused anyway. */
const MAX_HEADER = 65535;

const DESCRIPTORS: Record<DType, string> = { float32: '<f4', float64: '<f8', int32: '<i4', bool: '|b1' };

const ELEMENT_TYPES = new Map<string, ElementType>([
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['i2', 'int16'],
  ['u2', 'uint16'],
  ['i4', 'int32'],
  ['u4', 'uint32'],
  ['i8', 'int64'],
  ['u8', 'uint64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
]);

/**
 * The bytes of a .npy file, version 1.0, in C order and little-endian, the elements aligned to 64 bytes.
 *
 * @throws DTypeError, ShapeError or ArgumentError when the parts of the array do not fit each other
 * @throws ShapeError when the shape is too long for the header
 */
export function encodeNpy(array: HostArray): Uint8Array {
  checkHostArray('encodeNpy', array);
  const { dtype, shape, data } = array;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${DESCRIPTORS[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const headerStart = VERSION_END + 2;
  const dataStart = Math.ceil((headerStart + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const headerLength = dataStart - headerStart;
  if (headerLength > MAX_HEADER) {
    throw new ShapeError(`encodeNpy: a shape of ${shape.length} sizes is too long for the header of a .npy file`);
  }
  const bytes = new Uint8Array(dataStart + data.byteLength);
  bytes.set(MAGIC);
  bytes.set([1, 0, headerLength & 0xff, headerLength >>> 8], MAGIC.length);
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(headerLength - 1)}\n`), headerStart);
  encodeElements(data, bytes, dataStart);
  return bytes;
}

/**
 * The array in a .npy file of version 1.0, 2.0 or 3.0, of either byte order, in C or Fortran order. Reads bool (b1),
 * integers (i1 to i8, u1 to u8; they become int32) and floating point (f2 becomes float32, f4, f8).
 *
 * @param bytes the whole file
 * @param name the name of the file, for messages
 * @throws FormatError when the bytes break the rules of the format, hold a type other than these, or an integer that
 *   int32 cannot hold
 */
export function decodeNpy(bytes: Uint8Array, name: string): HostArray {
  const [header, dataStart] = splitHeader(bytes, name);
  const { type, littleEndian, fortranOrder, shape } = parseHeader(header, name);
  const size = elementCount(shape) * ELEMENT_SIZES[type];
  const available = bytes.length - dataStart;
  if (!Number.isSafeInteger(size)) {
    throw new FormatError(`${name}: shape ${excerpt(formatShape(shape))} of ${type} exceeds 2^53 - 1 bytes`);
  }
  if (size !== available) {
    throw new FormatError(
      `${name}: shape ${excerpt(formatShape(shape))} of ${type} takes ${size} bytes but ${available} follow the header`,
    );
  }
  const { dtype, data } = decodeElements(bytes.subarray(dataStart), type, littleEndian, name);
  return { dtype, shape, data: fortranOrder ? toRowMajor(data, shape) : data };
}

/** The header's text and the position of the first element. */
function splitHeader(bytes: Uint8Array, name: string): [header: string, dataStart: number] {
  if (!MAGIC.every((byte, position) => bytes[position] === byte)) {
    throw new FormatError(`${name}: not a NumPy array, since the file does not begin with \\x93NUMPY`);
  }
  const major = bytes[MAGIC.length];
  const minor = bytes[MAGIC.length + 1];
  if (major === undefined || minor === undefined) {
    throw new FormatError(`${name}: the file ends before the format version`);
  }
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FormatError(`${name}: format version ${major}.${minor} is none of 1.0, 2.0 and 3.0`);
  }
  const headerStart = VERSION_END + (major === 1 ? 2 : 4);
  if (bytes.length < headerStart) {
    throw new FormatError(`${name}: the file ends before the length of the header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = major === 1 ? view.getUint16(VERSION_END, true) : view.getUint32(VERSION_END, true);
  if (headerLength > MAX_HEADER) {
    throw new FormatError(`${name}: a header of ${headerLength} bytes exceeds the ${MAX_HEADER} of a plain array`);
  }
  const dataStart = headerStart + headerLength;
  if (dataStart > bytes.length) {
    throw new FormatError(`${name}: the header of ${headerLength} bytes reaches beyond the end of the file`);
  }
  // What a plain array's header may hold is ASCII, on which latin1 (versions 1.0 and 2.0) and UTF-8 (3.0) agree. The
  // copy is there because a TextDecoder refuses shared memory.
  return [new TextDecoder('latin1').decode(new Uint8Array(bytes.subarray(headerStart, dataStart))), dataStart];
}

interface Header {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
}

function parseHeader(text: string, name: string): Header {
  const scanner = new HeaderScanner(text, name);
  let descriptor: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: number[] | undefined;
  const seen = new Set<string>();
  scanner.list('{', '}', () => {
    const key = scanner.string(`'"`, 'a key').slice(1, -1);
    if (seen.has(key)) scanner.fail(`key ${quote(key)} occurs twice`);
    seen.add(key);
    scanner.expect(':');
    if (key === 'descr') descriptor = readDescriptor(scanner);
    else if (key === 'fortran_order') fortranOrder = readBoolean(scanner);
    else if (key === 'shape') shape = readShape(scanner);
    else scanner.fail(`key ${quote(key)} is none of descr, fortran_order and shape`);
  });
  scanner.end();
  if (descriptor === undefined) return scanner.fail('key descr is missing');
  if (fortranOrder === undefined) return scanner.fail('key fortran_order is missing');
  if (shape === undefined) return scanner.fail('key shape is missing');

  const order = descriptor.slice(0, 1);
  const type = ELEMENT_TYPES.get(descriptor.slice(1));
  const orderIsKnown = order === '<' || order === '>' || (order === '|' && type && ELEMENT_SIZES[type] === 1);
  if (type === undefined || !orderIsKnown) {
    throw new FormatError(`${name}: elements of type ${quote(descriptor)} cannot be read`);
  }
  return { type, littleEndian: order !== '>', fortranOrder, shape };
}

function readDescriptor(scanner: HeaderScanner): string {
  if (scanner.accept('[') || scanner.accept('(')) {
    scanner.fail('descr is a structured type, but only plain numbers and booleans can be read');
  }
  return scanner.string(`'"`, 'a string as descr').slice(1, -1);
}

function readBoolean(scanner: HeaderScanner): boolean {
  if (scanner.accept('True')) return true;
  if (scanner.accept('False')) return false;
  return scanner.unexpected('True or False as fortran_order');
}

function readShape(scanner: HeaderScanner): number[] {
  const shape: number[] = [];
  const comma = scanner.list('(', ')', () => {
    shape.push(scanner.integer('a size in shape'));
    // Python 2 wrote long integers as 3L, and such files are still around.
    scanner.accept('L');
  });
  if (shape.length === 1 && !comma) scanner.fail('shape is a number in brackets instead of a tuple');
  return shape;
}

/** Reorders elements whose first index runs fastest (Fortran) so that the last one does (C). */
function toRowMajor(columnMajor: TypedArray, shape: Shape): TypedArray {
  const rowMajor = columnMajor.slice();
  // Without the sizes of 1 there are at most log2(elements) axes left, so that a carry costs a constant on average.
  const sizes = shape.filter((size) => size !== 1);
  const strides: number[] = [];
  let stride = 1;
  for (const size of sizes) {
    strides.push(stride);
    stride *= size;
  }
  const index = sizes.map(() => 0);
  let source = 0;
  for (let target = 0; target < rowMajor.length; target++) {
    rowMajor[target] = columnMajor[source]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      index[axis]!++;
      if (index[axis]! < sizes[axis]!) break;
      source -= strides[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return rowMajor;
}
