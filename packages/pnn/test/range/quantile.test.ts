import { array, assert, asyncProperty, constantFrom, double, oneof } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantilesOfSizes } from '../../src/range/quantile.js';
import { replicas } from '../training/replicas.js';

const numbers = oneof(
  double(),
  double({ min: -4, max: 4, noNaN: true }),
  constantFrom(0, -0, 1, -1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324),
);

describe('quantilesOfSizes', () => {
  it.each([Float32Array, Float64Array, Int32Array])('finds in a %o what sorting finds', async (type) => {
    await assert(
      asyncProperty(
        array(array(numbers, { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        double({ min: 1e-6, max: 1, noNaN: true }),
        async (lists, share) => {
          const batches = lists.map((list) => type.from(list));
          const sizes = Float64Array.from(
            batches.flatMap((batch) => Array.from(batch)),
            Math.abs,
          ).sort();
          const expected = sizes.length > 0 && {
            quantile: sizes[Math.ceil(share * sizes.length) - 1],
            largest: sizes.at(-1),
          };
          const found = await quantilesOfSizes([batches, []], share, async () => {});
          expect(found).toEqual([expected || undefined, undefined]);
        },
      ),
    );
  });

  it('finds the same in parts that only tell each other counts', async () => {
    await assert(
      asyncProperty(
        array(array(numbers, { maxLength: 40 }), { minLength: 4, maxLength: 4 }),
        double({ min: 1e-6, max: 1, noNaN: true }),
        async (lists, share) => {
          const parts = lists.map((list) => Float32Array.from(list));
          const expected = await quantilesOfSizes([parts], share, async () => {});
          const found = await replicas(2, ({ rank, gather }) =>
            quantilesOfSizes([parts.slice(2 * rank, 2 * rank + 2)], share, async (counts) => {
              const all = await gather(counts);
              for (const [i, own] of counts.entries()) own.set(own.map((_, k) => all[0]![i]![k]! + all[1]![i]![k]!));
            }),
          );
          expect(found).toEqual([expected, expected]);
        },
      ),
      { numRuns: 10 },
    );
  });
});
