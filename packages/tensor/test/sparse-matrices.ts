import type { Shape, SparseMatrix } from '@pnn/tensor';
import fc from 'fast-check';

/** A matrix of any small size: rows without entries, and the same position more than once, among them. */
export function sparseMatrices(weights: fc.Arbitrary<number>, maxLength = 4): fc.Arbitrary<SparseMatrix> {
  return fc.nat(maxLength).chain((columns) =>
    fc
      .array(fc.array(fc.tuple(fc.nat(Math.max(0, columns - 1)), weights), { maxLength: columns && 3 }), { maxLength })
      .map((rows) => ({
        rows: rows.length,
        columns,
        starts: [0, ...rows.keys()].map((_, row) => rows.slice(0, row).flat().length),
        positions: rows.flatMap((row) => row.map(([position]) => position)),
        weights: rows.flatMap((row) => row.map(([, weight]) => weight)),
      })),
  );
}

/** All elements of the matrix, row by row. */
export function denseElements({ rows, columns, starts, positions, weights }: SparseMatrix): number[] {
  const dense = new Array<number>(rows * columns).fill(0);
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) {
      dense[row * columns + positions[entry]!]! += weights[entry]!;
    }
  }
  return dense;
}

/** A matrix with a shape that has its columns along an axis. */
export interface SparseProduct {
  readonly matrix: SparseMatrix;
  readonly shape: Shape;
  readonly axis: number;
}

/** Products along any axis of small tensors. */
export function sparseProducts(weights: fc.Arbitrary<number>, maxLength = 4): fc.Arbitrary<SparseProduct> {
  return fc
    .tuple(sparseMatrices(weights, maxLength), fc.array(fc.nat(3), { maxLength: 2 }), fc.nat(2))
    .map(([matrix, others, place]) => {
      const axis = Math.min(place, others.length);
      return { matrix, axis, shape: [...others.slice(0, axis), matrix.columns, ...others.slice(axis)] };
    });
}
