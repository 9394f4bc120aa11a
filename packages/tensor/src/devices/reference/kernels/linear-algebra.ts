import type { TypedArray } from '../../../dtype.js';
import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand, TriangularForm } from '../../../kernels.js';
import { formatShape, type Shape, stridesOf } from '../../../shape.js';
import { values } from '../../host/host.js';

let scratch = new Float64Array(0);

/** Room for a matrix in double precision, kept from call to call. */
function room(size: number): Float64Array {
  if (scratch.length < size) scratch = new Float64Array(size);
  return scratch;
}

/** What a matrix of a batch is called in an error. */
function matrixName(shape: Shape, matrix: number): string {
  const batch = shape.slice(0, -2);
  if (batch.length === 0) return 'the matrix';
  const index = stridesOf(batch).map((stride, axis) => Math.floor(matrix / stride) % batch[axis]!);
  return `matrix ${formatShape(index)} of ${formatShape(shape)}`;
}

function swapRows(x: Float64Array, n: number, a: number, b: number): void {
  if (a === b) return;
  for (let j = 0; j < n; j++) {
    const kept = x[a * n + j]!;
    x[a * n + j] = x[b * n + j]!;
    x[b * n + j] = kept;
  }
}

function swapColumns(x: Float64Array, n: number, a: number, b: number): void {
  if (a === b) return;
  for (let i = 0; i < n; i++) {
    const kept = x[i * n + a]!;
    x[i * n + a] = x[i * n + b]!;
    x[i * n + b] = kept;
  }
}

function swapPlaces(order: TypedArray, start: number, a: number, b: number): void {
  const kept = order[start + a]!;
  order[start + a] = order[start + b]!;
  order[start + b] = kept;
}

/** The place of the first element of largest size from row and column k on; NaN is larger than all others. */
function largestFrom(x: Float64Array, n: number, k: number): number {
  let place = k * n + k;
  let largest = -1;
  for (let i = k; i < n; i++) {
    for (let at = i * n + k; at < (i + 1) * n; at++) {
      const size = Math.abs(x[at]!);
      if (size <= largest) continue;
      place = at;
      if (Number.isNaN(size)) return place;
      largest = size;
    }
  }
  return place;
}

/** Gaussian elimination in place. */
function factor(x: Float64Array, n: number, rows: TypedArray, columns: TypedArray, start: number): void {
  for (let i = 0; i < n; i++) {
    rows[start + i] = i;
    columns[start + i] = i;
  }
  for (let k = 0; k < n; k++) {
    const place = largestFrom(x, n, k);
    const row = Math.floor(place / n);
    const column = place - row * n;
    swapRows(x, n, k, row);
    swapColumns(x, n, k, column);
    swapPlaces(rows, start, k, row);
    swapPlaces(columns, start, k, column);
    const pivot = x[k * n + k]!;
    // All that is left is 0.
    if (pivot === 0) return;
    for (let i = k + 1; i < n; i++) {
      const share = x[i * n + k]! / pivot;
      x[i * n + k] = share;
      for (let j = k + 1; j < n; j++) x[i * n + j]! -= share * x[k * n + j]!;
    }
  }
}

/** Substitution in place: x [n,m] becomes a⁻¹·x, row by row from the one that depends on no other. */
function substitute(
  a: TypedArray,
  start: number,
  x: Float64Array,
  n: number,
  m: number,
  { upper, transpose, unitDiagonal }: TriangularForm,
): void {
  const [rowStride, columnStride] = transpose ? [1, n] : [n, 1];
  const backward = upper !== transpose;
  for (let step = 0; step < n; step++) {
    const i = backward ? n - 1 - step : step;
    for (let earlier = 0; earlier < step; earlier++) {
      const k = backward ? n - 1 - earlier : earlier;
      const share = a[start + i * rowStride + k * columnStride]!;
      for (let j = 0; j < m; j++) x[i * m + j]! -= share * x[k * m + j]!;
    }
    if (unitDiagonal) continue;
    const own = a[start + i * n + i]!;
    for (let j = 0; j < m; j++) x[i * m + j]! /= own;
  }
}

/** The matrix is read up to its diagonal, and L takes its place, row by row. @returns the row whose pivot is not positive */
function decompose(x: Float64Array, n: number): number | undefined {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = x[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= x[i * n + k]! * x[j * n + k]!;
      if (j < i) x[i * n + j] = rest / x[j * n + j]!;
      else if (rest <= 0) return i;
      else x[i * n + i] = Math.sqrt(rest);
    }
    x.fill(0, i * n + i + 1, (i + 1) * n);
  }
  return undefined;
}

/** Calls the body with each matrix of x in double precision, and stores what it makes of it in out. */
function forEachMatrix(x: Operand, out: Operand, body: (matrix: Float64Array, index: number) => void): void {
  const size = x.shape.at(-2)! * x.shape.at(-1)!;
  if (size === 0) return;
  const source = values(x);
  const target = values(out);
  const matrix = room(size);
  for (let index = 0; index * size < x.size; index++) {
    const start = index * size;
    for (let e = 0; e < size; e++) matrix[e] = source[start + e]!;
    body(matrix, index);
    for (let e = 0; e < size; e++) target[start + e] = matrix[e]!;
  }
}

export const linearAlgebra: Pick<Kernels, 'lu' | 'triangularSolve' | 'cholesky'> = {
  lu(x, out, rows, columns, operation) {
    const n = x.shape.at(-1)!;
    const rowOrder = values(rows);
    const columnOrder = values(columns);
    forEachMatrix(x, out, (matrix, index) => {
      factor(matrix, n, rowOrder, columnOrder, index * n);
      if (operation === undefined || matrix[n * n - 1] !== 0) return;
      throw new ArgumentError(
        `${operation}: ${matrixName(x.shape, index)} is singular: its rows depend on one another, so it has no inverse`,
      );
    });
  },
  triangularSolve(a, b, out, form) {
    const [n, m] = b.shape.slice(-2) as [number, number];
    const coefficients = values(a);
    forEachMatrix(b, out, (matrix, index) => substitute(coefficients, index * n * n, matrix, n, m, form));
  },
  cholesky(x, out) {
    const n = x.shape.at(-1)!;
    forEachMatrix(x, out, (matrix, index) => {
      const row = decompose(matrix, n);
      if (row === undefined) return;
      throw new ArgumentError(
        `cholesky: ${matrixName(x.shape, index)} is not positive definite, which shows in row ${row}: add a multiple of ` +
          'eye() where that comes from rounding',
      );
    });
  },
};
