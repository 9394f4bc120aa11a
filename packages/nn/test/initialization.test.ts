import {
  ArgumentError,
  eye,
  Generator,
  ones,
  randomStream,
  type Shape,
  ShapeError,
  setSeed,
  type Tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  calculateGain,
  fans,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  truncatedNormal,
  xavierNormal,
  xavierUniform,
} from '../src/initialization.js';
import { Conv1d, Conv2d, Dropout, Linear } from '../src/layers/index.js';

beforeEach(() => setSeed(0));

/** Mean, standard deviation, fourth moment over the squared second, and the largest size of the elements. */
function moments(values: Tensor) {
  const data = Array.from(values.dataSync());
  const average = (f: (x: number) => number) => data.reduce((sum, x) => sum + f(x), 0) / data.length;
  const mean = average((x) => x);
  const variance = average((x) => (x - mean) ** 2);
  return {
    mean,
    deviation: Math.sqrt(variance),
    kurtosis: average((x) => (x - mean) ** 4) / variance ** 2,
    largest: Math.max(...data.map(Math.abs)),
  };
}

const matrix: Shape = [128, 512];
const convolution: Shape = [64, 16, 8, 8];
const count = 2 ** 16;

describe.each([
  ['kaimingUniform', 'uniform', matrix, Math.sqrt(2 / 512), kaimingUniform],
  ['kaimingUniform', 'uniform', convolution, Math.sqrt(2 / 1024), kaimingUniform],
  ['kaimingNormal', 'normal', matrix, Math.sqrt(2 / 512), kaimingNormal],
  ['kaimingNormal', 'normal', convolution, Math.sqrt(2 / 1024), kaimingNormal],
  ['xavierUniform', 'uniform', matrix, Math.sqrt(2 / 640), xavierUniform],
  ['xavierUniform', 'uniform', convolution, Math.sqrt(2 / (1024 + 4096)), xavierUniform],
  ['xavierNormal', 'normal', matrix, Math.sqrt(2 / 640), xavierNormal],
  ['xavierNormal', 'normal', convolution, Math.sqrt(2 / (1024 + 4096)), xavierNormal],
] as const)('%s is %s', (_, distribution, shape, deviation, initialize) => {
  const kurtosis = distribution === 'uniform' ? 9 / 5 : 3;

  test(`with mean 0, deviation ${deviation.toFixed(4)} and kurtosis ${kurtosis}, up to five standard errors`, () => {
    const found = moments(initialize(shape, { generator: new Generator(1) }));
    expect(Math.abs(found.mean)).toBeLessThan((5 * deviation) / Math.sqrt(count));
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / (4 * count)));
    // The variance of x⁴ is μ₈ − μ₄²: 144/25 for the uniform, 96 for the normal distribution of variance 1.
    const spread = distribution === 'uniform' ? Math.sqrt(144 / 25) : Math.sqrt(96);
    expect(Math.abs(found.kurtosis - kurtosis)).toBeLessThan((5 * spread) / Math.sqrt(count));
  });

  test('within its range', () => {
    const { largest } = moments(initialize(shape, { generator: new Generator(2), dtype: 'float64' }));
    const limit = Math.sqrt(3) * deviation;
    if (distribution === 'uniform') {
      expect(largest).toBeLessThanOrEqual(limit);
      expect(largest).toBeGreaterThan(limit * (1 - 20 / count));
    } else {
      expect(largest).toBeGreaterThan(3.5 * deviation);
      expect(largest).toBeLessThan(6.7 * deviation);
    }
  });

  test('scaled by the gain', () => {
    const draw = (gain?: number) =>
      moments(initialize(shape, { generator: new Generator(3), dtype: 'float64', ...(gain && { gain }) })).deviation;
    const ownGain = initialize === kaimingUniform || initialize === kaimingNormal ? Math.SQRT2 : 1;
    expect(draw(3 * ownGain) / draw()).toBeCloseTo(3, 12);
  });
});

test('kaiming keeps the variance of the forward or of the backward pass', () => {
  const draw = (mode: 'fan-in' | 'fan-out') =>
    moments(kaimingNormal([256, 64], { mode, dtype: 'float64', generator: new Generator(4) })).deviation;
  expect(draw('fan-in') / draw('fan-out')).toBeCloseTo(2, 12);
});

describe('random streams', () => {
  test('repeat bit for bit from a seed', () => {
    const draw = (seed: number) => {
      setSeed(seed);
      return [new Linear(7, 5).weight, kaimingNormal([3, 4]), new Conv2d(2, 3, 3).weight].map((each) =>
        each.dataSync(),
      );
    };
    const first = draw(5);
    expect(draw(5)).toEqual(first);
    expect(draw(6)).not.toEqual(first);
  });

  test('give every layer numbers of its own', () => {
    expect(new Linear(3, 3).weight.dataSync()).not.toEqual(new Linear(3, 3).weight.dataSync());
  });

  test('do not depend on what other streams draw', () => {
    const alone = new Linear(7, 5).weight.dataSync();
    setSeed(0);
    for (const name of ['default', 'shuffle', 'augmentation']) randomStream(name).uniform();
    new Dropout(0.5).forward(ones([10]));
    expect(new Linear(7, 5).weight.dataSync()).toEqual(alone);
  });

  test('draw from a generator of one’s own instead, and leave the program’s alone', () => {
    const first = new Linear(3, 3, { generator: new Generator(9) });
    const second = new Linear(3, 3, { generator: new Generator(9) });
    expect(first.weight.dataSync()).toEqual(second.weight.dataSync());
    expect(randomStream('initialisation').state().position).toBe(0);
  });

  test('give float32 the rounded numbers of float64', () => {
    const draw = (dtype: 'float32' | 'float64') => kaimingUniform([4, 4], { dtype, generator: new Generator(1) });
    expect(draw('float32').dataSync()).toEqual(Float32Array.from(draw('float64').dataSync()));
  });
});

describe('layers', () => {
  const limitOf = (fanIn: number) => Math.sqrt(6 / fanIn);

  test.each([
    ['Linear', new Linear(30, 500), 30],
    ['Conv1d', new Conv1d(10, 100, 3), 30],
    ['Conv2d', new Conv2d(10, 50, [5, 3]), 150],
    ['Conv2d with groups', new Conv2d(10, 100, 3, { groups: 5 }), 18],
  ])('%s starts kaiming-uniform with a bias of 0', (_, layer, fanIn) => {
    const { largest } = moments(layer.weight);
    expect(largest).toBeLessThanOrEqual(Math.fround(limitOf(fanIn)));
    expect(largest).toBeGreaterThan(0.98 * limitOf(fanIn));
    expect(new Set(layer.bias!.dataSync())).toEqual(new Set([0]));
  });
});

describe('errors', () => {
  test('name the shape', () => {
    expect(() => fans([3])).toThrow(new ShapeError('fans: [3]: a weight needs two axes or more, [out, in, …]'));
    expect(() => kaimingUniform([3])).toThrow(ShapeError);
    expect(() => xavierNormal([])).toThrow(ShapeError);
    expect(() => kaimingNormal([3, 0])).toThrow(new ArgumentError('kaiming: [3,0] connects nothing'));
    expect(() => new Linear(0, 3)).toThrow(new ArgumentError('kaiming: [3,0] connects nothing'));
    expect(() => new Linear(2.5, 3)).toThrow(ShapeError);
  });
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a gain of %d is refused', (gain) => {
  for (const [name, initialize] of [
    ['kaiming', kaimingUniform],
    ['kaiming', kaimingNormal],
    ['xavier', xavierUniform],
    ['xavier', xavierNormal],
  ] as const) {
    expect(() => initialize([3, 2], { gain })).toThrow(
      new ArgumentError(`${name}: gain must be a finite number of 0 or more, not ${gain}`),
    );
  }
});

test('weights that connect nothing, and a slope that is no number, are refused', () => {
  expect(() => xavierUniform([0, 0])).toThrow(new ArgumentError('xavier: [0,0] connects nothing'));
  expect(() => calculateGain('leaky-relu', Number.NaN)).toThrow(
    new ArgumentError('calculateGain: slope must be a finite number, not NaN'),
  );
});

test('gains', () => {
  expect(calculateGain('leaky-relu')).toBe(Math.sqrt(2 / (1 + 0.01 ** 2)));
  expect(calculateGain('leaky-relu', 1)).toBe(1);
  expect(calculateGain('relu')).toBe(Math.SQRT2);
});

describe('truncatedNormal', () => {
  /** ∫ f over [low, high] by the midpoint rule. */
  const integral = (low: number, high: number, f: (x: number) => number) => {
    const parts = 2000;
    const step = (high - low) / parts;
    return Array.from({ length: parts }, (_, i) => f(low + (i + 0.5) * step) * step).reduce((sum, x) => sum + x, 0);
  };

  test.each([
    { mean: 0, standardDeviation: 1, low: -2, high: 2 },
    { mean: 0.5, standardDeviation: 2, low: 0, high: 1 },
    { mean: -1, standardDeviation: 0.5, low: -1, high: 3 },
    { mean: 0, standardDeviation: 0.02, low: -2, high: 2 },
  ])('has the mean and the deviation of the density between the limits: %o', (options) => {
    const { mean, standardDeviation, low, high } = options;
    const near = Math.min(high, mean + 10 * standardDeviation);
    const far = Math.max(low, mean - 10 * standardDeviation);
    const density = (x: number) => Math.exp(-0.5 * ((x - mean) / standardDeviation) ** 2);
    const mass = integral(far, near, density);
    const center = integral(far, near, (x) => x * density(x)) / mass;
    const variance = integral(far, near, (x) => (x - center) ** 2 * density(x)) / mass;
    const found = moments(truncatedNormal(matrix, { ...options, generator: new Generator(1) }));
    const deviation = Math.sqrt(variance);
    expect(Math.abs(found.mean - center)).toBeLessThan((5 * deviation) / Math.sqrt(count));
    // A normal distribution has the largest fourth moment of these, 3.
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(5 * Math.sqrt(2 / (4 * count)));
  });

  test('stays between the limits, however narrow they are', () => {
    const size = fc.double({ min: 0, max: 4, noNaN: true });
    fc.assert(
      fc.property(size, size, fc.double({ min: 1e-3, max: 10, noNaN: true }), (below, above, standardDeviation) => {
        const options = { low: -below, high: above, standardDeviation, dtype: 'float64' } as const;
        const data = truncatedNormal([2, 3], options).dataSync();
        expect(data.length).toBe(6);
        for (const x of data) expect(x >= -below && x <= above).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('refuses a mean beyond the limits, and a deviation that is none', () => {
    expect(() => truncatedNormal([1], { mean: 3 })).toThrow(ArgumentError);
    expect(() => truncatedNormal([1], { mean: 3 })).toThrow(
      'truncatedNormal: mean must be a finite number from -2 to 2, not 3',
    );
    expect(() => truncatedNormal([1], { standardDeviation: 0 })).toThrow('standardDeviation must be a positive');
    expect(() => truncatedNormal([1], { dtype: 'int32' })).toThrow('truncatedNormal: int32 is not supported');
  });
});

describe('orthogonal', () => {
  test.each<Shape>([
    [5, 3],
    [3, 5],
    [4, 4],
    [1, 6],
    [6, 2, 2, 3],
  ])('%j: products of rows, or columns, are those of axes', (...shape) => {
    const weight = orthogonal(shape, { gain: 2, dtype: 'float64' });
    expect(weight.shape).toEqual(shape);
    const matrix = weight.reshape([shape[0]!, -1]);
    const [rows, columns] = matrix.shape as [number, number];
    const products = matrix.matmul(matrix, rows <= columns ? { transposeB: true } : { transposeA: true });
    const size = Math.min(rows, columns);
    expect(
      products
        .sub(eye(size, { dtype: 'float64' }).mul(4))
        .abs()
        .max()
        .itemSync(),
    ).toBeLessThan(1e-14);
  });

  test('has no direction that it prefers', () => {
    // The signs and sizes of an element over many draws: mean 0, mean square 1/n.
    const draws = Array.from({ length: 2000 }, () => orthogonal([2, 3]).dataSync()[4]!);
    expect(Math.abs(draws.reduce((sum, x) => sum + x, 0) / 2000)).toBeLessThan(0.06);
    expect(draws.reduce((sum, x) => sum + x * x, 0) / 2000).toBeCloseTo(1 / 3, 1);
  });

  test('is of the type that is asked for, from the generator that is given', () => {
    const draw = () => orthogonal([3, 3], { generator: new Generator(5) });
    expect(draw().dtype).toBe('float32');
    expect([...draw().dataSync()]).toEqual([...draw().dataSync()]);
    expect(() => orthogonal([3])).toThrow(ShapeError);
  });
});
