import { grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, DTypeError, normal, ShapeError, type Tensor, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cosineEmbeddingLoss,
  gaussianNegativeLogLikelihood,
  hingeEmbeddingLoss,
  huberLoss,
  klDivergence,
  l1Loss,
  marginRankingLoss,
  pairwiseDistance,
  smoothL1Loss,
  tripletMarginLoss,
} from '../src/losses/index.js';

const floats = (...values: number[]) => tensor(Float64Array.from(values));
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());

function gradientOf(f: (x: Tensor) => Tensor, ...values: number[]): number[] {
  const x = requireGrad(floats(...values));
  return numbers(grad(f(x).sum(), [x])[0]!);
}

describe('losses of differences', () => {
  const differences = fc.array(fc.constantFrom(0, 0.5, -0.5, 1, -1, 1.5, -3, 1e10, -1e10, 1e-8), {
    minLength: 1,
    maxLength: 4,
  });

  test('are what their definitions say', () => {
    fc.assert(
      fc.property(differences, fc.constantFrom(0.5, 1, 2), (values, limit) => {
        const x = floats(...values);
        const target = floats(...values.map(() => 0));
        const none = { reduction: 'none' } as const;
        const huber = (d: number) => (Math.abs(d) <= limit ? (d * d) / 2 : limit * (Math.abs(d) - limit / 2));
        const near = (found: Tensor, expected: (d: number) => number) =>
          numbers(found).forEach((value, i) => {
            const wanted = expected(values[i]!);
            expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-15 * wanted);
          });
        near(l1Loss(x, target, none), Math.abs);
        near(huberLoss(x, target, { ...none, delta: limit }), huber);
        near(smoothL1Loss(x, target, { ...none, beta: limit }), (d) => huber(d) / limit);
        near(smoothL1Loss(x, target, { ...none, beta: 0 }), Math.abs);
      }),
      { numRuns: 40 },
    );
  });

  test('have the second derivative 1 at 0, where Huber is a parabola', () => {
    const x = requireGrad(floats(0, 0.25, 4));
    const loss = huberLoss(x, floats(0, 0, 0), { reduction: 'sum' });
    const [gradient] = grad(loss, [x], { createGraph: true });
    expect(numbers(grad(gradient!.sum(), [x])[0]!)).toEqual([1, 1, 0]);
  });

  test('refuse shapes that broadcast, and limits that are none', () => {
    for (const loss of [l1Loss, huberLoss, smoothL1Loss, klDivergence]) {
      expect(() => loss(zeros([2]), zeros([2, 1]))).toThrow(
        new ShapeError(`${loss.name}: prediction [2], target [2,1]: the shapes differ`),
      );
    }
    expect(() => huberLoss(zeros([2]), zeros([2]), { delta: 0 })).toThrow(
      new ArgumentError('huberLoss: delta must be positive, not 0'),
    );
    expect(() => smoothL1Loss(zeros([2]), zeros([2]), { beta: -1 })).toThrow(
      new ArgumentError('smoothL1Loss: beta must be 0 or more, not -1'),
    );
  });
});

describe('klDivergence', () => {
  test('is 0 of a distribution from itself, and divides by the number of samples for batchMean', () => {
    const p = normal([3, 4], 0, 1, { dtype: 'float64' }).softmax();
    expect(klDivergence(p.log(), p, { reduction: 'batchMean' }).itemSync()).toBeCloseTo(0, 14);
    const q = normal([3, 4], 0, 1, { dtype: 'float64' }).softmax();
    const sum = klDivergence(p.log(), q, { reduction: 'sum' }).itemSync();
    expect(sum).toBeGreaterThan(0);
    expect(klDivergence(p.log(), q, { reduction: 'batchMean' }).itemSync()).toBeCloseTo(sum / 3, 14);
    expect(klDivergence(p.log(), q).itemSync()).toBeCloseTo(sum / 12, 14);
    expect(klDivergence(p.log(), q.log(), { logTarget: true, reduction: 'sum' }).itemSync()).toBeCloseTo(sum, 13);
  });

  test('is finite where a probability is 0, gradients too', () => {
    const target = requireGrad(floats(0, 1));
    const loss = klDivergence(floats(-1, -2), target, { reduction: 'sum' });
    expect(loss.itemSync()).toBe(2);
    for (const value of numbers(grad(loss, [target])[0]!)) expect(Number.isFinite(value)).toBe(true);
  });
});

describe('gaussianNegativeLogLikelihood', () => {
  test('lets a variance grow that is too small', () => {
    const slope = gradientOf((v) => gaussianNegativeLogLikelihood(floats(1), floats(0), v, { epsilon: 0.25 }), 0);
    // ½·(1/v − d²/v²) at v = ¼, d = 1.
    expect(slope).toEqual([(4 - 16) / 2]);
  });

  test('refuses a variance that does not fit', () => {
    expect(() => gaussianNegativeLogLikelihood(zeros([2, 3]), zeros([2, 3]), zeros([3]))).toThrow(
      new ShapeError('gaussianNegativeLogLikelihood: variance [3]: it must be [2,3] or [2,1]'),
    );
  });
});

describe('losses with a margin', () => {
  test('hinges have the derivative 1 where they begin, as in PyTorch', () => {
    expect(gradientOf((x) => hingeEmbeddingLoss(x, floats(-1, -1, 1)), 1, 2, 1).map((g) => g * 3)).toEqual([-1, 0, 1]);
    expect(gradientOf((x) => marginRankingLoss(x, floats(0), floats(1)), 0)).toEqual([-1]);
  });

  test('tripletMarginLoss is 0 where the negative is farther by the margin', () => {
    const anchor = floats(0, 0).reshape([1, 2]);
    const near = floats(1, 0).reshape([1, 2]);
    const far = floats(0, 5).reshape([1, 2]);
    expect(tripletMarginLoss(anchor, near, far).itemSync()).toBe(0);
    expect(tripletMarginLoss(anchor, far, near, { epsilon: 0 }).itemSync()).toBe(5);
    const swapped = tripletMarginLoss(anchor, near, far, { margin: 10, swap: true, epsilon: 0 }).itemSync();
    expect(swapped).toBeCloseTo(1 - 5 + 10, 14);
  });

  test('cosineEmbeddingLoss of a vector of zeros is finite, with its gradient', () => {
    const x = requireGrad(zeros([1, 3], { dtype: 'float64' }));
    const loss = cosineEmbeddingLoss(x, floats(1, 2, 2).reshape([1, 3]), floats(1));
    expect(loss.itemSync()).toBe(1);
    for (const value of numbers(grad(loss, [x])[0]!)) expect(Number.isFinite(value)).toBe(true);
  });

  test('say what does not fit', () => {
    const message = 'pairwiseDistance: [2,3], [2]: the shapes differ';
    expect(() => pairwiseDistance(zeros([2, 3]), zeros([2]))).toThrow(new ShapeError(message));
    expect(() => pairwiseDistance(zeros([]), zeros([]))).toThrow(ShapeError);
    expect(() => pairwiseDistance(zeros([2]), zeros([2]), { p: 0 })).toThrow(
      new ArgumentError('pairwiseDistance: p must be positive, not 0'),
    );
    expect(() => marginRankingLoss(zeros([2]), zeros([2]), zeros([1]))).toThrow(
      new ShapeError('marginRankingLoss: [2], [2], [1]: the shapes differ'),
    );
    expect(() => marginRankingLoss(zeros([2]), zeros([2]), zeros([2], { dtype: 'int32' }))).toThrow(
      new DTypeError('marginRankingLoss: float32, float32, int32: make the types equal with cast()'),
    );
    expect(() => tripletMarginLoss(zeros([2]), zeros([2]), zeros([2]), { margin: 0 })).toThrow(
      new ArgumentError('tripletMarginLoss: margin must be positive, not 0'),
    );
  });

  test('refuse reductions that there are not', () => {
    const [x, y] = [zeros([2]), zeros([2])];
    expect(() => l1Loss(x, y, { reduction: 'average' as 'mean' })).toThrow(
      new ArgumentError('reduction must be mean, sum or none, not average'),
    );
    expect(() => klDivergence(x, y, { reduction: 'batchmean' as 'batchMean' })).toThrow(
      new ArgumentError('klDivergence: reduction must be mean, sum, none or batchMean, not batchmean'),
    );
  });
});
