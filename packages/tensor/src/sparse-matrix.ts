import type { SparseMatrix } from './kernels.js';

/** An element of a matrix that is not 0. */
export interface SparseEntry {
  readonly position: number;
  readonly weight: number;
}

/** The matrix with these entries in each row; weights of 0 are left out. */
export function sparseMatrix(columns: number, rows: readonly (readonly SparseEntry[])[]): SparseMatrix {
  const starts = [0];
  const positions: number[] = [];
  const weights: number[] = [];
  for (const entries of rows) {
    for (const { position, weight } of entries) {
      if (weight === 0) continue;
      positions.push(position);
      weights.push(weight);
    }
    starts.push(positions.length);
  }
  return { rows: rows.length, columns, starts, positions, weights };
}

/** Rows and columns exchanged. */
export function transposeSparse({ rows, columns, starts, positions, weights }: SparseMatrix): SparseMatrix {
  const counts = new Array<number>(columns + 1).fill(0);
  for (const position of positions) counts[position + 1]!++;
  for (let column = 0; column < columns; column++) counts[column + 1]! += counts[column]!;
  const next = [...counts];
  const transposed = { positions: new Array<number>(positions.length), weights: new Array<number>(positions.length) };
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) {
      const at = next[positions[entry]!]!++;
      transposed.positions[at] = row;
      transposed.weights[at] = weights[entry]!;
    }
  }
  return { rows: columns, columns: rows, starts: counts, ...transposed };
}
