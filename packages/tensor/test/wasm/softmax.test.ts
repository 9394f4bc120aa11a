import { ArgumentError, apply, type Device, operators, reference, scope, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, expectWithin, place, UNIT, variants, withSpecials } from './variants.js';

interface Case {
  readonly shape: readonly [number, number];
  readonly x: readonly number[];
  readonly labels: readonly number[];
  readonly gradient: readonly number[];
  readonly labelSmoothing: number;
}

const numbers = fc.float({ min: -60, max: 60, noNaN: true });
const cases = (logits: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc
    .oneof(
      { weight: 9, arbitrary: fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 23 })) },
      { weight: 1, arbitrary: fc.constantFrom<[number, number]>([2, 5000], [700, 10]) },
    )
    .chain(([rows, length]) =>
      fc.record({
        shape: fc.constant([rows, length] as const),
        x: dataOf([rows, length], logits),
        labels: dataOf([rows], fc.nat(length - 1)),
        gradient: dataOf([rows], fc.float({ min: -2, max: 2, noNaN: true })),
        labelSmoothing: fc.constantFrom(0, 0.1, 1),
      }),
    );

type Type = 'float32' | 'float64';

function run(device: Device, dtype: Type, { shape, x, labels, gradient, labelSmoothing }: Case): Tensor[] {
  const logits = place(device, shape, x, dtype);
  const classes = tensor([...labels], { dtype: 'int32', device });
  const [losses, shares] = apply(operators.crossEntropy, [logits, classes], { labelSmoothing }) as [Tensor, Tensor];
  const [slopes] = apply(
    operators.crossEntropyGradient,
    [place(device, [labels.length], gradient, dtype), shares, classes],
    {
      labelSmoothing,
    },
  ) as [Tensor];
  return [logits.softmax(), logits.logSoftmax(), losses, shares, slopes];
}

/** Units of relative error of e^x (6), of the sum and its inverse (7 + 2), and of the product; differences up to 120 round too. */
const SHARE = (16 + 120) * UNIT;
/** An exponential below the smallest number of float32 may be lost. */
const LOST = 2 ** -147;

describe.each(variants)('softmax and cross-entropy on %s', (_, device) => {
  test.each([0, 0.1, 1])('look at differences of logits, where they are huge, with smoothing %d', (labelSmoothing) => {
    scope(() => {
      for (const size of [1, 2 ** 23, 1e38]) {
        const logits = place(device, [1, 3], [size, size, size]);
        const labels = tensor([1], { dtype: 'int32', device });
        const [losses] = apply(operators.crossEntropy, [logits, labels], { labelSmoothing }) as [Tensor];
        expect(losses.itemSync()).toBe(Math.fround(Math.log(3)));
      }
      const impossible = place(device, [1, 2], [Number.NEGATIVE_INFINITY, 0]);
      for (const label of [0, 1]) {
        const labels = tensor([label], { dtype: 'int32', device });
        const [losses] = apply(operators.crossEntropy, [impossible, labels], { labelSmoothing }) as [Tensor];
        expect(losses.itemSync()).toBe(label === 1 && labelSmoothing === 0 ? 0 : Number.POSITIVE_INFINITY);
      }
    });
  });

  test('are within a few roundings', () => {
    fc.assert(
      fc.property(cases(numbers), (each) =>
        scope(() => {
          const actual = run(device, 'float32', each);
          const expected = run(reference, 'float64', each).map((result) => result.dataSync());
          const [shares, logarithms, losses, , slopes] = expected as [
            Float64Array,
            Float64Array,
            Float64Array,
            Float64Array,
            Float64Array,
          ];
          const length = each.shape[1];
          expectWithin(
            actual[0]!,
            shares,
            shares.map((share) => SHARE * share + LOST),
          );
          expectWithin(
            actual[3]!,
            shares,
            shares.map((share) => SHARE * share + LOST),
          );
          expectWithin(
            actual[1]!,
            logarithms,
            logarithms.map((value) => 3 * UNIT * (Math.abs(value) + 10) + SHARE),
          );
          expectWithin(
            actual[2]!,
            losses,
            losses.map((loss) => 2 * UNIT * Math.abs(loss) + SHARE),
          );
          const bounds = slopes.map((slope, i) => {
            const size = Math.abs(each.gradient[Math.floor(i / length)]!);
            return size * (SHARE * shares[i]! + 3 * UNIT) + 2 * UNIT * Math.abs(slope) + LOST;
          });
          expectWithin(actual[4]!, slopes, bounds);
        }),
      ),
    );
  });

  test('have NaN where the reference has it', () => {
    fc.assert(
      fc.property(cases(withSpecials), (each) =>
        scope(() => {
          const [actual, expected] = [device, reference].map((on) =>
            run(on, 'float32', { ...each, labelSmoothing: 0 }).map((result) =>
              Array.from(result.dataSync(), Number.isNaN),
            ),
          );
          expect(actual).toEqual(expected);
        }),
      ),
    );
  });

  test('refuse labels that are no class', () => {
    for (const label of [-1, 3]) {
      scope(() => {
        const logits = place(device, [2, 3], [1, 2, 3, 4, 5, 6]);
        const labels = tensor([0, label], { dtype: 'int32', device });
        expect(() => apply(operators.crossEntropy, [logits, labels], { labelSmoothing: 0 })).toThrow(ArgumentError);
      });
    }
  });

  test('give what the reference gives for float64', () => {
    fc.assert(
      fc.property(cases(numbers), (each) =>
        scope(() => {
          const results = [device, reference].map((on) => run(on, 'float64', each).map((result) => result.dataSync()));
          expect(results[0]).toEqual(results[1]);
        }),
      ),
      { numRuns: 20 },
    );
  });
});
