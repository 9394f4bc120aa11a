import { apply, conv2d, operators, scope, sparseMatmul, type Tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { tableFrom, tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import { sparseProducts } from '../../../packages/tensor/test/sparse-matrices.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { distinct, quarters } from '../points.js';

type Two = readonly [number, number];
const two = (min: number, max: number): fc.Arbitrary<Two> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const numbers = quarters(-2, 2);

const convolutions = fc
  .record({
    images: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
    kernel: two(1, 2),
    stride: two(1, 2),
    padding: two(0, 1),
    dilation: two(1, 2),
    extra: two(0, 2),
  })
  .map(({ images, groups, channels, filters, extra, ...geometry }) => {
    const { kernel, padding, dilation } = geometry;
    const lengthOf = (axis: 0 | 1) =>
      Math.max(1, dilation[axis] * (kernel[axis] - 1) + 1 - 2 * padding[axis]) + extra[axis];
    const x = [images, groups * channels, lengthOf(0), lengthOf(1)];
    const weight = [groups * filters, channels, ...kernel];
    const attributes = { ...geometry, groups };
    const output = scope(() => conv2d(zeros(x), zeros(weight), undefined, attributes).shape);
    return { x, weight, output, bias: [groups * filters], attributes };
  });

const forward: fc.Arbitrary<GradientCase> = convolutions.chain(({ x, weight, bias, attributes }) =>
  fc
    .tuple(tablesOf(x, numbers), tablesOf(weight, numbers), tablesOf(bias, numbers), fc.boolean())
    .map(([a, w, b, biased]) => ({
      inputs: biased ? [a, w, b] : [a, w],
      f: (input: Tensor, kernels: Tensor, shift?: Tensor) => conv2d(input, kernels, shift, attributes),
    })),
);

const inputGradient: fc.Arbitrary<GradientCase> = convolutions.chain(({ x, weight, output, attributes }) =>
  fc.tuple(tablesOf(output, numbers), tablesOf(weight, numbers)).map((inputs) => ({
    inputs,
    f: (g: Tensor, w: Tensor) => apply(operators.conv2dInputGradient, [g, w], { ...attributes, shape: x })[0]!,
  })),
);

const weightGradient: fc.Arbitrary<GradientCase> = convolutions.chain(({ x, weight, output, attributes }) =>
  fc.tuple(tablesOf(output, numbers), tablesOf(x, numbers)).map((inputs) => ({
    inputs,
    f: (g: Tensor, a: Tensor) => apply(operators.conv2dWeightGradient, [g, a], { ...attributes, shape: weight })[0]!,
  })),
);

const pools = fc
  .record({
    images: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    kernel: two(1, 2),
    stride: two(1, 2),
    padded: two(0, 1),
    extra: two(0, 2),
  })
  .map(({ images, channels, kernel, stride, padded, extra }) => {
    const padding: Two = [
      Math.min(padded[0], Math.floor(kernel[0] / 2)),
      Math.min(padded[1], Math.floor(kernel[1] / 2)),
    ];
    const shape = [images, channels, kernel[0] + extra[0], kernel[1] + extra[1]];
    return { shape, attributes: { kernel, stride, padding, dilation: [1, 1] as const } };
  })
  .chain(({ shape, attributes }) =>
    distinct(shape).map((x) => {
      const positions = scope(() => tableFrom(apply(operators.maxPool2d, [tensorOf(x)], attributes)[1]!));
      return { x, positions, shape, attributes };
    }),
  );

/** Operators that move windows over planes, and those that such functions are made of. */
export const windowCases: GradientCases = {
  sparseMatmul: sparseProducts(numbers).chain(({ matrix, shape, axis }) =>
    tablesOf(shape, numbers).map((x) => ({ inputs: [x], f: (a: Tensor) => sparseMatmul(a, axis, matrix) })),
  ),
  conv2d: forward,
  conv2dInputGradient: inputGradient,
  conv2dWeightGradient: weightGradient,
  maxPool2d: pools.map(({ x, attributes }) => ({
    inputs: [x],
    f: (a) => apply(operators.maxPool2d, [a!], attributes)[0]!,
  })),
  maxPool2dSelect: pools.map(({ x, positions, attributes }) => ({
    inputs: [x],
    f: (a) => apply(operators.maxPool2dSelect, [a!, tensorOf(positions, 'int32')], attributes)[0]!,
  })),
  maxPool2dGradient: pools.chain(({ positions, shape, attributes }) =>
    tablesOf(positions.shape, numbers).map((g) => ({
      inputs: [g],
      f: (a: Tensor) =>
        apply(operators.maxPool2dGradient, [a, tensorOf(positions, 'int32')], { ...attributes, shape })[0]!,
    })),
  ),
  averagePool2d: pools.map(({ x, attributes }) => ({
    inputs: [x],
    f: (a) => apply(operators.averagePool2d, [a!], attributes)[0]!,
  })),
  averagePool2dGradient: pools.chain(({ positions, shape, attributes }) =>
    tablesOf(positions.shape, numbers).map((g) => ({
      inputs: [g],
      f: (a: Tensor) => apply(operators.averagePool2dGradient, [a], { ...attributes, shape })[0]!,
    })),
  ),
};
