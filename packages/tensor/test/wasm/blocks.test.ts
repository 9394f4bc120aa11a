import {
  apply,
  concat,
  normal,
  operators,
  reference,
  scope,
  sparseMatmul,
  type Tensor,
  uniform,
  where,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { place, reversed, variants } from './variants.js';

type Operands = Readonly<Record<'x' | 'y' | 'perChannel' | 'coefficients' | 'one' | 'channels', Tensor>>;

const form = {
  basis: 'even-odd',
  bound: 2,
  evenTerms: 3,
  outside: 'tangent',
  penalty: { form: 'exponential', limit: 1.5, cap: 3 },
  learnable: true,
} as const;
const adam = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decoupled: true,
  step: 2,
};
const sgd = { learningRate: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.01, nesterov: true, first: false };

/** Every family of kernels that is cut into blocks, on operands of several blocks. */
const families: Readonly<Record<string, (operands: Operands) => readonly Tensor[]>> = {
  polynomial: ({ x, coefficients }) => apply(operators.polynomial, [x, coefficients], form) as Tensor[],
  'polynomial per channel': ({ x, perChannel }) => apply(operators.polynomial, [x, perChannel], form) as Tensor[],
  polynomialGradient: ({ x, y, one, coefficients }) =>
    apply(operators.polynomialGradient, [y, one, x, coefficients], form) as Tensor[],
  'polynomialGradient per channel': ({ x, y, one, perChannel }) =>
    apply(operators.polynomialGradient, [y, one, x, perChannel], form) as Tensor[],
  batchNorm: ({ x, channels }) => apply(operators.batchNorm, [x, channels, channels], { epsilon: 1e-5 }) as Tensor[],
  batchNormGradient: ({ x, y, channels }) =>
    apply(operators.batchNormGradient, [y, x, channels, channels, channels.square()], { epsilon: 1e-5 }) as Tensor[],
  unary: ({ x }) => [x.exp(), x.tanh()],
  binary: ({ x, y, channels }) => [x.add(y), x.mul(channels.reshape([7, 1, 1]))],
  comparison: ({ x, y }) => [x.less(y)],
  where: ({ x, y }) => [where(x.greater(y), x, y)],
  movement: ({ x, y, channels }) => [
    x.permute([3, 1, 0, 2]),
    x.permute([0, 2, 3, 1]),
    x.slice([[1], [], [undefined, undefined, 2]]),
    x.pad(x.shape.map(() => [1, 1] as const)),
    channels.reshape([7, 1, 1]).broadcastTo(x.shape),
    concat([x, y], 1),
  ],
  'gather and scatter': ({ x, y }) => {
    const index = y.argmax(3).reshape([19, 7, 23, 1]);
    const rows = y.argmax(0).reshape([1, 7, 23, 31]);
    return [x.gather(3, index), x.gather(0, rows), x.slice([[0, 1]]).scatterAdd(0, rows, 40)];
  },
  reduction: ({ x }) => [x.sum(), x.sum([0]), x.max([1]), x.min([3])],
  softmax: ({ x }) => [x.softmax(), x.logSoftmax()],
  sparse: ({ x }) => {
    const rotation = (columns: number) => ({
      rows: columns,
      columns,
      starts: Array.from({ length: columns + 1 }, (_, row) => row),
      positions: Array.from({ length: columns }, (_, row) => (row + 1) % columns),
      weights: new Array<number>(columns).fill(2),
    });
    return x.shape.map((length, axis) => sparseMatmul(x, axis, rotation(length)));
  },
  adam: ({ x, y }) => {
    const [parameter, first, second] = [x.add(y), x.mul(y), x.square()];
    x.device.kernels.adam(parameter, y, first, second, adam);
    return [parameter, first, second];
  },
  sgd: ({ x, y }) => {
    const [parameter, velocity] = [x.add(y), x.mul(y)];
    x.device.kernels.sgd(parameter, y, velocity, sgd);
    return [parameter, velocity];
  },
  random: ({ x, y }) => {
    const [a, b] = [x.add(y), x.mul(y)];
    x.device.kernels.uniform(a, { seed: 5, stream: 'test', position: 3 });
    x.device.kernels.bernoulli(b, 0.3, 2, { seed: 5, stream: 'test', position: 2 });
    return [a, b];
  },
};

describe.each(variants)('%s', (name, device) => {
  test.each(Object.keys(families))('%s gives the same bits whatever the order of the blocks', (family) => {
    scope(() => {
      const source = { device: reference };
      const operands = {
        x: normal([19, 7, 23, 31], 0, 1, source),
        y: normal([19, 7, 23, 31], 0, 1, source),
        perChannel: normal([7, 4], 0, 1, source),
        coefficients: normal([4], 0, 1, source),
        one: normal([], 0, 1, source),
        channels: uniform([7], 0.5, 1, source),
      };
      const bits = [device, deviceWith(reversed(instantiate(compile(name))))].map((on) => {
        const placed = Object.fromEntries(
          Object.entries(operands).map(([key, each]) => [key, place(on, each.shape, Array.from(each.dataSync()))]),
        );
        return families[family]!(placed as unknown as Operands).map(
          (result) => new Uint8Array(result.dataSync().buffer),
        );
      });
      for (const [i, bytes] of bits[0]!.entries()) expect(Buffer.compare(bytes, bits[1]![i]!)).toBe(0);
    });
  });
});
