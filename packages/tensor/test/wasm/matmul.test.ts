import { reference, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearMemory } from '../../src/devices/host/linear-memory.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { dataOf, exactly, expectWithin, ordinary, place, sumBound, variants, withSpecials } from './variants.js';

/** Lengths at and around the sizes of tiles and blocks. */
const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(31, 64, 255, 256, 257, 300) },
);

const batches = fc.constantFrom<[number[], number[]]>(
  [[], []],
  [[3], [3]],
  [[2], []],
  [[], [2]],
  [
    [2, 1],
    [1, 3],
  ],
  [[0], [1]],
);

describe.each(variants)('matmul on %s', (_, device) => {
  const cases = (numbers: fc.Arbitrary<number>) =>
    fc
      .tuple(lengths, lengths, lengths, fc.boolean(), fc.boolean(), batches)
      .chain(([m, k, n, transposeA, transposeB, [aBatch, bBatch]]) => {
        const aShape = [...aBatch, ...(transposeA ? [k, m] : [m, k])];
        const bShape = [...bBatch, ...(transposeB ? [n, k] : [k, n])];
        return fc.record({
          k: fc.constant(k),
          a: fc.tuple(fc.constant(aShape), dataOf(aShape, numbers)),
          b: fc.tuple(fc.constant(bShape), dataOf(bShape, numbers)),
          options: fc.constant({ transposeA, transposeB }),
        });
      });

  test('is the product within the error of float32 sums', () => {
    fc.assert(
      fc.property(cases(ordinary), ({ k, a, b, options }) =>
        scope(() => {
          const { expected, magnitudes } = exactly([a, b], (x, y) => x!.matmul(y!, options));
          const product = place(device, ...a).matmul(place(device, ...b), options);
          expectWithin(
            product,
            expected,
            Array.from(magnitudes, (magnitude) => sumBound(k, magnitude)),
          );
        }),
      ),
      { numRuns: 150 },
    );
  });

  test('has NaN and infinities where the sum has them', () => {
    fc.assert(
      fc.property(cases(withSpecials), ({ k, a, b, options }) =>
        scope(() => {
          const { expected, magnitudes } = exactly([a, b], (x, y) => x!.matmul(y!, options));
          const product = place(device, ...a).matmul(place(device, ...b), options);
          expectWithin(
            product,
            expected,
            Array.from(magnitudes, (magnitude) => sumBound(k, magnitude)),
          );
        }),
      ),
    );
  });

  test.each(['float64', 'int32'] as const)('gives what the reference gives for %s', (dtype) => {
    scope(() => {
      const table = (on: typeof device) =>
        place(
          on,
          [3, 5],
          Array.from({ length: 15 }, (_unused, i) => i - 7),
        ).cast(dtype);
      const product = (on: typeof device) => table(on).matmul(table(on), { transposeB: true });
      expect(product(device).dataSync()).toEqual(product(reference).dataSync());
    });
  });
});

test('a deeper product has no fewer blocks for threads to share', () => {
  const { matmulBlocks, matmulPackBlocks } = instantiate(compile('simd'));
  const fields = linearMemory.allocate(11 * Float64Array.BYTES_PER_ELEMENT);
  for (const k of [4096, 100_000, 131_072, 2 ** 24, 2 ** 30]) {
    linearMemory.view(fields, 'float64').set([0, 0, 0, 512, k, 512, 0, 0, 1, 0, 0]);
    expect(matmulBlocks(fields.pointer, 0, 0)).toBe(16);
    expect(matmulPackBlocks(fields.pointer, 0, 0)).toBe(8);
  }
  linearMemory.release(fields);
});
