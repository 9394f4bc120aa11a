// Sums and extremes over the middle of [outer, length, inner]. Where the length is cut into pieces, what blocks find of
// them goes into a table of partial results in double precision, which the caller combines in order.
import { lowerDoubles, upperDoubles } from './simd';
import { address, ceilDiv, integer } from './task';

// The order of the names in src/devices/wasm/kernels/reduction.ts.
const SUM: i32 = 0;
const MAX: i32 = 1;
const MIN: i32 = 2;

// @ts-ignore: decorator
@inline
function first(operation: i32): f64 {
  if (operation == SUM) return 0;
  return operation == MAX ? -Infinity : Infinity;
}

// @ts-ignore: decorator
@inline
function combine(operation: i32, a: f64, b: f64): f64 {
  if (operation == SUM) return a + b;
  return operation == MAX ? max(a, b) : min(a, b);
}

// @ts-ignore: decorator
@inline
function combineVectors(operation: i32, a: v128, b: v128): v128 {
  if (operation == SUM) return f64x2.add(a, b);
  return operation == MAX ? f32x4.max(a, b) : f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function combineLanes(operation: i32, vector: v128): f64 {
  if (operation == SUM) return f64x2.extract_lane(vector, 0) + f64x2.extract_lane(vector, 1);
  return combine(
    operation,
    combine(operation, f32x4.extract_lane(vector, 0), f32x4.extract_lane(vector, 1)),
    combine(operation, f32x4.extract_lane(vector, 2), f32x4.extract_lane(vector, 3)),
  );
}

/** Four accumulators: four numbers each for extremes, two sums in double precision each for sums. */
// @ts-ignore: decorator
@inline
function reduceRun(operation: i32, x: usize, count: i32): f64 {
  let a = operation == SUM ? f64x2.splat(0) : f32x4.splat(<f32>first(operation));
  let b = a;
  let c = a;
  let d = a;
  const end = x + (<usize>(count & ~7) << 2);
  for (; x < end; x += 32) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    if (operation == SUM) {
      a = f64x2.add(a, lowerDoubles(low));
      b = f64x2.add(b, upperDoubles(low));
      c = f64x2.add(c, lowerDoubles(high));
      d = f64x2.add(d, upperDoubles(high));
    } else {
      a = combineVectors(operation, a, low);
      b = combineVectors(operation, b, high);
    }
  }
  let result = combineLanes(
    operation,
    combineVectors(operation, combineVectors(operation, a, b), combineVectors(operation, c, d)),
  );
  for (let i = count & ~7; i < count; i++, x += 4) result = combine(operation, result, f32.load(x));
  return result;
}

/** The wider form of four numbers is joined to the results at `at`. */
// @ts-ignore: decorator
@inline
function joinWide(operation: i32, at: usize, low: v128, high: v128): void {
  if (operation == SUM) {
    v128.store(at, f64x2.add(v128.load(at), low));
    v128.store(at, f64x2.add(v128.load(at, 16), high), 16);
  } else if (operation == MAX) {
    v128.store(at, f64x2.max(v128.load(at), low));
    v128.store(at, f64x2.max(v128.load(at, 16), high), 16);
  } else {
    v128.store(at, f64x2.min(v128.load(at), low));
    v128.store(at, f64x2.min(v128.load(at, 16), high), 16);
  }
}

/** One row, each column by itself. */
// @ts-ignore: decorator
@inline
function joinRow(operation: i32, x: usize, columns: i32, results: usize): void {
  let i = 0;
  for (; i + 4 <= columns; i += 4) {
    const values = v128.load(x + (<usize>i << 2));
    joinWide(operation, results + (<usize>i << 3), lowerDoubles(values), upperDoubles(values));
  }
  for (; i < columns; i++) {
    const at = results + (<usize>i << 3);
    f64.store(at, combine(operation, f64.load(at), f32.load(x + (<usize>i << 2))));
  }
}

/** Four rows at once, of columns a multiple of four. */
// @ts-ignore: decorator
@inline
function joinRows(operation: i32, x: usize, columns: i32, step: usize, results: usize): void {
  for (const end = x + (<usize>columns << 2); x < end; x += 16, results += 32) {
    const a = v128.load(x);
    const b = v128.load(x + step);
    const c = v128.load(x + 2 * step);
    const d = v128.load(x + 3 * step);
    if (operation == SUM) {
      const low = f64x2.add(
        f64x2.add(lowerDoubles(a), lowerDoubles(b)),
        f64x2.add(lowerDoubles(c), lowerDoubles(d)),
      );
      joinWide(SUM, results, low, f64x2.add(f64x2.add(upperDoubles(a), upperDoubles(b)), f64x2.add(upperDoubles(c), upperDoubles(d))));
    } else {
      const values = combineVectors(operation, combineVectors(operation, a, b), combineVectors(operation, c, d));
      joinWide(operation, results, lowerDoubles(values), upperDoubles(values));
    }
  }
}

/** `rows` rows of neighbors, `step` bytes apart, each column by itself. */
// @ts-ignore: decorator
@inline
function reduceColumns(operation: i32, x: usize, rows: i32, columns: i32, step: usize, results: usize): void {
  for (let i = 0; i < columns; i++) f64.store(results + (<usize>i << 3), first(operation));
  let row = 0;
  if ((columns & 3) == 0) {
    for (; row + 4 <= rows; row += 4, x += 4 * step) joinRows(operation, x, columns, step, results);
  }
  for (; row < rows; row++, x += step) joinRow(operation, x, columns, results);
}

// Fields: x; the output, or where there are several pieces the partial results [outer, pieces, inner] in double
// precision; the operation; outer, length, inner; steps of the length in a piece; columns and reductions in a block.
const X: i32 = 0;
const OUT: i32 = 1;
const OPERATION: i32 = 2;
const OUTER: i32 = 3;
const LENGTH: i32 = 4;
const INNER: i32 = 5;
const PIECE: i32 = 6;
const COLUMNS: i32 = 7;
const OUTER_PER_BLOCK: i32 = 8;

/** Blocks of some reductions, columns, and one piece of the length. */
export function reduceBlocks(task: usize): i32 {
  return (
    ceilDiv(integer(task, OUTER), integer(task, OUTER_PER_BLOCK)) *
    ceilDiv(integer(task, INNER), integer(task, COLUMNS)) *
    ceilDiv(integer(task, LENGTH), integer(task, PIECE))
  );
}

/** Room for the results of a block's columns in double precision. */
export function reduceScratch(task: usize): usize {
  return <usize>integer(task, COLUMNS) << 3;
}

/** Float32 at the place of the output, or double precision at that of the partial results. */
// @ts-ignore: decorator
@inline
function storeResult(out: usize, place: usize, whole: bool, result: f64): void {
  if (whole) f32.store(out + (place << 2), <f32>result);
  else f64.store(out + (place << 3), result);
}

// @ts-ignore: decorator
@inline
function reduceBlock(operation: i32, task: usize, block: i32, scratch: usize): void {
  const length = integer(task, LENGTH);
  const inner = integer(task, INNER);
  const columnsPerBlock = integer(task, COLUMNS);
  const columnBlocks = ceilDiv(inner, columnsPerBlock);
  const rows = integer(task, PIECE);
  const pieces = ceilDiv(length, rows);
  const outerCount = integer(task, OUTER_PER_BLOCK);
  const start = (block / (columnBlocks * pieces)) * outerCount;
  const end = min(start + outerCount, integer(task, OUTER));
  const column = (block % columnBlocks) * columnsPerBlock;
  const columns = min(columnsPerBlock, inner - column);
  const piece = (block / columnBlocks) % pieces;
  const count = min(rows, length - piece * rows);
  const out = address(task, OUT);
  for (let outer = start; outer < end; outer++) {
    const x = address(task, X) + ((<usize>(outer * length + piece * rows) * inner + column) << 2);
    const place = <usize>(outer * pieces + piece) * inner + column;
    if (inner == 1) storeResult(out, place, pieces == 1, reduceRun(operation, x, count));
    else {
      reduceColumns(operation, x, count, columns, <usize>inner << 2, scratch);
      for (let i = 0; i < columns; i++) {
        storeResult(out, place + i, pieces == 1, f64.load(scratch + (<usize>i << 3)));
      }
    }
  }
}

/** Sums, or the largest or smallest elements, of a piece of the length; NaN where an element is. */
export function reduce(task: usize, block: i32, scratch: usize): void {
  const operation = integer(task, OPERATION);
  if (operation == SUM) reduceBlock(SUM, task, block, scratch);
  else if (operation == MAX) reduceBlock(MAX, task, block, scratch);
  else reduceBlock(MIN, task, block, scratch);
}
