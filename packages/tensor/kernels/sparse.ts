// Products with a sparse matrix along an axis of [outer, columns, inner]: four neighbors at a time where the axis has any
// behind it, four lines at a time where it is the last one.
import { piecesOf, ROW_BLOCK, rowBlocks, rowsPerBlock } from './rows';
import { gather, loadSome, madd, storeSome } from './simd';
import { ceilDiv } from './task';

@unmanaged
export class SparseMatmul {
  x: f64;
  out: f64;
  /** Of type int32: where the entries of each row begin, and where those of the last one end. */
  starts: f64;
  /** Of type int32: bytes from the beginning of a line to the element that an entry takes. */
  offsets: f64;
  weights: f64;
  outer: f64;
  rows: f64;
  columns: f64;
  inner: f64;
}

/** Lines of a block, in fours, where the axis is the last one. */
// @ts-ignore: decorator
@inline
function linesPerBlock(fields: SparseMatmul): i32 {
  return ceilDiv(rowsPerBlock(max(<i32>fields.rows, <i32>fields.columns)), 4) * 4;
}

/** Pieces of rows of the output, or lines. */
export function sparseMatmulBlocks(fields: SparseMatmul): i32 {
  if (<i32>fields.inner == 1) return ceilDiv(<i32>fields.outer, linesPerBlock(fields));
  return rowBlocks(<i32>fields.outer * <i32>fields.rows, <i32>fields.inner);
}

/** Up to four lines: `step` bytes apart in x and `outStep` in out. */
function mapLines(fields: SparseMatmul, x: usize, step: usize, out: usize, outStep: usize): void {
  let start = <usize>fields.starts;
  const end = start + (<usize>fields.rows << 2);
  const offsets = <usize>fields.offsets;
  const toWeight = <usize>fields.weights - offsets;
  let entry = offsets + (<usize>load<u32>(start) << 2);
  for (; start < end; start += 4, out += 4) {
    const last = offsets + (<usize>load<u32>(start, 4) << 2);
    let sum = f32x4.splat(0);
    for (; entry < last; entry += 4) {
      const from = x + load<u32>(entry);
      const weight = v128.load32_splat(entry + toWeight);
      sum = madd(weight, gather(from, from + step, from + 2 * step, from + 3 * step), sum);
    }
    v128.store32_lane(out, sum, 0);
    // Where there are fewer than four lines, they are one and the same.
    if (!outStep) continue;
    v128.store32_lane(out + outStep, sum, 1);
    v128.store32_lane(out + 2 * outStep, sum, 2);
    v128.store32_lane(out + 3 * outStep, sum, 3);
  }
}

/** Some neighbors of a row of the output: sums over its entries. */
function mapRow(fields: SparseMatmul, first: u32, last: u32, x: usize, out: usize, count: i32): void {
  const offsets = <usize>fields.offsets + (<usize>first << 2);
  const end = <usize>fields.offsets + (<usize>last << 2);
  const toWeight = <usize>fields.weights - <usize>fields.offsets;
  let rest = count;
  for (; rest >= 8; rest -= 8) {
    let low = f32x4.splat(0);
    let high = f32x4.splat(0);
    for (let entry = offsets; entry < end; entry += 4) {
      const from = x + load<u32>(entry);
      const weight = v128.load32_splat(entry + toWeight);
      low = madd(weight, v128.load(from), low);
      high = madd(weight, v128.load(from, 16), high);
    }
    v128.store(out, low);
    v128.store(out, high, 16);
    x += 32;
    out += 32;
  }
  for (; rest > 0; rest -= 4) {
    let sum = f32x4.splat(0);
    for (let entry = offsets; entry < end; entry += 4) {
      sum = madd(v128.load32_splat(entry + toWeight), loadSome(x + load<u32>(entry), rest), sum);
    }
    storeSome(out, sum, rest);
    x += 16;
    out += 16;
  }
}

/** out[i, j, k] = Σ_l matrix[j, l]·x[i, l, k]. */
export function sparseMatmul(fields: SparseMatmul, block: i32): void {
  const rows = <i32>fields.rows;
  const inner = <i32>fields.inner;
  const lineBytes = (<usize>fields.columns * <usize>inner) << 2;
  if (inner == 1) {
    const outBytes = <usize>rows << 2;
    const lines = linesPerBlock(fields);
    const end = min(<i32>fields.outer, (block + 1) * lines);
    let line = block * lines;
    for (; line + 4 <= end; line += 4) {
      mapLines(fields, <usize>fields.x + <usize>line * lineBytes, lineBytes, <usize>fields.out + <usize>line * outBytes, outBytes);
    }
    for (; line < end; line++) {
      mapLines(fields, <usize>fields.x + <usize>line * lineBytes, 0, <usize>fields.out + <usize>line * outBytes, 0);
    }
    return;
  }
  const pieces = piecesOf(inner);
  const perBlock = rowsPerBlock(inner);
  const first = (block / pieces) * perBlock;
  const last = min(first + perBlock, <i32>fields.outer * rows);
  const start = (block % pieces) * ROW_BLOCK;
  const count = min(ROW_BLOCK, inner - start);
  for (let row = first; row < last; row++) {
    const entries = <usize>fields.starts + (<usize>(row % rows) << 2);
    const x = <usize>fields.x + <usize>(row / rows) * lineBytes + (<usize>start << 2);
    const out = <usize>fields.out + ((<usize>row * inner + start) << 2);
    mapRow(fields, load<u32>(entries), load<u32>(entries, 4), x, out, count);
  }
}
