import { type Device, reference, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, expectWithin, ordinary, place, UNIT, variants, withSpecials } from './variants.js';

interface Case {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly data: readonly number[];
}

const layouts = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(fc.nat(6), fc.nat(20), fc.oneof(fc.constant(1), fc.nat(9))) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<[number, number, number]>([1, 40000, 1], [3, 130, 300], [2, 16390, 2], [5000, 4, 1]),
  },
);
const cases = (numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  layouts.chain(([outer, length, inner]) =>
    dataOf([outer, length, inner], numbers).map((data) => ({ outer, length, inner, data })),
  );

function reduce(device: Device, name: 'sum' | 'max' | 'min', each: Case, dtype: 'float32' | 'float64' = 'float32') {
  const { outer, length, inner, data } = each;
  const out = place(device, [outer, inner], new Array<number>(outer * inner).fill(7), dtype);
  device.kernels.reduction[name](place(device, [outer, length, inner], data, dtype), out, each);
  return out;
}

describe.each(variants)('reductions on %s', (_, device) => {
  test('sum is exact but for the rounding of double precision and one of float32', () => {
    fc.assert(
      fc.property(cases(ordinary), (each) =>
        scope(() => {
          const sums = reduce(reference, 'sum', each, 'float64').dataSync();
          const sizes = reduce(reference, 'sum', { ...each, data: each.data.map(Math.abs) }, 'float64').dataSync();
          const bounds = Array.from(
            sums,
            (sum, i) => UNIT * Math.abs(sum) + 2 * each.length * 2 ** -53 * sizes[i]! + 2 ** -149,
          );
          expectWithin(reduce(device, 'sum', each), sums, bounds);
        }),
      ),
    );
  });

  test.each(['sum', 'max', 'min'] as const)('%s has NaN and infinities where the reference has them', (name) => {
    fc.assert(
      fc.property(cases(withSpecials), (each) =>
        scope(() => {
          const expected = reduce(reference, name, each).dataSync();
          const actual = reduce(device, name, each).dataSync();
          if (name === 'sum')
            expect(Array.from(actual, Number.isFinite)).toEqual(Array.from(expected, Number.isFinite));
          else expect(actual).toEqual(expected);
        }),
      ),
    );
  });

  test.each(['sum', 'max', 'min'] as const)('%s gives what the reference gives for float64', (name) => {
    fc.assert(
      fc.property(cases(withSpecials), (each) =>
        scope(() => {
          const results = [device, reference].map((on) => reduce(on, name, each, 'float64').dataSync());
          expect(results[0]).toEqual(results[1]);
        }),
      ),
      { numRuns: 20 },
    );
  });
});
