import { apply, placesAlong, scalarLike } from '../apply.js';
import { ShapeError } from '../errors.js';
import { operators } from '../operators/index.js';
import { formatShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { where } from './elementwise.js';

function rowsAndColumns(operation: string, x: Tensor): readonly [rows: number, columns: number] {
  if (x.rank < 2) throw new ShapeError(`${operation}: ${formatShape(x.shape)} has no rows and columns`);
  return [x.shape[x.rank - 2]!, x.shape[x.rank - 1]!];
}

function checkDiagonal(operation: string, diagonal: number): void {
  if (Number.isInteger(diagonal)) return;
  throw new ShapeError(
    `${operation}: diagonal ${diagonal}: it must be an integer, 0 for the one from the first element`,
  );
}

/** Zeros beyond a diagonal of the last two axes. */
export function triangle(side: 'tril' | 'triu', x: Tensor, diagonal: number): Tensor {
  rowsAndColumns(side, x);
  checkDiagonal(side, diagonal);
  const row = placesAlong(x, x.rank - 2, diagonal);
  const column = placesAlong(x, x.rank - 1);
  const kept = side === 'tril' ? column.lessEqual(row) : column.greaterEqual(row);
  return where(kept, x, scalarLike(side, 0, x));
}

/** The first place of a diagonal of rows of this length, counted in row-major order. */
function startOf(diagonal: number, columns: number): number {
  return diagonal >= 0 ? diagonal : -diagonal * columns;
}

/** The elements on a diagonal of the last two axes. */
export function diagonalOf(x: Tensor, diagonal: number): Tensor {
  const [rows, columns] = rowsAndColumns('diagonal', x);
  checkDiagonal('diagonal', diagonal);
  const count = Math.max(0, Math.min(rows + Math.min(0, diagonal), columns - Math.max(0, diagonal)));
  const batch = x.shape.slice(0, -2);
  return apply(operators.slice, [x.reshape([...batch, rows * columns])], {
    starts: [...batch.map(() => 0), startOf(diagonal, columns)],
    steps: [...batch.map(() => 1), columns + 1],
    shape: [...batch, count],
  })[0]!;
}

/** Square matrices of zeros with the last axis on a diagonal. */
export function diagonalMatrix(x: Tensor, diagonal: number): Tensor {
  if (x.rank === 0) throw new ShapeError('diagEmbed: a scalar has no axis to put on a diagonal');
  checkDiagonal('diagEmbed', diagonal);
  const batch = x.shape.slice(0, -1);
  const size = x.shape.at(-1)! + Math.abs(diagonal);
  const [spread] = apply(operators.pad, [x], {
    starts: [...batch.map(() => 0), startOf(diagonal, size)],
    steps: [...batch.map(() => 1), size + 1],
    shape: [...batch, size * size],
    value: 0,
  }) as [Tensor];
  return spread.reshape([...batch, size, size]);
}
