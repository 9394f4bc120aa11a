import { type SparseMatrix, scope, sparseMatmul, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sparseMatrices } from '../sparse-matrices.js';
import { dataOf, exactly, expectWithin, ordinary, place, sumBound, variants, withSpecials } from './variants.js';

interface Case {
  readonly matrix: SparseMatrix;
  readonly shape: readonly number[];
  readonly x: readonly number[];
}

/** Lines and their neighbors: none, fewer than a vector has, several vectors, and now and then several blocks. */
const layouts = fc.oneof(
  { weight: 24, arbitrary: fc.tuple(fc.nat(9), fc.oneof(fc.constant(1), fc.nat(27))) },
  { weight: 1, arbitrary: fc.constantFrom<[number, number]>([9000, 1], [2, 16390], [700, 9]) },
);

const cases = (numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc.tuple(sparseMatrices(fc.float({ min: -8, max: 8, noNaN: true }), 6), layouts).chain(([matrix, [outer, inner]]) => {
    const shape = [outer, matrix.columns, inner];
    return dataOf(shape, numbers).map((x) => ({ matrix, shape, x }));
  });

const mostEntries = ({ starts }: SparseMatrix) =>
  starts.reduce((most, start, row) => Math.max(most, start - (starts[row - 1] ?? 0)), 0);

describe.each(variants)('sparse products on %s', (_, device) => {
  test('are within the error of float32 sums', () => {
    fc.assert(
      fc.property(cases(ordinary), ({ matrix, shape, x }) =>
        scope(() => {
          const compute = (input: Tensor | undefined) => sparseMatmul(input!, 1, matrix);
          const { expected } = exactly([[shape, x]], compute);
          const sizes = { ...matrix, weights: matrix.weights.map(Math.abs) };
          const { magnitudes } = exactly([[shape, x]], (input) => sparseMatmul(input!, 1, sizes));
          const bounds = Array.from(magnitudes, (magnitude) => sumBound(mostEntries(matrix), magnitude));
          expectWithin(compute(place(device, shape, x)), expected, bounds);
        }),
      ),
    );
  });

  test('have NaN and infinities where the sums have them', () => {
    fc.assert(
      fc.property(cases(withSpecials), ({ matrix, shape, x }) =>
        scope(() => {
          const { expected } = exactly([[shape, x]], (input) => sparseMatmul(input!, 1, matrix));
          const found = sparseMatmul(place(device, shape, x), 1, matrix).dataSync();
          expect(Array.from(found, Number.isFinite)).toEqual(Array.from(expected, Number.isFinite));
        }),
      ),
    );
  });
});
