import { apply, type ConvolutionGeometry, operators, type reference, scope, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { sizesOf } from '../../src/devices/convolution-sizes.js';
import { turned } from '../../src/devices/wasm/kernels/convolution-sizes.js';
import { takesWinograd } from '../../src/devices/wasm/kernels/winograd.js';
import { dataOf, exactly, expectWithin, place, sumBound } from './variants.js';
import { convolutionBounds, turnedWeight, weightGradientBounds } from './winograd-bounds.js';

type Pair = readonly [number, number];

/** A shape with as many numbers. */
export type Table = readonly [readonly number[], readonly number[]];

/** A convolution with all operands of its three kernels. */
export interface Case {
  readonly x: Table;
  readonly weight: Table;
  readonly bias: Table;
  readonly gradient: Table;
  readonly geometry: ConvolutionGeometry;
}

const pairs = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

interface Sizes extends ConvolutionGeometry {
  readonly images: number;
  readonly channels: number;
  readonly filters: number;
  /** By how much the planes are larger than a window without padding. */
  readonly extra: Pair;
}

function shapesOf({ images, channels, filters, extra, ...geometry }: Sizes) {
  const { kernel, stride, padding, paddingAfter = padding, dilation, groups } = geometry;
  const missing = (axis: 0 | 1) => (kernel[axis] - 1) * dilation[axis] + 1 - padding[axis] - paddingAfter[axis];
  const size = (axis: 0 | 1) => Math.max(1, missing(axis) + extra[axis]);
  const length = (axis: 0 | 1) => Math.floor((size(axis) - missing(axis)) / stride[axis]) + 1;
  return {
    x: [images, channels * groups, size(0), size(1)],
    weight: [filters * groups, channels, ...kernel],
    bias: [filters * groups],
    gradient: [images, filters * groups, length(0), length(1)],
    geometry,
  };
}

/** Whether the kernels go through transforms; where the input is, for its gradient. */
function isTransformed(
  x: readonly number[],
  gradient: readonly number[],
  geometry: ConvolutionGeometry,
  isInputGradient: boolean,
): boolean {
  const sizes = sizesOf(x, gradient, geometry.groups);
  return takesWinograd(isInputGradient ? turned(sizes) : sizes, geometry);
}

/** Numbers for all operands of a convolution. */
function filled(sizes: Sizes, numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  const { x, weight, bias, gradient, geometry } = shapesOf(sizes);
  const table = (shape: number[]) => fc.tuple(fc.constant(shape), dataOf(shape, numbers));
  return fc.record({
    x: table(x),
    weight: table(weight),
    bias: table(bias),
    gradient: table(gradient),
    geometry: fc.constant(geometry),
  });
}

/** Windows of 3×3 that move by one, where all kernels go through transforms; tiles often hang over the edges. */
export function transformedCases(numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  const fixed = fc.constant<Pair>([1, 1]);
  const lines = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 5, max: 14 }) },
    { weight: 1, arbitrary: fc.constantFrom(33, 67) },
  );
  return fc
    .record({
      kernel: fc.constant<Pair>([3, 3]),
      stride: fixed,
      padding: pairs(0, 3),
      paddingAfter: pairs(-1, 3),
      dilation: fixed,
      groups: fc.integer({ min: 1, max: 2 }),
      images: fc.integer({ min: 1, max: 2 }),
      channels: lines,
      filters: lines,
      extra: pairs(1, 17),
    })
    .filter((each) => {
      const { x, gradient, geometry } = shapesOf(each);
      return isTransformed(x, gradient, geometry, false) && isTransformed(x, gradient, geometry, true);
    })
    .chain((each) => filled(each, numbers));
}

/** Everything about a convolution at random; the planes are so large that there is an output, or just too small. */
export function cases(numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      kernel: pairs(1, 4),
      stride: pairs(1, 3),
      padding: pairs(0, 3),
      paddingAfter: pairs(-1, 3),
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
    .chain((each) => filled(each, numbers));
}

/** A kernel with its operands, and how far from the exact result it may be. */
interface Pass {
  readonly inputs: readonly Table[];
  /** The number of products that are added up for an element. */
  readonly terms: number;
  readonly compute: (...inputs: Tensor[]) => Tensor;
  /** The bounds of the errors where the kernel goes through transforms. */
  readonly transformBounds: () => readonly number[] | undefined;
}

/** Holds a result of the device against that of the reference in double precision. */
export function check(device: typeof reference, { inputs, terms, compute, transformBounds }: Pass): void {
  scope(() => {
    const { expected, magnitudes } = exactly(inputs, compute);
    const result = compute(...inputs.map(([shape, data]) => place(device, shape, data)));
    const transforms = transformBounds();
    // Around numbers that are not finite there are direct sums in any case.
    expectWithin(
      result,
      expected,
      Array.from(magnitudes, (magnitude, i) => Math.max(sumBound(terms, magnitude), transforms?.[i] ?? 0)),
    );
  });
}

const product = (values: readonly number[]): number => values.reduce((all, each) => all * each, 1);

/** The bounds of the errors, where the kernel goes through transforms. */
function boundsIfTransformed(
  { x, gradient, geometry }: Case,
  isInputGradient: boolean,
  bounds: () => readonly number[],
): readonly number[] | undefined {
  return isTransformed(x[0], gradient[0], geometry, isInputGradient) ? bounds() : undefined;
}

export const forward = (each: Case): Pass => {
  const { x, weight, bias, gradient, geometry } = each;
  return {
    inputs: [x, weight, bias],
    terms: product(weight[0].slice(1)) + 1,
    compute: (input, kernels, shift) => apply(operators.conv2d, [input!, kernels!, shift!], geometry)[0]!,
    transformBounds: () =>
      boundsIfTransformed(each, false, () =>
        convolutionBounds(x, weight, bias, gradient[0], geometry.padding, geometry.groups),
      ),
  };
};

export const forwardWithoutBias = (each: Case): Pass => {
  const { x, weight, gradient, geometry } = each;
  return {
    inputs: [x, weight],
    terms: product(weight[0].slice(1)),
    compute: (input, kernels) => apply(operators.conv2d, [input!, kernels!, undefined], geometry)[0]!,
    transformBounds: () =>
      boundsIfTransformed(each, false, () =>
        convolutionBounds(x, weight, undefined, gradient[0], geometry.padding, geometry.groups),
      ),
  };
};

export const inputGradient = (each: Case): Pass => {
  const { x, weight, gradient, geometry } = each;
  const { groups, kernel, padding } = geometry;
  return {
    inputs: [gradient, weight],
    terms: (weight[0][0]! / groups) * product(kernel),
    compute: (g, kernels) => apply(operators.conv2dInputGradient, [g!, kernels!], { ...geometry, shape: x[0] })[0]!,
    transformBounds: () =>
      boundsIfTransformed(each, true, () =>
        convolutionBounds(
          gradient,
          turnedWeight(weight, groups),
          undefined,
          x[0],
          [2 - padding[0], 2 - padding[1]],
          groups,
        ),
      ),
  };
};

export const weightGradient = (each: Case): Pass => {
  const { x, weight, gradient, geometry } = each;
  return {
    inputs: [gradient, x],
    terms: gradient[0][0]! * gradient[0][2]! * gradient[0][3]!,
    compute: (g, input) => apply(operators.conv2dWeightGradient, [g!, input!], { ...geometry, shape: weight[0] })[0]!,
    transformBounds: () =>
      boundsIfTransformed(each, false, () =>
        weightGradientBounds(x, gradient, weight[0], geometry.padding, geometry.groups),
      ),
  };
};
