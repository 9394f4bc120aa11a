import {
  ArgumentError,
  DTypeError,
  ShapeError,
  type SparseMatrix,
  scope,
  sparseMatmul,
  tensor,
  transposeSparse,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { at, largestDifference, smallNumbers, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';
import { denseElements, sparseMatrices, sparseProducts } from './sparse-matrices.js';

const products = sparseProducts(smallNumbers).chain((product) =>
  fc.tuple(fc.constant(product), tablesOf(product.shape)),
);

describe('sparseMatmul', () => {
  it('is a matrix product along the axis', () => {
    fc.assert(
      fc.property(products, ([{ matrix, shape, axis }, x]) =>
        scope(() => {
          const dense = denseElements(matrix);
          const outShape = shape.map((length, each) => (each === axis ? matrix.rows : length));
          const expected = tableOf(outShape, (index) => {
            let sum = 0;
            for (let column = 0; column < matrix.columns; column++) {
              const place = index.map((own, each) => (each === axis ? column : own));
              sum += dense[index[axis]! * matrix.columns + column]! * at(x, place);
            }
            return sum;
          });
          const found = tableFrom(sparseMatmul(tensorOf(x), axis - shape.length, matrix));
          expect(largestDifference(found, expected)).toBeLessThan(1e-12);
        }),
      ),
    );
  });

  it('reads no element that the matrix does not name', () => {
    const matrix: SparseMatrix = { rows: 3, columns: 3, starts: [0, 1, 1, 2], positions: [2, 0], weights: [2, 1] };
    const found = sparseMatmul(tensor([1, Number.NaN, Number.POSITIVE_INFINITY]), 0, matrix);
    expect(Array.from(found.dataSync())).toEqual([Number.POSITIVE_INFINITY, 0, 1]);
  });
});

test('transposeSparse exchanges rows and columns', () => {
  fc.assert(
    fc.property(sparseMatrices(smallNumbers), (matrix) => {
      const { rows, columns } = matrix;
      const dense = denseElements(matrix);
      const transposed = transposeSparse(matrix);
      expect([transposed.rows, transposed.columns]).toEqual([columns, rows]);
      const expected = Array.from(
        { length: rows * columns },
        (_, i) => dense[(i % rows) * columns + Math.floor(i / rows)],
      );
      expect(denseElements(transposed)).toEqual(expected);
    }),
  );
});

describe('errors', () => {
  const matrix: SparseMatrix = { rows: 2, columns: 3, starts: [0, 1, 2], positions: [0, 2], weights: [1, 1] };

  test.each<[string, Partial<SparseMatrix>]>([
    ['a position outside', { positions: [0, 3] }],
    ['a position that is no integer', { positions: [0, 0.5] }],
    ['too few starts', { starts: [0, 2] }],
    ['starts that go back', { starts: [0, 3, 2] }],
    ['a start that is no integer', { starts: [0, 0.5, 2] }],
    ['entries before the first row', { starts: [1, 1, 2] }],
    ['more weights than positions', { weights: [1, 1, 1] }],
    ['entries after the last row', { starts: [0, 1, 1] }],
  ])('of %s', (_, wrong) => {
    expect(() => sparseMatmul(zeros([3]), 0, { ...matrix, ...wrong })).toThrow(ArgumentError);
  });

  test('of an axis of another length', () => {
    expect(() => sparseMatmul(zeros([3, 2]), 1, matrix)).toThrow(
      new ShapeError('sparseMatmul: [3,2]: axis 1 must have the 3 columns of the matrix'),
    );
  });

  test('of integers', () => {
    expect(() => sparseMatmul(zeros([3], { dtype: 'int32' }), 0, matrix)).toThrow(
      new DTypeError('sparseMatmul: int32 is not supported: cast() to float32 or float64 first'),
    );
  });
});
