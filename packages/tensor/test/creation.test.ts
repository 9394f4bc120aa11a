import {
  ArgumentError,
  apply,
  arange,
  type DType,
  DTypeError,
  eye,
  full,
  Generator,
  linspace,
  MemoryError,
  memory,
  type NestedArray,
  normal,
  ones,
  onesLike,
  operators,
  randomIntegers,
  randomPermutation,
  randomStream,
  ShapeError,
  scope,
  setSeed,
  tensor,
  uniform,
  zeros,
  zerosLike,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyNumbers, shapes, tables } from './oracle.js';

describe('tensor()', () => {
  it('takes the shape from the nesting', () => {
    const cases: [NestedArray, number[]][] = [
      [5, []],
      [[1, 2, 3], [3]],
      [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        [3, 2],
      ],
      [
        [[[1]], [[2]]],
        [2, 1, 1],
      ],
      [[], [0]],
      [
        [[], []],
        [2, 0],
      ],
    ];
    scope(() => {
      for (const [data, shape] of cases) {
        const x = tensor(data);
        expect(x.shape).toEqual(shape);
        expect([...x.dataSync()]).toEqual([data].flat(9));
        expect(x.dtype).toBe('float32');
      }
    });
  });

  it('nests any shape as the elements lie in memory', () => {
    const nest = (data: readonly number[], shape: readonly number[]): NestedArray => {
      const [length, ...rest] = shape;
      if (length === undefined) return data[0]!;
      const part = data.length / length;
      return Array.from({ length }, (_, i) => nest(data.slice(i * part, (i + 1) * part), rest));
    };
    fc.assert(
      fc.property(tables({ minLength: 1 }), ({ shape, data }) =>
        scope(() => {
          const x = tensor(nest(data, shape), { dtype: 'float64' });
          expect(x.shape).toEqual(shape);
          expect([...x.dataSync()]).toEqual(data);
        }),
      ),
    );
  });

  it('takes the type from typed arrays and truth values', () => {
    scope(() => {
      expect(tensor(Float32Array.of(1, 2)).dtype).toBe('float32');
      expect(tensor(Float64Array.of(1, 2)).dtype).toBe('float64');
      expect(tensor(Int32Array.of(1, -2)).dtype).toBe('int32');
      expect(tensor(Uint8Array.of(1, 0)).dtype).toBe('bool');
      expect(tensor([[true], [false]]).dtype).toBe('bool');
      expect([...tensor([true, false]).dataSync()]).toEqual([1, 0]);
      expect(tensor([1, 0], { dtype: 'bool' }).dtype).toBe('bool');
    });
  });

  it('gives a typed array the shape asked for, and copies it', () => {
    scope(() => {
      const data = Float32Array.of(1, 2, 3, 4, 5, 6);
      const x = tensor(data, { shape: [2, 3] });
      data[0] = 99;
      expect(x.shape).toEqual([2, 3]);
      expect([...x.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
      const copy = x.dataSync();
      copy[0] = 99;
      expect(x.dataSync()[0]).toBe(1);
    });
  });

  it('keeps every double, and rounds to single precision as IEEE 754 does', () => {
    fc.assert(
      fc.property(fc.array(anyNumbers), (data) =>
        scope(() => {
          expect([...tensor(data, { dtype: 'float64' }).dataSync()]).toEqual(data);
          expect([...tensor(data).dataSync()]).toEqual(data.map(Math.fround));
        }),
      ),
    );
  });

  it('is not changed by what happens to the array that was its shape', () => {
    scope(() => {
      const shape = [2, 3];
      const made = [zeros(shape), tensor(new Float32Array(6), { shape }), ones([1]).broadcastTo(shape), uniform(shape)];
      shape[0] = 7;
      for (const x of made) expect(x.shape).toEqual([2, 3]);
    });
  });

  it.each<[string, NestedArray, string]>([
    ['rows of different lengths', [[1, 2], [3]], 'expected [2,2], found 1 entries at depth 1'],
    ['a number among rows', [[1, 2], 3], 'expected [2,2], found a number at depth 1'],
    ['a row among numbers', [1, [2]], 'expected [2], found 1 entries at depth 1'],
    ['an empty row', [[1], []], 'expected [2,1], found 0 entries at depth 1'],
  ])('refuses ragged arrays: %s', (_, data, message) => {
    expect(() => tensor(data)).toThrow(ShapeError);
    expect(() => tensor(data)).toThrow(`tensor: the nested arrays are ragged: ${message}`);
  });

  it('refuses a shape that the elements do not fill', () => {
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(ShapeError);
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow('tensor: 3 elements do not fill [2,2]');
  });

  it('refuses a typed array of another type', () => {
    const make = () => tensor(Float64Array.of(1), { dtype: 'float32' });
    expect(make).toThrow(DTypeError);
    expect(make).toThrow('tensor: a Float64Array holds float64, not float32: cast() the tensor');
  });

  it.each([
    new Int8Array(1),
    new Uint16Array(1),
    new Uint8ClampedArray(1),
    new BigInt64Array(1),
    new DataView(new ArrayBuffer(4)),
  ])('refuses an array that no type is stored in: %o', (data) => {
    const make = () => tensor(data as unknown as Float32Array);
    expect(make).toThrow(DTypeError);
    expect(make).toThrow(`no type has its elements in a ${data[Symbol.toStringTag]}`);
  });

  it('refuses what the type cannot hold', () => {
    for (const value of [0.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => tensor([1, value], { dtype: 'int32' })).toThrow(DTypeError);
      expect(() => full([2], value, { dtype: 'int32' })).toThrow(
        `full: int32 holds integers from -2147483648 to 2147483647, not ${value}: round it, or use float32`,
      );
    }
    for (const value of [2, -1, 0.5, Number.NaN]) {
      expect(() => tensor([1, value], { dtype: 'bool' })).toThrow(DTypeError);
      expect(() => full([2], value, { dtype: 'bool' })).toThrow(`full: bool holds 0 and 1, not ${value}`);
    }
    expect(() => tensor(Uint8Array.of(0, 200))).toThrow('tensor: bool holds 0 and 1, not 200');
    scope(() => {
      expect([...tensor([2 ** 31 - 1, -(2 ** 31), -0], { dtype: 'int32' }).dataSync()]).toEqual([
        2147483647, -2147483648, 0,
      ]);
    });
  });
});

describe('full, zeros and ones', () => {
  it('fill any shape with one value of any type', () => {
    const values: [DType, number][] = [
      ['float32', 0.25],
      ['float64', Math.PI],
      ['int32', -7],
      ['bool', 1],
    ];
    fc.assert(
      fc.property(shapes(), fc.constantFrom(...values), (shape, [dtype, value]) =>
        scope(() => {
          const x = full(shape, value, { dtype });
          expect([x.shape, x.dtype]).toEqual([shape, dtype]);
          expect([...x.dataSync()]).toEqual(new Array(x.size).fill(value));
          for (const [made, one] of [
            [zeros(shape, { dtype }), 0],
            [zerosLike(x), 0],
            [ones(shape, { dtype }), 1],
            [onesLike(x), 1],
          ] as const) {
            expect([made.shape, made.dtype]).toEqual([shape, dtype]);
            expect([...made.dataSync()]).toEqual(new Array(x.size).fill(one));
          }
        }),
      ),
    );
  });

  it.each([[[-1]], [[2, 1.5]], [[Number.NaN]], [[2 ** 60]]])('refuse the shape %j', (shape) => {
    for (const make of [() => zeros(shape), () => tensor([1], { shape }), () => uniform(shape), () => normal(shape)]) {
      expect(make).toThrow(ShapeError);
      expect(make).toThrow('every length must be an integer of 0 or more');
    }
  });
});

describe('arange and linspace', () => {
  it('arange stops before its end, whatever the rounding', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        (first, last, tenths, down) =>
          scope(() => {
            const [start, end] = [first / 10, last / 10];
            const step = (down ? -tenths : tenths) / 10;
            const found = [...arange(start, end, step, { dtype: 'float64' }).dataSync()];
            const expected: number[] = [];
            for (let i = 0; down ? start + i * step > end : start + i * step < end; i++)
              expected.push(start + i * step);
            expect(found).toEqual(expected);
          }),
      ),
      {
        examples: [
          [10, 13, 1, false],
          [3, -2, 1, true],
        ],
        numRuns: 2000,
      },
    );
    scope(() => expect([...arange(0, 5, 2, { dtype: 'int32' }).dataSync()]).toEqual([0, 2, 4]));
  });

  it.each([
    [0, 1, 0],
    [0, Number.POSITIVE_INFINITY, 1],
    [Number.NaN, 1, 1],
    [0, 1, Number.NaN],
  ])('arange refuses %d, %d, %d', (start, end, step) => {
    expect(() => arange(start, end, step)).toThrow(ArgumentError);
    expect(() => arange(start, end, step)).toThrow(`arange: from ${start} to ${end} in steps of ${step} has no end`);
  });

  it('linspace reaches both ends exactly', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
        fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
        fc.nat(20),
        (a, b, n) =>
          scope(() => {
            const points = [...linspace(a, b, n + 2, { dtype: 'float64' }).dataSync()];
            expect(points).toHaveLength(n + 2);
            expect(points[0] === a && points.at(-1) === b).toBe(true);
            points.forEach((x, i) => {
              expect(Math.abs(x - (a + ((b - a) * i) / (n + 1)))).toBeLessThanOrEqual(1e-6);
            });
          }),
      ),
    );
    scope(() => {
      expect([...linspace(3, 4, 1).dataSync()]).toEqual([3]);
      expect(linspace(3, 4, 0).shape).toEqual([0]);
    });
    expect(() => linspace(0, 1, -1)).toThrow('linspace: -1 is no number of points');
    expect(() => linspace(0, 1, 1.5)).toThrow(ArgumentError);
  });
});

describe('eye', () => {
  it('is 1 on the diagonal', () => {
    scope(() => {
      expect([...eye(2, { dtype: 'int32' }).dataSync()]).toEqual([1, 0, 0, 1]);
      expect(eye(0).shape).toEqual([0, 0]);
    });
    expect(() => eye(1.5)).toThrow('eye: shape [1.5,1.5]: every length must be an integer of 0 or more');
    expect(() => eye(-1)).toThrow(ShapeError);
  });
});

describe('randomIntegers and randomPermutation', () => {
  const limits = fc.tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 2 ** 32 }));

  it('take their numbers from the generator in order', () => {
    fc.assert(
      fc.property(fc.nat(1000), limits, fc.nat(9), (seed, [low, size], length) =>
        scope(() => {
          const high = Math.min(low + size, 2 ** 31);
          const [generator, twin] = [new Generator(seed), new Generator(seed)];
          const x = randomIntegers([2, length], low, high, { generator });
          expect([x.dtype, x.shape]).toEqual(['int32', [2, length]]);
          expect([...x.dataSync()]).toEqual(Array.from({ length: 2 * length }, () => low + twin.integer(high - low)));
          const order = randomPermutation(length, { generator });
          expect(order.dtype).toBe('int32');
          expect([...order.dataSync()]).toEqual([...twin.permutation(length)]);
        }),
      ),
    );
  });

  it('reach both ends, and every order', () => {
    scope(() => {
      setSeed(5);
      expect(new Set(randomIntegers([200], -2, 2).dataSync())).toEqual(new Set([-2, -1, 0, 1]));
      const orders = Array.from({ length: 100 }, () => randomPermutation(3).dataSync().join());
      expect(new Set(orders).size).toBe(6);
    });
  });

  it.each([
    [0, 0],
    [3, 1],
    [0.5, 2],
    [0, Number.NaN],
    [-(2 ** 31) - 1, 0],
    [0, 2 ** 31 + 1],
  ])('refuse limits from %d up to %d', (low, high) => {
    expect(() => randomIntegers([1], low, high)).toThrow(ArgumentError);
    expect(() => randomIntegers([1], low, high)).toThrow(
      `randomIntegers: from ${low} up to ${high}: both must be integers of int32, the first one the smaller`,
    );
  });

  it.each([-1, 1.5])('refuse a length of %d', (length) => {
    expect(() => randomPermutation(length)).toThrow(ArgumentError);
  });
});

describe('uniform and normal', () => {
  it('take their numbers from the generator in order', () => {
    scope(() => {
      const generator = new Generator(3);
      const twin = new Generator(3);
      const x = uniform([2, 2], -1, 3, { dtype: 'float64', generator });
      expect([...x.dataSync()]).toEqual(Array.from({ length: 4 }, () => -1 + 4 * twin.uniform()));
      const y = normal([3], 5, 2, { dtype: 'float64', generator });
      expect([...y.dataSync()]).toEqual(Array.from({ length: 3 }, () => 5 + 2 * twin.normal()));
    });
  });

  it('take them from the stream `default` where no generator is given', () => {
    scope(() => {
      setSeed(11);
      const x = [...uniform([3], 0, 1, { dtype: 'float64' }).dataSync()];
      setSeed(11);
      expect(x).toEqual(Array.from({ length: 3 }, () => randomStream('default').uniform()));
    });
  });

  it('never reach the upper end, though single precision rounds up to it', () => {
    /** A generator whose words are all ones. */
    class Largest extends Generator {
      override bits(): number {
        return 0xffffffff;
      }
    }
    scope(() => {
      for (const [low, high] of [
        [0, 1],
        [1, 2],
        [-3, 0.1],
        [5, 5],
      ] as const) {
        for (const dtype of ['float32', 'float64'] as const) {
          const [value] = uniform([1], low, high, { dtype, generator: new Largest(0) }).dataSync();
          expect(value! >= low && (value! < high || low === high)).toBe(true);
        }
      }
    });
  });

  it('refuse integers and truth values', () => {
    expect(() => uniform([2], 0, 10, { dtype: 'int32' })).toThrow(DTypeError);
    expect(() => normal([2], 0, 1, { dtype: 'bool' })).toThrow(
      'normal: bool is not supported: draw float32 and cast()',
    );
  });
});

describe('distributions that there are not', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

  it.each([
    [5, 2, 'float64'],
    [nan, 1, 'float32'],
    [0, nan, 'float32'],
    [-inf, 0, 'float32'],
    [0, inf, 'float64'],
    [-1.7e308, 1.7e308, 'float64'],
    [0, 1e39, 'float32'],
  ] as const)('uniform refuses limits from %d to %d of type %s', (low, high, dtype) => {
    const generator = new Generator(0);
    const draw = () => uniform([2], low, high, { dtype, generator });
    expect(draw).toThrow(ArgumentError);
    expect(draw).toThrow(
      `uniform: from ${low} to ${high}: the limits must be finite in ${dtype}, low not above high, nor too far below`,
    );
    expect(generator.state().position).toBe(0);
    expect(() => uniform([0], low, high, { dtype })).toThrow(ArgumentError);
  });

  it.each([
    [0, -1],
    [0, nan],
    [0, inf],
    [nan, 1],
    [-inf, 1],
  ])('normal refuses mean %d with standard deviation %d', (mean, deviation) => {
    const draw = () => normal([2], mean, deviation);
    expect(draw).toThrow(ArgumentError);
    expect(draw).toThrow(
      `normal: mean ${mean} and standard deviation ${deviation}: both must be finite, the deviation 0 or more`,
    );
  });

  it('normal without deviation is its mean', () => {
    scope(() => expect([...normal([2], 3, 0).dataSync()]).toEqual([3, 3]));
  });

  it.each([
    [nan, 1],
    [0, inf],
    [-1.7e308, 1.7e308],
  ])('linspace refuses the ends %d and %d', (start, end) => {
    expect(() => linspace(start, end, 3)).toThrow(ArgumentError);
    expect(() => linspace(start, end, 3)).toThrow(`linspace: from ${start} to ${end} there are no finite steps`);
  });

  it.each([nan, -0.1, 1.1])('the operator bernoulli refuses the probability %d', (probability) => {
    scope(() => {
      const draw = () =>
        apply(operators.bernoulli, [ones([2])], { probability, scale: 1, generator: new Generator(0) });
      expect(draw).toThrow(ArgumentError);
      expect(draw).toThrow(`bernoulli: the probability must be from 0 to 1, not ${probability}`);
    });
  });
});

describe('what is too large, or not of the type,', () => {
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    ['zeros', () => zeros([2 ** 31]), MemoryError, '8589934592 bytes do not fit beside'],
    ['arange', () => arange(0, 2 ** 31), MemoryError, 'bytes do not fit'],
    ['linspace', () => linspace(0, 1, 2 ** 40), MemoryError, 'bytes do not fit'],
    ['eye', () => eye(2 ** 30), MemoryError, 'bytes do not fit'],
    ['uniform', () => uniform([2 ** 20, 2 ** 20]), MemoryError, 'bytes do not fit'],
    [
      'arange of integers',
      () => arange(0, 2, 0.5, { dtype: 'int32' }),
      DTypeError,
      'arange: int32 holds integers from',
    ],
    [
      'linspace of truth values',
      () => linspace(0, 2, 3, { dtype: 'bool' }),
      DTypeError,
      'linspace: bool holds 0 and 1, not 2',
    ],
  ])('is refused by %s, which leaves nothing behind', (_, make, type, message) => {
    const before = memory();
    expect(make).toThrow(type);
    expect(make).toThrow(message);
    // A refusal for want of memory takes back what was forgotten before.
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
  });
});
