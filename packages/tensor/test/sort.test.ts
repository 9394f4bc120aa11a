import { ArgumentError, DTypeError, ones, ShapeError, scope, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyNumbers, at, indicesOf, shapes, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const few = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(nan, inf, -inf, -0), anyNumbers);
const cases = shapes({ minRank: 1, maxRank: 3 }).chain((shape) =>
  fc.record({
    table: tablesOf(shape, few),
    axis: fc.nat(shape.length - 1),
    descending: fc.boolean(),
    count: fc.nat(4),
  }),
);

/** a before b: by size with NaN as the largest. */
function difference(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}

describe('sort, argsort and topk', () => {
  it('order any axis, equal elements by position, NaN as the largest', () => {
    fc.assert(
      fc.property(cases, ({ table, axis, descending, count }) =>
        scope(() => {
          const order = (index: readonly number[]) =>
            Array.from({ length: table.shape[axis]! }, (_, i) => i).sort((i, j) => {
              const [a, b] = [i, j].map((place) => at(table, index.with(axis, place))) as [number, number];
              return (descending ? difference(b, a) : difference(a, b)) || i - j;
            });
          const expected = tableOf(table.shape, (index) => order(index)[index[axis]!]!);
          const x = tensorOf(table);
          const { values, indices } = x.sort(axis, { descending });
          expect(indices.dtype).toBe('int32');
          expect(tableFrom(indices)).toEqual(expected);
          expect(tableFrom(x.argsort(axis - x.rank, { descending }))).toEqual(expected);
          const sorted = tableOf(table.shape, (index) => at(table, index.with(axis, at(expected, index))));
          expect(tableFrom(values)).toEqual(sorted);
          const k = Math.min(count, table.shape[axis]!);
          const first = (whole: typeof sorted) => tableOf(table.shape.with(axis, k), (index) => at(whole, index));
          const top = x.topk(k, { axis, largest: descending });
          expect(tableFrom(top.indices)).toEqual(first(expected));
          expect(tableFrom(top.values)).toEqual(first(sorted));
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('sort long rows of every type', () => {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 30, maxLength: 300 }), (data) =>
          scope(() => {
            const { values, indices } = tensor(data, { dtype }).sort();
            const expected = data.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value || a.i - b.i);
            expect([...values.dataSync()]).toEqual(expected.map(({ value }) => value));
            expect([...indices.dataSync()]).toEqual(expected.map(({ i }) => i));
          }),
        ),
        { numRuns: 30 },
      );
    }
    scope(() => expect([...tensor([true, false, true]).sort().values.dataSync()]).toEqual([0, 1, 1]));
  });
});

describe('median', () => {
  it('is the lower element in the middle, and NaN where there is one', () => {
    fc.assert(
      fc.property(cases, ({ table, axis, descending: keepDims }) =>
        scope(() => {
          if (table.shape[axis] === 0) return;
          const kept = table.shape.with(axis, 1);
          const expected = indicesOf(kept).map((index) => {
            const row = Array.from({ length: table.shape[axis]! }, (_, i) => at(table, index.with(axis, i)));
            return row.some(Number.isNaN) ? nan : row.sort(difference)[Math.floor((row.length - 1) / 2)]!;
          });
          const found = tensorOf(table).median(axis, { keepDims });
          expect(found.shape).toEqual(keepDims ? kept : table.shape.filter((_, each) => each !== axis));
          expect([...found.dataSync()].map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
        }),
      ),
    );
    scope(() => {
      expect(
        tensor([
          [4, 1],
          [3, 2],
        ])
          .median()
          .itemSync(),
      ).toBe(2);
      expect(
        tensor([
          [4, 1],
          [3, 2],
        ]).median(undefined, { keepDims: true }).shape,
      ).toEqual([1, 1]);
      expect(() => ones([2, 0]).median(1)).toThrow(ShapeError);
    });
  });
});

describe('quantile', () => {
  const shares = fc.oneof(fc.constantFrom(0, 0.25, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  // Multiples of 1/8: differences are exact, so that only the last product and sum are rounded.
  const eighths = fc.oneof(
    fc.integer({ min: -40, max: 40 }).map((n) => n / 8),
    fc.constant(nan),
  );
  const rows = shapes({ minRank: 1, maxRank: 3, minLength: 1 }).chain((shape) =>
    fc.record({ table: tablesOf(shape, eighths), axis: fc.nat(shape.length - 1), q: shares, keepDims: fc.boolean() }),
  );

  it('lies between the neighbors of its place in the order, and is NaN where there is one', () => {
    fc.assert(
      fc.property(rows, ({ table, axis, q, keepDims }) =>
        scope(() => {
          const kept = table.shape.with(axis, 1);
          const expected = indicesOf(kept).map((index) => {
            const row = Array.from({ length: table.shape[axis]! }, (_, i) => at(table, index.with(axis, i)));
            if (row.some(Number.isNaN)) return nan;
            row.sort(difference);
            const place = q * (row.length - 1);
            const [low, high] = [row[Math.floor(place)]!, row[Math.ceil(place)]!];
            return low + (place - Math.floor(place)) * (high - low);
          });
          const found = tensorOf(table, 'float64').quantile(q, axis, { keepDims });
          expect(found.shape).toEqual(keepDims ? kept : table.shape.filter((_, each) => each !== axis));
          found.dataSync().forEach((value, i) => {
            if (Number.isNaN(expected[i])) expect(value).toBeNaN();
            else expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(4 * 10 * 2 ** -53);
          });
        }),
      ),
    );
  });

  it('is of the flattened tensor without an axis, exact at elements, and refuses what has none', () => {
    scope(() => {
      const x = tensor([
        [-inf, 1],
        [3, inf],
      ]);
      expect([0, 1 / 3, 2 / 3, 1].map((q) => x.quantile(q).itemSync())).toEqual([-inf, 1, 3, inf]);
      expect(x.quantile(0.5).itemSync()).toBe(2);
      expect(x.quantile(0.5, undefined, { keepDims: true }).shape).toEqual([1, 1]);
      expect(() => ones([0]).quantile(0.5)).toThrow('quantile: [0] has no elements along axis 0');
      expect(() => x.quantile(1.5)).toThrow('quantile: q must be from 0 to 1, not 1.5');
      expect(() => x.quantile(nan)).toThrow(ArgumentError);
      expect(() => x.cast('int32').quantile(0.5)).toThrow(DTypeError);
    });
  });
});
