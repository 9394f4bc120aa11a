import { apply, operators } from '@pnn/tensor';
import fc from 'fast-check';
import { forAll, type KernelCase, pairs, type Table, tableOf, withinSums } from './kernel-case.js';

type Pair = readonly [number, number];

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

export const convolutionCases: readonly KernelCase[] = [
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
];
