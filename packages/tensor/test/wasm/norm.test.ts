import { scope, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, place, UNIT, variants, withSpecials } from './variants.js';

/** Sizes at and around those of vectors and blocks. */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(32767, 32768, 32769, 70000) },
);

const lists = fc.array(
  sizes.chain((size) => dataOf([size], withSpecials)),
  { maxLength: 5 },
);

describe.each(variants)('euclideanNorm on %s', (_, device) => {
  test('is the root of the sum of all squares, rounded to float32', () => {
    fc.assert(
      fc.property(lists, (lists) => {
        scope(() => {
          const out = zeros([], { device });
          const operands = lists.map((data) => place(device, [data.length], data));
          device.kernels.euclideanNorm(operands, out);
          const expected = Math.sqrt(lists.flat().reduce((sum, value) => sum + Math.fround(value) ** 2, 0));
          const found = out.itemSync();
          if (!Number.isFinite(expected)) expect(found).toBe(expected);
          else expect(Math.abs(found - expected)).toBeLessThanOrEqual(1.001 * UNIT * expected + 2 ** -149);
        });
      }),
    );
  });
});
