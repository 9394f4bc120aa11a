import { arrayTypes, type DType, type TypedArray } from '../dtype.js';
import { FormatError, ShapeError } from '../errors.js';
import { formatShape, type Shape } from '../shape.js';
import { type ByteReader, readFromMemory } from './byte-reader.js';
import { ELEMENT_SIZES, type ElementType, littleEndianBytes, PIECE, readElements } from './elements.js';
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
 * A .npy file, version 1.0, in C order and little-endian, the elements aligned to 64 bytes: its header, then the bytes of
 * the array, which are not copied.
 *
 * @throws DTypeError, ShapeError or ArgumentError when the parts of the array do not fit each other
 * @throws ShapeError when the shape is too long for the header
 */
export function npyParts(array: HostArray): Uint8Array[] {
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
  const header = new Uint8Array(dataStart);
  header.set(MAGIC);
  header.set([1, 0, headerLength & 0xff, headerLength >>> 8], MAGIC.length);
  header.set(new TextEncoder().encode(`${dictionary.padEnd(headerLength - 1)}\n`), headerStart);
  return [header, littleEndianBytes(data)];
}

/** The bytes of a .npy file: `npyParts` in one array. */
export function encodeNpy(array: HostArray): Uint8Array {
  const [header, elements] = npyParts(array) as [Uint8Array, Uint8Array];
  const bytes = new Uint8Array(header.length + elements.length);
  bytes.set(header);
  bytes.set(elements, header.length);
  return bytes;
}

/**
 * Reads a .npy file of version 1.0, 2.0 or 3.0, of either byte order, in C or Fortran order. Reads bool (b1), integers (i1
 * to i8, u1 to u8; they become int32) and floating point (f2 becomes float32, f4, f8).
 *
 * @param byteLength of the whole file
 * @param name the name of the file, for messages
 * @throws FormatError when the bytes break the rules of the format, hold a type other than these, or an integer that
 *   int32 cannot hold
 */
export function* readNpy(byteLength: number, name: string): ByteReader<HostArray> {
  const [header, position] = yield* readHeader(byteLength, name);
  const { type, littleEndian, fortranOrder, shape } = parseHeader(header, name);
  const count = elementCount(shape);
  const size = count * ELEMENT_SIZES[type];
  const available = byteLength - position;
  if (!Number.isSafeInteger(size)) {
    throw new FormatError(`${name}: shape ${excerpt(formatShape(shape))} of ${type} exceeds 2^53 - 1 bytes`);
  }
  if (size !== available) {
    throw new FormatError(
      `${name}: shape ${excerpt(formatShape(shape))} of ${type} takes ${size} bytes but ${available} follow the header`,
    );
  }
  const stored = { type, littleEndian, source: name };
  if (!fortranOrder || count <= 1) {
    const { dtype, data } = yield* readElements({ ...stored, position, count });
    return { dtype, shape, data };
  }
  let place: ((columnMajor: TypedArray) => void) | undefined;
  let array: HostArray | undefined;
  for (let first = 0; first < count; first += PIECE) {
    const part = yield* readElements({
      ...stored,
      position: position + first * ELEMENT_SIZES[type],
      count: Math.min(PIECE, count - first),
      first,
    });
    array ??= { dtype: part.dtype, shape, data: new arrayTypes[part.dtype](count) };
    place ??= rowMajorPlacer(array.data, shape);
    place(part.data);
  }
  return array!;
}

/**
 * The array in a .npy file: what `readNpy` reads.
 *
 * @param bytes the whole file
 * @param name the name of the file, for messages
 * @throws FormatError as `readNpy`
 */
export function decodeNpy(bytes: Uint8Array, name: string): HostArray {
  return readFromMemory(bytes, readNpy(bytes.length, name));
}

/**
 * The type of the elements as a .npy file stores them, which `decodeNpy` may widen: bytes (uint8), say, become int32.
 *
 * @param bytes the whole file, or more of it than the header
 * @param name the name of the file, for messages
 * @throws FormatError when the header breaks the rules of the format
 */
export function npyElementType(bytes: Uint8Array, name: string): ElementType {
  const [header] = readFromMemory(bytes, readHeader(bytes.length, name));
  return parseHeader(header, name).type;
}

/** The header's text and the position of the first element. */
function* readHeader(byteLength: number, name: string): ByteReader<[header: string, dataStart: number]> {
  const start = new Uint8Array(Math.min(byteLength, VERSION_END + 4));
  yield { position: 0, target: start };
  if (!MAGIC.every((byte, position) => start[position] === byte)) {
    throw new FormatError(`${name}: not a NumPy array, since the file does not begin with \\x93NUMPY`);
  }
  const major = start[MAGIC.length];
  const minor = start[MAGIC.length + 1];
  if (major === undefined || minor === undefined) {
    throw new FormatError(`${name}: the file ends before the format version`);
  }
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FormatError(`${name}: format version ${major}.${minor} is none of 1.0, 2.0 and 3.0`);
  }
  const headerStart = VERSION_END + (major === 1 ? 2 : 4);
  if (byteLength < headerStart) {
    throw new FormatError(`${name}: the file ends before the length of the header`);
  }
  const view = new DataView(start.buffer);
  const headerLength = major === 1 ? view.getUint16(VERSION_END, true) : view.getUint32(VERSION_END, true);
  if (headerLength > MAX_HEADER) {
    throw new FormatError(`${name}: a header of ${headerLength} bytes exceeds the ${MAX_HEADER} of a plain array`);
  }
  const dataStart = headerStart + headerLength;
  if (dataStart > byteLength) {
    throw new FormatError(`${name}: the header of ${headerLength} bytes reaches beyond the end of the file`);
  }
  const header = new Uint8Array(headerLength);
  yield { position: headerStart, target: header };
  // What a plain array's header may hold is ASCII, on which latin1 (versions 1.0 and 2.0) and UTF-8 (3.0) agree.
  return [new TextDecoder('latin1').decode(header), dataStart];
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

/**
 * Takes elements whose first index runs fastest (Fortran), part by part, and puts them where they belong if the last index
 * does (C).
 */
function rowMajorPlacer(rowMajor: TypedArray, shape: Shape): (columnMajor: TypedArray) => void {
  // Without the sizes of 1 there are at most log2(elements) axes left, so that a carry costs a constant on average.
  const sizes = shape.filter((size) => size !== 1);
  const strides = sizes.map((_, axis) => elementCount(sizes.slice(axis + 1)));
  const index = sizes.map(() => 0);
  let target = 0;
  return (columnMajor) => {
    for (const value of columnMajor) {
      rowMajor[target] = value;
      for (let axis = 0; axis < sizes.length; axis++) {
        target += strides[axis]!;
        index[axis]!++;
        if (index[axis]! < sizes[axis]!) break;
        target -= strides[axis]! * sizes[axis]!;
        index[axis] = 0;
      }
    }
  };
}
