import { apply } from '../apply.js';
import { normal } from '../creation.js';
import type { Device } from '../device.js';
import { concat } from '../functions/movement.js';
import { sparseMatmul } from '../functions/sparse.js';
import { comparisonNames, unaryNames } from '../kernels.js';
import { where } from '../methods/elementwise.js';
import { operators } from '../operators/index.js';
import { Generator } from '../random.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** What samples are made of: x and y [N,C,H,W], and `draw`, which gives other numbers every time. */
export interface SampleOperands {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly draw: (shape: Shape) => Tensor;
}

/** Normal numbers on a device, the same for the same seed. */
export function sampleOperands(device: Device, shape: Shape, seed: number): SampleOperands {
  const generator = new Generator(seed);
  const draw = (of: Shape) => normal(of, 0, 2, { device, generator });
  return { x: draw(shape), y: draw(shape), draw };
}

const binaryNames = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'reluGradient'] as const;
const window = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as const;

const exponential = { form: 'exponential', limit: 1.5, cap: 3 } as const;
const quadratic = { form: 'quadratic', limit: 1.5, cap: 1 } as const;
const power = { form: 'power', limit: 1.5, cap: 1 } as const;
const tangent = { bound: 2, outside: 'tangent', penalty: exponential } as const;
/** Terms of E and of O; forms with few terms of E have loops of their own. */
const activations = [
  { ...tangent, terms: [1, 1], basis: 'even-odd' },
  { ...tangent, terms: [2, 1], basis: 'even-odd' },
  { ...tangent, terms: [3, 1], basis: 'even-odd', penalty: quadratic },
  { ...tangent, terms: [5, 1], basis: 'even-odd', penalty: power },
  { ...tangent, terms: [8, 1], basis: 'even-odd' },
  { ...tangent, terms: [9, 1], basis: 'even-odd', outside: 'polynomial', penalty: undefined },
  { ...tangent, terms: [6, 5], basis: 'even-odd' },
  { ...tangent, terms: [6, 5], basis: 'twice-even-odd' },
  { ...tangent, terms: [6, 0], basis: 'monomial' },
] as const;

function polynomials({ x, y, draw }: SampleOperands): Tensor[] {
  const one = draw([]);
  return activations.flatMap(({ terms: [evenTerms, oddTerms], ...form }) => {
    const settings = { ...form, evenTerms };
    const coefficients = draw([evenTerms + oddTerms]);
    const gradients = (learnable: boolean) =>
      apply(operators.polynomialGradient, [y, one, x, coefficients], { ...settings, learnable });
    return [...apply(operators.polynomial, [x, coefficients], settings), ...gradients(false), ...gradients(true)];
  });
}

function polynomialsOfChannels({ x, y, draw }: SampleOperands): Tensor[] {
  const form = { ...tangent, basis: 'even-odd', evenTerms: 3, learnable: true } as const;
  const coefficients = draw([x.shape[1]!, 4]);
  return [
    ...apply(operators.polynomial, [x, coefficients], form),
    ...apply(operators.polynomialGradient, [y, draw([]), x, coefficients], form),
  ];
}

function convolutions({ x, draw }: SampleOperands): Tensor[] {
  const channels = x.shape[1]!;
  // With so many channels and filters, the first one goes through Winograd's transforms; the gradient of the second one's
  // weight is computed in two parts.
  const many = draw([4, 16, 18, 20]);
  const forms = [
    { input: many, groups: 1, filters: 13 },
    { input: draw([4, 3, 24, 24]), groups: 1, filters: 3 },
    { input: many, stride: [2, 2], groups: 1, filters: 9 },
    { input: x, kernel: [3, 1], groups: channels, filters: channels },
    { input: x, kernel: [1, 3], stride: [1, 2], groups: 1, filters: 2 },
  ] as const;
  return forms.flatMap(({ input, filters, ...form }) => {
    const geometry = { ...window, ...form };
    const weight = draw([filters, input.shape[1]! / form.groups, ...geometry.kernel]);
    const [y] = apply(operators.conv2d, [input, weight, draw([filters])], geometry) as [Tensor];
    const slopes = draw(y.shape);
    return [
      y,
      ...apply(operators.conv2dInputGradient, [slopes, weight], { ...geometry, shape: input.shape }),
      ...apply(operators.conv2dWeightGradient, [slopes, input], { ...geometry, shape: weight.shape }),
    ];
  });
}

function poolings({ x, draw }: SampleOperands): Tensor[] {
  const geometries = [
    { ...window, kernel: [2, 2], stride: [2, 2], padding: [0, 0] },
    { ...window, stride: [2, 1] },
  ] as const;
  return geometries.flatMap((geometry) => {
    const [largest, indices] = apply(operators.maxPool2d, [x], geometry) as [Tensor, Tensor];
    const slopes = draw(largest.shape);
    const withShape = { ...geometry, shape: x.shape };
    return [
      largest,
      indices,
      ...apply(operators.maxPool2dSelect, [x, indices], geometry),
      ...apply(operators.maxPool2dGradient, [slopes, indices], withShape),
      ...apply(operators.averagePool2d, [x], geometry),
      ...apply(operators.averagePool2dGradient, [slopes], withShape),
    ];
  });
}

function matrices({ draw }: SampleOperands): Tensor[] {
  const sizes = [
    [5, 3, 2],
    [34, 19, 41],
    [64, 260, 48],
  ] as const;
  return sizes.flatMap(([m, k, n]) => [
    draw([m, k]).matmul(draw([k, n])),
    draw([k, m]).matmul(draw([k, n]), { transposeA: true }),
    draw([2, m, k]).matmul(draw([n, k]), { transposeB: true }),
  ]);
}

function batchNormalizations({ x, y, draw }: SampleOperands): Tensor[] {
  // Images, and channels of one element each: eight, four and one of them.
  const pairs = [
    [x, y],
    [draw([9, 13]), draw([9, 13])],
  ] as const;
  return pairs.flatMap(([input, slopes]) => {
    const channel = () => draw([input.shape[1]!]);
    const [mean, variance] = [channel(), channel().square()];
    return [
      ...apply(operators.batchNorm, [input, channel(), channel()], { epsilon: 1e-5 }),
      ...apply(operators.batchNormGradient, [slopes, input, channel(), mean, variance], { epsilon: 1e-5 }),
    ];
  });
}

function crossEntropy({ x, draw }: SampleOperands): Tensor[] {
  const logits = x.flatten(0, 2);
  const labels = logits.argmin(1);
  const settings = { labelSmoothing: 0.1 };
  const [losses, softmax] = apply(operators.crossEntropy, [logits, labels], settings) as [Tensor, Tensor];
  const slopes = draw(losses.shape);
  return [losses, softmax, ...apply(operators.crossEntropyGradient, [slopes, softmax, labels], settings)];
}

function movement({ x, y }: SampleOperands): Tensor[] {
  const [images] = x.shape as [number];
  const rows = y.argmax(0, { keepDims: true });
  return [
    x.permute([3, 1, 0, 2]),
    x.permute([0, 2, 3, 1]),
    x.slice([[1], [], [undefined, undefined, 2]]),
    x.pad(x.shape.map(() => [1, 1] as const)),
    x.sum([0, 2, 3], { keepDims: true }).broadcastTo(x.shape),
    concat([x, y], 1),
    x.gather(3, y.argmax(3, { keepDims: true })),
    x.gather(0, rows),
    x.slice([[0, 1]]).scatterAdd(0, rows, images),
    x.cast('int32'),
    x.cast('int32').cast('float32'),
  ];
}

function sparse({ x }: SampleOperands): Tensor[] {
  const rotation = (columns: number) => ({
    rows: columns,
    columns,
    starts: Array.from({ length: columns + 1 }, (_, row) => row),
    positions: Array.from({ length: columns }, (_, row) => (row + 1) % columns),
    weights: new Array<number>(columns).fill(2),
  });
  return x.shape.map((length, axis) => sparseMatmul(x, axis, rotation(length)));
}

function updates({ x, y, draw }: SampleOperands): Tensor[] {
  const { kernels } = x.device;
  const copy = () => x.add(y);
  const [filled, scaled, drawn, mask, average, norm] = [copy(), copy(), copy(), copy(), copy(), x.sum()];
  kernels.fill(filled, 3);
  kernels.scale(scaled, draw([]));
  kernels.uniform(drawn, { seed: 5, stream: 'samples', position: 3, shard: 0 });
  kernels.bernoulli(mask, 0.3, 2, { seed: 5, stream: 'samples', position: 2, shard: 1 });
  kernels.lerp(average, y, 0.1, 1);
  kernels.euclideanNorm([x, y], norm);
  const [adam, first, second, sgd, velocity] = [copy(), x.mul(y), x.square(), copy(), x.mul(y)];
  const shared = { learningRate: 0.1, weightDecay: 0.01 };
  kernels.adam(adam, y, first, second, { ...shared, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decoupled: true, step: 2 });
  kernels.sgd(sgd, y, velocity, { ...shared, momentum: 0.9, dampening: 0, nesterov: true, first: false });
  return [filled, scaled, drawn, mask, average, norm, adam, first, second, sgd, velocity];
}

/** Operations of every SIMD kernel, by family; the tests see to it that no kernel is missing. */
export const kernelSamples: Readonly<Record<string, (operands: SampleOperands) => readonly Tensor[]>> = {
  'functions of one number': ({ x }) => unaryNames.flatMap((name) => apply(operators[name], [x], undefined)),
  'functions of two numbers': ({ x, y, draw }) => {
    const channels = draw([x.shape[1]!, 1, 1]);
    const pairs = [y, channels, draw([]), y.permute([0, 1, 2, 3])];
    return [
      ...binaryNames.flatMap((name) => pairs.flatMap((each) => apply(operators[name], [x, each], undefined))),
      x.pow(3),
    ];
  },
  comparisons: ({ x, y }) => [
    ...comparisonNames.flatMap((name) => apply(operators[name], [x, y], undefined)),
    where(x.greater(y), x, y),
  ],
  reductions: ({ x }) => [x.sum(), x.sum([0]), x.sum([1, 3]), x.max([1]), x.min([3]), x.argmax(3)],
  softmax: ({ x }) => [x.softmax(), x.logSoftmax()],
  'batch normalization': batchNormalizations,
  'cross-entropy': crossEntropy,
  polynomials,
  'polynomials of channels': polynomialsOfChannels,
  convolutions,
  poolings,
  matrices,
  movement,
  'sparse matrices': sparse,
  updates,
};
