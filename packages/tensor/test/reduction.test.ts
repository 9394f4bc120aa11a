import {
  ArgumentError,
  type Axes,
  DTypeError,
  full,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyNumbers,
  at,
  difference,
  indicesOf,
  largestDifference,
  smallNumbers,
  type Table,
  tableFrom,
  tableOf,
  tables,
  tensorOf,
} from './oracle.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const float64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;

/** A table, some of its axes by numbers from either end in any order, and whether to keep them. */
const cases = (numbers = smallNumbers, minLength = 0) =>
  tables({ minLength }, numbers).chain((table) => {
    const rank = table.shape.length;
    const axis = fc
      .tuple(fc.nat(Math.max(0, rank - 1)), fc.boolean())
      .map(([i, negative]) => (negative ? i - rank : i));
    const axes: fc.Arbitrary<Axes> =
      rank === 0
        ? fc.constantFrom<Axes>(undefined, [])
        : fc.oneof(
            fc.constant(undefined),
            axis,
            fc.uniqueArray(axis, { selector: (each) => (each + rank) % rank, maxLength: rank }),
          );
    return fc.record({ table: fc.constant(table), axes, keepDims: fc.boolean() });
  });

function namedAxes(axes: Axes, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  return [axes].flat().map((axis) => (axis + rank) % rank);
}

/** Collects, for each place of the result, all elements that are reduced to it, in row-major order. */
function reduced(table: Table, axes: Axes, keepDims: boolean, reduce: (elements: readonly number[]) => number): Table {
  const named = namedAxes(axes, table.shape.length);
  const kept = table.shape.map((length, axis) => (named.includes(axis) ? 1 : length));
  const groups = tableOf(kept, (place) => {
    const inside = indicesOf(table.shape).filter((index) =>
      index.every((i, axis) => named.includes(axis) || i === place[axis]),
    );
    return reduce(inside.map((index) => at(table, index)));
  });
  return keepDims ? groups : { shape: table.shape.filter((_, axis) => !named.includes(axis)), data: groups.data };
}

const sum = (elements: readonly number[]) => elements.reduce((total, x) => total + x, 0);
const mean = (elements: readonly number[]) => sum(elements) / elements.length;
const squares = (elements: readonly number[]) => sum(elements.map((x) => (x - mean(elements)) ** 2));

describe('reductions over any axes', () => {
  it.each<[string, (x: Tensor, axes: Axes, keepDims: boolean) => Tensor, (elements: readonly number[]) => number]>([
    ['sum', (x, axes, keepDims) => x.sum(axes, { keepDims }), sum],
    ['mean', (x, axes, keepDims) => x.mean(axes, { keepDims }), mean],
    [
      'prod',
      (x, axes, keepDims) => x.prod(axes, { keepDims }),
      (elements) => elements.reduce((product, x) => product * x, 1),
    ],
    [
      'variance',
      (x, axes, keepDims) => x.variance(axes, { keepDims }),
      (e) => (e.length > 1 ? squares(e) / (e.length - 1) : nan),
    ],
    [
      'variance, biased',
      (x, axes, keepDims) => x.variance(axes, { keepDims, correction: 0 }),
      (e) => squares(e) / e.length,
    ],
  ])('%s', (_, reduce, definition) => {
    fc.assert(
      fc.property(cases(), ({ table, axes, keepDims }) =>
        scope(() => {
          const found = reduce(tensorOf(table), axes, keepDims);
          expect(largestDifference(tableFrom(found), reduced(table, axes, keepDims, definition))).toBeLessThan(1e-12);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it.each(['max', 'min'] as const)('%s, in which NaN wins', (name) => {
    fc.assert(
      fc.property(cases(anyNumbers, 1), ({ table, axes, keepDims }) =>
        scope(() => {
          const found = tableFrom(tensorOf(table)[name](axes, { keepDims }));
          const expected = reduced(table, axes, keepDims, (elements) => Math[name](...elements));
          expect(found).toEqual(expected);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('sum of integers and of truth values that were cast', () => {
    scope(() => {
      const x = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        int32,
      );
      expect([x.sum(0).dtype, ...x.sum(0).dataSync()]).toEqual(['int32', 4, 6]);
      expect(x.max().itemSync()).toBe(4);
      expect(x.prod().itemSync()).toBe(24);
      expect(tensor([true, true, false]).cast('int32').sum().itemSync()).toBe(2);
    });
  });

  it('sum adds single precision numbers in double precision', () => {
    scope(() => {
      expect(tensor([1e8, 1, -1e8]).sum().itemSync()).toBe(1);
      expect(
        full([1 << 20], 0.1)
          .sum()
          .itemSync(),
      ).toBe(Math.fround((1 << 20) * Math.fround(0.1)));
    });
  });

  it('of no elements are 0, 1 and NaN', () => {
    scope(() => {
      const empty = zeros([2, 0], float64);
      expect([...empty.sum(1).dataSync()]).toEqual([0, 0]);
      expect([...empty.prod(1).dataSync()]).toEqual([1, 1]);
      expect([...empty.mean(1).dataSync()]).toEqual([nan, nan]);
      expect([...empty.variance(1).dataSync()]).toEqual([nan, nan]);
      expect(empty.sum(0).shape).toEqual([0]);
      expect(empty.sum().itemSync()).toBe(0);
    });
  });

  it('of no elements have no extreme', () => {
    scope(() => {
      for (const name of ['max', 'min', 'argmax', 'argmin'] as const) {
        expect(() => zeros([2, 0])[name](1)).toThrow(ShapeError);
        expect(() => zeros([2, 0])[name](1)).toThrow(
          `${name}: [2,0] has no elements along the axes, so there is no ${name}`,
        );
        expect(() => zeros([0])[name]()).toThrow(ShapeError);
      }
      expect(zeros([2, 0]).max(0).shape).toEqual([0]);
      expect(() => zeros([0, 2, 0]).max([0, 2])).toThrow('no elements along the axes');
    });
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['an axis too many', (x) => x.sum(2), 'sum: axis 2 of a tensor with 2 axes: it must be an integer from -2 to 1'],
    ['an axis too few', (x) => x.max(-3), 'max: axis -3 of a tensor with 2 axes'],
    ['a fraction of an axis', (x) => x.mean(0.5), 'mean: axis 0.5'],
    ['an axis twice', (x) => x.sum([0, -2]), 'sum: axes [0,0]: each axis may be named once'],
    ['an axis of a scalar', (x) => x.sum().prod(0), 'prod: axis 0 of a scalar: it has no axes'],
    ['an axis of argmax', (x) => x.argmax(2), 'argmax: axis 2 of a tensor with 2 axes'],
    ['an axis of softmax', (x) => x.softmax(5), 'softmax: axis 5 of a tensor with 2 axes'],
    ['an axis of logSumExp', (x) => x.logSumExp(5), 'axis 5 of a tensor with 2 axes'],
  ])('refuse %s', (_, reduce, message) => {
    scope(() => {
      const x = ones([2, 3]);
      expect(() => reduce(x)).toThrow(ShapeError);
      expect(() => reduce(x)).toThrow(message);
    });
  });

  it('refuse types without a sum or a mean', () => {
    scope(() => {
      const x = tensor([true]);
      expect(() => x.sum()).toThrow(DTypeError);
      expect(() => x.sum()).toThrow('sum: bool is not supported: cast() to float32 or float64 or int32 first');
      expect(() => tensor([1], int32).mean()).toThrow(
        'mean: int32 is not supported: cast() to float32 or float64 first',
      );
      expect(() => tensor([1], int32).variance()).toThrow(DTypeError);
    });
  });
});

describe('means', () => {
  const floats = ['float32', 'float64'] as const;
  /** In float32 both roundings of a quotient of such integers are one (the quotient of float64 decides it). */
  const quotient = (dtype: 'float32' | 'float64', sum: number, count: number) =>
    dtype === 'float32' ? Math.fround(sum / count) : sum / count;

  it.each(floats)('of ones are 1, for any number of ones of type %s', (dtype) => {
    for (let count = 1; count <= 300; count++) scope(() => expect(ones([count], { dtype }).mean().itemSync()).toBe(1));
  });

  it.each(floats)('are the sum divided once in %s', (dtype) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 60 }), (data) =>
        scope(() => {
          const x = tensor(data, { dtype });
          const total = sum(data);
          expect(x.mean().itemSync()).toBe(quotient(dtype, total, data.length));
          const alternating = tensor([...data.map(() => 1), ...data.map(() => -1)], { dtype });
          expect(alternating.variance(undefined, { correction: 0 }).itemSync()).toBe(1);
          expect(alternating.variance().itemSync()).toBe(quotient(dtype, 2 * data.length, 2 * data.length - 1));
        }),
      ),
    );
  });
});

describe('logSumExp', () => {
  it('is the logarithm of the sum of exponentials', () => {
    fc.assert(
      fc.property(tables({ minRank: 1, minLength: 1 }), fc.nat(3), fc.boolean(), (table, choice, keepDims) =>
        scope(() => {
          const axis = choice % table.shape.length;
          const found = tableFrom(tensorOf(table).logSumExp(axis, { keepDims }));
          const expected = reduced(table, axis, keepDims, (elements) => Math.log(sum(elements.map(Math.exp))));
          expect(largestDifference(found, expected)).toBeLessThan(1e-12);
        }),
      ),
    );
  });

  it('is that of 0 where there are no elements', () => {
    scope(() => {
      expect(tableFrom(zeros([2, 0, 3]).logSumExp(1))).toEqual({ shape: [2, 3], data: Array(6).fill(-inf) });
    });
  });

  it('neither overflows nor makes NaN of infinities', () => {
    scope(() => {
      const x = tensor(
        [
          [1000, 1000],
          [-1000, -1001],
          [-inf, 0],
          [-inf, -inf],
          [inf, 0],
          [nan, 0],
        ],
        float64,
      );
      const expected = [1000 + Math.LN2, -1000 + Math.log1p(Math.exp(-1)), 0, -inf, inf, nan];
      x.logSumExp(1)
        .dataSync()
        .forEach((value, i) => {
          expect(difference(value, expected[i]!)).toBeLessThan(1e-15);
        });
    });
  });
});

describe('positions of extremes', () => {
  it.each(['argmax', 'argmin'] as const)('%s is the first of the best, NaN before all', (name) => {
    fc.assert(
      fc.property(
        tables({ minRank: 1, minLength: 1 }, anyNumbers),
        fc.nat(3),
        fc.boolean(),
        (table, choice, keepDims) =>
          scope(() => {
            const axis = choice % table.shape.length;
            const expected = reduced(table, axis, keepDims, (elements) => {
              const best = Math[name === 'argmax' ? 'max' : 'min'](...elements);
              return elements.findIndex((x) => x === best || (Number.isNaN(x) && Number.isNaN(best)));
            });
            const x = tensorOf(table);
            const found = x[name](axis, { keepDims });
            expect(found.dtype).toBe('int32');
            expect(tableFrom(found)).toEqual(expected);
            expect(tableFrom(x[name](axis - table.shape.length, { keepDims }))).toEqual(expected);
            const whole = x[name](undefined, { keepDims });
            expect(whole.itemSync()).toBe(x.flatten()[name](0).itemSync());
            expect(whole.shape).toEqual(keepDims ? table.shape.map(() => 1) : []);
          }),
      ),
    );
  });

  it('works on scalars, integers and truth values', () => {
    scope(() => {
      expect(tensor(3).argmax().itemSync()).toBe(0);
      expect(tensor([3, 9, 9], int32).argmax().itemSync()).toBe(1);
      expect(tensor([true, false]).argmin().itemSync()).toBe(1);
    });
  });
});

describe('topk', () => {
  it('gives the elements in order, equal ones by position, NaN as the largest', () => {
    const rank = (x: number, largest: boolean) => (largest ? x : -x);
    fc.assert(
      fc.property(
        tables({ minRank: 1 }, fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(nan, inf, -inf))),
        fc.nat(4),
        fc.boolean(),
        (table, wanted, largest) =>
          scope(() => {
            const length = table.shape.at(-1)!;
            const k = Math.min(wanted, length);
            const { values, indices } = tensorOf(table).topk(k, { largest });
            const shape = [...table.shape.slice(0, -1), k];
            expect([values.shape, indices.shape, indices.dtype]).toEqual([shape, shape, 'int32']);
            const expected = indicesOf(table.shape.slice(0, -1)).flatMap((row) =>
              Array.from({ length }, (_, i) => i)
                .sort((i, j) => {
                  const [a, b] = [at(table, [...row, i]), at(table, [...row, j])];
                  if (Number.isNaN(a) || Number.isNaN(b)) {
                    const order = Number(Number.isNaN(b)) - Number(Number.isNaN(a));
                    return (largest ? order : -order) || i - j;
                  }
                  const [first, second] = [rank(a, largest), rank(b, largest)];
                  return first === second ? i - j : second - first;
                })
                .slice(0, k)
                .map((i) => ({ i, x: at(table, [...row, i]) })),
            );
            expect([...indices.dataSync()]).toEqual(expected.map(({ i }) => i));
            expect([...values.dataSync()]).toEqual(expected.map(({ x }) => x));
          }),
      ),
      { numRuns: 200 },
    );
  });

  it('refuses more than there is', () => {
    scope(() => {
      expect(() => ones([2, 3]).topk(4)).toThrow(ShapeError);
      expect(() => ones([2, 3]).topk(4)).toThrow('topk: axis 1 of [2,3] does not have 4 elements');
      expect(() => tensor(1).topk(1)).toThrow(ShapeError);
      expect(() => ones([3]).topk(-1)).toThrow(ArgumentError);
      expect(() => ones([3]).topk(1.5)).toThrow('topk: k must be an integer of 0 or more, not 1.5');
    });
  });
});

describe('histogram', () => {
  it('counts every number but NaN once, those beyond the ends in the last bins', () => {
    const interval = fc
      .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 30 }))
      .map(([low, width]) => [low / 4, (low + width) / 4] as const);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(smallNumbers, anyNumbers)),
        fc.integer({ min: 1, max: 8 }),
        interval,
        (data, bins, [low, high]) =>
          scope(() => {
            const expected = new Array<number>(bins).fill(0);
            const edges = Array.from({ length: bins - 1 }, (_, i) => low + ((high - low) / bins) * (i + 1));
            for (const x of data.filter((each) => !Number.isNaN(each))) {
              expected[edges.filter((edge) => x >= edge).length]!++;
            }
            const found = tensor(data, float64).histogram(bins, low, high);
            expect(found.dtype).toBe('int32');
            expect([...found.dataSync()]).toEqual(expected);
          }),
      ),
    );
  });

  // As numpy.histogram, whose last bin has both of its edges.
  it.each([
    ['float64', 0, 49, 49],
    ['float32', 0, 49, 49],
    ['float64', 0, 1, 10],
    ['float32', 0, 1, 10],
    ['float32', -0.1, 0.7, 13],
    ['float32', 1e6, 1e6 + 1, 16],
    ['float32', 1e6, 1e6 + 1, 100],
    ['int32', 0, 49, 49],
    ['int32', -7, 90, 97],
  ] as const)(
    'puts each edge of type %s, from %d to %d in %d bins, into the bin that it begins',
    (dtype, low, high, bins) => {
      const rounded = dtype === 'float32' ? Math.fround : (value: number) => value;
      const edges = Array.from({ length: bins + 1 }, (_, i) =>
        rounded(i === bins ? high : low + ((high - low) / bins) * i),
      );
      const expected = new Array<number>(bins).fill(0);
      for (const x of edges) expected[edges.slice(1, -1).filter((edge) => x >= edge).length]!++;
      if (new Set(edges).size === edges.length) expect(expected).toEqual([...new Array<number>(bins - 1).fill(1), 2]);
      scope(() => expect([...tensor(edges, { dtype }).histogram(bins, low, high).dataSync()]).toEqual(expected));
    },
  );

  it.each([
    [1, 1],
    [2, 1],
    [nan, 1],
    [0, inf],
    [-1.7e308, 1.7e308],
  ])('refuses the interval from %d to %d', (low, high) => {
    scope(() => {
      expect(() => ones([3]).histogram(4, low, high)).toThrow(ArgumentError);
      expect(() => ones([3]).histogram(4, low, high)).toThrow(
        `histogram: from ${low} to ${high} is no interval: high must be above low, both finite`,
      );
    });
  });

  it('refuses a number of bins that is none', () => {
    scope(() =>
      expect(() => ones([3]).histogram(0, 0, 1)).toThrow('histogram: bins must be an integer of 1 or more, not 0'),
    );
  });
});
