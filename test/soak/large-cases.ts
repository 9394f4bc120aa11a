import { averagePool2d, batchNorm, conv2d, Generator, maxPool2d, type Tensor } from '@pnn/tensor';

import fc from 'fast-check';
import type { Table } from '../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradients/gradient-case.js';

const length = (max: number) => fc.integer({ min: 1, max });

/** Numbers of a normal distribution: as many as make blocks, panels and rests of SIMD kernels. */
function normalTable(shape: readonly number[], seed: number): Table {
  const generator = new Generator(seed, 'soak');
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Array.from({ length: size }, () => generator.normal()) };
}

/** A function of tensors of these shapes. */
function of(
  shapes: fc.Arbitrary<readonly (readonly number[])[]>,
  f: (...inputs: Tensor[]) => Tensor,
): fc.Arbitrary<GradientCase> {
  return fc
    .tuple(shapes, fc.nat())
    .map(([each, seed]) => ({ inputs: each.map((shape, i) => normalTable(shape, seed + i)), f }));
}

const plane = fc.tuple(length(5), length(9), length(20), length(20));

/** The same operators over shapes that are larger than those of the tests, where kernels cut their work into blocks. */
export const largeCases: GradientCases = {
  'large matmul': of(
    fc.tuple(length(90), length(90), length(90)).map(([m, k, n]) => [
      [m, k],
      [k, n],
    ]),
    (a, b) => a.matmul(b),
  ),
  'large convolution': of(
    fc.tuple(plane, length(12), fc.constantFrom(1, 3, 5)).map(([[n, c, h, w], filters, kernel]) => [
      [n, c, h + kernel, w + kernel],
      [filters, c, kernel, kernel],
    ]),
    (x, weight) => conv2d(x, weight, undefined, { padding: 1 }),
  ),
  'large convolution with strides': of(
    fc.tuple(plane, length(12)).map(([[n, c, h, w], filters]) => [
      [n, c, h + 3, w + 3],
      [filters, c, 3, 3],
    ]),
    (x, weight) => conv2d(x, weight, undefined, { padding: 1, stride: 2 }),
  ),
  'large batch normalization': of(
    plane.map(([n, c, h, w]) => [[n + 1, c, h, w], [c], [c]]),
    (x, gamma, beta) => batchNorm(x, gamma, beta, 0.1).output,
  ),
  'large pooling': of(
    plane.map(([n, c, h, w]) => [[n, c, h + 1, w + 1]]),
    (x) => maxPool2d(x, 2).add(averagePool2d(x, 2)),
  ),
  'large softmax': of(
    fc.tuple(length(60), length(300)).map((shape) => [shape]),
    (x) => x.softmax(),
  ),
  'large sums': of(
    fc.tuple(length(40), length(40), length(40)).map((shape) => [shape]),
    (x) => x.square().sum(1).add(x.mean(1)),
  ),
  'large broadcasting': of(
    fc.tuple(length(40), length(40), length(40)).map(([a, b, c]) => [
      [a, b, c],
      [b, 1],
      [a, 1, c],
    ]),
    (x, y, z) => x.mul(y).add(z).tanh(),
  ),
};
