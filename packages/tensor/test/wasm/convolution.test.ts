import { apply, operators, reference, scope, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, exactly, expectWithin, ordinary, place, sumBound, variants, withSpecials } from './variants.js';

type Pair = readonly [number, number];

interface Case {
  readonly x: readonly [readonly number[], readonly number[]];
  readonly weight: readonly [readonly number[], readonly number[]];
  readonly bias: readonly [readonly number[], readonly number[]];
  readonly gradient: readonly [readonly number[], readonly number[]];
  readonly geometry: {
    readonly kernel: Pair;
    readonly stride: Pair;
    readonly padding: Pair;
    readonly dilation: Pair;
    readonly groups: number;
  };
}

const pairs = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Everything about a convolution at random; the planes are so large that there is an output, or just too small. */
function cases(numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      kernel: pairs(1, 4),
      stride: pairs(1, 3),
      padding: pairs(0, 3),
      dilation: pairs(1, 2),
      groups: fc.integer({ min: 1, max: 3 }),
      images: fc.oneof(
        { weight: 1, arbitrary: fc.constant(0) },
        { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) },
      ),
      channels: fc.integer({ min: 1, max: 6 }),
      filters: fc.integer({ min: 1, max: 6 }),
      extra: fc.tuple(
        fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 9 }) }, { weight: 1, arbitrary: fc.constant(40) }),
        fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 19 }) }, { weight: 1, arbitrary: fc.constant(41) }),
      ),
    })
    .chain(({ images, channels, filters, extra, ...geometry }) => {
      const { kernel, stride, padding, dilation, groups } = geometry;
      const size = (axis: 0 | 1) =>
        Math.max(1, (kernel[axis] - 1) * dilation[axis] + 1 - 2 * padding[axis] + extra[axis]);
      const length = (axis: 0 | 1) =>
        Math.floor((size(axis) + 2 * padding[axis] - (kernel[axis] - 1) * dilation[axis] - 1) / stride[axis]) + 1;
      const shapes = {
        x: [images, channels * groups, size(0), size(1)],
        weight: [filters * groups, channels, ...kernel],
        bias: [filters * groups],
        gradient: [images, filters * groups, length(0), length(1)],
      };
      const filled = (shape: number[]) => fc.tuple(fc.constant(shape), dataOf(shape, numbers));
      return fc.record({
        x: filled(shapes.x),
        weight: filled(shapes.weight),
        bias: filled(shapes.bias),
        gradient: filled(shapes.gradient),
        geometry: fc.constant(geometry),
      });
    });
}

type Table = Case['x'];

/** Holds a result of the device against that of the reference in double precision. */
function check(
  device: typeof reference,
  {
    inputs,
    terms,
    compute,
  }: {
    readonly inputs: readonly Table[];
    readonly terms: number;
    readonly compute: (...inputs: Tensor[]) => Tensor;
  },
): void {
  scope(() => {
    const { expected, magnitudes } = exactly(inputs, compute);
    const result = compute(...inputs.map(([shape, data]) => place(device, shape, data)));
    expectWithin(
      result,
      expected,
      Array.from(magnitudes, (magnitude) => sumBound(terms, magnitude)),
    );
  });
}

const forward = ({ x, weight, bias, geometry }: Case) => ({
  inputs: [x, weight, bias],
  terms: weight[0].slice(1).reduce((product, length) => product * length, 1) + 1,
  compute: (input: Tensor, kernels: Tensor, shift: Tensor) =>
    apply(operators.conv2d, [input, kernels, shift], geometry)[0]!,
});

const forwardWithoutBias = ({ x, weight, geometry }: Case) => ({
  inputs: [x, weight],
  terms: weight[0].slice(1).reduce((product, length) => product * length, 1),
  compute: (input: Tensor, kernels: Tensor) => apply(operators.conv2d, [input, kernels, undefined], geometry)[0]!,
});

const inputGradient = ({ x, weight, gradient, geometry }: Case) => ({
  inputs: [gradient, weight],
  terms: (weight[0][0]! / geometry.groups) * geometry.kernel[0] * geometry.kernel[1],
  compute: (g: Tensor, kernels: Tensor) =>
    apply(operators.conv2dInputGradient, [g, kernels], { ...geometry, shape: x[0] })[0]!,
});

const weightGradient = ({ x, weight, gradient, geometry }: Case) => ({
  inputs: [gradient, x],
  terms: gradient[0][0]! * gradient[0][2]! * gradient[0][3]!,
  compute: (g: Tensor, input: Tensor) =>
    apply(operators.conv2dWeightGradient, [g, input], { ...geometry, shape: weight[0] })[0]!,
});

describe.each(variants)('convolution on %s', (_, device) => {
  test.each([
    ['the output', forward],
    ['the output without bias', forwardWithoutBias],
    ['the gradient of the input', inputGradient],
    ['the gradient of the weight', weightGradient],
  ] as const)('gives %s within the error of float32 sums', (_name, of) => {
    fc.assert(
      fc.property(cases(ordinary), (each) => check(device, of(each))),
      { numRuns: 150 },
    );
  });

  test.each([
    ['the output', forward],
    ['the gradient of the weight', weightGradient],
  ] as const)('has NaN and infinities in %s where the sum has them', (_name, of) => {
    fc.assert(fc.property(cases(withSpecials), (each) => check(device, of(each))));
  });

  test('has NaN and infinities in the gradient of the input where the gradient has them', () => {
    fc.assert(
      fc.property(cases(withSpecials), (each) => {
        const finite = each.weight[1].map((value) => (Number.isFinite(value) ? value : 1));
        check(device, inputGradient({ ...each, weight: [each.weight[0], finite] }));
      }),
    );
  });

  // More positions than a slab has, more taps than a block is deep, more filters than a panel is wide.
  test.each([
    { name: 'many channels and images', shape: [7, 32, 9, 9], filters: 37, kernel: [3, 3], stride: [1, 1], groups: 1 },
    { name: 'a large plane', shape: [2, 3, 50, 61], filters: 5, kernel: [5, 3], stride: [2, 1], groups: 1 },
    { name: 'a long row', shape: [1, 2, 3, 2600], filters: 3, kernel: [2, 3], stride: [1, 2], groups: 1 },
    {
      name: 'one filter for each channel',
      shape: [3, 12, 40, 40],
      filters: 12,
      kernel: [3, 3],
      stride: [1, 1],
      groups: 12,
    },
    { name: 'windows of one element', shape: [9, 300, 8, 8], filters: 70, kernel: [1, 1], stride: [2, 2], groups: 1 },
  ] as const)('is right for $name', ({ shape, filters, kernel, stride, groups }) => {
    const [images, channels, height, width] = shape;
    const padding = [(kernel[0] - 1) >> 1, (kernel[1] - 1) >> 1] as const;
    const length = (size: number, axis: 0 | 1) =>
      Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    const waves = (sizes: readonly number[], pace: number): Table => {
      const size = sizes.reduce((product, each) => product * each, 1);
      return [sizes, Array.from({ length: size }, (_unused, i) => Math.fround(Math.sin(pace * i + 1)))];
    };
    const geometry = { kernel, stride, padding, dilation: [1, 1] as const, groups };
    const each: Case = {
      x: waves(shape, 0.7),
      weight: waves([filters, channels / groups, ...kernel], 1.3),
      bias: waves([filters], 2.1),
      gradient: waves([images, filters, length(height, 0), length(width, 1)], 0.9),
      geometry,
    };
    check(device, forward(each));
    check(device, inputGradient(each));
    check(device, weightGradient(each));
  });

  test('gives what the reference gives for float64', () => {
    scope(() => {
      const compute = (on: typeof device) => {
        const x = place(
          on,
          [1, 2, 3, 3],
          Array.from({ length: 18 }, (_unused, i) => i / 7),
          'float64',
        );
        const weight = place(
          on,
          [2, 2, 2, 2],
          Array.from({ length: 16 }, (_unused, i) => i / 3),
          'float64',
        );
        return apply(operators.conv2d, [x, weight, undefined], {
          kernel: [2, 2],
          stride: [1, 1],
          padding: [1, 0],
          dilation: [1, 1],
          groups: 1,
        })[0]!;
      };
      expect(compute(device).dataSync()).toEqual(compute(reference).dataSync());
    });
  });
});
