import { backward, checkGradients, grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, DTypeError, memory, normal, ShapeError, scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  type LossOptions,
  meanSquaredError,
  negativeLogLikelihood,
} from '../src/losses/index.js';

const float64 = { dtype: 'float64' } as const;

const floats = (...values: number[]) => tensor(Float64Array.from(values));
const labelsOf = (...values: number[]) => tensor(Int32Array.from(values));

function numbers(values: Tensor): number[] {
  return Array.from(values.dataSync());
}

function gradientOf(f: (x: Tensor) => Tensor, x: Tensor): number[] {
  requireGrad(x);
  return numbers(grad(f(x).sum(), [x])[0]!);
}

describe('reductions', () => {
  const logits = normal([4, 3], 0, 1, float64);
  const labels = labelsOf(0, 2, 1, 2);
  const target = normal([4, 3], 0, 1, float64);
  const probabilities = target.sigmoid();

  test.each<[string, (options?: LossOptions) => Tensor, number]>([
    ['crossEntropy', (options) => crossEntropy(logits, labels, options), 4],
    ['negativeLogLikelihood', (options) => negativeLogLikelihood(logits, labels, options), 4],
    ['meanSquaredError', (options) => meanSquaredError(logits, target, options), 12],
    ['binaryCrossEntropy', (options) => binaryCrossEntropy(probabilities, probabilities, options), 12],
    ['binaryCrossEntropyWithLogits', (options) => binaryCrossEntropyWithLogits(logits, probabilities, options), 12],
  ])('%s: mean where nothing is said, sum, none', (_, loss, count) => {
    const each = numbers(loss({ reduction: 'none' }));
    const total = each.reduce((sum, value) => sum + value, 0);
    expect(each).toHaveLength(count);
    expect(loss({ reduction: 'sum' }).itemSync()).toBeCloseTo(total, 12);
    expect(loss({ reduction: 'mean' }).itemSync()).toBeCloseTo(total / count, 12);
    expect(loss().itemSync()).toBe(loss({ reduction: 'mean' }).itemSync());
    expect(loss().shape).toEqual([]);
  });
});

describe('crossEntropy', () => {
  test('is −ln softmax of the label', () => {
    const logits = tensor(Float64Array.of(Math.log(1), Math.log(2), Math.log(5)), { shape: [1, 3] });
    expect(crossEntropy(logits, labelsOf(1)).itemSync()).toBeCloseTo(-Math.log(2 / 8), 14);
  });

  test('is ln C of equal logits, with any smoothing', () => {
    for (const labelSmoothing of [0, 0.1, 1]) {
      const loss = crossEntropy(zeros([2, 7], float64), labelsOf(0, 6), { labelSmoothing });
      expect(loss.itemSync()).toBeCloseTo(Math.log(7), 14);
    }
  });

  test('smooths: (1 − ε) of the label and ε of the mean over all classes', () => {
    const logits = normal([3, 4], 0, 2, float64);
    const labels = labelsOf(1, 0, 3);
    const logarithms = logits.logSoftmax();
    const expected = negativeLogLikelihood(logarithms, labels).mul(0.8).sub(logarithms.mean().mul(0.2));
    const found = crossEntropy(logits, labels, { labelSmoothing: 0.2 });
    expect(found.itemSync()).toBeCloseTo(expected.itemSync(), 12);
  });

  test('agrees with negativeLogLikelihood of logSoftmax, gradients too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (samples, classes) => {
        const logits = requireGrad(normal([samples, classes], 0, 3, float64));
        const labels = tensor(Int32Array.from({ length: samples }, (_, i) => (i * 5) % classes));
        const fused = crossEntropy(logits, labels);
        const composed = negativeLogLikelihood(logits.logSoftmax(), labels);
        expect(fused.itemSync()).toBeCloseTo(composed.itemSync(), 12);
        const expected = numbers(grad(composed, [logits])[0]!);
        numbers(grad(fused, [logits])[0]!).forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, 12);
        });
      }),
    );
  });

  test('is finite for logits of any size', () => {
    const logits = tensor(Float32Array.of(1e30, -1e30, -1e30, 1e30), { shape: [2, 2] });
    const losses = numbers(crossEntropy(logits, labelsOf(0, 0), { reduction: 'none' }));
    expect(losses[0]).toBe(0);
    expect(losses[1]).toBeCloseTo(2e30, -24);
    expect(gradientOf((x) => crossEntropy(x, labelsOf(0, 0)), logits)).toEqual([0, 0, -0.5, 0.5]);
  });

  test.each([-1, 3, 100])('refuses the label %d of three classes, and leaves nothing behind', (label) => {
    const logits = normal([2, 3]);
    const labels = labelsOf(0, label);
    const before = memory();
    expect(() => scope(() => crossEntropy(logits, labels))).toThrow(
      new ArgumentError(
        `crossEntropy: label ${label} of sample 1 is not one of the 3 classes: ignoreIndex leaves out a label`,
      ),
    );
    expect(memory()).toEqual(before);
  });

  test('refuses shapes, types and smoothing that do not fit', () => {
    const logits = normal([2, 3]);
    expect(() => crossEntropy(logits, labelsOf(0, 1, 2))).toThrow(
      new ShapeError('crossEntropy: [2,3] and labels [3]: they must be [N,C] and [N], or [N,C,…] and [N,…]'),
    );
    expect(() => crossEntropy(normal([3]), labelsOf(0))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, normal([2]))).toThrow(DTypeError);
    expect(() => crossEntropy(logits, labelsOf(0, 1), { labelSmoothing: 1.5 })).toThrow(
      new ArgumentError('crossEntropy: label smoothing must be from 0 to 1, not 1.5'),
    );
  });
});

describe('negativeLogLikelihood', () => {
  test('picks the label', () => {
    const logarithms = tensor(Float64Array.of(-1, -2, -3, -4), { shape: [2, 2] });
    expect(numbers(negativeLogLikelihood(logarithms, labelsOf(1, 0), { reduction: 'none' }))).toEqual([2, 3]);
  });

  test('refuses what does not fit', () => {
    expect(() => negativeLogLikelihood(normal([2, 3]), labelsOf(0))).toThrow(
      new ShapeError('negativeLogLikelihood: [2,3] and labels [1]: they must be [N,C] and [N], or [N,C,…] and [N,…]'),
    );
    expect(() => negativeLogLikelihood(normal([2, 3]), labelsOf(0, 3))).toThrow(ArgumentError);
    expect(() => negativeLogLikelihood(normal([2, 3]), zeros([2]))).toThrow(DTypeError);
  });
});

describe('meanSquaredError', () => {
  test('squares the differences, and its gradient is twice them', () => {
    const target = floats(1, 1, 1);
    expect(numbers(meanSquaredError(floats(1, 3, -2), target, { reduction: 'none' }))).toEqual([0, 4, 9]);
    expect(gradientOf((x) => meanSquaredError(x, target, { reduction: 'sum' }), floats(1, 3, -2))).toEqual([0, 4, -6]);
  });

  test('refuses shapes that differ, even if they broadcast', () => {
    expect(() => meanSquaredError(normal([3, 1]), normal([3]))).toThrow(
      new ShapeError('meanSquaredError: prediction [3,1], target [3]: the shapes differ'),
    );
    expect(() => meanSquaredError(normal([3]), zeros([3], float64))).toThrow(
      new DTypeError('meanSquaredError: prediction float32, target float64: make the types equal with cast()'),
    );
    const mask = normal([3]).greater(0);
    for (const loss of [meanSquaredError, binaryCrossEntropy, binaryCrossEntropyWithLogits]) {
      expect(() => loss(normal([3]), mask)).toThrow(`${loss.name}: prediction float32, target bool`);
    }
  });
});

describe('binaryCrossEntropy', () => {
  const certain = () => floats(0, 0, 1, 1);
  const target = () => floats(0, 1, 0, 1);

  test('is −(y ln p + (1 − y) ln(1 − p))', () => {
    const loss = binaryCrossEntropy(floats(0.2, 0.9), floats(0, 0.5), { reduction: 'none' });
    const [first, second] = numbers(loss);
    expect(first).toBeCloseTo(-Math.log(0.8), 14);
    expect(second).toBeCloseTo(-(Math.log(0.9) + Math.log(0.1)) / 2, 14);
  });

  test('of 0 and 1 is 0 where the target agrees and 100 where not', () => {
    expect(numbers(binaryCrossEntropy(certain(), target(), { reduction: 'none' })).map(Math.abs)).toEqual([
      0, 100, 100, 0,
    ]);
  });

  test.each(['float32', 'float64'] as const)(
    'of 0 and 1 in %s has finite gradients that lead away from a wrong answer',
    (dtype) => {
      const y = target().cast(dtype);
      const found = gradientOf((p) => binaryCrossEntropy(p, y, { reduction: 'sum' }), certain().cast(dtype));
      const steepest = dtype === 'float32' ? Math.fround(1e12) : 1e12;
      [1, -steepest, steepest, -1].forEach((expected, i) => {
        expect(Math.abs(found[i]! / expected - 1)).toBeLessThan(1e-6);
      });
    },
  );

  test('of small probabilities of what is not keeps its digits', () => {
    const p = tensor(Float32Array.of(1e-9, 3e-20, 1e-38));
    const losses = binaryCrossEntropy(p, zeros([3]), { reduction: 'none' });
    expect(numbers(losses)).toEqual(numbers(p));
  });

  test('of 0 and 1 has finite gradients with respect to the target, and of second order', () => {
    expect(gradientOf((y) => binaryCrossEntropy(certain(), y, { reduction: 'sum' }), target())).toEqual([
      100, 100, -100, -100,
    ]);
    const p = requireGrad(certain());
    const [gradient] = grad(binaryCrossEntropy(p, target(), { reduction: 'sum' }), [p], { createGraph: true });
    for (const value of numbers(grad(gradient!.sum(), [p])[0]!)) expect(Number.isFinite(value)).toBe(true);
  });

  test('has right gradients of first and second order between 0 and 1', () => {
    const p = floats(0.01, 0.3, 0.5, 0.97);
    const y = floats(0, 1, 0.25, 0.5);
    checkGradients((prediction, wanted) => binaryCrossEntropy(prediction!, wanted!), [p, y], { order: 2 });
  });

  test('agrees with the one for logits', () => {
    const logits = normal([20], 0, 3, float64);
    const y = normal([20], 0, 3, float64).sigmoid();
    const expected = binaryCrossEntropyWithLogits(logits, y);
    expect(binaryCrossEntropy(logits.sigmoid(), y).itemSync()).toBeCloseTo(expected.itemSync(), 12);
  });

  test('refuses shapes that differ', () => {
    expect(() => binaryCrossEntropy(normal([2]), normal([2, 1]))).toThrow(
      new ShapeError('binaryCrossEntropy: prediction [2], target [2,1]: the shapes differ'),
    );
  });
});

describe('binaryCrossEntropyWithLogits', () => {
  test('is finite for logits of any size, gradients too', () => {
    const logits = tensor(Float32Array.of(-1e30, -1e30, 1e30, 1e30));
    const y = tensor(Float32Array.of(0, 1, 0, 1));
    const losses = binaryCrossEntropyWithLogits(logits, y, { reduction: 'none' });
    expect(numbers(losses)).toEqual([0, 1e30, 1e30, 0].map(Math.fround));
    expect(gradientOf((x) => binaryCrossEntropyWithLogits(x, y, { reduction: 'sum' }), logits)).toEqual([0, -1, 1, 0]);
  });

  const { POSITIVE_INFINITY: inf } = Number;
  const dtypes = ['float32', 'float64'] as const;

  test.each(dtypes)('is exact in its tails, and so are its gradients, in %s', (dtype) => {
    const unit = dtype === 'float32' ? 2 ** -24 : 2 ** -53;
    const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    const logistic = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
    const logits = fc.oneof(
      fc.constantFrom(14, 15, -14, -15, 0, -0),
      fc.integer({ min: -700, max: 700 }).map((n) => n / 8),
    );
    const targets = fc.constantFrom(0, 1, 0.25, 0.5);
    fc.assert(
      fc.property(fc.array(fc.tuple(logits, targets), { minLength: 1, maxLength: 20 }), (cases) =>
        scope(() => {
          const x = requireGrad(tensor(cases.map(([logit]) => logit)).cast(dtype));
          const y = requireGrad(tensor(cases.map(([, target]) => target)).cast(dtype));
          const losses = binaryCrossEntropyWithLogits(x, y, { reduction: 'none' });
          const [ofLogits, ofTargets] = grad(losses.sum(), [x, y]).map((gradient) => gradient!.dataSync());
          losses.dataSync().forEach((loss, i) => {
            const [logit, target] = cases[i]!;
            const near = (found: number, expected: number) =>
              expect(Math.abs(found - expected)).toBeLessThanOrEqual(24 * unit * Math.abs(expected) + 2 ** -145);
            near(loss, target * softplus(-logit) + (1 - target) * softplus(logit));
            // Both terms are differences where the target is neither 0 nor 1.
            const terms = [(1 - target) * logistic(logit), target * logistic(-logit)] as const;
            const difference = Math.abs(ofLogits![i]! - (terms[0] - terms[1]));
            expect(difference).toBeLessThanOrEqual(24 * unit * (terms[0] + terms[1]) + 2 ** -145);
            expect(ofTargets![i]! + 0).toBe(-logit + 0);
          });
        }),
      ),
    );
  });

  test.each(dtypes)('is 0 for infinite logits of the fitting label, in %s', (dtype) => {
    const logits = tensor([inf, -inf, inf, -inf]).cast(dtype);
    const y = tensor([1, 0, 0, 1]).cast(dtype);
    expect(numbers(binaryCrossEntropyWithLogits(logits, y, { reduction: 'none' }))).toEqual([0, 0, inf, inf]);
    const [gradient] = grad(binaryCrossEntropyWithLogits(requireGrad(logits), y, { reduction: 'sum' }), [logits]);
    expect(numbers(gradient!.add(0))).toEqual([0, 0, 1, -1]);
    const nan = tensor([Number.NaN, Number.NaN]).cast(dtype);
    const losses = binaryCrossEntropyWithLogits(nan, tensor([0, 1]).cast(dtype), { reduction: 'none' });
    expect(numbers(losses)).toEqual([Number.NaN, Number.NaN]);
  });

  test('has right gradients of first and second order', () => {
    const [x, y] = [floats(-3, -0.5, 0, 0.5, 4), floats(0, 1, 0.25, 0.5, 1)];
    checkGradients((logits, wanted) => binaryCrossEntropyWithLogits(logits!, wanted!), [x, y], { order: 2 });
  });

  test('has the gradient sigmoid(x) − y', () => {
    const x = floats(-1, 0, 2);
    const y = floats(0, 0.5, 1);
    const expected = numbers(x.sigmoid().sub(y));
    gradientOf((logits) => binaryCrossEntropyWithLogits(logits, y, { reduction: 'sum' }), x).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 14);
    });
  });

  test('refuses shapes that differ', () => {
    expect(() => binaryCrossEntropyWithLogits(normal([2]), normal([2, 1]))).toThrow(
      new ShapeError('binaryCrossEntropyWithLogits: prediction [2], target [2,1]: the shapes differ'),
    );
  });
});

test('a loss backward in a scope leaves the gradient only', () => {
  const x = requireGrad(normal([4, 3]));
  const labels = labelsOf(0, 1, 2, 0);
  const before = memory();
  scope(() => backward(crossEntropy(x, labels)));
  expect(memory()).toEqual({ tensors: before.tensors + 1, buffers: before.buffers + 1, bytes: before.bytes + 48 });
});

describe('posWeight of binaryCrossEntropyWithLogits', () => {
  const logistic = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

  test('multiplies what positive targets cost', () => {
    const sample = fc.tuple(fc.constantFrom(0, 1, -2, 30, -700, 0.5), fc.constantFrom(0, 1, 0.25));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), fc.constantFrom(0, 1e-6, 1, 3), (samples, weight) =>
        scope(() => {
          const [x, y] = [0, 1].map((part) => floats(...samples.map((each) => each[part]!))) as [Tensor, Tensor];
          const found = numbers(binaryCrossEntropyWithLogits(x, y, { posWeight: floats(weight), reduction: 'none' }));
          for (const [i, [logit, target]] of samples.entries()) {
            const expected = weight * target * logistic(-logit) + (1 - target) * logistic(logit);
            expect(Math.abs(found[i]! - expected)).toBeLessThanOrEqual(1e-14 * Math.abs(expected));
          }
        }),
      ),
    );
  });

  test('broadcasts over samples, has right gradients, and costs nothing where a logit is infinitely right', () => {
    scope(() => {
      const [x, weight] = [normal([3, 2], 0, 2, float64), floats(0.5, 3)];
      const y = tensor([[0, 1], [1, 0], [0.5, 0.25]], float64); // biome-ignore format: rows of a matrix
      checkGradients((logits) => binaryCrossEntropyWithLogits(logits, y, { posWeight: weight }), [x], { order: 2 });
      const certain = floats(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
      const loss = (logits: Tensor) => binaryCrossEntropyWithLogits(logits, floats(1, 0), { posWeight: floats(2) });
      expect(loss(certain).itemSync()).toBe(0);
      expect(gradientOf(loss, certain)).toEqual([0, 0]);
    });
  });

  test('is refused where it does not fit', () => {
    scope(() => {
      const loss = (posWeight: Tensor) => binaryCrossEntropyWithLogits(zeros([2, 3]), zeros([2, 3]), { posWeight });
      expect(() => loss(zeros([2]))).toThrow(ShapeError);
      expect(() => loss(zeros([4, 2, 3]))).toThrow(ShapeError);
      expect(() => loss(floats(1))).toThrow(DTypeError);
    });
  });
});
