import { apply, batchNorm, DTypeError, ones, operators, ShapeError, scope, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, indicesOf, largestDifference, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

const cases = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  )
  .filter(([images, , plane]) => images * plane.reduce((size, n) => size * n, 1) > 1)
  .chain(([images, channels, plane]) =>
    fc.record({
      x: tablesOf([images, channels, ...plane]),
      gamma: fc.option(tablesOf([channels]), { nil: undefined }),
      beta: fc.option(tablesOf([channels]), { nil: undefined }),
      epsilon: fc.constantFrom(1e-5, 1e-3, 1),
    }),
  );

describe('batchNorm', () => {
  it('takes off the mean of each channel, divides by its deviation, scales and shifts', () => {
    fc.assert(
      fc.property(cases, ({ x, gamma, beta, epsilon }) =>
        scope(() => {
          const { output, mean, variance } = batchNorm(
            tensorOf(x),
            gamma && tensorOf(gamma),
            beta && tensorOf(beta),
            epsilon,
          );
          const channel = (c: number) =>
            indicesOf(x.shape)
              .filter((index) => index[1] === c)
              .map((index) => at(x, index));
          const means = tableOf(
            [x.shape[1]!],
            ([c]) => channel(c!).reduce((sum, v) => sum + v, 0) / channel(c!).length,
          );
          const variances = tableOf(
            [x.shape[1]!],
            ([c]) => channel(c!).reduce((sum, v) => sum + (v - means.data[c!]!) ** 2, 0) / channel(c!).length,
          );
          const expected = tableOf(x.shape, (index) => {
            const c = index[1]!;
            const normal = (at(x, index) - means.data[c]!) / Math.sqrt(variances.data[c]! + epsilon);
            return normal * (gamma ? gamma.data[c]! : 1) + (beta ? beta.data[c]! : 0);
          });
          expect(largestDifference(tableFrom(mean), means)).toBeLessThan(1e-13);
          expect(largestDifference(tableFrom(variance), variances)).toBeLessThan(1e-12);
          expect(largestDifference(tableFrom(output), expected)).toBeLessThan(1e-9);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('keeps its digits far from zero', () => {
    scope(() => {
      const { output, variance } = batchNorm(tensor([[16777214], [16777216]]));
      expect([...variance.dataSync()]).toEqual([1]);
      output.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(i === 0 ? -1 : 1, 4);
      });
    });
  });

  it('keeps the digits of double precision, and gradients, where the mean is large beside the deviation', () => {
    scope(() => {
      // Sums of such small multiples of a power of two are exact.
      const steps = [-3, -1, 0, 1, 3];
      const x = tensor(
        steps.map((step) => [1e6 + step * 2 ** -20]),
        { dtype: 'float64' },
      );
      const slopes = tensor([[1], [-2], [3], [5], [7]], { dtype: 'float64' });
      const gamma = tensor([0.3], { dtype: 'float64' });
      const [output, mean, variance] = apply(operators.batchNorm, [x, gamma, undefined], { epsilon: 1e-30 });
      const inputs = [slopes, x, gamma, mean!, variance!] as const;
      const [, ofGamma] = apply(operators.batchNormGradient, inputs, { epsilon: 1e-30 });
      output!.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo((0.3 * steps[i]!) / 2, 14);
      });
      expect(ofGamma!.itemSync()).toBeCloseTo((-3 * 1 + 1 * 2 + 1 * 5 + 3 * 7) / 2, 14);
    });
  });

  it('of equal values is β', () => {
    scope(() => {
      const { output, variance } = batchNorm(ones([4, 2]), tensor([3, 3]), tensor([5, -5]));
      expect([...variance.dataSync()]).toEqual([0, 0]);
      expect([...output.dataSync()]).toEqual([5, -5, 5, -5, 5, -5, 5, -5]);
    });
  });

  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'one value for each channel',
      () => batchNorm(ones([1, 3])),
      ShapeError,
      'batchNorm: [1,3]: the statistics of a channel need two values or more: use a larger batch',
    ],
    ['one value for each channel of a plane', () => batchNorm(ones([1, 3, 1, 1])), ShapeError, 'two values or more'],
    [
      'no values',
      () => batchNorm(zeros([0, 3])),
      ShapeError,
      'batchNorm: [0,3]: the statistics of a channel need two values or more',
    ],
    ['no channels', () => batchNorm(ones([3])), ShapeError, 'batchNorm: [3]: the input must be [N,C,…]'],
    [
      'another number of scales',
      () => batchNorm(ones([2, 3]), ones([2])),
      ShapeError,
      'batchNorm: γ or β [2] for 3 channels',
    ],
    [
      'shifts in a table',
      () => batchNorm(ones([2, 3]), undefined, ones([1, 3])),
      ShapeError,
      'batchNorm: γ or β [1,3] for 3 channels',
    ],
    [
      'scales of another type',
      () => batchNorm(ones([2, 3]), ones([3], { dtype: 'float64' })),
      DTypeError,
      'batchNorm: float32 and float64',
    ],
    ['integers', () => batchNorm(ones([2, 3], { dtype: 'int32' })), DTypeError, 'batchNorm: int32 is not supported'],
  ])('refuses %s', (_, normalize, type, message) => {
    scope(() => {
      expect(normalize).toThrow(type);
      expect(normalize).toThrow(message);
    });
  });
});
