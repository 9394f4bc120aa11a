// Sums and extremes over the middle of [outer, length, inner]. What a block finds of its piece of the length goes into a
// table of partial results in double precision, which the caller combines in order.
import { address, ceilDiv, integer } from './task';

/** Elements of a block, at most, and how many of them may be neighbours that are reduced apart. */
const BLOCK: i32 = 16384;
const COLUMNS: i32 = 256;

// The order of the names in src/devices/wasm/reduction.ts.
const SUM: i32 = 0;
const MAX: i32 = 1;

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
      a = f64x2.add(a, f64x2.promote_low_f32x4(low));
      b = f64x2.add(b, f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3)));
      c = f64x2.add(c, f64x2.promote_low_f32x4(high));
      d = f64x2.add(d, f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3)));
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

/** `rows` rows of neighbours, `step` bytes apart, each column by itself. */
// @ts-ignore: decorator
@inline
function reduceColumns(operation: i32, x: usize, rows: i32, columns: i32, step: usize, partials: usize): void {
  for (let i = 0; i < columns; i++) f64.store(partials + (<usize>i << 3), first(operation));
  for (let row = 0; row < rows; row++, x += step) {
    let i = 0;
    for (; i + 4 <= columns; i += 4) {
      const values = v128.load(x + (<usize>i << 2));
      const at = partials + (<usize>i << 3);
      const low = f64x2.promote_low_f32x4(values);
      const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3));
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
    for (; i < columns; i++) {
      const at = partials + (<usize>i << 3);
      f64.store(at, combine(operation, f64.load(at), f32.load(x + (<usize>i << 2))));
    }
  }
}

// @ts-ignore: decorator
@inline
function pieceLength(inner: i32): i32 {
  return BLOCK / min(max(inner, 1), COLUMNS);
}

/** Whole reductions that share a block, where they are small. */
// @ts-ignore: decorator
@inline
function outerPerBlock(length: i32, inner: i32): i32 {
  return inner <= COLUMNS ? max(1, BLOCK / max(1, length * inner)) : 1;
}

export function reduceBlocks(task: usize): i32 {
  const length = integer(task, 4);
  const inner = integer(task, 5);
  return (
    ceilDiv(integer(task, 3), outerPerBlock(length, inner)) *
    ceilDiv(inner, COLUMNS) *
    ceilDiv(length, pieceLength(inner))
  );
}

// @ts-ignore: decorator
@inline
function reduceBlock(operation: i32, task: usize, block: i32): void {
  const length = integer(task, 4);
  const inner = integer(task, 5);
  const columnBlocks = ceilDiv(inner, COLUMNS);
  const rows = pieceLength(inner);
  const pieces = ceilDiv(length, rows);
  const outerCount = outerPerBlock(length, inner);
  const start = (block / (columnBlocks * pieces)) * outerCount;
  const end = min(start + outerCount, integer(task, 3));
  const column = (block % columnBlocks) * COLUMNS;
  const piece = (block / columnBlocks) % pieces;
  const count = min(rows, length - piece * rows);
  for (let outer = start; outer < end; outer++) {
    const x = address(task, 0) + ((<usize>(outer * length + piece * rows) * inner + column) << 2);
    const partials = address(task, 1) + ((<usize>(outer * pieces + piece) * inner + column) << 3);
    if (inner == 1) f64.store(partials, reduceRun(operation, x, count));
    else reduceColumns(operation, x, count, min(COLUMNS, inner - column), <usize>inner << 2, partials);
  }
}

/**
 * Fields: x, the partial results [outer, pieces, inner], the operation, outer, length, inner. A piece is
 * BLOCK / min(inner, COLUMNS) steps of the length.
 */
export function reduce(task: usize, block: i32): void {
  const operation = integer(task, 2);
  if (operation == SUM) reduceBlock(SUM, task, block);
  else if (operation == MAX) reduceBlock(MAX, task, block);
  else reduceBlock(2, task, block);
}
