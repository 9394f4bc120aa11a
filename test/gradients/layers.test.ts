import { checkGradients } from '@pnn/autograd';
import {
  AvgPool1d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Dropout,
  Flatten,
  GELU,
  GlobalAvgPool,
  GlobalMaxPool,
  Linear,
  MaxPool1d,
  MaxPool2d,
  Module,
  Polynomial,
  ReLU,
  Residual,
  Sequential,
  Sigmoid,
  SiLU,
  Tanh,
} from '@pnn/nn';
import { arange, Generator, GradientError, memory, normal, type Shape, scope, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as layers from '../../packages/nn/src/layers/index.js';
import { functionGradientCases } from './cases/index.js';

const float64 = { dtype: 'float64' } as const;
const runs = 100;

/** Draws tensors from the standard normal distribution. */
type Draw = (shape: Shape) => Tensor;

/** A layer and an input of it. */
interface Subject {
  readonly layer: Module;
  readonly x: Tensor;
  /** What to do with x and the layer, where it is not forward. */
  readonly apply?: (x: Tensor) => Tensor;
}

/** Where the parameters of a module are kept. */
function placesOf(module: Module): { readonly owner: Module; readonly property: string; readonly value: Tensor }[] {
  const parameters = new Set<unknown>(module.parameters());
  return [...module.namedModules()].flatMap(([, owner]) =>
    Object.entries(owner).flatMap(([property, value]) => (parameters.has(value) ? [{ owner, property, value }] : [])),
  );
}

/** Checks the gradients of x and of all parameters, at random values of both. */
function check({ layer, x, apply = (input) => layer.forward(input) }: Subject, draw: Draw): void {
  const places = placesOf(layer);
  expect(places).toHaveLength(layer.parameters().length);
  const withParameters = (input: Tensor, ...parameters: Tensor[]): Tensor => {
    places.forEach(({ owner, property }, i) => {
      Reflect.set(owner, property, parameters[i]);
    });
    return apply(input);
  };
  try {
    checkGradients(withParameters as (...inputs: Tensor[]) => Tensor, [
      x,
      ...places.map(({ value }) => draw(value.shape)),
    ]);
  } finally {
    for (const { owner, property, value } of places) Reflect.set(owner, property, value);
    layer.dispose();
  }
}

/** Names of the layers with a test here. */
const tested = new Set<string>();

function testLayer<Options>(
  name: string,
  options: fc.Arbitrary<Options>,
  make: (options: Options, draw: Draw) => Subject,
): void {
  tested.add(name.split(' ')[0]!);
  test(name, () => {
    const before = memory();
    fc.assert(
      fc.property(options, fc.nat(), (settings, seed) => {
        const generator = new Generator(seed);
        const draw: Draw = (shape) => normal(shape, 0, 1, { ...float64, generator });
        scope(() => check(make(settings, draw), draw));
      }),
      { numRuns: runs },
    );
    expect(memory()).toEqual(before);
  });
}

const upTo = (max: number) => fc.integer({ min: 1, max });
const mode = fc.constantFrom('train', 'eval');
const batch = upTo(2);
const channels = upTo(2);

/** One axis of a sliding window: an input length into which it fits. */
const windowAxis = fc
  .record({
    kernel: upTo(3),
    stride: upTo(2),
    padding: fc.integer({ min: 0, max: 2 }),
    dilation: upTo(2),
    extra: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ extra, ...axis }) => ({
    ...axis,
    length: Math.max(1, axis.dilation * (axis.kernel - 1) + 1 - 2 * axis.padding) + extra,
  }));

/** One axis of a pooling window, whose padding is half of it at most. */
const poolAxis = fc
  .record({ kernel: upTo(3), stride: upTo(3), padded: fc.boolean(), extra: fc.integer({ min: 0, max: 3 }) })
  .map(({ kernel, stride, padded, extra }) => {
    const padding = padded ? Math.floor(kernel / 2) : 0;
    return { kernel, stride, padding, length: Math.max(1, kernel - 2 * padding) + extra };
  });

describe('fully connected', () => {
  testLayer(
    'Linear',
    fc.record({ leading: fc.array(upTo(3), { maxLength: 2 }), inputs: upTo(4), outputs: upTo(3), bias: fc.boolean() }),
    ({ leading, inputs, outputs, bias }, draw) => ({
      layer: new Linear(inputs, outputs, { bias, ...float64 }),
      x: draw([...leading, inputs]),
    }),
  );

  testLayer('Flatten', fc.array(upTo(3), { minLength: 2, maxLength: 4 }), (shape, draw) => ({
    layer: new Flatten(),
    x: draw(shape),
  }));
});

describe('convolution', () => {
  const sizes = { batch, groups: upTo(2), inputs: upTo(2), outputs: upTo(2), bias: fc.boolean() };

  testLayer(
    'Conv1d',
    fc.record({ ...sizes, axis: windowAxis }),
    ({ batch, groups, inputs, outputs, bias, axis: { length, kernel, ...axis } }, draw) => ({
      layer: new Conv1d(groups * inputs, groups * outputs, kernel, { ...axis, groups, bias, ...float64 }),
      x: draw([batch, groups * inputs, length]),
    }),
  );

  testLayer(
    'Conv2d',
    fc.record({ ...sizes, rows: windowAxis, columns: windowAxis }),
    ({ batch, groups, inputs, outputs, bias, rows, columns }, draw) => ({
      layer: new Conv2d(groups * inputs, groups * outputs, [rows.kernel, columns.kernel], {
        stride: [rows.stride, columns.stride],
        padding: [rows.padding, columns.padding],
        dilation: [rows.dilation, columns.dilation],
        groups,
        bias,
        ...float64,
      }),
      x: draw([batch, groups * inputs, rows.length, columns.length]),
    }),
  );
});

describe('BatchNorm', () => {
  /** Neighbors on either side of 0, so that no variance is close to 0, where the derivatives grow without bound. */
  const spread = (x: Tensor): Tensor => {
    const side = arange(0, x.shape[0]!, 1, float64).mul(Math.PI).cos().mul(2);
    return x.add(side.reshape(x.shape.map((length, axis) => (axis === 0 ? length : 1))));
  };

  const prepare = (layer: BatchNorm1d | BatchNorm2d, shape: Shape, draw: Draw, how: string): Subject => {
    layer.runningMean!.assign(draw([layer.channels]));
    layer.runningVariance!.assign(draw([layer.channels]).square().add(0.1));
    layer.train(how === 'train');
    return { layer, x: spread(draw(shape)) };
  };

  testLayer(
    'BatchNorm1d',
    fc.record({
      samples: fc.integer({ min: 2, max: 4 }),
      channels,
      places: fc.array(upTo(3), { maxLength: 1 }),
      affine: fc.boolean(),
      mode,
    }),
    ({ samples, channels, places, affine, mode }, draw) =>
      prepare(new BatchNorm1d(channels, { affine, ...float64 }), [samples, channels, ...places], draw, mode),
  );

  testLayer(
    'BatchNorm2d',
    fc.record({
      samples: fc.integer({ min: 2, max: 4 }),
      channels,
      rows: upTo(2),
      columns: upTo(3),
      affine: fc.boolean(),
      mode,
    }),
    ({ samples, channels, rows, columns, affine, mode }, draw) =>
      prepare(new BatchNorm2d(channels, { affine, ...float64 }), [samples, channels, rows, columns], draw, mode),
  );
});

describe('pooling', () => {
  const line = fc.record({ batch, channels, axis: poolAxis });
  const plane = fc.record({ batch, channels, rows: poolAxis, columns: poolAxis });

  testLayer('MaxPool1d', line, ({ batch, channels, axis: { kernel, length, ...axis } }, draw) => ({
    layer: new MaxPool1d(kernel, axis),
    x: draw([batch, channels, length]),
  }));

  testLayer('AvgPool1d', line, ({ batch, channels, axis: { kernel, length, ...axis } }, draw) => ({
    layer: new AvgPool1d(kernel, axis),
    x: draw([batch, channels, length]),
  }));

  for (const Pool of [MaxPool2d, AvgPool2d]) {
    testLayer(Pool.name, plane, ({ batch, channels, rows, columns }, draw) => ({
      layer: new Pool([rows.kernel, columns.kernel], {
        stride: [rows.stride, columns.stride],
        padding: [rows.padding, columns.padding],
      }),
      x: draw([batch, channels, rows.length, columns.length]),
    }));
  }

  for (const Pool of [GlobalAvgPool, GlobalMaxPool]) {
    testLayer(
      Pool.name,
      fc.record({ batch, channels, places: fc.array(upTo(3), { minLength: 1, maxLength: 2 }) }),
      ({ batch, channels, places }, draw) => ({ layer: new Pool(), x: draw([batch, channels, ...places]) }),
    );
  }
});

describe('activations', () => {
  const shape = fc.array(upTo(3), { maxLength: 3 });

  for (const Activation of [ReLU, SiLU, GELU, Sigmoid, Tanh]) {
    testLayer(Activation.name, shape, (sizes, draw) => ({ layer: new Activation(), x: draw(sizes).mul(2) }));
  }

  testLayer(
    'Dropout',
    fc.record({ sizes: shape, probability: fc.constantFrom(0.1, 0.5, 0.9), mode, maskSeed: fc.nat() }),
    ({ sizes, probability, mode, maskSeed }, draw) => {
      const layer = new Dropout(probability);
      // The same mask at every point where the function is evaluated.
      const masked = (x: Tensor) =>
        new Dropout(probability, new Generator(maskSeed)).train(mode === 'train').forward(x);
      return { layer, x: draw(sizes), apply: masked };
    },
  );

  testLayer(
    'Polynomial',
    fc.record({
      batch,
      channels,
      places: fc.array(upTo(2), { maxLength: 2 }),
      basis: fc.constantFrom('even-odd', 'twice-even-odd', 'monomial'),
      even: upTo(5),
      odd: fc.integer({ min: 0, max: 4 }),
      bound: fc.constantFrom(0.5, 1, 4),
      perChannel: fc.boolean(),
      outside: fc.constantFrom('polynomial', 'tangent'),
      mode,
    }),
    ({ batch, channels, places, basis, even, odd, bound, perChannel, outside, mode }, draw) => {
      const ones = (length: number) => new Float64Array(length).fill(1);
      const layer = new Polynomial(
        basis === 'monomial' ? { basis, powers: ones(even + odd) } : { basis, even: ones(even), odd: ones(odd) },
        { bound, outside, learnable: true, ...(perChannel && { channels }), ...float64 },
      ).train(mode === 'train');
      // Within 1.5 B, on both sides of the bound.
      return {
        layer,
        x: draw([batch, channels, ...places])
          .tanh()
          .mul(1.5 * bound),
      };
    },
  );
});

describe('networks', () => {
  testLayer('Residual with a projection', fc.record({ batch, inputs: upTo(3), outputs: upTo(3) }), (sizes, draw) => {
    const linear = () => new Linear(sizes.inputs, sizes.outputs, float64);
    return {
      layer: new Residual(new Sequential(linear(), new Tanh()), linear()),
      x: draw([sizes.batch, sizes.inputs]),
    };
  });

  testLayer('Residual with the identity', fc.record({ batch, features: upTo(4) }), ({ batch, features }, draw) => ({
    layer: new Residual(new Sequential(new Linear(features, features, float64), new SiLU())),
    x: draw([batch, features]),
  }));

  testLayer(
    'convolution, polynomial, pooling, linear',
    fc.record({ batch, channels, filters: upTo(2), size: fc.integer({ min: 2, max: 4 }) }),
    ({ batch, channels, filters, size }, draw) => ({
      layer: new Sequential(
        new Conv2d(channels, filters, 3, { padding: 1, ...float64 }),
        new Polynomial(
          { basis: 'even-odd', even: [1, 1], odd: [1] },
          { bound: 2, outside: 'tangent', learnable: true, channels: filters, ...float64 },
        ),
        new AvgPool2d(2),
        new Flatten(),
        new Linear(filters * Math.floor(size / 2) ** 2, 2, float64),
      ),
      x: draw([batch, channels, size, size]),
    }),
  );
});

describe('a wrong gradient is found', () => {
  const draw: Draw = (shape) => normal(shape, 0, 1, { ...float64, generator: new Generator(0) });

  test('of the input', () => {
    class Wrong extends Tanh {
      override forward(x: Tensor): Tensor {
        return super.forward(x).add(x.detach().mul(1e-5));
      }
    }
    expect(() => scope(() => check({ layer: new Wrong(), x: draw([3]) }, draw))).toThrow(GradientError);
  });

  test('of a parameter', () => {
    class Wrong extends Linear {
      override forward(x: Tensor): Tensor {
        return super.forward(x).add(this.weight.detach().sum().mul(1e-5));
      }
    }
    const layer = new Wrong(3, 2, float64);
    expect(() => scope(() => check({ layer, x: draw([4, 3]) }, draw))).toThrow(GradientError);
  });
});

/** Cases of the functions that layers call, where those have another name. */
const calledFunctions: readonly (readonly [layer: RegExp, cases: string])[] = [
  [/^ConvTranspose/, 'transposed convolution'],
  [/^AdaptiveAvgPool/, 'adaptive average pooling'],
  [/^AdaptiveMaxPool/, 'adaptive maximum pooling'],
  [/^(Constant|Zero)Pad/, 'pad by a number'],
  [/^ReplicationPad/, 'pad by replicate'],
  [/^ReflectionPad/, 'pad by reflect'],
  [/^CircularPad/, 'pad by circular'],
  [/^Upsample/, 'interpolate'],
];

test('every layer has a gradient test here or among the cases', () => {
  const isLayer = (value: unknown) => typeof value === 'function' && value.prototype instanceof Module;
  const names = Object.entries(layers).flatMap(([name, value]) => (isLayer(value) ? [name] : []));
  expect(names.length).toBeGreaterThan(50);
  // What is only a container of others computes nothing itself.
  const containers = ['Sequential', 'ModuleList', 'ModuleDict'];
  const cases = new Set([...tested, ...Object.keys(functionGradientCases), ...containers]);
  // A layer may do no more than to call a function that has cases.
  const functionOf = (name: string): string =>
    calledFunctions.find(([layer]) => layer.test(name))?.[1] ?? name[0]!.toLowerCase() + name.slice(1);
  expect(names.filter((name) => !cases.has(name) && !cases.has(functionOf(name)))).toEqual([]);
});
