import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.js';
import { ArgumentError, DTypeError, FormatError, type HostArray, ShapeError } from '../../src/index.js';
import { mutations } from '../mutations.js';
import { expectConsistent, expectSame, hostArrays } from './host-arrays.js';

/** A file with this header, right or wrong, and a header length that may be wrong too. */
function safetensorsFile(
  header: string,
  data: ArrayLike<number> = [],
  length: number | bigint = new TextEncoder().encode(header).length,
): Uint8Array {
  const lengthBytes = new Uint8Array(8);
  new DataView(lengthBytes.buffer).setBigUint64(0, BigInt(length), true);
  return Uint8Array.from([...lengthBytes, ...new TextEncoder().encode(header), ...Array.from(data)]);
}

function entry(dtype: string, shape: string, offsets: string): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
}

/** The only tensor in a file that stores it as `dtype`. */
function decodeVector(dtype: string, length: number, data: ArrayLike<number>): HostArray {
  const bytes = safetensorsFile(`{"x":${entry(dtype, `[${length}]`, `[0,${data.length}]`)}}`, data);
  return decodeSafetensors(bytes, 'vector.safetensors').tensors.get('x')!;
}

function headerOf(bytes: Uint8Array): string {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return new TextDecoder().decode(bytes.subarray(8, 8 + length));
}

const float32 = (...values: number[]): HostArray => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const int32 = (...values: number[]): HostArray => ({
  dtype: 'int32',
  shape: [values.length],
  data: Int32Array.from(values),
});

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/\p{Surrogate}/u.test(text)),
  fc.constantFrom('__proto__', 'constructor', '', '0', '1', 'layer.0.weight'),
);
const tensorMaps = fc
  .uniqueArray(fc.tuple(texts, hostArrays), { selector: ([name]) => name, maxLength: 5 })
  .map((entries) => new Map(entries));
const metadataEntries = fc.uniqueArray(fc.tuple(texts, texts), { selector: ([key]) => key, maxLength: 3 });

describe('encodeSafetensors', () => {
  // The header and the data that the reference implementation writes (safetensors 0.8.0 for Python).
  it('writes the bytes that the reference implementation writes', () => {
    const bytes = encodeSafetensors(
      {
        b: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
        a: { dtype: 'float32', shape: [2, 1], data: Float32Array.of(0, 1) },
        w: { dtype: 'float64', shape: [], data: Float64Array.of(1.5) },
        i: int32(-1),
        e: { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
        'é"\n': float32(0),
      },
      { metadata: { format: '\u2028\x1f/' } },
    );
    expect(headerOf(bytes)).toBe(
      '{"__metadata__":{"format":"\u2028\\u001f/"},"w":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
        '"a":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"e":{"dtype":"F32","shape":[0,4],"data_offsets":[16,16]},' +
        '"é\\"\\n":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"i":{"dtype":"I32","shape":[1],"data_offsets":[20,24]},' +
        '"b":{"dtype":"BOOL","shape":[2],"data_offsets":[24,26]}}',
    );
    expect(Buffer.from(bytes.subarray(-26)).toString('hex')).toBe(
      '000000000000f83f000000000000803f00000000ffffffff0100',
    );
  });

  it('writes a file without tensors', () => {
    expect(encodeSafetensors({})).toEqual(safetensorsFile('{}      '));
    expect(encodeSafetensors(new Map(), { metadata: { format: 'pnn' } })).toEqual(
      safetensorsFile('{"__metadata__":{"format":"pnn"}}'.padEnd(40)),
    );
  });

  it('sorts names by code points as UTF-8 does', () => {
    const names = ['\u{1f600}', '\uffee', 'b', 'ab', 'a', 'B'];
    const bytes = encodeSafetensors(new Map(names.map((name) => [name, float32(0)])));
    expect([...decodeSafetensors(bytes, 'a').tensors.keys()]).toEqual(['B', 'a', 'ab', 'b', '\uffee', '\u{1f600}']);
  });

  it('gives equal bytes whatever the order of tensors and metadata, aligned for every element', () => {
    fc.assert(
      fc.property(tensorMaps, metadataEntries, (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, { metadata: Object.fromEntries(metadata) });
        const reversed = encodeSafetensors(new Map([...tensors].reverse()), {
          metadata: Object.fromEntries(metadata.reverse()),
        });
        expect(Buffer.compare(bytes, reversed)).toBe(0);
        const record = encodeSafetensors(Object.fromEntries(tensors), { metadata: Object.fromEntries(metadata) });
        expect(Buffer.compare(bytes, record)).toBe(0);
        let position = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
        for (const { data } of decodeSafetensors(bytes, 'a').tensors.values()) {
          expect(position % data.BYTES_PER_ELEMENT).toBe(0);
          position += data.byteLength;
        }
        expect(position).toBe(bytes.length);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what a file cannot hold', () => {
    const data = Float32Array.of(1, 2);
    expect(() => encodeSafetensors({ w: { dtype: 'float64', shape: [2], data } })).toThrow(DTypeError);
    expect(() => encodeSafetensors({ w: { dtype: 'float32', shape: [3], data } })).toThrow(ShapeError);
    expect(() => encodeSafetensors({ w: { dtype: 'float32', shape: [3], data } })).toThrow('tensor "w"');
    expect(() => encodeSafetensors({ __metadata__: float32(1) })).toThrow(ArgumentError);
    expect(() => encodeSafetensors({ '\ud800': float32(1) })).toThrow(ArgumentError);
    expect(() => encodeSafetensors({}, { metadata: { key: 'a\udfff' } })).toThrow(ArgumentError);
    expect(() => encodeSafetensors({}, { metadata: { key: 1 as unknown as string } })).toThrow(ArgumentError);
    expect(() => encodeSafetensors({}, { metadata: { key: 'x'.repeat(100_000_000) } })).toThrow('exceeds 100000000');
  });
});

describe('decodeSafetensors', () => {
  it('gives back everything that encodeSafetensors wrote', () => {
    fc.assert(
      fc.property(tensorMaps, metadataEntries, (tensors, metadata) => {
        const decoded = decodeSafetensors(encodeSafetensors(tensors, { metadata: Object.fromEntries(metadata) }), 'a');
        expect(new Set(decoded.tensors.keys())).toEqual(new Set(tensors.keys()));
        for (const [name, array] of tensors) expectSame(decoded.tensors.get(name), array);
        expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(metadata));
      }),
      { numRuns: 1000 },
    );
  });

  // Written by the reference implementation (safetensors 0.8.0 for Python).
  it('widens what the reference implementation writes in other types', () => {
    const header =
      '{"u64":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},"i64":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},' +
      '"u32":{"dtype":"U32","shape":[1],"data_offsets":[16,20]},"f16":{"dtype":"F16","shape":[2],"data_offsets":[20,24]},' +
      '"u16":{"dtype":"U16","shape":[1],"data_offsets":[24,26]},"i16":{"dtype":"I16","shape":[1],"data_offsets":[26,28]},' +
      '"i8":{"dtype":"I8","shape":[1],"data_offsets":[28,29]},"u8":{"dtype":"U8","shape":[1],"data_offsets":[29,30]}}';
    const data = Buffer.from('070000000000000000000080ffffffffffffff7f003e0080ffff008080ff', 'hex');
    const { tensors } = decodeSafetensors(safetensorsFile(header, data), 'a');
    expectSame(tensors.get('u64'), int32(7));
    expectSame(tensors.get('i64'), int32(-(2 ** 31)));
    expectSame(tensors.get('u32'), int32(2 ** 31 - 1));
    expectSame(tensors.get('f16'), float32(1.5, -0));
    expectSame(tensors.get('u16'), int32(65535));
    expectSame(tensors.get('i16'), int32(-32768));
    expectSame(tensors.get('i8'), int32(-128));
    expectSame(tensors.get('u8'), int32(255));
  });

  it('widens bfloat16, the upper half of a float32', () => {
    expectSame(
      decodeVector('BF16', 6, [0x80, 0x3f, 0x49, 0x40, 0, 0x80, 0x80, 0x7f, 0xc1, 0xff, 1, 0]),
      float32(1, 3.140625, -0, Infinity, NaN, 2 ** -133),
    );
  });

  it('reads tensors in any order of the header and of the keys, with white space and escapes', () => {
    const { tensors, metadata } = decodeSafetensors(
      safetensorsFile(
        `{ "b" :\t{"data_offsets":[1 , 2],\r\n"shape":[],"dtype":"U8"} , "__metadata__":{"k\\u0021":"\\ud83d\\ude00"},"\\"\\\\":${entry('U8', '[1]', '[0,1]')},"empty":${entry('F64', '[0,9007199254740991]', '[1,1]')}}  `,
        [5, 6],
      ),
      'a',
    );
    expect([...tensors.keys()]).toEqual(['"\\', 'empty', 'b']);
    expectSame(tensors.get('b'), { ...int32(6), shape: [] });
    expectSame(tensors.get('"\\'), int32(5));
    expectSame(tensors.get('empty'), { dtype: 'float64', shape: [0, 9007199254740991], data: new Float64Array(0) });
    expect(metadata).toEqual({ 'k!': '\u{1f600}' });
  });

  it('copies the bytes, in any alignment and from shared memory', () => {
    const bytes = encodeSafetensors({ w: float32(Math.PI) });
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3);
    shared.set(bytes);
    const { tensors } = decodeSafetensors(shared, 'a');
    shared.fill(0);
    expectSame(tensors.get('w'), float32(Math.PI));
  });
});

/** The nearest of the values, of two the one at an even place. */
function nearest(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= value) low = middle;
    else high = middle;
  }
  const below = value - values[low]!;
  const above = values[high]! - value;
  return below < above || (below === above && low % 2 === 0) ? values[low]! : values[high]!;
}

/** What the numbers 0, 1, 2, … of 16 bits stand for, up to the first infinity. */
function ladder(dtype: 'F16' | 'BF16', infinity: number): number[] {
  const bits = Uint16Array.from({ length: infinity + 1 }, (_, i) => i);
  return [...decodeVector(dtype, bits.length, new Uint8Array(bits.buffer)).data];
}

const halves = [
  { dtype: 'F16', storeFloat32As: 'float16', infinity: 0x7c00, largest: 65504 },
  { dtype: 'BF16', storeFloat32As: 'bfloat16', infinity: 0x7f80, largest: (2 - 2 ** -7) * 2 ** 127 },
] as const;

describe.each(halves)('float32 stored as $dtype', ({ dtype, storeFloat32As, infinity, largest }) => {
  const stored = (values: readonly number[]) => encodeSafetensors({ x: float32(...values) }, { storeFloat32As });
  const readBack = (values: readonly number[]) => [...decodeSafetensors(stored(values), 'a').tensors.get('x')!.data];
  const values = ladder(dtype, infinity);

  it('keeps every number that the type has, both signs, and NaN', () => {
    expect(values.at(-2)).toBe(largest);
    expect(values.at(-1)).toBe(Infinity);
    expect(values.findIndex((value, i) => i > 0 && !(value > values[i - 1]!))).toBe(-1);
    const all = [...values, ...values.map((value) => -value), NaN];
    const back = readBack(all);
    expect(back.findIndex((value, i) => !Object.is(value, all[i]))).toBe(-1);
    // The lowest bits of the first two are all that tells them from infinities.
    const nans = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff).buffer);
    const narrowed = encodeSafetensors({ x: { dtype: 'float32', shape: [3], data: nans } }, { storeFloat32As });
    expectSame(decodeSafetensors(narrowed, 'a').tensors.get('x'), float32(NaN, NaN, NaN));
  });

  it('rounds the rest to the nearest, of two the even one', () => {
    // Up to the largest there is; infinity is reached where the next number of the same spacing would be.
    const finite = [...values.slice(0, -1), 2 * largest - values.at(-3)!];
    const middles = finite.slice(1).map((value, i) => Math.fround((value + finite[i]!) / 2));
    const around = middles.flatMap((middle) => [middle * (1 - 2 ** -23), middle, middle * (1 + 2 ** -23)]);
    const given = around.map(Math.fround).filter((value) => value < (largest + finite.at(-1)!) / 2);
    const back = readBack(given);
    expect(back.findIndex((value, i) => value !== nearest(finite, given[i]!))).toBe(-1);
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-largest), max: Math.fround(largest), noNaN: true }), (value) => {
        expect(readBack([value])[0]).toBe(Math.sign(value) * nearest(finite, Math.abs(value)) || value * 0);
      }),
    );
  });

  it('refuses a number that would become infinite, and stores infinities', () => {
    const beyond = Math.fround(largest + (largest - values.at(-3)!) / 2);
    expect(() => stored([1, beyond])).toThrow(ArgumentError);
    expect(() => stored([1, -beyond])).toThrow(
      `encodeSafetensors: tensor "x" has ${-beyond}, which ${dtype} cannot hold: store ${dtype === 'F16' ? 'bfloat16' : 'float32'}`,
    );
    expect(readBack([Infinity, -Infinity])).toEqual([Infinity, -Infinity]);
  });

  it('leaves other types as they are, and every tensor aligned', () => {
    const bytes = encodeSafetensors(
      {
        mask: { dtype: 'bool', shape: [1], data: Uint8Array.of(1) },
        w: float32(1, 2, 3),
        i: int32(7),
        d: { dtype: 'float64', shape: [1], data: Float64Array.of(0.1) },
      },
      { storeFloat32As },
    );
    const { tensors } = decodeSafetensors(bytes, 'a');
    expect([...tensors.keys()]).toEqual(['d', 'i', 'w', 'mask']);
    expectSame(tensors.get('d'), { dtype: 'float64', shape: [1], data: Float64Array.of(0.1) });
    expectSame(tensors.get('w'), float32(1, 2, 3));
    expect(headerOf(bytes)).toContain(`"w":{"dtype":"${dtype}","shape":[3],"data_offsets":[12,18]}`);
  });
});

describe('8-bit floats', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

  // Tables 1 and 2 of arXiv 2209.05433.
  it('E4M3 have bias 7, no infinity and one NaN of each sign', () => {
    const values = decodeVector('F8_E4M3', 256, bytes).data;
    expect([0x00, 0x80, 0x01, 0x07, 0x08, 0x38, 0x7e, 0xfe, 0x7f, 0xff].map((byte) => values[byte])).toEqual([
      0,
      -0,
      2 ** -9,
      7 * 2 ** -9,
      2 ** -6,
      1,
      448,
      -448,
      NaN,
      NaN,
    ]);
    for (let i = 1; i < 0x7f; i++) expect(values[i]! > values[i - 1]! && values[i + 128] === -values[i]!).toBe(true);
  });

  it('E5M2 have bias 15, infinities and NaN as IEEE 754', () => {
    const values = decodeVector('F8_E5M2', 256, bytes).data;
    expect(
      [0x00, 0x80, 0x01, 0x03, 0x04, 0x3c, 0x7b, 0xfb, 0x7c, 0xfc, 0x7d, 0xff].map((byte) => values[byte]),
    ).toEqual([0, -0, 2 ** -16, 3 * 2 ** -16, 2 ** -14, 1, 57344, -57344, Infinity, -Infinity, NaN, NaN]);
    for (let i = 1; i <= 0x7c; i++) expect(values[i]! > values[i - 1]! && values[i + 128] === -values[i]!).toBe(true);
  });
});

describe('decodeSafetensors refuses', () => {
  function expectFault(bytes: Uint8Array, fault: string): void {
    expect(() => decodeSafetensors(bytes, 'a.st')).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes, 'a.st')).toThrow(`a.st: ${fault}`);
  }

  it('lengths of the header that cannot be', () => {
    expectFault(new Uint8Array(0), '0 bytes are too few for the header length of a safetensors file');
    expectFault(new Uint8Array(7), '7 bytes are too few');
    expectFault(new Uint8Array(8), 'the header does not begin with {');
    expectFault(safetensorsFile('{}', [], 3), 'the header of 3 bytes reaches beyond the end of the file');
    expectFault(
      safetensorsFile('{}', [], 100_000_000),
      'the header of 100000000 bytes reaches beyond the end of the file',
    );
    expectFault(
      safetensorsFile('{}', [], 100_000_001),
      'a header of 100000001 bytes exceeds the limit of 100000000: this is no file of safetensors, or a damaged one',
    );
    expectFault(safetensorsFile('{}', [], 2n ** 64n - 1n), 'a header of 18446744073709551615 bytes exceeds');
  });

  it('headers that are no UTF-8', () => {
    expectFault(safetensorsFile('{"a').with(10, 0xff), 'the header is not valid UTF-8');
    expectFault(safetensorsFile('\ufeff{}'), 'the header does not begin with {');
  });

  it.each([
    [' {}', 'the header does not begin with {'],
    ['[]', 'the header does not begin with {'],
    ['{', 'expected a key but the header ends (character 1 of the header)'],
    ['{"a', 'a key has no closing "'],
    ['{"a\\"}', 'a key has no closing "'],
    ['{"a\\x":', '"\\"a\\\\x\\"" is not a valid JSON text'],
    ['{"a\n":', '"\\"a\\n\\"" is not a valid JSON text'],
    ['{"\\ud800":', '"\\ud800" is not valid Unicode'],
    ["{'a':", 'expected a key but found "\'"'],
    ['{} {', 'expected the end but found "{"'],
    ['{}\0', 'expected the end but found "\\u0000"'],
    ['{1:2}', 'expected a key but found "1"'],
    ['{"a":1}', 'tensor "a": expected { but found "1"'],
    ['{"a":null}', 'tensor "a": expected { but found "n"'],
    ['{"a":{}}', 'tensor "a": key dtype is missing'],
    ['{"a":{"dtype":"U8"}}', 'tensor "a": key shape is missing'],
    ['{"a":{"dtype":"U8","shape":[]}}', 'tensor "a": key data_offsets is missing'],
    ['{"a":{"dtype":"U8","dtype":"U8"}}', 'tensor "a": key "dtype" occurs twice'],
    ['{"a":{"dtype":"U8","d\\u0074ype":"U8"}}', 'tensor "a": key "dtype" occurs twice'],
    ['{"a":{"type":"U8"}}', 'tensor "a": key "type" is none of dtype, shape and data_offsets'],
    ['{"a":{"dtype":8}}', 'tensor "a": expected a text as dtype but found "8"'],
    [`{"a":${entry('F4', '[]', '[0,1]')}}`, 'tensor "a": dtype "F4" cannot be read'],
    [`{"a":${entry('f32', '[]', '[0,4]')}}`, 'tensor "a": dtype "f32" cannot be read'],
    [`{"a":${entry('__proto__', '[]', '[0,4]')}}`, 'tensor "a": dtype "__proto__" cannot be read'],
    [`{"a":${entry('U8', '1', '[0,1]')}}`, 'tensor "a": expected [ but found "1"'],
    [`{"a":${entry('U8', '[-1]', '[0,1]')}}`, 'tensor "a": a size in shape is negative'],
    [`{"a":${entry('U8', '[1.0]', '[0,1]')}}`, 'tensor "a": expected ] but found "."'],
    [`{"a":${entry('U8', '[1e0]', '[0,1]')}}`, 'tensor "a": expected ] but found "e"'],
    [`{"a":${entry('U8', '[01]', '[0,1]')}}`, 'tensor "a": a size in shape has a leading zero'],
    [`{"a":${entry('U8', '["1"]', '[0,1]')}}`, 'tensor "a": expected a size in shape but found "\\""'],
    [`{"a":${entry('U8', '[1,]', '[0,1]')}}`, 'tensor "a": a comma stands before ], which JSON forbids'],
    [`{"a":${entry('U8', '[[1]]', '[0,1]')}}`, 'tensor "a": expected a size in shape but found "["'],
    [
      `{"a":${entry('U8', '[9007199254740992]', '[0,1]')}}`,
      'tensor "a": a size in shape is 9007199254740992, which exceeds',
    ],
    [`{"a":${entry('U8', '[]', '[]')}}`, 'tensor "a": data_offsets has 0 numbers instead of 2'],
    [`{"a":${entry('U8', '[]', '[0,1,1]')}}`, 'tensor "a": data_offsets has 3 numbers instead of 2'],
    [`{"a":${entry('U8', '[]', '[1,0]')}}`, 'tensor "a": data_offsets [1, 0] run backwards'],
    [`{"a":${entry('U8', '[]', '[-1,0]')}}`, 'tensor "a": a position in data_offsets is negative'],
    [`{"a":${entry('U8', '[]', '[0,1]')},}`, 'a comma stands before }, which JSON forbids'],
    [`{"a":${entry('U8', '[]', '[0,1]')},"a":${entry('U8', '[]', '[0,1]')}}`, 'key "a" occurs twice'],
    ['{"__metadata__":{},"__metadata__":{}}', 'key "__metadata__" occurs twice'],
    ['{"__metadata__":null}', '__metadata__: expected { but found "n"'],
    ['{"__metadata__":{"a":1}}', '__metadata__: expected a metadata text but found "1"'],
    ['{"__metadata__":{"a":"1","a":"2"}}', '__metadata__: key "a" occurs twice'],
  ])('the header %j', (header, fault) => {
    expectFault(safetensorsFile(header, [0]), fault);
  });

  it.each([
    ['[0,4]', '[5,9]', 9, 'tensor "b": bytes 4 to 5 before it belong to no tensor'],
    ['[1,5]', '[5,9]', 9, 'tensor "a": bytes 0 to 1 before it belong to no tensor'],
    ['[0,4]', '[3,7]', 8, 'tensor "b": data_offsets [3, 7] overlap the tensor that ends at 4'],
    ['[0,4]', '[0,4]', 4, 'tensor "b": data_offsets [0, 4] overlap the tensor that ends at 4'],
    ['[0,4]', '[4,8]', 7, 'tensor "b": data_offsets [4, 8] reach beyond the 7 bytes of data: the file is incomplete'],
    ['[4,8]', '[0,4]', 9, 'the last 1 bytes belong to no tensor'],
    ['[0,4]', '[4,9]', 9, 'tensor "b": shape [1] of float32 takes 4 bytes but data_offsets span 5'],
    ['[0,3]', '[3,7]', 7, 'tensor "a": shape [1] of float32 takes 4 bytes but data_offsets span 3'],
  ])('tensors at %s and %s of %i bytes', (a, b, size, fault) => {
    expectFault(
      safetensorsFile(`{"a":${entry('F32', '[1]', a)},"b":${entry('F32', '[1]', b)}}`, new Uint8Array(size)),
      fault,
    );
  });

  it('shapes that promise more than any file holds', () => {
    const huge = '9007199254740991';
    expectFault(safetensorsFile(`{"a":${entry('U8', `[${huge},${huge}]`, '[0,1]')}}`, [0]), 'tensor "a": shape [');
    expectFault(
      safetensorsFile(`{"a":${entry('F64', `[${huge}]`, '[0,8]')}}`, new Uint8Array(8)),
      'tensor "a": shape [',
    );
    expectFault(
      safetensorsFile(`{"a":${entry('U8', `[${huge}]`, `[0,${huge}]`)}}`),
      `tensor "a": data_offsets [0, ${huge}] reach`,
    );
    const shape = `[${new Array(1000).fill(huge).join()}]`;
    expectFault(safetensorsFile(`{"a":${entry('U8', shape, '[0,1]')}}`, [0]), 'tensor "a": shape [');
  });

  it('nesting, numbers and names without end', () => {
    const deep = 1_000_000;
    expectFault(safetensorsFile(`{"a":${'['.repeat(deep)}`), 'tensor "a": expected { but found "["');
    expectFault(safetensorsFile(`{"a":${'{"a":'.repeat(deep)}`), 'tensor "a": key "a" is none of');
    expectFault(
      safetensorsFile(`{"a":{"shape":${'['.repeat(deep)}`),
      'tensor "a": expected a size in shape but found "["',
    );
    expectFault(safetensorsFile(`{"a":{"shape":[${'9'.repeat(deep)}`), 'tensor "a": a size in shape is 999');
    expectFault(safetensorsFile(`{"${'n'.repeat(deep)}":0}`), `tensor "${'n'.repeat(60)}…": expected { but found "0"`);
  });

  it('booleans other than 0 and 1, naming the tensor', () => {
    const bytes = safetensorsFile(`{"mask":${entry('BOOL', '[2]', '[0,2]')}}`, [1, 2]);
    expectFault(bytes, 'tensor "mask": bool element 1 is 2, neither 0 nor 1');
  });

  it.each([
    ['U32', [0, 0, 0, 0x80], '2147483648'],
    ['I64', [0, 0, 0, 0x80, 0, 0, 0, 0], '2147483648'],
    ['I64', [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff], '-2147483649'],
    ['U64', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], '18446744073709551615'],
  ])('%s values that int32 cannot hold', (dtype, data, value) => {
    expect(() => decodeVector(dtype, 1, data)).toThrow(FormatError);
    expect(() => decodeVector(dtype, 1, data)).toThrow(
      `vector.safetensors: tensor "x": element 0 is ${value}, which int32 cannot hold`,
    );
  });
});

describe('decodeSafetensors under mutation', () => {
  /** Either a FormatError that names the file, or tensors whose parts fit each other and that can be written again. */
  function check(bytes: Uint8Array): void {
    let content: ReturnType<typeof decodeSafetensors>;
    try {
      content = decodeSafetensors(bytes, 'fuzz.st');
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).message).toMatch(/^fuzz\.st: [^\n]{1,500}$/);
      return;
    }
    for (const array of content.tensors.values()) expectConsistent(array, bytes.length);
    const again = decodeSafetensors(encodeSafetensors(content.tensors, content), 'again.st');
    expect(again.metadata).toEqual(content.metadata);
    expect(again.tensors.size).toBe(content.tensors.size);
    for (const [name, array] of content.tensors) expectSame(again.tensors.get(name), array);
  }

  it('survives 10,000 damaged files', () => {
    fc.assert(
      fc.property(
        tensorMaps,
        metadataEntries,
        fc.array(mutations, { minLength: 1, maxLength: 3 }),
        (tensors, metadata, changes) => {
          const bytes = encodeSafetensors(tensors, { metadata: Object.fromEntries(metadata) });
          check(changes.reduce((changed, change) => change(changed), bytes));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  const lengths = fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 3 }).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('-1', '1.5', '1e3', '9007199254740991', '4294967296', '"1"', '[', '') },
  );
  const dtypes = fc.constantFrom(
    ...['BOOL', 'I8', 'U8', 'I16', 'U16', 'F16', 'BF16', 'I32', 'U32', 'F32', 'I64', 'U64', 'F64', 'F8_E5M2', 'C64'],
  );
  const declarations = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '__metadata__'),
    dtype: dtypes,
    shape: fc.array(lengths, { maxLength: 3 }),
    fault: fc.oneof(
      { weight: 15, arbitrary: fc.constant('none') },
      { weight: 1, arbitrary: fc.constantFrom('swapped', 'shifted', 'longer', 'nested', 'huge') },
    ),
  });

  it('survives 10,000 files whose headers say something else', () => {
    fc.assert(
      fc.property(fc.array(declarations, { maxLength: 4 }), fc.nat({ max: 9 }), (list, filling) => {
        let position = 0;
        const members = list.map(({ name, dtype, shape, fault }) => {
          const bits = /64/.test(dtype) ? 64 : /32/.test(dtype) ? 32 : /16/.test(dtype) ? 16 : 8;
          const count = shape.reduce((product, length) => product * Number.parseInt(length, 10), 1);
          const begin = position + (fault === 'shifted' ? 1 : 0);
          position += count >= 0 && count < 1000 ? (count * bits) / 8 : 8;
          const end = fault === 'huge' ? Number.MAX_SAFE_INTEGER : position + (fault === 'longer' ? 1 : 0);
          const offsets = fault === 'swapped' ? `[${end},${begin}]` : `[${begin},${end}]`;
          const sizes = `[${shape.join()}]`;
          return `"${name}":${entry(dtype, fault === 'nested' ? '['.repeat(100_000) : sizes, offsets)}`;
        });
        check(
          safetensorsFile(`{${members.join(',')}}`, new Uint8Array(position).fill(filling > 7 ? 255 : filling % 2)),
        );
      }),
      { numRuns: 10_000 },
    );
  });

  it('survives 2,000 headers of arbitrary tokens', () => {
    const tokens = fc.constantFrom(
      ...[
        '{',
        '}',
        '"dtype"',
        '"shape"',
        '"data_offsets"',
        '"__metadata__"',
        ':',
        ',',
        '[',
        ']',
        '"U8"',
        '0',
        '1',
        '\\',
        '"',
      ],
    );
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 25 }), (list) => {
        check(safetensorsFile(`{${list.join('')}`, [0]));
      }),
      { numRuns: 2000 },
    );
  });
});
