import { grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, normal, type PnnError, ShapeError, type Tensor, tensor } from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { celu, elu, hardtanh, leakyRelu, mish, prelu, relu6, selu, softsign } from '../src/functions/index.js';
import {
  CELU,
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU6,
  SELU,
  Softmax,
  Softplus,
  Softsign,
} from '../src/layers/index.js';

const floats = (...values: number[]) => tensor(Float64Array.from(values));
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());

const all = [
  new LeakyReLU(),
  new ELU(),
  new SELU(),
  new CELU(),
  new PReLU(1, { dtype: 'float64' }),
  new Hardtanh(),
  new ReLU6(),
  new Hardsigmoid(),
  new Hardswish(),
  new Softplus(2),
  new Softsign(),
  new Mish(),
  new LogSigmoid(),
  new GELU('tanh'),
] as const;

describe.each(all.map((layer) => [layer.constructor.name, layer] as const))('%s', (_, layer) => {
  test('is finite for numbers of any size, with its gradient, and passes NaN on', () => {
    const x = requireGrad(floats(1e30, -1e30, 800, -800, 0, Number.NaN));
    const y = layer.forward(x);
    const values = [...numbers(y), ...numbers(grad(y.slice([[0, 5]]).sum(), [x])[0]!).slice(0, 5)];
    values.forEach((value, i) => {
      if (i === 5) expect(value).toBeNaN();
      else expect(Number.isFinite(value), `${i}`).toBe(true);
    });
  });
});

describe('values', () => {
  test('of both sides', () => {
    const x = floats(-2, 0, 3);
    expect(numbers(leakyRelu(x, 0.5))).toEqual([-1, 0, 3]);
    expect(numbers(elu(x, 2))).toEqual([2 * Math.expm1(-2), 0, 3]);
    expect(numbers(celu(x, 2))).toEqual([2 * Math.expm1(-1), 0, 3]);
    expect(numbers(hardtanh(x, -1, 2))).toEqual([-1, 0, 2]);
    expect(numbers(relu6(floats(-1, 5, 7)))).toEqual([0, 5, 6]);
    expect(numbers(softsign(x))).toEqual([-2 / 3, 0, 3 / 4]);
    expect(numbers(mish(floats(0)))).toEqual([0]);
  });

  test('SELU keeps the mean 0 and the variance 1 of normal numbers', () => {
    const y = selu(normal([100_000], 0, 1, { dtype: 'float64' }));
    expect(Math.abs(y.mean().itemSync())).toBeLessThan(0.02);
    expect(Math.abs(y.variance().itemSync() - 1)).toBeLessThan(0.02);
  });

  test('PReLU has a slope for each channel', () => {
    const x = tensor(Float64Array.of(-1, -1, 1, -2, -2, 2), { shape: [2, 3] });
    expect(numbers(prelu(x, floats(0.5, 2, 3)))).toEqual([-0.5, -2, 1, -1, -4, 2]);
  });

  test('softmax along an axis adds up to 1', () => {
    const x = normal([2, 3, 4], 0, 3, { dtype: 'float64' });
    for (const axis of [0, 1, -1]) {
      for (const sum of numbers(new Softmax(axis).forward(x).sum(axis))) expect(sum).toBeCloseTo(1, 14);
      for (const sum of numbers(new LogSoftmax(axis).forward(x).exp().sum(axis))) expect(sum).toBeCloseTo(1, 14);
    }
  });
});

test.each<[string, () => unknown, PnnError]>([
  ['CELU', () => new CELU(0), new ArgumentError('CELU: alpha must be positive, not 0')],
  ['celu', () => celu(floats(1), -1), new ArgumentError('celu: alpha must be positive, not -1')],
  ['Hardtanh', () => new Hardtanh(1, 1), new ArgumentError('Hardtanh: low must be below high (1), not 1')],
  ['Softplus', () => new Softplus(0), new ArgumentError('Softplus: beta must be positive, not 0')],
  ['PReLU', () => new PReLU(0), new ArgumentError('PReLU: slopes must be a positive integer, not 0')],
  [
    'prelu',
    () => prelu(normal([2, 3]), floats(1, 2)),
    new ShapeError('prelu: weight [2] for [2,3]: it must be [1], or [3] with a number for each channel'),
  ],
])('%s refuses settings that make no sense', (_, make, error) => {
  expect(make).toThrow(error);
});

test('settings are printed', () => {
  const layers = [new LeakyReLU(0.2), new PReLU(3), new Hardtanh(-2, 2), new Softmax(1), new GELU('tanh')];
  expect(layers.map(String)).toEqual([
    'LeakyReLU(0.2)',
    'PReLU(3)  3',
    'Hardtanh(-2 to 2)',
    'Softmax(axis 1)',
    'GELU(tanh)',
  ]);
});
