import { scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, expectWithin, place, UNIT, variants, withSpecials } from './variants.js';

const cases = fc.record({
  data: fc
    .oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(16383, 16384, 16387))
    .chain((size) => dataOf([size], withSpecials)),
  exponent: fc.oneof(fc.integer({ min: -64, max: 64 }), fc.constantFrom(0.5, -1.5, 65, -65)),
});

describe.each(variants)('pow on %s', (_, device) => {
  test('is a product of as many factors, rounded after each', () => {
    fc.assert(
      fc.property(cases, ({ data, exponent }) => {
        scope(() => {
          const found = place(device, [data.length], data).pow(exponent);
          const expected = data.map((value) => Math.fround(Math.fround(value) ** exponent));
          // Each product, and the reciprocal in each factor of a negative power, is off by a relative rounding at most;
          // numbers near the ends of the range may leave it on the way.
          const roundings = 2 * Math.abs(exponent) + 2;
          const bounds = expected.map((value) =>
            Math.abs(value) > 1e-30 && Math.abs(value) < 1e30 ? Math.abs(value) * roundings * UNIT * 1.001 : 1e-30,
          );
          const within = expected.map((value) => Math.abs(value) < 1e30);
          const rows = found.dataSync();
          expectWithin(
            place(
              device,
              [data.length],
              Array.from(rows, (value, i) => (within[i] ? value : 0)),
            ),
            expected.map((value, i) => (within[i] ? value : 0)),
            bounds,
          );
          const agrees = (value: number, row: number) =>
            Number.isNaN(value)
              ? Number.isNaN(row)
              : Math.sign(row) * Number(Math.abs(row) > 9e29) === Math.sign(value);
          expect(expected.findIndex((value, i) => !within[i] && !agrees(value, rows[i]!))).toBe(-1);
        });
      }),
    );
  });
});
