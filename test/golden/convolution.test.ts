import { GlobalAvgPool, GlobalMaxPool, type Module } from '@pnn/nn';
import { averagePool1d, averagePool2d, conv1d, conv2d, maxPool1d, maxPool2d, onesLike, type Tensor } from '@pnn/tensor';
import { type Computation, compareWithGolden, type Tolerances } from './compare.js';
import type { GoldenCase } from './load.js';

/** Inputs and all sums of `convolution` are small multiples of a power of two. */
const exact: Tolerances = { float64: { relative: 0, scaled: 0 }, float32: { relative: 0, scaled: 0 } };

/** Means divide, and their gradients add up quotients in another order. */
const divided: Tolerances = { float64: { relative: 1e-15, scaled: 1e-15 }, float32: { relative: 3e-7, scaled: 3e-7 } };

type Pair = readonly [number, number];

/** An attribute along a line, where PyTorch's list has one entry. */
function single({ attributes }: GoldenCase, name: string): number {
  return (attributes[name] as readonly number[])[0]!;
}

function pair({ attributes }: GoldenCase, name: string): Pair {
  return attributes[name] as unknown as Pair;
}

compareWithGolden(
  'convolution',
  {
    conv1d: ({ x, weight, bias }, golden) =>
      conv1d(x!, weight!, bias, {
        stride: single(golden, 'stride'),
        padding: single(golden, 'padding'),
        dilation: single(golden, 'dilation'),
        groups: golden.attributes.groups as number,
      }),
    conv2d: ({ x, weight, bias }, golden) =>
      conv2d(x!, weight!, bias, {
        stride: pair(golden, 'stride'),
        padding: pair(golden, 'padding'),
        dilation: pair(golden, 'dilation'),
        groups: golden.attributes.groups as number,
      }),
  },
  () => exact,
);

const alongLine =
  (pool: typeof maxPool1d): Computation =>
  ({ x }, golden) =>
    pool(x!, single(golden, 'kernelSize'), { stride: single(golden, 'stride'), padding: single(golden, 'padding') });

const overPlane =
  (pool: typeof maxPool2d): Computation =>
  ({ x }, golden) =>
    pool(x!, pair(golden, 'kernelSize'), { stride: pair(golden, 'stride'), padding: pair(golden, 'padding') });

/** PyTorch can leave padding out of the divisor: the mean of x over that of ones, where padding is 0 in both. */
const withOrWithoutPadding =
  (pool: Computation): Computation =>
  (given, golden, float) => {
    const mean = pool(given, golden, float) as Tensor;
    if (golden.attributes.countIncludePad) return mean;
    return mean.div(pool({ x: onesLike(given.x!) }, golden, float) as Tensor);
  };

/** PyTorch keeps the reduced axes. */
const overEverything =
  (layer: Module): Computation =>
  ({ x }) => {
    const pooled = layer.forward(x!);
    return pooled.reshape([...pooled.shape, ...x!.shape.slice(2).map(() => 1)]);
  };

compareWithGolden(
  'pooling',
  {
    maxPool1d: alongLine(maxPool1d),
    maxPool2d: overPlane(maxPool2d),
    avgPool1d: withOrWithoutPadding(alongLine(averagePool1d)),
    avgPool2d: withOrWithoutPadding(overPlane(averagePool2d)),
    globalMaxPool1d: overEverything(new GlobalMaxPool()),
    globalMaxPool2d: overEverything(new GlobalMaxPool()),
    globalAvgPool1d: overEverything(new GlobalAvgPool()),
    globalAvgPool2d: overEverything(new GlobalAvgPool()),
  },
  () => divided,
);
