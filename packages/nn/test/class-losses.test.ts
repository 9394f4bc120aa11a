import { grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, DTypeError, normal, ShapeError, type Tensor, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CrossEntropyOptions, crossEntropy, multiMarginLoss, negativeLogLikelihood } from '../src/losses/index.js';

const float64 = { dtype: 'float64' } as const;
const labelsOf = (...values: number[]) => tensor(Int32Array.from(values));
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());

/** The losses and the sum of the weights by their definition, place by place. */
function byDefinition(
  scores: readonly (readonly number[])[],
  labels: readonly number[],
  weight: readonly number[],
  ignored: number | undefined,
  smoothing: number,
): { losses: number[]; total: number } {
  let total = 0;
  const losses = scores.map((row, i) => {
    const label = labels[i]!;
    if (label === ignored) return 0;
    const largest = Math.max(...row);
    const normalizer = largest + Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0));
    total += weight[label]!;
    return row.reduce((sum, x, c) => {
      const share = (c === label ? 1 - smoothing : 0) + smoothing / row.length;
      return sum + share * weight[c]! * (normalizer - x);
    }, 0);
  });
  return { losses, total };
}

describe('crossEntropy and negativeLogLikelihood', () => {
  const drawn = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([classes, samples]) =>
    fc.record({
      scores: fc.array(
        fc.array(fc.constantFrom(0, 1, -1, 0.5, 3, -40, 700, -700), { minLength: classes, maxLength: classes }),
        { minLength: samples, maxLength: samples },
      ),
      labels: fc.array(fc.nat(classes - 1), { minLength: samples, maxLength: samples }),
      weight: fc.array(fc.constantFrom(0.25, 1, 2.5), { minLength: classes, maxLength: classes }),
      ignored: fc.option(fc.nat(classes - 1), { nil: undefined }),
      smoothing: fc.constantFrom(0, 0.1, 1),
      weighted: fc.boolean(),
    }),
  );

  test('are what their definition says, with weights, an ignored label and smoothing', () => {
    fc.assert(
      fc.property(drawn, ({ scores, labels, weight, ignored, smoothing, weighted }) => {
        const ones = weight.map(() => 1);
        const options = {
          ...(weighted && { weight: tensor(Float64Array.from(weight)) }),
          ...(ignored !== undefined && { ignoreIndex: ignored }),
        };
        const x = tensor(Float64Array.from(scores.flat()), { shape: [scores.length, weight.length] });
        const compare = (
          loss: (options: CrossEntropyOptions) => Tensor,
          { losses, total }: ReturnType<typeof byDefinition>,
        ) => {
          const close = (found: number, expected: number) =>
            expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(expected)));
          numbers(loss({ ...options, reduction: 'none' })).forEach((value, i) => {
            close(value, losses[i]!);
          });
          const sum = losses.reduce((a, b) => a + b, 0);
          close(loss({ ...options, reduction: 'sum' }).itemSync(), sum);
          const mean = loss(options).itemSync();
          if (total === 0) expect(mean).toBeNaN();
          else close(mean, sum / total);
        };
        const weights = weighted ? weight : ones;
        compare(
          (more) => crossEntropy(x, labelsOf(...labels), { ...more, labelSmoothing: smoothing }),
          byDefinition(scores, labels, weights, ignored, smoothing),
        );
        compare(
          (more) => negativeLogLikelihood(x.logSoftmax(), labelsOf(...labels), more),
          byDefinition(scores, labels, weights, ignored, 0),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('of places are those of samples', () => {
    const planes = normal([2, 3, 2, 2], 0, 2, float64);
    const labels = tensor(Int32Array.of(0, 1, 2, 0, 2, 2, 1, 0), { shape: [2, 2, 2] });
    const rows = planes.permute([0, 2, 3, 1]).reshape([8, 3]);
    for (const options of [{}, { labelSmoothing: 0.2 }, { ignoreIndex: 2 }]) {
      const found = crossEntropy(planes, labels, { ...options, reduction: 'none' });
      expect(found.shape).toEqual([2, 2, 2]);
      expect(numbers(found)).toEqual(numbers(crossEntropy(rows, labels.flatten(), { ...options, reduction: 'none' })));
      expect(crossEntropy(planes, labels, options).itemSync()).toBeCloseTo(
        crossEntropy(rows, labels.flatten(), options).itemSync(),
        13,
      );
    }
  });

  test('of probabilities that are all at one class are those of its label', () => {
    const logits = normal([4, 3], 0, 2, float64);
    const target = tensor(Float64Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0), { shape: [4, 3] });
    for (const labelSmoothing of [0, 0.3]) {
      const found = crossEntropy(logits, target, { labelSmoothing }).itemSync();
      expect(found).toBeCloseTo(crossEntropy(logits, labelsOf(0, 2, 1, 0), { labelSmoothing }).itemSync(), 13);
    }
  });

  test('what an ignored sample holds does not matter', () => {
    const logits = requireGrad(tensor(Float64Array.of(0, 1, 1e308, -1e308), { shape: [2, 2] }));
    const loss = crossEntropy(logits, labelsOf(1, -100), { ignoreIndex: -100 });
    expect(loss.itemSync()).toBeCloseTo(Math.log(1 + Math.exp(-1)), 14);
    expect(numbers(grad(loss, [logits])[0]!).slice(2)).toEqual([0, 0]);
    expect(crossEntropy(logits, labelsOf(0, 1), { ignoreIndex: 0, reduction: 'none' }).dataSync()[0]).toBe(0);
  });

  test('say what does not fit', () => {
    const logits = normal([2, 3]);
    expect(() => crossEntropy(normal([2, 3, 4]), labelsOf(0, 1))).toThrow(
      new ShapeError('crossEntropy: [2,3,4] and labels [2]: they must be [N,C] and [N], or [N,C,…] and [N,…]'),
    );
    expect(() => crossEntropy(logits, labelsOf(0, 1), { weight: zeros([2]) })).toThrow(
      new ShapeError('crossEntropy: weight [2]: it must be [3], one number for each class'),
    );
    expect(() => crossEntropy(logits, zeros([2, 3]), { weight: zeros([2]) })).toThrow(ShapeError);
    expect(() => crossEntropy(logits, zeros([2, 3]), { ignoreIndex: 0 })).toThrow(
      new ArgumentError(
        'crossEntropy: ignoreIndex is a label, and the target has probabilities: make those that do not count 0',
      ),
    );
    expect(() => crossEntropy(logits, labelsOf(0, 1), { ignoreIndex: 0.5 })).toThrow(
      new ArgumentError('crossEntropy: ignoreIndex must be an integer, not 0.5'),
    );
    expect(() => crossEntropy(logits, labelsOf(0, -100))).toThrow(ArgumentError);
    expect(() => crossEntropy(logits, zeros([2]))).toThrow(
      new DTypeError('crossEntropy: labels are float32: cast() them to int32'),
    );
    const counts = zeros([logits.shape[1]!], { dtype: 'int32' });
    const typed = new DTypeError('crossEntropy: weight int32, scores float32: make the types equal with cast()');
    for (const target of [labelsOf(0, 1), logits]) {
      expect(() => crossEntropy(logits, target, { weight: counts })).toThrow(typed);
    }
    expect(() => crossEntropy(zeros([2, 0]), labelsOf(0, 0))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, logits.cast('int32'))).toThrow(
      new DTypeError('crossEntropy: prediction float32, target int32: make the types equal with cast()'),
    );
    expect(() => multiMarginLoss(logits, labelsOf(0))).toThrow(ShapeError);
    expect(() => multiMarginLoss(logits, labelsOf(0, 1), { p: 3 as 2 })).toThrow(
      new ArgumentError('multiMarginLoss: p must be 1 or 2, not 3'),
    );
  });
});
