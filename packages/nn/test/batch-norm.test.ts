import { backward, checkpoint, grad, noGrad, requireGrad } from '@pnn/autograd';
import {
  Generator,
  memory,
  normal,
  ones,
  type Shape,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchNorm1d, BatchNorm2d } from '../src/layers/index.js';
import { StateBuffer } from '../src/parameter.js';

const float64 = { dtype: 'float64' } as const;

function sample(shape: Shape, seed = 0): Tensor {
  return normal(shape, 3, 2, { ...float64, generator: new Generator(seed) });
}

function numbers(values: Tensor): number[] {
  return Array.from(values.dataSync());
}

function expectClose(found: Tensor, expected: Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  const wanted = numbers(expected);
  numbers(found).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 12);
  });
}

describe('while training', () => {
  test.each<[string, BatchNorm1d | BatchNorm2d, Shape]>([
    ['features', new BatchNorm1d(4, float64), [16, 4]],
    ['lines', new BatchNorm1d(4, float64), [8, 4, 5]],
    ['planes', new BatchNorm2d(4, float64), [8, 4, 5, 3]],
    ['one image', new BatchNorm2d(4, float64), [1, 4, 5, 3]],
  ])('%s get mean 0 and variance 1 − ε/(variance + ε)', (_, layer, shape) => {
    const x = sample(shape);
    const axes = shape.flatMap((__, axis) => (axis === 1 ? [] : [axis]));
    const y = layer.forward(x);
    expectClose(y.mean(axes), zeros([4], float64));
    const variance = x.variance(axes, { correction: 0 });
    expectClose(y.variance(axes, { correction: 0 }), variance.div(variance.add(1e-5)));
  });

  test('γ and β scale and shift', () => {
    const layer = new BatchNorm1d(2, float64);
    layer.gamma!.assign(tensor(Float64Array.of(2, -1)));
    layer.beta!.assign(tensor(Float64Array.of(5, 7)));
    const plain = new BatchNorm1d(2, { ...float64, affine: false });
    const x = sample([6, 2]);
    expectClose(
      layer.forward(x),
      plain
        .forward(x)
        .mul(tensor(Float64Array.of(2, -1)))
        .add(tensor(Float64Array.of(5, 7))),
    );
  });

  test('one value per channel is an error, and changes no statistics', () => {
    const features = new BatchNorm1d(3);
    expect(() => features.forward(ones([1, 3]))).toThrow(
      new ShapeError(
        'BatchNorm1d: [1,3]: the statistics of a channel need two values or more: ' +
          'pass dropLast: true to the DataLoader if this is its last batch, or use larger batches',
      ),
    );
    expect(() => new BatchNorm2d(3).forward(ones([1, 3, 1, 1]))).toThrow(ShapeError);
    expect(features.batchesTracked!.itemSync()).toBe(0);
    expect(features.eval().forward(ones([1, 3])).shape).toEqual([1, 3]);
  });
});

describe('running statistics', () => {
  test('start at mean 0 and variance 1', () => {
    const layer = new BatchNorm1d(2);
    expect(numbers(layer.runningMean!)).toEqual([0, 0]);
    expect(numbers(layer.runningVariance!)).toEqual([1, 1]);
    expect(layer.batchesTracked!.dtype).toBe('int32');
    expect(layer.runningMean).toBeInstanceOf(StateBuffer);
  });

  test('take up each batch by the momentum, the variance without bias', () => {
    const layer = new BatchNorm2d(3, { ...float64, momentum: 0.25 });
    let mean = zeros([3], float64);
    let variance = ones([3], float64);
    for (let seed = 0; seed < 4; seed++) {
      const x = sample([4, 3, 2, 2], seed);
      layer.forward(x);
      mean = mean.mul(0.75).add(x.mean([0, 2, 3]).mul(0.25));
      variance = variance.mul(0.75).add(x.variance([0, 2, 3]).mul(0.25));
    }
    expectClose(layer.runningMean!, mean);
    expectClose(layer.runningVariance!, variance);
    expect(layer.batchesTracked!.itemSync()).toBe(4);
  });

  test('without momentum are the average of all batches', () => {
    const layer = new BatchNorm1d(3, { ...float64, momentum: null });
    const batches = Array.from({ length: 5 }, (_, seed) => sample([6, 3], seed));
    for (const x of batches) layer.forward(x);
    const average = (statistic: (x: Tensor) => Tensor) =>
      batches
        .map(statistic)
        .reduce((sum, each) => sum.add(each))
        .div(5);
    expectClose(
      layer.runningMean!,
      average((x) => x.mean(0)),
    );
    expectClose(
      layer.runningVariance!,
      average((x) => x.variance(0)),
    );
  });

  test('decide at evaluation, whatever the batch, and stay as they are', () => {
    const layer = new BatchNorm1d(2, float64);
    layer.runningMean!.assign(tensor(Float64Array.of(1, -2)));
    layer.runningVariance!.assign(tensor(Float64Array.of(4, 9)));
    layer.eval();
    const x = tensor(Float64Array.of(1, -2, 3, 1), { shape: [2, 2] });
    const y = layer.forward(x);
    const expected = [0, 0, 2 / Math.sqrt(4 + 1e-5), 3 / Math.sqrt(9 + 1e-5)];
    numbers(y).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 14);
    });
    expectClose(layer.forward(x.slice([[1, 2]])), y.slice([[1, 2]]));
    expect(numbers(layer.runningMean!)).toEqual([1, -2]);
    expect(layer.batchesTracked!.itemSync()).toBe(0);
  });

  test('can be left out: then evaluation takes those of the batch', () => {
    const layer = new BatchNorm1d(3, { ...float64, trackRunningStatistics: false });
    expect([...layer.stateDict().keys()]).toEqual(['gamma', 'beta']);
    const x = sample([5, 3]);
    const trained = numbers(layer.forward(x));
    expect(numbers(layer.eval().forward(x))).toEqual(trained);
  });

  test('are tracked in noGrad too, and not by a layer that is set to evaluation', () => {
    const layer = new BatchNorm1d(3, float64);
    noGrad(() => layer.forward(sample([5, 3])));
    expect(layer.batchesTracked!.itemSync()).toBe(1);
    layer.eval().forward(sample([5, 3]));
    expect(layer.batchesTracked!.itemSync()).toBe(1);
  });

  test('carry no gradient', () => {
    const layer = new BatchNorm1d(3, float64);
    layer.forward(requireGrad(sample([5, 3])));
    expect(layer.runningMean!.requiresGrad).toBe(false);
    expect(layer.runningVariance!.requiresGrad).toBe(false);
  });

  test('leave nothing behind', () => {
    const layer = new BatchNorm2d(3);
    const x = ones([2, 3, 2, 2]);
    const before = memory();
    scope(() => {
      layer.forward(x);
      layer.eval().forward(x);
    });
    expect(memory()).toEqual(before);
  });
});

/** The rounding error of float32. */
const UNIT = 2 ** -24;

/** From −4 to 4, in float32 exactly. */
const upToFour = fc.integer({ min: -4000, max: 4000 }).map((n) => n / 1024);

/** Statistics of a channel whose mean may be large beside its deviation, with γ, β, and values and gradients of it. */
const channels = fc
  .record({
    mean: fc.constantFrom(1000, -30, 0, 1e6),
    variance: fc.constantFrom(5e-5, 1e-12, 1, 400),
    gamma: upToFour,
    beta: upToFour,
    steps: fc.array(fc.tuple(upToFour, upToFour), {
      minLength: 1,
      maxLength: 9,
    }),
  })
  .map(({ variance, steps, mean, ...rest }) => ({
    ...rest,
    mean,
    variance: Math.fround(variance),
    x: steps.map(([step]) => Math.fround(mean + step * Math.sqrt(variance))),
    gradient: steps.map(([, slope]) => slope),
  }));

test('evaluation and its gradients are exact to a few roundings of the distance from the mean', () => {
  fc.assert(
    fc.property(channels, ({ mean, variance, gamma, beta, x, gradient }) =>
      scope(() => {
        const layer = new BatchNorm1d(1).eval();
        const assigned = [layer.runningMean!, layer.runningVariance!, layer.gamma!, layer.beta!];
        for (const [i, value] of [mean, variance, gamma, beta].entries()) assigned[i]!.assign(tensor([value]));
        const input = requireGrad(tensor(x).reshape([x.length, 1]));
        const output = layer.forward(input);
        const normalized = x.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
        output.dataSync().forEach((value, i) => {
          const [product, expected] = [normalized[i]! * gamma, normalized[i]! * gamma + beta];
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(8 * UNIT * (Math.abs(product) + Math.abs(beta)));
        });
        const weighted = output.mul(tensor(gradient).reshape([x.length, 1])).sum();
        const [ofX, ofGamma] = grad(weighted, [input, layer.gamma!]);
        const terms = normalized.map((each, i) => each * gradient[i]!);
        const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
        const expected = terms.reduce((sum, term) => sum + term, 0);
        expect(Math.abs(ofGamma!.itemSync() - expected)).toBeLessThanOrEqual(8 * UNIT * size);
        ofX!.dataSync().forEach((value, i) => {
          const slope = (gradient[i]! * gamma) / Math.sqrt(variance + 1e-5);
          expect(Math.abs(value - slope)).toBeLessThanOrEqual(8 * UNIT * Math.abs(slope));
        });
      }),
    ),
  );
});

describe('gradients', () => {
  test('reach γ and β in training and at evaluation', () => {
    const layer = new BatchNorm1d(3, float64);
    for (const training of [true, false]) {
      layer.train(training);
      layer.zeroGrad();
      backward(layer.forward(sample([5, 3])).sum());
      expectClose(layer.beta!.grad!, tensor(Float64Array.of(5, 5, 5)));
      expect(layer.gamma!.grad!.shape).toEqual([3]);
    }
  });

  test('of the sum by x are 0 while training: the mean is taken off', () => {
    const x = requireGrad(sample([5, 3]));
    const [gradient] = grad(new BatchNorm1d(3, float64).forward(x).sum(), [x]);
    for (const value of numbers(gradient!)) expect(Math.abs(value)).toBeLessThan(1e-14);
  });

  test('are the same through a checkpoint, which updates the statistics once', () => {
    const layer = new BatchNorm1d(3, float64);
    const x = requireGrad(sample([5, 3]));
    const [plain] = grad(layer.forward(x).square().mul(x).sum(), [x]);
    const [again] = grad(
      checkpoint((input) => layer.forward(input!), [x])
        .square()
        .mul(x)
        .sum(),
      [x],
    );
    expectClose(again!, plain!);
    expect(layer.batchesTracked!.itemSync()).toBe(2);
  });
});

test('is in the group that clipping leaves alone', () => {
  const layer = new BatchNorm1d(3);
  expect(layer.parameterGroups()).toEqual([
    { name: 'normalization', parameters: [layer.gamma, layer.beta], clipped: false },
  ]);
  expect(new BatchNorm1d(3, { affine: false }).parameterGroups()).toEqual([]);
});
