import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError, DTypeError, FormatError, ShapeError } from '../../src/errors.js';
import type { HostArray } from '../../src/formats/host-array.js';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { mutations } from '../mutations.js';
import { expectConsistent, expectSame, hostArrays } from './host-arrays.js';

type Version = 1 | 2 | 3;

/** A file with this header, right or wrong. */
function npyFile(header: string, data: ArrayLike<number>, version: Version = 1): Uint8Array {
  const headerBytes = new TextEncoder().encode(header);
  const length = headerBytes.length;
  const lengthBytes = [length, length >>> 8, length >>> 16, length >>> 24].slice(0, version === 1 ? 2 : 4);
  return Uint8Array.of(
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...lengthBytes,
    ...headerBytes,
    ...Array.from(data),
  );
}

function headerOf(descr: string, fortranOrder: string, shape: string): string {
  return `{'descr': ${descr}, 'fortran_order': ${fortranOrder}, 'shape': ${shape}, }\n`;
}

/** The elements of a vector in the file that stores them as `descr`, written by `write` into `size` bytes each. */
function decodeVector<Value>(
  descr: string,
  size: number,
  values: readonly Value[],
  write: (view: DataView, offset: number, value: Value) => void,
): HostArray {
  const bytes = new Uint8Array(size * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, position) => {
    write(view, position * size, value);
  });
  return decodeNpy(npyFile(headerOf(`'${descr}'`, 'False', `(${values.length},)`), bytes), 'vector.npy');
}

function decodeHalves(halves: readonly number[]): HostArray {
  return decodeVector('<f2', 2, halves, (view, offset, value) => view.setUint16(offset, value, true));
}

describe('encodeNpy', () => {
  it('writes the header that NumPy writes, aligned to 64 bytes', () => {
    const bytes = encodeNpy({ dtype: 'float32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    const header = Buffer.from(bytes.subarray(0, 128)).toString('latin1');
    expect(header).toBe(
      `\x93NUMPY\x01\0v\0${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)}\n`,
    );
    expect(bytes.length).toBe(128 + 24);
  });

  it.each([
    [[], '()'],
    [[1], '(1,)'],
    [[1, 1], '(1, 1)'],
  ])('writes shape %j as the tuple %s', (shape, tuple) => {
    const bytes = encodeNpy({ dtype: 'int32', shape, data: Int32Array.of(7) });
    expect(Buffer.from(bytes).toString('latin1')).toContain(
      `'descr': '<i4', 'fortran_order': False, 'shape': ${tuple}, }`,
    );
  });

  it('aligns the elements for every length of header', () => {
    for (let rank = 0; rank < 60; rank++) {
      const array: HostArray = { dtype: 'bool', shape: new Array<number>(rank).fill(1), data: Uint8Array.of(1) };
      const bytes = encodeNpy(array);
      expect(bytes.length % 64).toBe(1);
      expectSame(decodeNpy(bytes, 'a.npy'), array);
    }
  });

  it('writes a view of a larger buffer', () => {
    const data = Float64Array.of(1, 2, 3, 4).subarray(1, 3);
    expectSame(decodeNpy(encodeNpy({ dtype: 'float64', shape: [2], data }), 'a.npy'), {
      dtype: 'float64',
      shape: [2],
      data: Float64Array.of(2, 3),
    });
  });

  it('refuses parts that do not fit each other', () => {
    const data = Float32Array.of(1, 2);
    expect(() => encodeNpy({ dtype: 'float64', shape: [2], data })).toThrow(DTypeError);
    expect(() => encodeNpy({ dtype: 'float16' as 'float32', shape: [2], data })).toThrow(DTypeError);
    expect(() => encodeNpy({ dtype: 'float32', shape: [3], data })).toThrow(ShapeError);
    expect(() => encodeNpy({ dtype: 'float32', shape: [-1, -2], data })).toThrow(ShapeError);
    expect(() => encodeNpy({ dtype: 'float32', shape: [0.5, 4], data })).toThrow(ShapeError);
    expect(() => encodeNpy({ dtype: 'bool', shape: [1], data: Uint8Array.of(2) })).toThrow(ArgumentError);
    expect(() => encodeNpy({ dtype: 'float32', shape: [2, ...new Array<number>(30000).fill(1)], data })).toThrow(
      ShapeError,
    );
  });
});

describe('decodeNpy', () => {
  it('gives back every array that encodeNpy wrote', () => {
    fc.assert(
      fc.property(hostArrays, (array) => {
        expectSame(decodeNpy(encodeNpy(array), 'a.npy'), array);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the alignment of the bytes, and copies them', () => {
    const array: HostArray = { dtype: 'float64', shape: [2], data: Float64Array.of(Math.PI, -0) };
    const bytes = encodeNpy(array);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const decoded = decodeNpy(shifted, 'a.npy');
    shifted.fill(0);
    expectSame(decoded, array);
  });

  it('reads shared memory', () => {
    const array: HostArray = { dtype: 'int32', shape: [2], data: Int32Array.of(1, -1) };
    const bytes = encodeNpy(array);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expectSame(decodeNpy(shared, 'a.npy'), array);
  });

  // Written by numpy.lib.format.write_array of NumPy 1.24.2; only the padding of the header is shortened here.
  it.each<[string, Version, string, string, HostArray]>([
    [
      'float64 in Fortran order',
      1,
      headerOf("'<f8'", 'True', '(2, 3)'),
      '000000000000f83f000000000000104000000000000000c00000000000001440355800662deb517e0000000000000080',
      { dtype: 'float64', shape: [2, 3], data: Float64Array.of(1.5, -2, 3e300, 4, 5, -0) },
    ],
    [
      'bool',
      1,
      headerOf("'|b1'", 'False', '(2, 2)'),
      '01000001',
      { dtype: 'bool', shape: [2, 2], data: Uint8Array.of(1, 0, 0, 1) },
    ],
    [
      'float16',
      1,
      headerOf("'<f2'", 'False', '(5,)'),
      '003e0080ff7b0100007c',
      { dtype: 'float32', shape: [5], data: Float32Array.of(1.5, -0, 65504, 2 ** -24, Infinity) },
    ],
    [
      'version 2.0, big-endian',
      2,
      headerOf("'>i4'", 'False', '()'),
      '00000007',
      { dtype: 'int32', shape: [], data: Int32Array.of(7) },
    ],
  ])('reads what NumPy writes: %s', (_, version, header, hex, expected) => {
    const data = hex.match(/../g)!.map((digits) => Number.parseInt(digits, 16));
    expectSame(decodeNpy(npyFile(header, data, version), 'a.npy'), expected);
  });

  it('reads the same array in either order of axes and in every version', () => {
    fc.assert(
      fc.property(hostArrays, fc.constantFrom<Version>(1, 2, 3), ({ dtype, shape, data }, version) => {
        const rowMajor = decodeNpy(encodeNpy({ dtype, shape, data }), 'a.npy');
        // In Fortran order the same bytes are the transpose: index (i, j, k) stands where (k, j, i) stood.
        const bytes = encodeNpy({ dtype, shape: [...shape].reverse(), data });
        const descr = { float32: '<f4', float64: '<f8', int32: '<i4', bool: '|b1' }[dtype];
        const elements = bytes.subarray(bytes.length - data.byteLength);
        const columnMajor = decodeNpy(
          npyFile(
            headerOf(`'${descr}'`, 'True', `(${shape.map((length) => `${length}, `).join('')})`),
            elements,
            version,
          ),
          'b.npy',
        );
        expect(columnMajor.shape).toEqual(rowMajor.shape);
        const index = shape.map(() => 0);
        for (let position = 0; position < data.length; position++) {
          let rest = position;
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis]!;
            rest = Math.floor(rest / shape[axis]!);
          }
          const source = index.reduceRight((sum, i, axis) => sum * shape[axis]! + i, 0);
          expect(columnMajor.data[position]).toBe(data[source]);
        }
      }),
    );
  });

  it('transposes a shape with thousands of lengths of 1', () => {
    const ones = '1,'.repeat(30000);
    const data = Array.from({ length: 240 * 250 }, (_, position) => position & 255);
    const { data: decoded } = decodeNpy(npyFile(headerOf("'|u1'", 'True', `(240,250,${ones})`), data), 'a.npy');
    expect(decoded.length).toBe(60000);
    expect(
      decoded.every((value, position) => value === data[Math.floor(position / 250) + 240 * (position % 250)]),
    ).toBe(true);
  });

  it('reads every stored type in either byte order', () => {
    const int32 = (data: number[]): HostArray => ({
      dtype: 'int32',
      shape: [data.length],
      data: Int32Array.from(data),
    });
    for (const little of [true, false]) {
      const order = little ? '<' : '>';
      expectSame(
        decodeVector(`${order}i2`, 2, [-32768, 1, 32767], (view, offset, value) =>
          view.setInt16(offset, value, little),
        ),
        int32([-32768, 1, 32767]),
      );
      expectSame(
        decodeVector(`${order}u2`, 2, [0, 258, 65535], (view, offset, value) => view.setUint16(offset, value, little)),
        int32([0, 258, 65535]),
      );
      expectSame(
        decodeVector(`${order}i4`, 4, [-(2 ** 31), 16909060], (view, offset, value) =>
          view.setInt32(offset, value, little),
        ),
        int32([-(2 ** 31), 16909060]),
      );
      expectSame(
        decodeVector(`${order}u4`, 4, [0, 2 ** 31 - 1], (view, offset, value) => view.setUint32(offset, value, little)),
        int32([0, 2 ** 31 - 1]),
      );
      expectSame(
        decodeVector(`${order}i8`, 8, [-(2n ** 31n), 5n], (view, offset, value) =>
          view.setBigInt64(offset, value, little),
        ),
        int32([-(2 ** 31), 5]),
      );
      expectSame(
        decodeVector(`${order}u8`, 8, [2n ** 31n - 1n, 5n], (view, offset, value) =>
          view.setBigUint64(offset, value, little),
        ),
        int32([2 ** 31 - 1, 5]),
      );
      expectSame(
        decodeVector(`${order}f2`, 2, [0x3c00, 0x3555], (view, offset, value) => view.setUint16(offset, value, little)),
        { dtype: 'float32', shape: [2], data: Float32Array.of(1, 0.333251953125) },
      );
      expectSame(
        decodeVector(`${order}f4`, 4, [0.1, NaN, -0], (view, offset, value) => view.setFloat32(offset, value, little)),
        { dtype: 'float32', shape: [3], data: Float32Array.of(0.1, NaN, -0) },
      );
      expectSame(
        decodeVector(`${order}f8`, 8, [0.1, -Infinity], (view, offset, value) =>
          view.setFloat64(offset, value, little),
        ),
        { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, -Infinity) },
      );
    }
    expectSame(
      decodeVector('|i1', 1, [-128, 127], (view, offset, value) => view.setInt8(offset, value)),
      int32([-128, 127]),
    );
    expectSame(
      decodeVector('|u1', 1, [0, 255], (view, offset, value) => view.setUint8(offset, value)),
      int32([0, 255]),
    );
  });

  it('widens every finite float16 to the number it stands for', () => {
    const { data } = decodeHalves(Array.from({ length: 0x7c00 }, (_, half) => half));
    const { data: negative } = decodeHalves(Array.from({ length: 0x7c00 }, (_, half) => half | 0x8000));
    expect(data[0]).toBe(0);
    expect(negative[0]).toBe(-0);
    for (let half = 1; half < 0x7c00; half++) {
      // The step from one half to the next is 2^-24 among the subnormals and doubles with each exponent above 1.
      const below = half - 1;
      expect(data[half]! - data[below]!).toBe(2 ** (Math.max(1, below >>> 10) - 25));
      expect(negative[half]).toBe(-data[half]!);
    }
  });

  it('widens float16 infinities and NaN', () => {
    expectSame(decodeHalves([0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff]), {
      dtype: 'float32',
      shape: [5],
      data: Float32Array.of(Infinity, -Infinity, NaN, NaN, NaN),
    });
  });

  it.each([
    [`{"shape":(2,3L,),"fortran_order":False,"descr":"|b1"}`, [2, 3]],
    [` { 'fortran_order' : False , 'shape' : ( 6 , ) , 'descr' : '<b1' } `, [6]],
    [headerOf("'>b1'", 'True', '(6,)'), [6]],
    [headerOf("'|b1'", 'False', '(9007199254740991, 0, 6)'), [9007199254740991, 0, 6]],
  ])('accepts the notation %j', (header, shape) => {
    const data = shape.includes(0) ? [] : [0, 1, 0, 1, 1, 0];
    expectSame(decodeNpy(npyFile(header, data), 'a.npy'), { dtype: 'bool', shape, data: Uint8Array.from(data) });
  });
});

describe('decodeNpy refuses', () => {
  function expectFault(bytes: Uint8Array, fault: string): void {
    expect(() => decodeNpy(bytes, 'a.npy')).toThrow(FormatError);
    expect(() => decodeNpy(bytes, 'a.npy')).toThrow(`a.npy: ${fault}`);
  }

  const good = npyFile(headerOf("'<f4'", 'False', '(2,)'), new Uint8Array(8));

  it('what is not a .npy file of a known version', () => {
    expectFault(new Uint8Array(0), 'not a NumPy array, since the file does not begin with \\x93NUMPY');
    expectFault(good.with(0, 0x92), 'not a NumPy array');
    expectFault(good.subarray(0, 5), 'not a NumPy array');
    expectFault(good.subarray(0, 7), 'the file ends before the format version');
    expectFault(good.subarray(0, 9), 'the file ends before the length of the header');
    expectFault(good.with(6, 4), 'format version 4.0 is none of 1.0, 2.0 and 3.0');
    expectFault(good.with(6, 0), 'format version 0.0');
    expectFault(good.with(7, 1), 'format version 1.1');
  });

  it('headers that reach beyond the file or are longer than a plain array needs', () => {
    expectFault(good.subarray(0, 20), 'the header of 58 bytes reaches beyond the end of the file');
    expectFault(npyFile(' '.repeat(65536), [], 2), 'a header of 65536 bytes exceeds the 65535 of a plain array');
    expectFault(good.with(6, 3).with(13, 0xff), 'a header of ');
  });

  it('files with too few or too many elements', () => {
    expectFault(good.subarray(0, good.length - 1), 'shape [2] of float32 takes 8 bytes but 7 follow the header');
    expectFault(Uint8Array.of(...good, 0), 'shape [2] of float32 takes 8 bytes but 9 follow the header');
    expectFault(npyFile(headerOf("'|u1'", 'False', '(0,)'), [1]), 'shape [0] of uint8 takes 0 bytes but 1 follow');
    expectFault(npyFile(headerOf("'|u1'", 'False', '()'), []), 'shape [] of uint8 takes 1 bytes but 0 follow');
  });

  it('shapes that promise more than any file holds', () => {
    const huge = '9007199254740991';
    expectFault(
      npyFile(headerOf("'|u1'", 'False', `(${huge}, ${huge})`), []),
      `shape [${huge},${huge}] of uint8 exceeds`,
    );
    expectFault(
      npyFile(headerOf("'<f8'", 'False', `(${huge},)`), []),
      `shape [${huge}] of float64 exceeds 2^53 - 1 bytes`,
    );
    expectFault(npyFile(headerOf("'|u1'", 'False', `(${huge},)`), []), `shape [${huge}] of uint8 takes ${huge} bytes`);
    expectFault(npyFile(headerOf("'|u1'", 'False', `(${`${huge}, `.repeat(2000)})`), []), `shape [${huge},`);
  });

  it.each([
    ['', 'expected { but the header ends (character 0 of the header)'],
    ['[]', 'expected { but found "["'],
    ['{', 'expected a key but the header ends'],
    ['{}', 'key descr is missing'],
    ["{'descr': '<f4'}", 'key fortran_order is missing'],
    ["{'descr': '<f4', 'fortran_order': False}", 'key shape is missing'],
    ["{'descr': '<f4', 'descr': '<f4'}", 'key "descr" occurs twice'],
    ["{'order': 'C'}", 'key "order" is none of descr, fortran_order and shape'],
    ["{'descr' '<f4'}", 'expected : but found "\'"'],
    ["{'descr: '<f4'}", 'expected : but found "<"'],
    ["{'descr", "a key has no closing '"],
    ["{'descr': u'<f4'}", 'expected a string as descr but found "u"'],
    ["{'descr': 4}", 'expected a string as descr but found "4"'],
    [headerOf("[('a', '<f4')]", 'False', '(2,)'), 'descr is a structured type'],
    [headerOf("('<f4', (2,))", 'False', '(2,)'), 'descr is a structured type'],
    [headerOf("'|O'", 'False', '(2,)'), 'elements of type "|O" cannot be read'],
    [headerOf("'<c8'", 'False', '(2,)'), 'elements of type "<c8" cannot be read'],
    [headerOf("'|S8'", 'False', '(2,)'), 'elements of type "|S8" cannot be read'],
    [headerOf("'|f4'", 'False', '(2,)'), 'elements of type "|f4" cannot be read'],
    [headerOf("'=f4'", 'False', '(2,)'), 'elements of type "=f4" cannot be read'],
    [headerOf("'f4'", 'False', '(2,)'), 'elements of type "f4" cannot be read'],
    [headerOf("''", 'False', '(2,)'), 'elements of type "" cannot be read'],
    [headerOf("'<f4'", '0', '(2,)'), 'expected True or False as fortran_order but found "0"'],
    [headerOf("'<f4'", 'Falsehood', '(2,)'), 'expected } but found "h"'],
    [headerOf("'<f4'", 'False', '(-2,)'), 'a size in shape is negative'],
    [headerOf("'<f4'", 'False', '(2.0,)'), 'expected ) but found "."'],
    [headerOf("'<f4'", 'False', '(02,)'), 'a size in shape has a leading zero'],
    [headerOf("'<f4'", 'False', '(9007199254740992,)'), 'a size in shape is 9007199254740992, which exceeds 2^53 - 1'],
    [headerOf("'<f4'", 'False', '(2)'), 'shape is a number in brackets instead of a tuple'],
    [headerOf("'<f4'", 'False', '(,)'), 'expected a size in shape but found ","'],
    [headerOf("'<f4'", 'False', '(1,,2)'), 'expected a size in shape but found ","'],
    [headerOf("'<f4'", 'False', '[2]'), 'expected ( but found "["'],
    [headerOf("'<f4'", 'False', '2'), 'expected ( but found "2"'],
    [headerOf("'<f4'", 'False', '((2,),)'), 'expected a size in shape but found "("'],
    [headerOf("'<f4'", 'False', '(None,)'), 'expected a size in shape but found "N"'],
    [`${headerOf("'<f4'", 'False', '(2,)')};`, 'expected the end but found ";"'],
    [`${headerOf("'<f4'", 'False', '(2,)')}\0`, 'expected the end but found "\\u0000"'],
  ])('the header %j', (header, fault) => {
    expectFault(npyFile(header, new Uint8Array(8)), fault);
  });

  it('numbers and nesting without end', () => {
    expectFault(npyFile(headerOf("'<f4'", 'False', `(${'9'.repeat(60000)},)`), []), 'a size in shape is 9999');
    expectFault(npyFile(headerOf("'<f4'", 'False', '('.repeat(60000)), []), 'expected a size in shape but found "("');
  });

  it('structured types with names beyond ASCII in version 3.0', () => {
    expectFault(
      npyFile(headerOf("[('ä', '<f4')]", 'False', '(2,)'), new Uint8Array(8), 3),
      'descr is a structured type',
    );
  });

  it('booleans other than 0 and 1', () => {
    expectFault(npyFile(headerOf("'|b1'", 'False', '(3,)'), [0, 1, 2]), 'bool element 2 is 2, neither 0 nor 1');
  });

  it('integers that int32 cannot hold', () => {
    const fault = (descr: string, value: bigint) => {
      const decode = () =>
        decodeVector(descr, Number(descr[2]), [0n, value], (view, offset, element) => {
          if (descr === '<u4') view.setUint32(offset, Number(element), true);
          else view.setBigUint64(offset, BigInt.asUintN(64, element), true);
        });
      expect(decode).toThrow(FormatError);
      expect(decode).toThrow(`vector.npy: element 1 is ${value}, which int32 cannot hold`);
    };
    fault('<u4', 2n ** 31n);
    fault('<u4', 2n ** 32n - 1n);
    fault('<i8', 2n ** 31n);
    fault('<i8', -(2n ** 31n) - 1n);
    fault('<i8', -(2n ** 63n));
    fault('<u8', 2n ** 31n);
    fault('<u8', 2n ** 64n - 1n);
  });
});

describe('decodeNpy under mutation', () => {
  /** Either a FormatError that names the file, or an array whose parts fit each other. */
  function check(bytes: Uint8Array): void {
    let array: HostArray;
    try {
      array = decodeNpy(bytes, 'fuzz.npy');
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).message).toMatch(/^fuzz\.npy: [^\n]{1,300}$/);
      return;
    }
    expectConsistent(array, bytes.length);
    expectSame(decodeNpy(encodeNpy(array), 'again.npy'), array);
  }

  const lengths = fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 4 }).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('-1', '2L', '1.5', '9007199254740991', '4294967296', '1e9', '(', '') },
  );
  const shapes = fc.array(lengths, { maxLength: 4 });
  const types = fc.tuple(
    fc.constantFrom('<', '>', '|'),
    fc.constantFrom('b1', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8', 'c8', 'O'),
  );
  const orders = fc.constantFrom('True', 'False', '0');
  const versions = fc.constantFrom<Version>(1, 2, 3);
  const tokens = fc.constantFrom(
    ...['{', '}', "'descr'", "'fortran_order'", "'shape'", ':', ',', '(', ')', "'<f4'", 'False', '2', '[', '\\', "'"],
  );

  it('survives 10,000 damaged files', () => {
    fc.assert(
      fc.property(hostArrays, fc.array(mutations, { minLength: 1, maxLength: 3 }), (array, changes) => {
        check(changes.reduce((bytes, change) => change(bytes), encodeNpy(array)));
      }),
      { numRuns: 10_000 },
    );
  });

  it('survives 10,000 files whose headers say something else', () => {
    fc.assert(
      fc.property(
        types,
        orders,
        shapes,
        versions,
        fc.nat({ max: 3 }),
        ([order, code], fortran, shape, version, fault) => {
          const size = shape.reduce((product, length) => product * Number.parseInt(length, 10), Number(code[1]));
          const data = new Uint8Array(size >= 0 && size < 5000 ? size : 8).fill(fault === 1 ? 255 : 1);
          const tuple = `(${shape.map((length) => `${length}, `).join('')})`;
          check(npyFile(headerOf(`'${order}${code}'`, fortran, tuple), data.subarray(fault === 2 ? 1 : 0), version));
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('survives 2,000 headers of arbitrary tokens', () => {
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 20 }), versions, (list, version) => {
        check(npyFile(list.join(''), [], version));
      }),
      { numRuns: 2000 },
    );
  });
});
