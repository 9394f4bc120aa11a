import { type Axes, concat, type FloatDType, stack, type Tensor, tensor, where } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';

/**
 * Both sides compute in float64, and add and multiply in another order. In float32 the terms of a result are rounded to
 * 6e-8 of themselves. Sums of terms of either sign (those of broadcasting, of reductions, of second order) are as exact as
 * their largest terms, not as themselves.
 */
const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-14 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

/** Around 2^20, PyTorch's own variance is off by 2e-11; ours is exact. */
const farFromZero: Tolerances = { ...tolerances, float64: { relative: 1e-10, scaled: 0 } };

type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'reciprocal'
  | 'square'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'silu'
  | 'gelu'
  | 'softplus'
  | 'erf';
type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum';
type ComparisonName = 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual';
type ReductionName = 'sum' | 'mean' | 'max' | 'min' | 'prod';

function table<Name extends string>(names: readonly Name[], compute: (name: Name) => Computation) {
  return Object.fromEntries(names.map((name) => [name, compute(name)])) as Record<Name, Computation>;
}

const unary = table<UnaryName>(
  [
    ...(['neg', 'abs', 'sign', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'reciprocal', 'square', 'sin', 'cos'] as const),
    ...(['tanh', 'sigmoid', 'relu', 'silu', 'gelu', 'softplus', 'erf'] as const),
  ],
  (name) =>
    ({ x }) =>
      x![name](),
);

const binary = table<BinaryName>(
  ['add', 'sub', 'mul', 'div', 'maximum', 'minimum'],
  (name) =>
    ({ a, b }) =>
      a![name](b!),
);

/** The number that follows 1 in double precision is 1 in single: there, a comparison gets the one that follows 1 there. */
function followingOne(b: Tensor, golden: GoldenCase, float: FloatDType): Tensor {
  if (float === 'float64') return b;
  const missing = golden.inputs.b!.data.map((value) => (value === 1 + 2 ** -52 ? 2 ** -23 : 0));
  return b.add(tensor(Float32Array.from(missing), { shape: b.shape }));
}

const comparison = table<ComparisonName>(
  ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'],
  (name) =>
    ({ a, b }, golden, float) =>
      a![name](followingOne(b!, golden, float)),
);

const axesOf = ({ attributes }: GoldenCase) => (attributes.axes ?? undefined) as Axes;
const axisOf = ({ attributes }: GoldenCase) => (attributes.axis ?? undefined) as number | undefined;
const keepDims = ({ attributes }: GoldenCase) => ({ keepDims: attributes.keepdim as boolean });

const reduction = table<ReductionName>(
  ['sum', 'mean', 'max', 'min', 'prod'],
  (name) =>
    ({ x }, golden) =>
      x![name](axesOf(golden), keepDims(golden)),
);

/** x with an axis moved to the end, or (again) back from there. */
function exchanged(x: Tensor, axis: number): Tensor {
  const order = x.shape.map((_, each) => each);
  const at = axis < 0 ? axis + x.rank : axis;
  [order[at], order[x.rank - 1]] = [x.rank - 1, at];
  return x.permute(order);
}

/** PyTorch lets the index be shorter than x along the other axes, and leaves out the rest of x; we ask for equal lengths. */
function gatherFromPart(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  return x.slice(index.shape.map((length, each) => (each === at ? [] : [0, length]))).gather(axis, index);
}

compareWithGolden(
  'elementwise',
  {
    ...unary,
    ...binary,
    ...comparison,
    pow: ({ x, a, b }, { attributes }) => (x ? x.pow(attributes.exponent as number) : a!.pow(b!)),
    where: ({ condition, a, b }) => where(condition!, a!, b!),
    clamp: ({ x }, { attributes: { min = -Infinity, max = Infinity } }) => x!.clamp(min as number, max as number),
  },
  () => tolerances,
);

compareWithGolden(
  'reductions',
  {
    ...reduction,
    variance: ({ x }, golden) =>
      x!.variance(axesOf(golden), { ...keepDims(golden), correction: golden.attributes.unbiased ? 1 : 0 }),
    /** Over one axis after the other: the logarithm of a sum of sums. */
    logsumexp: ({ x }, golden) => {
      const axes = (golden.attributes.axes ?? x!.shape.map((_, axis) => axis)) as number[];
      const reduced = axes.reduce((sum, axis) => sum.logSumExp(axis, { keepDims: true }), x!);
      return golden.attributes.keepdim ? reduced : reduced.squeeze(axes);
    },
    argmax: ({ x }, golden) => x!.argmax(axisOf(golden), keepDims(golden)),
    argmin: ({ x }, golden) => x!.argmin(axisOf(golden), keepDims(golden)),
    topk: ({ x }, golden) => {
      const axis = axisOf(golden)!;
      const { k, largest } = golden.attributes as { k: number; largest: boolean };
      const { values, indices } = exchanged(x!, axis).topk(k, { largest });
      return { outputs: { values: exchanged(values, axis), indices: exchanged(indices, axis) } };
    },
    softmax: ({ x }, golden) => x!.softmax(axisOf(golden)),
    logSoftmax: ({ x }, golden) => x!.logSoftmax(axisOf(golden)),
  },
  ({ name }) => (name === 'variance far from zero' ? farFromZero : tolerances),
);

compareWithGolden(
  'matrix',
  {
    matmul: ({ a, b }) => a!.matmul(b!),
    permute: ({ x }, { attributes }) => x!.permute(attributes.axes as number[]),
    slice: ({ x }, { attributes }) => x!.slice(attributes.ranges as [number, number, number][]),
    expand: ({ x }, { attributes }) => x!.broadcastTo(attributes.shape as number[]),
    concat: (given, golden) => concat(Object.values(given), axisOf(golden)),
    stack: (given, golden) => stack(Object.values(given), axisOf(golden)),
    pad: ({ x }, { attributes }) => x!.pad(attributes.padding as [number, number][], attributes.value as number),
    gather: ({ x, index }, golden) => gatherFromPart(x!, axisOf(golden)!, index!),
  },
  () => tolerances,
);
