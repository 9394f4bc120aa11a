// Products of matrices from packed panels (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication",
// 2008): panels of 4 rows of the left factor and of 8 columns of the right one, laid out step by step along the depth,
// meet in tiles of 4×8 sums that stay in registers, two at once where V8 takes two vectors for one.
import { madd, storeTransposed, wide } from './simd';
import { ceilDiv } from './task';

export const ROWS: i32 = 4;
export const COLUMNS: i32 = 8;

/** The depth of packed blocks: a panel of 8 columns fills a quarter of a first-level cache. */
export const DEPTH_LIMIT: i32 = 256;
/** Columns of packed blocks: 256 KiB at full depth, for a second-level cache. */
export const COLUMN_LIMIT: i32 = 256;

/** Bytes of packed panels. */
// @ts-ignore: decorator
@inline
export function panelBytes(lines: i32, width: i32, depth: i32): usize {
  return (<usize>ceilDiv(lines, width) * <usize>width * <usize>depth) << 2;
}

/** Bytes that products need at `edge`: four zeros and two tiles. */
export const EDGE_BYTES: usize = 64 + 256;

export function clearEdge(edge: usize): void {
  v128.store(edge, f32x4.splat(0));
}

/**
 * Four lines (rows of the left factor, columns of the right one) of a panel, `depth` steps that come `step` bytes apart
 * in `out`; missing lines are zeros. Strides are in bytes.
 */
function packFour(
  out: usize,
  step: usize,
  source: usize,
  lines: i32,
  depth: i32,
  lineStride: usize,
  depthStride: usize,
): void {
  if (lines >= 4 && lineStride == 4) {
    for (let d = 0; d < depth; d++) {
      v128.store(out, v128.load(source));
      source += depthStride;
      out += step;
    }
    return;
  }
  let d = 0;
  if (lines >= 4 && depthStride == 4) {
    const line1 = source + lineStride;
    const line2 = line1 + lineStride;
    const line3 = line2 + lineStride;
    for (; d + 4 <= depth; d += 4) {
      const at = <usize>d << 2;
      storeTransposed(
        out,
        step,
        v128.load(source + at),
        v128.load(line1 + at),
        v128.load(line2 + at),
        v128.load(line3 + at),
      );
      out += step << 2;
    }
  }
  for (; d < depth; d++) {
    let from = source + <usize>d * depthStride;
    for (let line = 0; line < 4; line++) {
      f32.store(out + (<usize>line << 2), line < lines ? f32.load(from) : 0);
      from += lineStride;
    }
    out += step;
  }
}

/** Panels of 4 lines. */
export function packRows(
  out: usize,
  source: usize,
  lines: i32,
  depth: i32,
  lineStride: usize,
  depthStride: usize,
): void {
  for (let line = 0; line < lines; line += ROWS) {
    packFour(out, 16, source, lines - line, depth, lineStride, depthStride);
    source += lineStride << 2;
    out += <usize>depth << 4;
  }
}

/**
 * Panels of 8 lines. Lines that lie side by side are read two steps at a time, all panels of them before the next two,
 * so that the cache sees long rows on one side and whole lines of its own on the other.
 */
export function packColumns(
  out: usize,
  source: usize,
  lines: i32,
  depth: i32,
  lineStride: usize,
  depthStride: usize,
): void {
  const panel = <usize>depth << 5;
  const whole = lineStride == 4 ? lines / COLUMNS : 0;
  let d = 0;
  for (; d + 2 <= depth; d += 2) {
    let from = source + <usize>d * depthStride;
    let to = out + (<usize>d << 5);
    for (let i = 0; i < whole; i++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to, v128.load(from + depthStride), 32);
      v128.store(to, v128.load(from + depthStride, 16), 48);
      from += 32;
      to += panel;
    }
  }
  if (d < depth) {
    let from = source + <usize>d * depthStride;
    let to = out + (<usize>d << 5);
    for (let i = 0; i < whole; i++) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      from += 32;
      to += panel;
    }
  }
  out += <usize>whole * panel;
  source += <usize>(whole * COLUMNS) * lineStride;
  for (let line = whole * COLUMNS; line < lines; line += COLUMNS) {
    packFour(out, 32, source, lines - line, depth, lineStride, depthStride);
    packFour(out + 16, 32, source + (lineStride << 2), lines - line - 4, depth, lineStride, depthStride);
    out += panel;
    source += lineStride << 3;
  }
}

/**
 * Adds to a 4×8 tile. The sums begin with the numbers at `start`, one for each row, or where that is 0 with what the
 * tile holds. The loop is not unrolled: V8 would hoist the loads and run out of registers.
 */
// @ts-ignore: decorator
@inline
function addTile(depth: i32, a: usize, b: usize, out: usize, rowStride: usize, start: usize): void {
  const out1 = out + rowStride;
  const out2 = out1 + rowStride;
  const out3 = out2 + rowStride;
  let c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128;
  if (start) {
    c00 = v128.load32_splat(start);
    c10 = v128.load32_splat(start, 4);
    c20 = v128.load32_splat(start, 8);
    c30 = v128.load32_splat(start, 12);
    c01 = c00;
    c11 = c10;
    c21 = c20;
    c31 = c30;
  } else {
    c00 = v128.load(out);
    c01 = v128.load(out, 16);
    c10 = v128.load(out1);
    c11 = v128.load(out1, 16);
    c20 = v128.load(out2);
    c21 = v128.load(out2, 16);
    c30 = v128.load(out3);
    c31 = v128.load(out3, 16);
  }
  const end = a + (<usize>depth << 4);
  while (a != end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let row = v128.load32_splat(a);
    c00 = madd(row, b0, c00);
    c01 = madd(row, b1, c01);
    row = v128.load32_splat(a, 4);
    c10 = madd(row, b0, c10);
    c11 = madd(row, b1, c11);
    row = v128.load32_splat(a, 8);
    c20 = madd(row, b0, c20);
    c21 = madd(row, b1, c21);
    row = v128.load32_splat(a, 12);
    c30 = madd(row, b0, c30);
    c31 = madd(row, b1, c31);
    a += 16;
    b += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
}

export function multiplyTile(depth: i32, a: usize, b: usize, out: usize, rowStride: usize, start: usize): void {
  addTile(depth, a, b, out, rowStride, start);
}

/**
 * Adds to two 4×8 tiles at once, `tileStride` bytes apart, with two panels of columns one after the other: where V8 takes two
 * vectors for one, a single tile leaves half of the registers empty; where it does not, two need more than there are.
 */
export function multiplyTwoTiles(
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  rowStride: usize,
  tileStride: usize,
  start: usize,
): void {
  const out1 = out + rowStride;
  const out2 = out1 + rowStride;
  const out3 = out2 + rowStride;
  let c00: v128, c01: v128, c02: v128, c03: v128, c10: v128, c11: v128, c12: v128, c13: v128;
  let c20: v128, c21: v128, c22: v128, c23: v128, c30: v128, c31: v128, c32: v128, c33: v128;
  if (start) {
    c00 = v128.load32_splat(start);
    c10 = v128.load32_splat(start, 4);
    c20 = v128.load32_splat(start, 8);
    c30 = v128.load32_splat(start, 12);
    c01 = c00;
    c02 = c00;
    c03 = c00;
    c11 = c10;
    c12 = c10;
    c13 = c10;
    c21 = c20;
    c22 = c20;
    c23 = c20;
    c31 = c30;
    c32 = c30;
    c33 = c30;
  } else {
    c00 = v128.load(out);
    c01 = v128.load(out, 16);
    c02 = v128.load(out + tileStride);
    c03 = v128.load(out + tileStride, 16);
    c10 = v128.load(out1);
    c11 = v128.load(out1, 16);
    c12 = v128.load(out1 + tileStride);
    c13 = v128.load(out1 + tileStride, 16);
    c20 = v128.load(out2);
    c21 = v128.load(out2, 16);
    c22 = v128.load(out2 + tileStride);
    c23 = v128.load(out2 + tileStride, 16);
    c30 = v128.load(out3);
    c31 = v128.load(out3, 16);
    c32 = v128.load(out3 + tileStride);
    c33 = v128.load(out3 + tileStride, 16);
  }
  const end = a + (<usize>depth << 4);
  let right = b + (<usize>depth << 5);
  while (a != end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(right);
    const b3 = v128.load(right, 16);
    let row = v128.load32_splat(a);
    c00 = madd(row, b0, c00);
    c01 = madd(row, b1, c01);
    c02 = madd(row, b2, c02);
    c03 = madd(row, b3, c03);
    row = v128.load32_splat(a, 4);
    c10 = madd(row, b0, c10);
    c11 = madd(row, b1, c11);
    c12 = madd(row, b2, c12);
    c13 = madd(row, b3, c13);
    row = v128.load32_splat(a, 8);
    c20 = madd(row, b0, c20);
    c21 = madd(row, b1, c21);
    c22 = madd(row, b2, c22);
    c23 = madd(row, b3, c23);
    row = v128.load32_splat(a, 12);
    c30 = madd(row, b0, c30);
    c31 = madd(row, b1, c31);
    c32 = madd(row, b2, c32);
    c33 = madd(row, b3, c33);
    a += 16;
    b += 32;
    right += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + tileStride, c02);
  v128.store(out + tileStride, c03, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out1 + tileStride, c12);
  v128.store(out1 + tileStride, c13, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out2 + tileStride, c22);
  v128.store(out2 + tileStride, c23, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
  v128.store(out3 + tileStride, c32);
  v128.store(out3 + tileStride, c33, 16);
}

/**
 * As multiplyTile, for all panels of rows with all panels of columns: tiles of 32 numbers, those of a panel of columns one after
 * the other.
 */
export function multiplyTiles(
  rowPanels: i32,
  columnPanels: i32,
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  start: usize,
): void {
  const panelStride = <usize>rowPanels << 7;
  let panel = 0;
  for (; wide && panel + 2 <= columnPanels; panel += 2) {
    for (let i = 0; i < rowPanels; i++) {
      const left = a + ((<usize>i * <usize>depth) << 4);
      multiplyTwoTiles(depth, left, b, out + (<usize>i << 7), 32, panelStride, start);
    }
    b += <usize>depth << 6;
    out += 2 * panelStride;
  }
  for (; panel < columnPanels; panel++) {
    for (let i = 0; i < rowPanels; i++) {
      addTile(depth, a + ((<usize>i * <usize>depth) << 4), b, out + (<usize>i << 7), 32, start);
    }
    b += <usize>depth << 5;
    out += panelStride;
  }
}

/** Copies the part of a tile that exists. */
function copyTile(
  to: usize,
  toStride: usize,
  from: usize,
  fromStride: usize,
  rows: i32,
  columns: i32,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) f32.store(to + (<usize>j << 2), f32.load(from + (<usize>j << 2)));
    to += toStride;
    from += fromStride;
  }
}

/**
 * out[i, j] = start[i] + Σ_d a[i, d]·b[d, j] from packed panels; `start` 0: out[i, j] += …. Rows are `rowStride` bytes
 * apart. `start` has a number for each row of a panel, present or not.
 */
export function multiplyPanels(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  rowStride: usize,
  start: usize,
  startStep: usize,
  edge: usize,
): void {
  const tile = edge + 64;
  let j = 0;
  for (; wide && j + 2 * COLUMNS <= columns; j += 2 * COLUMNS) {
    let left = a;
    let target = out + (<usize>j << 2);
    let first = start;
    let i = 0;
    for (; i + ROWS <= rows; i += ROWS) {
      multiplyTwoTiles(depth, left, b, target, rowStride, 32, first);
      left += <usize>depth << 4;
      target += rowStride << 2;
      first += startStep;
    }
    for (let half = 0; half < 2 && i < rows; half++) {
      const height = rows - i;
      const to = target + (<usize>half << 5);
      const right = b + (<usize>(half * depth) << 5);
      if (!start) copyTile(tile, 32, to, rowStride, height, COLUMNS);
      multiplyTile(depth, left, right, tile, 32, first);
      copyTile(to, rowStride, tile, 32, height, COLUMNS);
    }
    b += <usize>depth << 6;
  }
  for (; j < columns; j += COLUMNS) {
    let left = a;
    let target = out + (<usize>j << 2);
    let first = start;
    for (let i = 0; i < rows; i += ROWS) {
      if (i + ROWS <= rows && j + COLUMNS <= columns) {
        multiplyTile(depth, left, b, target, rowStride, first);
      } else {
        const height = min(ROWS, rows - i);
        const width = min(COLUMNS, columns - j);
        if (!start) copyTile(tile, 32, target, rowStride, height, width);
        multiplyTile(depth, left, b, tile, 32, first);
        copyTile(target, rowStride, tile, 32, height, width);
      }
      left += <usize>depth << 4;
      target += rowStride << 2;
      first += startStep;
    }
    b += <usize>depth << 5;
  }
}
