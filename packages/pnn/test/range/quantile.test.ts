import { array, assert, constantFrom, double, oneof, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantileOfSizes } from '../../src/range/quantile.js';

const numbers = oneof(
  double(),
  double({ min: -4, max: 4, noNaN: true }),
  constantFrom(0, -0, 1, -1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324),
);

describe('quantileOfSizes', () => {
  it.each([Float32Array, Float64Array, Int32Array])('finds in a %o what sorting finds', (type) => {
    assert(
      property(
        array(array(numbers, { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        double({ min: 1e-6, max: 1, noNaN: true }),
        (lists, share) => {
          const batches = lists.map((list) => type.from(list));
          const sizes = Float64Array.from(
            batches.flatMap((batch) => Array.from(batch)),
            Math.abs,
          ).sort();
          const expected = sizes.length > 0 && {
            quantile: sizes[Math.ceil(share * sizes.length) - 1],
            largest: sizes.at(-1),
          };
          expect(quantileOfSizes(batches, share)).toEqual(expected || undefined);
        },
      ),
    );
  });
});
