import { ArgumentError, FormatError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeIdx, encodeIdx, type IdxArray, type IdxData } from '../../src/index.js';

const creators: readonly ((length: number) => IdxData)[] = [
  (length) => new Uint8Array(length),
  (length) => new Int8Array(length),
  (length) => new Int16Array(length),
  (length) => new Int32Array(length),
  (length) => new Float32Array(length),
  (length) => new Float64Array(length),
];

/** Arrays of all types and of 1 to 8 dimensions, some of them of size 0. */
const idxArray: fc.Arbitrary<IdxArray> = fc
  .record({
    shape: fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 })
      .filter((sizes) => product(sizes) < 300),
    create: fc.constantFrom(...creators),
    seed: fc.nat(),
  })
  .map(({ shape, create, seed }) => {
    const data = create(product(shape));
    for (let i = 0; i < data.length; i++) data[i] = Math.imul(seed + i, 2654435761) / 7;
    return { shape, data };
  });

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** A valid header of bytes with the given sizes, followed by `length` zero bytes. */
function fileOf(sizes: readonly number[], length: number): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + length);
  bytes[2] = 0x08;
  bytes[3] = sizes.length;
  sizes.forEach((size, i) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * i, size);
  });
  return bytes;
}

describe('encodeIdx and decodeIdx', () => {
  test('give back every array of every type', () => {
    fc.assert(
      fc.property(idxArray, (array) => {
        const decoded = decodeIdx(encodeIdx(array), 'file');
        expect(decoded.shape).toEqual(array.shape);
        expect(decoded.data).toEqual(array.data);
        expect(decoded.data.constructor).toBe(array.data.constructor);
      }),
    );
  });

  test('store big-endian values as the format says', () => {
    const encoded = encodeIdx({ shape: [2], data: Int16Array.of(1, -2) });
    expect([...encoded]).toEqual([0, 0, 0x0b, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xfe]);
    expect([...encodeIdx({ shape: [1], data: Float32Array.of(1) })].slice(8)).toEqual([0x3f, 0x80, 0, 0]);
  });

  test('read a file that lies within larger memory, bytes as a view', () => {
    const memory = new Uint8Array(40);
    memory.set(encodeIdx({ shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4) }), 7);
    const { shape, data } = decodeIdx(memory.subarray(7, 7 + 16), 'file');
    expect(shape).toEqual([2, 2]);
    expect([...data]).toEqual([1, 2, 3, 4]);
    expect(data.buffer).toBe(memory.buffer);
  });

  test('refuse to encode what the format cannot hold', () => {
    const data = Uint8Array.of(1, 2);
    expect(() => encodeIdx({ shape: [3], data })).toThrow(
      new ArgumentError('encodeIdx: the shape [3] does not describe 2 values'),
    );
    expect(() => encodeIdx({ shape: [], data: Uint8Array.of(1) })).toThrow(ArgumentError);
    expect(() => encodeIdx({ shape: [1, 1, 1, 1, 1, 1, 1, 1, 2], data })).toThrow(ArgumentError);
    expect(() => encodeIdx({ shape: [-1, -2], data })).toThrow(ArgumentError);
    expect(() => encodeIdx({ shape: [2 ** 32, 0], data: new Uint8Array(0) })).toThrow(ArgumentError);
    const foreign = { shape: [2], data: new Uint16Array(2) } as unknown as IdxArray;
    expect(() => encodeIdx(foreign)).toThrow(ArgumentError);
  });
});

describe('decodeIdx refuses, naming the file and the fault', () => {
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['an empty file', new Uint8Array(0), '0 bytes are too few for the header'],
    ['three bytes', new Uint8Array(3), '3 bytes are too few for the header'],
    ['a wrong magic number', Uint8Array.of(0x1f, 0x8b, 8, 1), 'begins with two zero bytes, this one with 0x1f 0x8b'],
    ['an unknown type', Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 0), 'the type code 0x0a is none of 0x08, 0x09, 0x0b'],
    ['no dimension', Uint8Array.of(0, 0, 8, 0), 'the header gives 0 dimensions'],
    ['nine dimensions', fileOf([1, 1, 1, 1, 1, 1, 1, 1, 1], 1), 'the header gives 9 dimensions'],
    ['an incomplete header', fileOf([1, 1, 1], 0).subarray(0, 15), 'ends after 15 bytes, within its header of 16'],
    ['a truncated file', fileOf([2, 3], 5), 'the shape [2,3] needs 6 bytes after the header and there are 5'],
    ['trailing bytes', fileOf([2, 3], 7), 'and there are 7: something was appended to it'],
    ['values after an empty shape', fileOf([0, 4294967295], 1), 'needs 0 bytes after the header and there are 1'],
    ['sizes beyond any memory', fileOf(new Array<number>(8).fill(4294967295), 9), 'there are 9: it is truncated'],
    // 65536 to the fourth is 2^64, which is 0 in 64-bit integers.
    ['sizes whose product overflows', fileOf([65536, 65536, 65536, 65536], 0), 'and there are 0: it is truncated'],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => decodeIdx(bytes, 'some/file')).toThrow(FormatError);
    expect(() => decodeIdx(bytes, 'some/file')).toThrow('decodeIdx: some/file: ');
    expect(() => decodeIdx(bytes, 'some/file')).toThrow(message);
  });
});

describe('decodeIdx on damaged files', () => {
  /** One change to the bytes of a file. */
  const damage: fc.Arbitrary<(bytes: readonly number[]) => readonly number[]> = fc.oneof(
    fc.tuple(fc.nat(400), fc.nat(255)).map(
      ([at, mask]) =>
        (bytes: readonly number[]) =>
          bytes.map((byte, i) => (i === at % bytes.length ? byte ^ mask : byte)),
    ),
    fc.tuple(fc.nat(400), fc.array(fc.nat(255), { maxLength: 9 })).map(
      ([at, added]) =>
        (bytes: readonly number[]) =>
          bytes.toSpliced(at % (bytes.length + 1), 0, ...added),
    ),
    fc.tuple(fc.nat(400), fc.nat(9)).map(
      ([at, count]) =>
        (bytes: readonly number[]) =>
          bytes.toSpliced(at % (bytes.length + 1), count),
    ),
    fc.nat(400).map((length) => (bytes: readonly number[]) => bytes.slice(0, length % (bytes.length + 1))),
    fc.array(fc.nat(255), { maxLength: 40 }).map((added) => (bytes: readonly number[]) => [...bytes, ...added]),
    fc.tuple(fc.nat(39), fc.constantFrom(0, 1, 2, 4, 8, 9, 0x0b, 0x0c, 0x0d, 0x0e, 127, 128, 255)).map(
      ([at, value]) =>
        (bytes: readonly number[]) =>
          bytes.map((byte, i) => (i === at ? value : byte)),
    ),
  );

  test('gives a FormatError or an array that fits its shape, 20,000 times', () => {
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(idxArray, fc.array(damage, { minLength: 1, maxLength: 3 }), (array, damages) => {
        const intact: readonly number[] = [...encodeIdx(array)];
        const bytes = Uint8Array.from(damages.reduce((current, change) => change(current), intact));
        try {
          const { shape, data } = decodeIdx(bytes, 'damaged');
          read++;
          expect(shape.length).toBe(bytes[3]);
          expect(data.length).toBe(product(shape));
          expect(data.byteLength + 4 + 4 * shape.length).toBe(bytes.length);
          expect([...encodeIdx({ shape, data })].length).toBe(bytes.length);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
          expect(error.message).toMatch(/^decodeIdx: damaged: [^\n]+$/);
        }
      }),
      { numRuns: 20_000 },
    );
    // Both outcomes must have been exercised for the property to mean something.
    expect(refused).toBeGreaterThan((refused + read) / 10);
    expect(read).toBeGreaterThan((refused + read) / 100);
  });

  test('refuses random bytes behind a valid beginning without taking the memory that they promise', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 9, 11, 12, 13, 14),
        fc.integer({ min: 1, max: 8 }),
        fc.uint8Array({ maxLength: 64 }),
        (code, rank, rest) => {
          const bytes = Uint8Array.of(0, 0, code, rank, ...rest);
          try {
            const { shape, data } = decodeIdx(bytes, 'random');
            expect(data.length).toBe(product(shape));
            expect(data.byteLength).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});
