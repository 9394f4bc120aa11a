import { reference, sparseMatmul, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { sparseProducts } from '../../sparse-matrices.js';
import {
  compare,
  expectWithin,
  forAll,
  type KernelCase,
  numbers,
  place,
  read,
  sumBound,
  tableOf,
} from './kernel-case.js';

const products = sparseProducts(numbers, 6).chain((product) =>
  fc.record({ product: fc.constant(product), x: tableOf(product.shape) }),
);

export const sparseCases: readonly KernelCase[] = [
  forAll('sparseMatmul', products, async (device, { product: { matrix, axis }, x }) => {
    const { actual, expected } = await compare(device, [x], (input) => [sparseMatmul(input as Tensor, axis, matrix)]);
    const sizes = { ...matrix, weights: matrix.weights.map(Math.abs) };
    const absolute = { ...x, data: x.data.map(Math.abs) };
    const [magnitudes] = await read(() => [sparseMatmul(place(reference, absolute, 'double'), axis, sizes)]);
    expectWithin(actual[0]!, expected[0]!, (_, i) => sumBound(matrix.positions.length, magnitudes![i]!));
  }),
];
