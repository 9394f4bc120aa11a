import { ArgumentError, FormatError } from '../errors.js';
import { type ByteReader, readFromMemory } from './byte-reader.js';
import { ELEMENT_SIZES, type ElementType, littleEndianBytes, PIECE, readElements } from './elements.js';
import { excerpt, HeaderScanner, quote } from './header-scanner.js';
import { checkHostArray, elementCount, type HostArray } from './host-array.js';
import { narrowToBfloat16, narrowToFloat16 } from './short-floats.js';

// The safetensors format, https://github.com/huggingface/safetensors (README, "Format"). A file is
//
//   header length (8 bytes, little-endian), header (JSON in UTF-8, padded with spaces), elements of all tensors
//
// with the header {"__metadata__": {text: text, ...}, name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
// ...}, where offsets count from the end of the header and the tensors cover the rest of the file without a gap.

const LENGTH_SIZE = 8;
const MAX_HEADER = 100_000_000;
const METADATA_KEY = '__metadata__';

const ELEMENT_TYPES = new Map<string, ElementType>([
  ['BOOL', 'bool'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['F8_E4M3', 'float8E4M3'],
  ['F8_E5M2', 'float8E5M2'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['F32', 'float32'],
  ['I64', 'int64'],
  ['U64', 'uint64'],
  ['F64', 'float64'],
]);

/** In the order in which the reference implementation writes them, so that every tensor is aligned to its elements. */
const WRITTEN_TYPES = ['F64', 'F32', 'I32', 'BF16', 'F16', 'BOOL'] as const;
type WrittenType = (typeof WRITTEN_TYPES)[number];

const WRITTEN_DTYPES: Readonly<Record<HostArray['dtype'], WrittenType>> = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
};

/** A type that stores float32 in half of the bytes. */
interface Half {
  readonly type: WrittenType;
  readonly narrow: (values: Float32Array) => Uint16Array;
  readonly infinity: number;
  /** For numbers that are too large. */
  readonly wayOut: string;
}

const HALVES: Readonly<Record<'float16' | 'bfloat16', Half>> = {
  float16: { type: 'F16', narrow: narrowToFloat16, infinity: 0x7c00, wayOut: 'store bfloat16' },
  bfloat16: { type: 'BF16', narrow: narrowToBfloat16, infinity: 0x7f80, wayOut: 'store float32' },
};

/** How a safetensors file is written. */
export interface SafetensorsOptions {
  /**
   * Texts to find again, such as the version of a network.
   *
   * @default {}
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * What float32 tensors are stored as, each element rounded to the nearest, of two the even one; other types stay as they
   * are.
   *
   * @default 'float32'
   */
  readonly storeFloat32As?: 'float32' | 'float16' | 'bfloat16';
}

/** What a safetensors file holds. */
export interface SafetensorsContent {
  /** In the order of their bytes in the file. */
  readonly tensors: Map<string, HostArray>;
  readonly metadata: Record<string, string>;
}

interface WrittenTensor {
  readonly name: string;
  readonly type: WrittenType;
  readonly array: HostArray;
  readonly byteLength: number;
}

/**
 * A safetensors file in parts that are to be written one after another: its header, then the bytes of the tensors, which are
 * not copied. Equal contents give equal bytes, whatever the order in which they are passed: tensors are sorted by falling
 * alignment and then by name, as the reference implementation does, and metadata by key.
 *
 * @throws DTypeError, ShapeError or ArgumentError where the parts of a tensor do not fit each other
 * @throws ArgumentError where a tensor is called `__metadata__`, a name or a metadata text is no valid Unicode, a finite
 *   element is too large for the type it is stored as, or the header exceeds the format's limit of 100 MB
 */
export function safetensorsParts(
  tensors: ReadonlyMap<string, HostArray> | Readonly<Record<string, HostArray>>,
  { metadata = {}, storeFloat32As = 'float32' }: SafetensorsOptions = {},
): Iterable<Uint8Array> {
  const half = storeFloat32As === 'float32' ? undefined : HALVES[storeFloat32As];
  const written = writtenTensors(tensors, half?.type ?? 'F32');
  if (half) for (const { name, type, array } of written) if (type === half.type) checkRange(name, array, half);
  const header = encodeHeader(written, metadata);
  return (function* () {
    yield header;
    for (const { type, array } of written) {
      if (type === half?.type) {
        for (const piece of piecesOf(array)) yield littleEndianBytes(half.narrow(piece));
      } else {
        yield littleEndianBytes(array.data);
      }
    }
  })();
}

/** The bytes of a safetensors file: `safetensorsParts` in one array. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostArray> | Readonly<Record<string, HostArray>>,
  options: SafetensorsOptions = {},
): Uint8Array {
  const parts = [...safetensorsParts(tensors, options)];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

function* piecesOf({ data }: HostArray): Generator<Float32Array> {
  for (let start = 0; start < data.length; start += PIECE) yield data.subarray(start, start + PIECE) as Float32Array;
}

/** @throws ArgumentError where rounding would make an infinity of a number */
function checkRange(name: string, array: HostArray, { type, narrow, infinity, wayOut }: Half): void {
  for (const piece of piecesOf(array)) {
    const halves = narrow(piece);
    const wrong = halves.findIndex((half, i) => (half & 0x7fff) === infinity && Number.isFinite(piece[i]));
    if (wrong < 0) continue;
    throw new ArgumentError(
      `encodeSafetensors: tensor ${quote(name)} has ${piece[wrong]}, which ${type} cannot hold: ${wayOut}`,
    );
  }
}

function encodeHeader(written: readonly WrittenTensor[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const members: string[] = [];
  const metadataMembers = Object.entries(metadata)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${jsonText(key)}:${jsonText(value)}`);
  if (metadataMembers.length > 0) members.push(`${jsonText(METADATA_KEY)}:{${metadataMembers.join(',')}}`);
  let end = 0;
  for (const { name, type, array, byteLength } of written) {
    const begin = end;
    end += byteLength;
    members.push(
      `${jsonText(name)}:{"dtype":"${type}","shape":[${array.shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    );
  }
  const text = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > MAX_HEADER) {
    throw new ArgumentError(
      `encodeSafetensors: a header of ${headerLength} bytes exceeds ${MAX_HEADER}: use fewer tensors or less metadata`,
    );
  }
  const header = new Uint8Array(LENGTH_SIZE + headerLength).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerLength), true);
  header.set(text, LENGTH_SIZE);
  return header;
}

function writtenTensors(
  tensors: ReadonlyMap<string, HostArray> | Readonly<Record<string, HostArray>>,
  float32Type: WrittenType,
): WrittenTensor[] {
  const entries: [string, HostArray][] =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Readonly<Record<string, HostArray>>);
  const written = entries.map(([name, array]): WrittenTensor => {
    if (name === METADATA_KEY) {
      throw new ArgumentError(`encodeSafetensors: a tensor cannot be called ${METADATA_KEY}, which names the metadata`);
    }
    checkHostArray(`encodeSafetensors: tensor ${quote(name)}`, array);
    const { dtype, data } = array;
    const type = dtype === 'float32' ? float32Type : WRITTEN_DTYPES[dtype];
    return { name, type, array, byteLength: data.length * ELEMENT_SIZES[ELEMENT_TYPES.get(type)!] };
  });
  return written.sort(
    (a, b) => WRITTEN_TYPES.indexOf(a.type) - WRITTEN_TYPES.indexOf(b.type) || compareText(a.name, b.name),
  );
}

/** Compares by code points, the order of UTF-8 bytes, whereas `<` compares UTF-16 units. */
function compareText(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  const different = left.findIndex((character, position) => character !== right[position]);
  if (different < 0) return left.length - right.length;
  return left[different]!.codePointAt(0)! - (right[different]?.codePointAt(0) ?? -1);
}

/** @throws ArgumentError for half a surrogate pair, which UTF-8 has no bytes for */
function jsonText(text: string): string {
  if (typeof text !== 'string' || hasLoneSurrogate(text)) {
    throw new ArgumentError(`encodeSafetensors: ${quote(String(text))} is not a text that UTF-8 can hold`);
  }
  return JSON.stringify(text);
}

function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/**
 * Reads the tensors and the metadata of a safetensors file. F64, F32, I32 and BOOL are read as they are; F16, BF16, F8_E4M3
 * and F8_E5M2 become float32, the other integers become int32.
 *
 * @param byteLength of the whole file
 * @param name the name of the file, for messages
 * @throws FormatError where the bytes break the rules of the format, a dtype is another one, or an integer is too
 *   large for int32
 */
export function* readSafetensors(byteLength: number, name: string): ByteReader<SafetensorsContent> {
  const [text, dataStart] = yield* readHeader(byteLength, name);
  const { entries, metadata } = parseHeader(text, name);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, byteLength - dataStart, name);
  const tensors = new Map<string, HostArray>();
  for (const { source, tensor, type, shape, begin } of entries) {
    const { dtype, data } = yield* readElements({
      position: dataStart + begin,
      count: elementCount(shape),
      type,
      littleEndian: true,
      source,
    });
    tensors.set(tensor, { dtype, shape, data });
  }
  return { tensors, metadata };
}

/**
 * The tensors and the metadata of a safetensors file: what `readSafetensors` reads.
 *
 * @param bytes the whole file; the tensors get copies
 * @param name the name of the file, for messages
 * @throws FormatError as `readSafetensors`
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): SafetensorsContent {
  return readFromMemory(bytes, readSafetensors(bytes.length, name));
}

/** The header's text and the position of the first tensor byte. */
function* readHeader(byteLength: number, name: string): ByteReader<[text: string, dataStart: number]> {
  if (byteLength < LENGTH_SIZE) {
    throw new FormatError(`${name}: ${byteLength} bytes are too few for the header length of a safetensors file`);
  }
  const lengthBytes = new Uint8Array(LENGTH_SIZE);
  yield { position: 0, target: lengthBytes };
  const length = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER) {
    throw new FormatError(
      `${name}: a header of ${length} bytes exceeds the limit of ${MAX_HEADER}: this is no file of safetensors, or a damaged one`,
    );
  }
  const dataStart = LENGTH_SIZE + Number(length);
  if (dataStart > byteLength) {
    throw new FormatError(`${name}: the header of ${length} bytes reaches beyond the end of the file`);
  }
  const header = new Uint8Array(Number(length));
  yield { position: LENGTH_SIZE, target: header };
  if (header[0] !== 0x7b) throw new FormatError(`${name}: the header does not begin with {`);
  try {
    return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header), dataStart];
  } catch (cause) {
    throw new FormatError(`${name}: the header is not valid UTF-8`, { cause });
  }
}

interface Entry {
  /** The names of the file and the tensor, for messages. */
  readonly source: string;
  readonly tensor: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads exactly the JSON that the format allows instead of any JSON first: JSON.parse would hide duplicate keys and
 * accept 1e1 or -0 for an integer.
 */
function parseHeader(text: string, file: string): { entries: Entry[]; metadata: Record<string, string> } {
  const scanner = new HeaderScanner(text, file);
  const entries: Entry[] = [];
  let metadata: [string, string][] = [];
  readObject(scanner, (key) => {
    if (key === METADATA_KEY) metadata = scanner.within(METADATA_KEY, () => readMetadata(scanner));
    else entries.push(scanner.within(`tensor ${quote(key)}`, () => readEntry(scanner, key, file)));
  });
  scanner.end();
  // Unlike an assignment, this keeps a key called __proto__.
  return { entries, metadata: Object.fromEntries(metadata) };
}

function readMetadata(scanner: HeaderScanner): [string, string][] {
  const metadata: [string, string][] = [];
  readObject(scanner, (key) => metadata.push([key, readText(scanner, 'a metadata text')]));
  return metadata;
}

function readEntry(scanner: HeaderScanner, tensor: string, file: string): Entry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  readObject(scanner, (key) => {
    if (key === 'dtype') dtype = readText(scanner, 'a text as dtype');
    else if (key === 'shape') shape = readIntegers(scanner, 'a size in shape');
    else if (key === 'data_offsets') offsets = readIntegers(scanner, 'a position in data_offsets');
    else scanner.fail(`key ${quote(key)} is none of dtype, shape and data_offsets`);
  });
  if (dtype === undefined) return scanner.fail('key dtype is missing');
  if (shape === undefined) return scanner.fail('key shape is missing');
  if (offsets === undefined) return scanner.fail('key data_offsets is missing');
  const type = ELEMENT_TYPES.get(dtype);
  if (type === undefined) return scanner.fail(`dtype ${quote(dtype)} cannot be read`);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    return scanner.fail(`data_offsets has ${offsets.length} numbers instead of 2`);
  }
  return { source: `${file}: tensor ${quote(tensor)}`, tensor, type, shape, begin, end };
}

function readObject(scanner: HeaderScanner, readMember: (key: string) => void): void {
  const keys = new Set<string>();
  readList(scanner, '{', '}', () => {
    const key = readText(scanner, 'a key');
    if (keys.has(key)) scanner.fail(`key ${quote(key)} occurs twice`);
    keys.add(key);
    scanner.expect(':');
    readMember(key);
  });
}

function readIntegers(scanner: HeaderScanner, expected: string): number[] {
  const integers: number[] = [];
  readList(scanner, '[', ']', () => integers.push(scanner.integer(expected)));
  return integers;
}

function readList(scanner: HeaderScanner, open: string, close: string, readItem: () => void): void {
  const trailingComma = scanner.list(open, close, readItem);
  if (trailingComma) scanner.fail(`a comma stands before ${close}, which JSON forbids`);
}

function readText(scanner: HeaderScanner, expected: string): string {
  const literal = scanner.string('"', expected);
  let text: string;
  try {
    text = JSON.parse(literal) as string;
  } catch {
    return scanner.fail(`${quote(literal)} is not a valid JSON text`);
  }
  if (hasLoneSurrogate(text)) scanner.fail(`${quote(text)} is not valid Unicode`);
  return text;
}

/** Checks that the entries, sorted by offset, lie end to end and fill the data, each with the bytes of its shape. */
function checkCoverage(entries: readonly Entry[], dataLength: number, file: string): void {
  let covered = 0;
  for (const { source, type, shape, begin, end } of entries) {
    if (end < begin) throw new FormatError(`${source}: data_offsets [${begin}, ${end}] run backwards`);
    if (begin < covered) {
      throw new FormatError(`${source}: data_offsets [${begin}, ${end}] overlap the tensor that ends at ${covered}`);
    }
    if (begin > covered) throw new FormatError(`${source}: bytes ${covered} to ${begin} before it belong to no tensor`);
    if (end > dataLength) {
      throw new FormatError(
        `${source}: data_offsets [${begin}, ${end}] reach beyond the ${dataLength} bytes of data: the file is incomplete`,
      );
    }
    const size = elementCount(shape) * ELEMENT_SIZES[type];
    if (size !== end - begin) {
      throw new FormatError(
        `${source}: shape [${excerpt(shape.join())}] of ${type} takes ${size} bytes but data_offsets span ${end - begin}`,
      );
    }
    covered = end;
  }
  if (covered < dataLength) {
    throw new FormatError(`${file}: the last ${dataLength - covered} bytes belong to no tensor`);
  }
}
