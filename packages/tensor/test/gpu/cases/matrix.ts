import { apply, type Device, operators, reference, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  DIVISION,
  expectSame,
  expectWithin,
  forAll,
  type KernelCase,
  place,
  read,
  sumBound,
  type Table,
  tableOf,
  withSpecials,
} from './kernel-case.js';

type Pair = readonly [number, number];

const length = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 12 }) }, fc.constantFrom(1, 70));
const batches = fc.constantFrom<readonly [number[], number[]]>(
  [[], []],
  [[3], [3]],
  [[2], []],
  [[], [2]],
  [
    [2, 1],
    [1, 3],
  ],
);
const pairs = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

const products = fc
  .tuple(length, length, length, fc.boolean(), fc.boolean(), batches)
  .chain(([m, k, n, transposeA, transposeB, [aBatch, bBatch]]) =>
    fc.record({
      k: fc.constant(k),
      a: tableOf([...aBatch, ...(transposeA ? [k, m] : [m, k])]),
      b: tableOf([...bBatch, ...(transposeB ? [n, k] : [k, n])]),
      options: fc.constant({ transposeA, transposeB }),
    }),
  );

interface Convolution {
  readonly x: Table;
  readonly weight: Table;
  readonly bias: Table;
  readonly gradient: Table;
  readonly geometry: {
    readonly kernel: Pair;
    readonly stride: Pair;
    readonly padding: Pair;
    readonly dilation: Pair;
    readonly groups: number;
  };
}

const convolutions: fc.Arbitrary<Convolution> = fc
  .record({
    kernel: pairs(1, 3),
    stride: pairs(1, 3),
    padding: pairs(0, 2),
    dilation: pairs(1, 2),
    groups: fc.integer({ min: 1, max: 2 }),
    images: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 4 }),
    filters: fc.integer({ min: 1, max: 4 }),
    extra: pairs(0, 7),
  })
  .chain(({ images, channels, filters, extra, ...geometry }) => {
    const { kernel, stride, padding, dilation, groups } = geometry;
    const reach = (axis: 0 | 1) => (kernel[axis] - 1) * dilation[axis] + 1;
    const size = (axis: 0 | 1) => Math.max(1, reach(axis) - 2 * padding[axis] + extra[axis]);
    const places = (axis: 0 | 1) => Math.floor((size(axis) + 2 * padding[axis] - reach(axis)) / stride[axis]) + 1;
    return fc.record({
      x: tableOf([images, channels * groups, size(0), size(1)]),
      weight: tableOf([filters * groups, channels, ...kernel]),
      bias: tableOf([filters * groups]),
      gradient: tableOf([images, filters * groups, places(0), places(1)]),
      geometry: fc.constant(geometry),
    });
  });

async function withinSums(
  device: Device,
  inputs: readonly Table[],
  terms: number,
  compute: (...inputs: Tensor[]) => readonly Tensor[],
): Promise<void> {
  const { actual, expected, magnitudes } = await compare(device, inputs, compute);
  for (const [i, values] of actual.entries()) {
    expectWithin(values, expected[i]!, (_, at) => sumBound(terms, magnitudes[i]![at]!));
  }
}

/** Windows of which padding is half at most. */
const poolings = fc
  .tuple(
    pairs(1, 3),
    pairs(1, 3),
    pairs(0, 1),
    pairs(0, 8),
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .chain(([kernel, stride, wish, extra, images, channels]) => {
    const padding = [0, 1].map((axis) => Math.min(wish[axis]!, kernel[axis]! >> 1)) as [number, number];
    const size = (axis: 0 | 1) => Math.max(1, kernel[axis] - 2 * padding[axis] + extra[axis]);
    const places = (axis: 0 | 1) => Math.floor((size(axis) + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    return fc.record({
      x: tableOf([images, channels, size(0), size(1)], fc.oneof(withSpecials, fc.integer({ min: -2, max: 2 }))),
      finite: tableOf([images, channels, size(0), size(1)]),
      gradient: tableOf([images, channels, places(0), places(1)]),
      geometry: fc.constant({ kernel, stride, padding, dilation: [1, 1] as const }),
    });
  });

export const matrixCases: readonly KernelCase[] = [
  forAll('matmul', products, (device, { a, b, k, options }) =>
    withinSums(device, [a, b], k, (x, y) => [x!.matmul(y!, options)]),
  ),
  forAll('conv2d', convolutions, (device, { x, weight, bias, geometry }) =>
    withinSums(device, [x, weight, bias], weight.data.length + 1, (input, kernels, shift) => [
      ...apply(operators.conv2d, [input!, kernels!, shift], geometry),
      ...apply(operators.conv2d, [input!, kernels!, undefined], geometry),
    ]),
  ),
  forAll('conv2dInputGradient', convolutions, (device, { x, weight, gradient, geometry }) =>
    withinSums(device, [gradient, weight], weight.data.length, (g, kernels) =>
      apply(operators.conv2dInputGradient, [g!, kernels!], { ...geometry, shape: x.shape }),
    ),
  ),
  forAll('conv2dWeightGradient', convolutions, (device, { x, weight, gradient, geometry }) =>
    withinSums(device, [gradient, x], gradient.data.length, (g, input) =>
      apply(operators.conv2dWeightGradient, [g!, input!], { ...geometry, shape: weight.shape }),
    ),
  ),
  forAll('maxPool2d and its gradient', poolings, async (device, { x, gradient, geometry }) => {
    const compute = (on: Device) =>
      read(() => {
        const [maxima, indices] = apply(operators.maxPool2d, [place(on, x)], geometry) as [Tensor, Tensor];
        const [selected] = apply(operators.maxPool2dSelect, [place(on, x), indices], undefined) as [Tensor];
        const slopes = place(on, gradient);
        const shape = { shape: x.shape };
        const [spread] = apply(operators.maxPool2dGradient, [slopes, indices], shape) as [Tensor];
        // Positions whose origin is not known: every window is looked at.
        const [again] = apply(operators.maxPool2dGradient, [slopes, indices.clone()], shape) as [Tensor];
        return [maxima, indices, selected, spread, again];
      });
    const expected = await compute(reference);
    const windows = geometry.kernel[0] * geometry.kernel[1];
    for (const [i, actual] of (await compute(device)).entries()) {
      if (i < 3) expectSame(actual, expected[i]!);
      else expectWithin(actual, expected[i]!, () => sumBound(windows, 8 * windows));
    }
  }),
  forAll('averagePool2d and its gradient', poolings, async (device, { finite, gradient, geometry }) => {
    const terms = geometry.kernel[0] * geometry.kernel[1];
    const { actual, expected, magnitudes } = await compare(device, [finite, gradient], (x, slopes) => [
      ...apply(operators.averagePool2d, [x!], geometry),
      ...apply(operators.averagePool2dGradient, [slopes!], { ...geometry, shape: finite.shape }),
    ]);
    for (const [i, values] of actual.entries()) {
      expectWithin(
        values,
        expected[i]!,
        (_, at) => sumBound(terms, magnitudes[i]![at]!) + DIVISION * magnitudes[i]![at]!,
      );
    }
  }),
];
