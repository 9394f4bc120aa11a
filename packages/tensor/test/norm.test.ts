import { ArgumentError, DTypeError, ones, scope, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, difference, indicesOf, shapes, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

const { POSITIVE_INFINITY: inf } = Number;
const cases = shapes({ minRank: 1, maxRank: 3, minLength: 1 }).chain((shape) =>
  fc.record({
    x: tablesOf(shape),
    axes: fc.subarray(shape.map((_, axis) => axis)),
    keepDims: fc.boolean(),
  }),
);

describe('norm', () => {
  const definitions: readonly (readonly [number, (sizes: readonly number[]) => number])[] = [
    [1, (sizes) => sizes.reduce((sum, x) => sum + x, 0)],
    [2, (sizes) => Math.hypot(...sizes)],
    [3, (sizes) => Math.cbrt(sizes.reduce((sum, x) => sum + x ** 3, 0))],
    [0.5, (sizes) => sizes.reduce((sum, x) => sum + Math.sqrt(x), 0) ** 2],
    [-1, (sizes) => 1 / sizes.reduce((sum, x) => sum + 1 / x, 0)],
    [0, (sizes) => sizes.filter((x) => x !== 0).length],
    [inf, (sizes) => Math.max(...sizes)],
    [-inf, (sizes) => Math.min(...sizes)],
  ];

  it.each(definitions)('for p = %d is its definition', (p, definition) => {
    fc.assert(
      fc.property(cases, ({ x, axes, keepDims }) =>
        scope(() => {
          const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
          const expected = tableOf(kept, (target) =>
            definition(
              indicesOf(x.shape)
                .filter((index) => index.every((i, axis) => axes.includes(axis) || i === target[axis]))
                .map((index) => Math.abs(at(x, index))),
            ),
          );
          const found = tensorOf(x).norm(p, axes, { keepDims });
          expect(found.shape).toEqual(keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis)));
          for (const [i, value] of found.dataSync().entries()) {
            expect(difference(value, expected.data[i]!)).toBeLessThan(1e-12);
          }
        }),
      ),
      { numRuns: 50 },
    );
  });

  it('is that of all elements with p = 2 where nothing is named', () => {
    scope(() =>
      expect(
        tensor([
          [3, 0],
          [0, 4],
        ])
          .norm()
          .itemSync(),
      ).toBe(5),
    );
  });

  it('refuses integers, and a p that is no number', () => {
    scope(() => {
      expect(() => ones([2], { dtype: 'int32' }).norm()).toThrow(DTypeError);
      expect(() => ones([2]).norm(Number.NaN)).toThrow(ArgumentError);
    });
  });
});

it('std is the root of the variance', () => {
  fc.assert(
    fc.property(cases, fc.constantFrom(0, 1), ({ x, axes, keepDims }, correction) =>
      scope(() => {
        const options = { keepDims, correction };
        const given = tensorOf(x);
        const expected = tableFrom(given.variance(axes, options).sqrt());
        expect(tableFrom(given.std(axes, options))).toEqual(expected);
      }),
    ),
  );
});
