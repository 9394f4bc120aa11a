import {
  ArgumentError,
  BatchNorm1d,
  BatchNorm2d,
  crossEntropy,
  Dropout,
  type Module,
  ReLU,
  scope,
  setSeed,
  tensor,
} from '@pnn/nn';
import {
  activationFactory,
  defaultMethod,
  defaultPolynomial,
  type MethodSpec,
  PolynomialActivation,
  polynomialActivations,
  targetNames,
} from '@pnn/pnn';
import { describe, expect, it } from 'vitest';
import {
  buildModel,
  lenet,
  type ModelSpec,
  mlp,
  models,
  type NormalizationOrder,
  resnet1d,
  resnet8,
  resnet18,
  resnet20,
  smallCnn,
  spectrogramCnn,
  vgg,
} from '../src/index.js';

const relu = () => new ReLU();
const polynomial = () => new PolynomialActivation({ degree: 2, bound: 12, outside: 'tangent' });
const orders: NormalizationOrder[] = ['normalization-first', 'activation-first'];

const convolution = (from: number, to: number, side = 3) => from * to * side * side;
const batchNorm = (channels: number) => 2 * channels;
const linear = (from: number, to: number) => from * to + to;

/** The parameters of a residual network of basic blocks, counted layer by layer. */
function residualParameters(channels: number, widths: readonly number[], blocks: number, classes: number): number {
  let count = convolution(channels, widths[0]!) + batchNorm(widths[0]!);
  widths.forEach((width, stage) => {
    for (let block = 0; block < blocks; block++) {
      const from = block > 0 ? width : (widths[stage - 1] ?? width);
      count += convolution(from, width) + convolution(width, width) + 2 * batchNorm(width);
      if (from !== width) count += convolution(from, width, 1) + batchNorm(width);
    }
  });
  return count + linear(widths.at(-1)!, classes);
}

/** The names of the classes of all modules but containers, in order. */
function layersOf(network: Module): string[] {
  return [...network.namedModules()].flatMap(([, module]) =>
    module.children().length === 0 ? [module.constructor.name] : [],
  );
}

/** Runs forward and backward in training and forward in evaluation, and gives the shape of the output. */
function exercise(network: Module, shape: readonly number[]): readonly number[] {
  const size = shape.reduce((product, length) => product * length);
  const x = () =>
    tensor(
      Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
      { shape },
    );
  const labels = Int32Array.from({ length: shape[0]! }, (_, i) => i % 2);
  scope(() => crossEntropy(network.forward(x()), tensor(labels, { dtype: 'int32' })).backward());
  for (const [name, { grad }] of network.namedParameters()) {
    expect(grad?.dataSync().every(Number.isFinite), name).toBe(true);
  }
  network.zeroGrad();
  network.eval();
  return scope(() => {
    const output = network.forward(x());
    expect(output.dataSync().every(Number.isFinite)).toBe(true);
    return output.shape;
  });
}

describe('residual networks', () => {
  it('have the parameters that counting layer by layer gives', () => {
    const options = { channels: 3, classes: 10, activation: relu };
    expect(resnet8(options).parameterCount()).toBe(residualParameters(3, [16, 32, 64], 1, 10));
    expect(resnet20(options).parameterCount()).toBe(residualParameters(3, [16, 32, 64], 3, 10));
    // The numbers that other implementations with 1x1 projections report.
    expect(residualParameters(3, [16, 32, 64], 3, 10)).toBe(272_474);
    expect(residualParameters(3, [64, 128, 256, 512], 2, 10)).toBe(11_173_962);
    const large = resnet18(options);
    expect(large.parameterCount()).toBe(11_173_962);
    large.dispose();
    expect(resnet20({ channels: 1, classes: 7, activation: polynomial }).parameterCount()).toBe(
      residualParameters(1, [16, 32, 64], 3, 7),
    );
  });

  it('have an activation behind the stem, in every block and behind it', () => {
    const options = { channels: 3, classes: 10, activation: polynomial };
    expect(polynomialActivations(resnet8(options))).toHaveLength(1 + 2 * 3);
    expect(polynomialActivations(resnet20(options))).toHaveLength(1 + 2 * 9);
    const large = resnet18(options);
    expect(polynomialActivations(large)).toHaveLength(1 + 2 * 8);
    large.dispose();
  });

  it.each(orders)('halve the image from the second stage on and average what is left: %s', (order) => {
    setSeed(2);
    const network = resnet8({ channels: 2, classes: 3, activation: polynomial, order });
    const sides: number[] = [];
    for (const [, activation] of polynomialActivations(network)) {
      activation.addForwardHook((_, [x]) => sides.push(x!.shape[2]!));
    }
    expect(exercise(network, [2, 2, 8, 8])).toEqual([2, 3]);
    expect(sides.slice(0, 7)).toEqual([8, 8, 8, 4, 4, 2, 2]);
    const layers = layersOf(network);
    expect(layers.slice(0, 3)).toEqual(
      order === 'normalization-first'
        ? ['Conv2d', 'BatchNorm2d', 'PolynomialActivation']
        : ['Conv2d', 'PolynomialActivation', 'BatchNorm2d'],
    );
    expect(layers.slice(-2)).toEqual(['GlobalAvgPool', 'Linear']);
  });

  it('run at their full depth', () => {
    setSeed(2);
    expect(exercise(resnet20({ channels: 1, classes: 2, activation: relu }), [2, 1, 8, 8])).toEqual([2, 2]);
  });
});

describe('smallCnn', () => {
  it.each(orders)('is convolution, %s, pooling for each number of filters, and one linear layer', (order) => {
    setSeed(2);
    const network = smallCnn({ channels: 2, height: 9, width: 12, classes: 3, activation: polynomial, order });
    expect(network.parameterCount()).toBe(
      convolution(2, 16) + batchNorm(16) + convolution(16, 32) + batchNorm(32) + linear(32 * 2 * 3, 3),
    );
    const block =
      order === 'normalization-first'
        ? ['Conv2d', 'BatchNorm2d', 'PolynomialActivation', 'AvgPool2d']
        : ['Conv2d', 'PolynomialActivation', 'BatchNorm2d', 'AvgPool2d'];
    expect(layersOf(network)).toEqual([...block, ...block, 'Flatten', 'Linear']);
    expect(exercise(network, [2, 2, 9, 12])).toEqual([2, 3]);
  });

  it('takes other filters, but not more than the image can be halved', () => {
    const options = { channels: 1, height: 4, width: 5, classes: 2, activation: relu };
    expect(exercise(smallCnn({ ...options, filters: [3] }), [2, 1, 4, 5])).toEqual([2, 2]);
    expect(exercise(smallCnn({ ...options, filters: [2, 3] }), [2, 1, 4, 5])).toEqual([2, 2]);
    expect(smallCnn({ ...options, filters: [] }).parameterCount()).toBe(linear(20, 2));
    expect(() => smallCnn({ ...options, filters: [2, 2, 2] })).toThrow(
      new ArgumentError('smallCnn: it halves images of 4x5 3 times, until nothing is left: give fewer filters'),
    );
  });
});

const act = (order: NormalizationOrder, dimensions: 1 | 2) =>
  order === 'normalization-first'
    ? [`BatchNorm${dimensions}d`, 'PolynomialActivation']
    : ['PolynomialActivation', `BatchNorm${dimensions}d`];

describe('lenet', () => {
  it.each(orders)('has the shapes of CryptoNets and two activations: %s', (order) => {
    setSeed(2);
    const network = lenet({ channels: 1, height: 28, width: 28, classes: 10, activation: polynomial, order });
    const [first, second] = polynomialActivations(network);
    const seen: (readonly number[])[] = [];
    for (const [, activation] of [first!, second!]) activation.addForwardHook((_, [x]) => seen.push(x!.shape));
    expect(exercise(network, [2, 1, 28, 28])).toEqual([2, 10]);
    expect(seen.slice(0, 2)).toEqual([
      [2, 5, 13, 13],
      [2, 100],
    ]);
    expect(layersOf(network)).toEqual([
      'Conv2d',
      ...act(order, 2),
      'AvgPool2d',
      'Conv2d',
      'AvgPool2d',
      'Flatten',
      'Linear',
      ...act(order, 1),
      'Linear',
    ]);
    expect(network.parameterCount()).toBe(
      convolution(1, 5, 5) +
        batchNorm(5) +
        convolution(5, 50, 5) +
        50 +
        linear(1250, 100) +
        batchNorm(100) +
        linear(100, 10),
    );
  });

  it('refuses images of which nothing is left', () => {
    const options = { channels: 1, height: 10, width: 30, classes: 2, activation: relu };
    expect(() => lenet(options)).toThrow(new ArgumentError('lenet: it takes images of 11x11 or more, not 10x30'));
  });
});

describe('vgg and spectrogramCnn', () => {
  it.each(orders)('have two convolutions of each width, and one: %s', (order) => {
    setSeed(2);
    const options = { channels: 1, classes: 3, activation: polynomial, filters: [2, 3], order };
    const group = ['Conv2d', ...act(order, 2)];
    const [pairs, single] = [vgg(options), spectrogramCnn({ ...options, bands: 5, frames: 8 })];
    expect(layersOf(pairs)).toEqual([...group, ...group, 'AvgPool2d', ...group, ...group, 'GlobalAvgPool', 'Linear']);
    expect(layersOf(single)).toEqual([...group, 'AvgPool2d', ...group, 'AvgPool2d', 'Flatten', 'Linear']);
    expect(single.parameterCount()).toBe(convolution(1, 2) + convolution(2, 3) + 2 * (2 + 3) + linear(3 * 2, 3));
    for (const network of [pairs, single]) expect(exercise(network, [2, 1, 5, 8])).toEqual([2, 3]);
  });
});

describe('resnet1d', () => {
  it.each(orders)('halves the steps from the second stage on: %s', (order) => {
    setSeed(2);
    const network = resnet1d({ channels: 9, classes: 6, activation: polynomial, widths: [4, 6, 8], order });
    const steps: number[] = [];
    for (const [, activation] of polynomialActivations(network)) {
      activation.addForwardHook((_, [x]) => steps.push(x!.shape[2]!));
    }
    expect(exercise(network, [2, 9, 32])).toEqual([2, 6]);
    expect(steps.slice(0, 7)).toEqual([32, 32, 32, 16, 16, 8, 8]);
    expect(layersOf(network).slice(0, 3)).toEqual(['Conv1d', ...act(order, 1)]);
  });
});

describe('mlp', () => {
  it.each(orders)('is linear, %s, dropout for each width, and one linear layer', (order) => {
    setSeed(2);
    const network = mlp({ inputs: 6, hidden: [5, 4], classes: 3, activation: polynomial, dropout: 0.2, order });
    const pair =
      order === 'normalization-first'
        ? ['BatchNorm1d', 'PolynomialActivation']
        : ['PolynomialActivation', 'BatchNorm1d'];
    const block = ['Linear', ...pair, 'Dropout'];
    expect(layersOf(network)).toEqual(['Flatten', ...block, ...block, 'Linear']);
    expect(network.parameterCount()).toBe(linear(6, 5) + batchNorm(5) + linear(5, 4) + batchNorm(4) + linear(4, 3));
    expect(exercise(network, [4, 1, 2, 3])).toEqual([4, 3]);
  });

  it('is the network of the paper for UCI HAR', () => {
    const widths = [561, 256, 128, 64, 32, 16, 64, 6];
    const network = mlp({ inputs: 561, hidden: widths.slice(1, -1), classes: 6, activation: polynomial });
    const expected = widths.slice(1).reduce((sum, width, i) => sum + linear(widths[i]!, width), 0);
    const normalized = widths.slice(1, -1).reduce((sum, width) => sum + batchNorm(width), 0);
    expect(network.parameterCount()).toBe(expected + normalized);
    expect(polynomialActivations(network)).toHaveLength(6);
    expect(exercise(network, [3, 561])).toEqual([3, 6]);
  });

  it('can go without hidden layers and has no dropout where none was asked for', () => {
    expect(layersOf(mlp({ inputs: 2, hidden: [], classes: 3, activation: relu }))).toEqual(['Flatten', 'Linear']);
    const network = mlp({ inputs: 2, hidden: [4], classes: 3, activation: relu });
    expect([...network.namedModules()].some(([, module]) => module instanceof Dropout)).toBe(false);
  });
});

/** What each model is tried with, if not with images [1,4,4] and one width. */
const trials: Readonly<Record<string, { readonly inputShape: readonly number[]; readonly widths: readonly number[] }>> =
  {
    lenet: { inputShape: [1, 11, 12], widths: [2, 3, 4] },
    vgg: { inputShape: [1, 4, 4], widths: [2, 3] },
    resnet1d: { inputShape: [2, 9], widths: [4, 6] },
    'spectrogram-cnn': { inputShape: [1, 4, 6], widths: [2, 3, 4] },
  };

const shapeFor = (name: string) => trials[name]?.inputShape ?? [1, 4, 4];

/** The network of a model for samples of three classes. */
function built(changes: Partial<ModelSpec>, method: Partial<MethodSpec> = {}): Module {
  const { name = 'mlp' } = changes;
  const widths = trials[name]?.widths ?? (models.get(name).widths ? [4] : []);
  const spec: ModelSpec = { name, widths, order: 'normalization-first', dropout: 0, ...changes };
  const activation = activationFactory({ ...defaultMethod, ...method });
  return buildModel(spec, { inputShape: shapeFor(name), outputs: 3, activation });
}

describe('buildModel', () => {
  it.each(models.names())(
    'builds %s for its samples, and its twin with as many parameters but for the coefficients',
    (name) => {
      const network = built({ name });
      const twin = built({ name }, { polynomial: null });
      const coefficients = polynomialActivations(network).reduce((sum, [, each]) => sum + each.coefficients.size, 0);
      expect(twin.parameterCount() + coefficients).toBe(network.parameterCount());
      expect(polynomialActivations(network).length).toBeGreaterThan(0);
      expect(polynomialActivations(twin)).toHaveLength(0);
      // ResNet-18 is as good as the others here, and takes long.
      if (name !== 'resnet18') {
        expect(exercise(network, [2, ...shapeFor(name)])).toEqual([2, 3]);
        expect(exercise(twin, [2, ...shapeFor(name)])).toEqual([2, 3]);
      }
      network.dispose();
      twin.dispose();
    },
  );

  it.each(targetNames)('knows %s', (target) => {
    expect(exercise(built({}, { target, polynomial: null }), [2, 1, 4, 4])).toEqual([2, 3]);
    const polynomial = { ...defaultPolynomial, degree: 4 };
    const [, activation] = polynomialActivations(built({}, { target, polynomial }))[0]!;
    expect(activation.fit.target).toBe(target);
  });

  it('puts normalization where the spec says', () => {
    const layers = layersOf(built({ order: 'activation-first' }));
    expect(layers.indexOf('PolynomialActivation')).toBeLessThan(layers.indexOf('BatchNorm1d'));
  });
});

it('normalization is a group of its own in every model', () => {
  for (const name of models.names().filter((each) => !['resnet20', 'resnet18'].includes(each))) {
    const network = built({ name });
    const [normalization] = network.parameterGroups().filter((group) => group.name === 'normalization');
    const layers = [...network.namedModules()].flatMap(([, module]) =>
      module instanceof BatchNorm1d || module instanceof BatchNorm2d ? [module] : [],
    );
    expect(normalization).toMatchObject({ clipped: false });
    expect(normalization!.parameters).toHaveLength(2 * layers.length);
  }
});
