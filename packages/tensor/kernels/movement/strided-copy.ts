// Copies of 32-bit elements from strided places to strided places: permutations, slices, pads, repetitions. Two of the axes
// make a plane, in which neighbors in memory are moved together; planes are walked over one by one.
import { even, gather, interleaveLower, interleaveUpper, loadSecond, odd, storeTransposed } from '../simd';
import { ceilDiv } from '../task';
import { copyRun } from './run';

/** Elements of a block, at most, unless a piece of a plane has more. */
const BLOCK: i32 = 16384;
/** Rows and columns of pieces of planes are multiples of this, but for the last ones: transposed tiles. */
const TILE: i32 = 16;
/** Columns of a piece of a plane, at most. */
const WIDTH: i32 = 4096;

@unmanaged
export class StridedCopy {
  from: f64;
  to: f64;
  /** The axes that planes are counted along, the outermost first, and their strides in elements. */
  length0: f64;
  from0: f64;
  to0: f64;
  length1: f64;
  from1: f64;
  to1: f64;
  length2: f64;
  from2: f64;
  to2: f64;
  length3: f64;
  from3: f64;
  to3: f64;
  /** The axes of a plane. Where the columns are not next to each other in the source, the rows are if any axis is. */
  rows: f64;
  rowFrom: f64;
  rowTo: f64;
  columns: f64;
  columnFrom: f64;
  columnTo: f64;
}

// @ts-ignore: decorator
@inline
function planesOf(fields: StridedCopy): i32 {
  return <i32>fields.length0 * <i32>fields.length1 * <i32>fields.length2 * <i32>fields.length3;
}

/** Columns of a piece. */
// @ts-ignore: decorator
@inline
function widthOf(columns: i32): i32 {
  return min(columns, WIDTH);
}

/** Rows of a piece. */
// @ts-ignore: decorator
@inline
function heightOf(rows: i32, columns: i32): i32 {
  return min(rows, ceilDiv(BLOCK / widthOf(columns), TILE) * TILE);
}

/** Whole planes of a block; 1 where planes are cut. */
// @ts-ignore: decorator
@inline
function planesPerBlock(rows: i32, columns: i32): i32 {
  return columns > WIDTH || rows > heightOf(rows, columns) ? 1 : max(1, BLOCK / (rows * columns));
}

/** Blocks of planes, or of pieces of one. */
export function stridedCopyBlocks(fields: StridedCopy): i32 {
  const rows = <i32>fields.rows;
  const columns = <i32>fields.columns;
  const pieces = ceilDiv(rows, heightOf(rows, columns)) * ceilDiv(columns, widthOf(columns));
  return ceilDiv(planesOf(fields), planesPerBlock(rows, columns)) * pieces;
}

/** One element to neighbors. */
// @ts-ignore: decorator
@inline
function repeat(from: usize, to: usize, count: i32): void {
  const value = v128.load32_splat(from);
  const end = to + (<usize>(count & ~3) << 2);
  for (; to < end; to += 16) v128.store(to, value);
  for (let i = 0; i < (count & 3); i++) v128.store32_lane(to + (<usize>i << 2), value, 0);
}

/** Elements a stride of bytes apart to neighbors. */
// @ts-ignore: decorator
@inline
function collect(from: usize, step: usize, to: usize, count: i32): void {
  const end = to + (<usize>(count & ~3) << 2);
  if (step == 8) {
    for (; to < end; from += 32, to += 16) v128.store(to, loadSecond(from));
  } else if (step == <usize>-4) {
    for (; to < end; from -= 16, to += 16) {
      const x = v128.load(from - 12);
      v128.store(to, v128.shuffle<f32>(x, x, 3, 2, 1, 0));
    }
  } else {
    for (; to < end; from += step << 2, to += 16) {
      v128.store(to, gather(from, from + step, from + 2 * step, from + 3 * step));
    }
  }
  for (let i = 0; i < (count & 3); i++, from += step, to += 4) store<u32>(to, load<u32>(from));
}

/** Elements of any strides, in bytes. */
// @ts-ignore: decorator
@inline
function spread(from: usize, fromStep: usize, to: usize, toStep: usize, count: i32): void {
  for (let i = 0; i < count; i++, from += fromStep, to += toStep) store<u32>(to, load<u32>(from));
}

/** A plane whose rows are neighbors in the source and whose columns are in the target; strides in bytes. */
// @ts-ignore: decorator
@inline
function transpose(from: usize, columnFrom: usize, to: usize, rowTo: usize, rows: i32, columns: i32): void {
  const wholeRows = rows & ~3;
  const wholeColumns = columns & ~3;
  for (let first = 0; first < wholeColumns; first += TILE) {
    const last = min(first + TILE, wholeColumns);
    for (let row = 0; row < wholeRows; row += 4) {
      let source = from + <usize>first * columnFrom + (<usize>row << 2);
      let target = to + <usize>row * rowTo + (<usize>first << 2);
      for (let column = first; column < last; column += 4) {
        const c0 = v128.load(source);
        const c1 = v128.load(source + columnFrom);
        const c2 = v128.load(source + 2 * columnFrom);
        const c3 = v128.load(source + 3 * columnFrom);
        storeTransposed(target, rowTo, c0, c1, c2, c3);
        source += columnFrom << 2;
        target += 16;
      }
    }
  }
  for (let column = wholeColumns; column < columns; column++) {
    spread(from + <usize>column * columnFrom, 4, to + (<usize>column << 2), rowTo, wholeRows);
  }
  for (let row = wholeRows; row < rows; row++) {
    collect(from + (<usize>row << 2), columnFrom, to + <usize>row * rowTo, columns);
  }
}

/** Two rows that are neighbors in the source, to neighbors in the target each. */
// @ts-ignore: decorator
@inline
function split(from: usize, to: usize, rowTo: usize, columns: i32): void {
  const end = to + (<usize>(columns & ~3) << 2);
  for (; to < end; from += 32, to += 16) {
    const low = v128.load(from);
    const high = v128.load(from, 16);
    v128.store(to, even(low, high));
    v128.store(to + rowTo, odd(low, high));
  }
  spread(from, 8, to, 4, columns & 3);
  spread(from + 4, 8, to + rowTo, 4, columns & 3);
}

/** Two columns, each of neighbors in the source, in turns. */
// @ts-ignore: decorator
@inline
function interleave(from: usize, columnFrom: usize, to: usize, rows: i32): void {
  const end = from + (<usize>(rows & ~3) << 2);
  for (; from < end; from += 16, to += 32) {
    const left = v128.load(from);
    const right = v128.load(from + columnFrom);
    const low = v128.shuffle<f32>(left, right, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(left, right, 2, 6, 3, 7);
    v128.store(to, low);
    v128.store(to, high, 16);
  }
  spread(from, 4, to, 8, rows & 3);
  spread(from + columnFrom, 4, to + 4, 8, rows & 3);
}

/** A plane or a piece of one; strides in bytes. */
function copyPlane(
  from: usize, to: usize, rows: i32, rowFrom: usize, rowTo: usize, columns: i32, columnFrom: usize, columnTo: usize,
): void {
  const together = columnTo == 4;
  if (together && columnFrom == 4) {
    for (let row = 0; row < rows; row++) copyRun(from + <usize>row * rowFrom, to + <usize>row * rowTo, columns);
  } else if (together && rowFrom == 4 && rows >= 4 && columns >= 4) {
    transpose(from, columnFrom, to, rowTo, rows, columns);
  } else if (together && rowFrom == 4 && rows == 2 && columnFrom == 8) {
    split(from, to, rowTo, columns);
  } else if (together && rowFrom == 4 && columns == 2 && rowTo == 8) {
    interleave(from, columnFrom, to, rows);
  } else if (columns < rows && columns < TILE) {
    for (let column = 0; column < columns; column++) {
      spread(from + <usize>column * columnFrom, rowFrom, to + <usize>column * columnTo, rowTo, rows);
    }
  } else if (together && columnFrom == 0) {
    for (let row = 0; row < rows; row++) repeat(from + <usize>row * rowFrom, to + <usize>row * rowTo, columns);
  } else if (together) {
    for (let row = 0; row < rows; row++) {
      collect(from + <usize>row * rowFrom, columnFrom, to + <usize>row * rowTo, columns);
    }
  } else {
    for (let row = 0; row < rows; row++) {
      spread(from + <usize>row * rowFrom, columnFrom, to + <usize>row * rowTo, columnTo, columns);
    }
  }
}

/** A piece of the copy. */
export function stridedCopy(fields: StridedCopy, block: i32): void {
  const rows = <i32>fields.rows;
  const columns = <i32>fields.columns;
  const rowFrom = <usize>(<i32>fields.rowFrom) << 2;
  const rowTo = <usize>(<i32>fields.rowTo) << 2;
  const columnFrom = <usize>(<i32>fields.columnFrom) << 2;
  const columnTo = <usize>(<i32>fields.columnTo) << 2;
  const height = heightOf(rows, columns);
  const width = widthOf(columns);
  const piecesAcross = ceilDiv(columns, width);
  const pieces = ceilDiv(rows, height) * piecesAcross;
  const perBlock = planesPerBlock(rows, columns);
  const firstRow = ((block % pieces) / piecesAcross) * height;
  const firstColumn = ((block % pieces) % piecesAcross) * width;
  const first = (block / pieces) * perBlock;
  const last = min(first + perBlock, planesOf(fields));
  const length1 = <i32>fields.length1;
  const length2 = <i32>fields.length2;
  const length3 = <i32>fields.length3;
  let rest = first;
  let i3 = rest % length3;
  rest /= length3;
  let i2 = rest % length2;
  rest /= length2;
  let i1 = rest % length1;
  let i0 = rest / length1;
  for (let plane = first; plane < last; plane++) {
    const fromPlane = i0 * <i32>fields.from0 + i1 * <i32>fields.from1 + i2 * <i32>fields.from2 + i3 * <i32>fields.from3;
    const toPlane = i0 * <i32>fields.to0 + i1 * <i32>fields.to1 + i2 * <i32>fields.to2 + i3 * <i32>fields.to3;
    copyPlane(
      <usize>fields.from + (<usize>fromPlane << 2) + <usize>firstRow * rowFrom + <usize>firstColumn * columnFrom,
      <usize>fields.to + (<usize>toPlane << 2) + <usize>firstRow * rowTo + <usize>firstColumn * columnTo,
      min(height, rows - firstRow), rowFrom, rowTo,
      min(width, columns - firstColumn), columnFrom, columnTo,
    );
    if (++i3 < length3) continue;
    i3 = 0;
    if (++i2 < length2) continue;
    i2 = 0;
    if (++i1 < length1) continue;
    i1 = 0;
    i0++;
  }
}
