import { linearRecurrence, ShapeError, scope, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, largestDifference, shapes, type Table, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

const numbers = fc.oneof(
  fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
  fc.constantFrom(0, 1, -1, 1000),
);
const cases = shapes({ minRank: 1, maxRank: 3 }).chain((shape) =>
  fc.record({
    x: tablesOf(shape, numbers),
    other: tablesOf(shape, numbers),
    axis: fc.nat(shape.length - 1),
    exclusive: fc.boolean(),
    reverse: fc.boolean(),
  }),
);

/** The places that come up to an index in the order of a scan, the first one first. */
function upTo(index: readonly number[], { shape }: Table, axis: number, reverse: boolean, exclusive: boolean) {
  const length = shape[axis]!;
  const own = index[axis]!;
  const places = Array.from({ length }, (_, i) => (reverse ? length - 1 - i : i));
  return places.slice(0, places.indexOf(own) + (exclusive ? 0 : 1)).map((place) => index.with(axis, place));
}

describe('cumsum and cumprod', () => {
  it('join all elements so far', () => {
    fc.assert(
      fc.property(cases, ({ x, axis, exclusive, reverse }) =>
        scope(() => {
          const expected = (initial: number, join: (a: number, b: number) => number) =>
            tableOf(x.shape, (index) =>
              upTo(index, x, axis, reverse, exclusive).reduce((result, place) => join(result, at(x, place)), initial),
            );
          const given = tensorOf(x);
          const options = { exclusive, reverse };
          const sums = expected(0, (a, b) => a + b);
          const products = expected(1, (a, b) => a * b);
          expect(largestDifference(tableFrom(given.cumsum(axis, options)), sums)).toBe(0);
          expect(largestDifference(tableFrom(given.cumprod(axis - x.shape.length, options)), products)).toBe(0);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('wrap integers around modulo 2^32', () => {
    scope(() => {
      const x = tensor([2147483647, 1, 65536], { dtype: 'int32' });
      expect([...x.cumsum(0).dataSync()]).toEqual([2147483647, -2147483648, -2147418112]);
      expect([...tensor([65537, 65537, 3], { dtype: 'int32' }).cumprod(0).dataSync()]).toEqual([65537, 131073, 393219]);
    });
  });

  it('refuse an axis that is not there', () => {
    scope(() => {
      expect(() => zeros([2]).cumsum(1)).toThrow(ShapeError);
      expect(() => tensor(1).cumprod(0)).toThrow('cumprod: axis 0 of a scalar: it has no axes');
    });
  });
});

describe('linearRecurrence', () => {
  it('is y <- factors·y + terms', () => {
    fc.assert(
      fc.property(cases, ({ x: factors, other: terms, axis, reverse }) =>
        scope(() => {
          const expected = tableOf(terms.shape, (index) =>
            upTo(index, terms, axis, reverse, false).reduce((y, place) => at(factors, place) * y + at(terms, place), 0),
          );
          const found = linearRecurrence(tensorOf(factors), tensorOf(terms), axis, { reverse });
          expect(largestDifference(tableFrom(found), expected)).toBeLessThan(1e-12);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('does not look at the first factor, and broadcasts', () => {
    scope(() => {
      const y = linearRecurrence(
        tensor([Number.NaN, 0.5, 0.5]),
        tensor([
          [4, 0, 0],
          [8, 1, Number.POSITIVE_INFINITY],
        ]),
        1,
      );
      expect(tableFrom(y)).toEqual({ shape: [2, 3], data: [4, 2, 1, 8, 5, Number.POSITIVE_INFINITY] });
      expect(() => linearRecurrence(zeros([2]), zeros([3]), 0)).toThrow(ShapeError);
    });
  });
});
