// Products of packed weights and patches, which are packed block by block or read where they lie.
import { COLUMN_LIMIT, COLUMNS, DEPTH_LIMIT, multiplyTile, multiplyTwoTiles, ROWS } from '../gemm';
import { gather, madd, wide } from '../simd';
import { ceilDiv, partSize } from '../task';
import { packPatches } from './patches';
import { areSpaced, offsetAt } from './tables';

/** Stores four numbers in every second place. */
// @ts-ignore: decorator
@inline
function storeSpaced(to: usize, values: v128): void {
  v128.store32_lane(to, values, 0);
  v128.store32_lane(to, values, 1, 8);
  v128.store32_lane(to, values, 2, 16);
  v128.store32_lane(to, values, 3, 24);
}

/** Whether a panel of columns lies side by side in the output. */
// @ts-ignore: decorator
@inline
function areContiguous(offsets: usize): bool {
  return offsetAt(offsets, 7) - offsetAt(offsets, 0) == 28;
}

/** Stores eight numbers at the offsets of their columns. */
// @ts-ignore: decorator
@inline
function storeEight(to: usize, offsets: usize, from: usize): void {
  if (areSpaced(offsets, 0) && areSpaced(offsets, 4)) {
    storeSpaced(to + offsetAt(offsets, 0), v128.load(from));
    storeSpaced(to + offsetAt(offsets, 4), v128.load(from, 16));
  } else {
    for (let k = 0; k < COLUMNS; k++) f32.store(to + offsetAt(offsets, k), f32.load(from + (<usize>k << 2)));
  }
}

/** As multiplyPanels, with an offset for every column of the output. */
function multiplyScattered(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  out: usize,
  outOffsets: usize,
  rowStride: usize,
  start: usize,
  startStep: usize,
  edge: usize,
): void {
  const tile = edge + 64;
  // Rows of the panel that were computed together with those of the panel before it.
  let done = 0;
  for (let j = 0; j < columns; j += COLUMNS) {
    const offsets = outOffsets + (<usize>j << 2);
    const whole = j + COLUMNS <= columns;
    const contiguous = whole && areContiguous(offsets);
    const width = min(COLUMNS, columns - j);
    let left = a + ((<usize>done * <usize>depth) << 2);
    let first = start + <usize>(done / ROWS) * startStep;
    let target = out + <usize>done * rowStride;
    let i = done;
    done = 0;
    if (wide && !i && j + 2 * COLUMNS <= columns) {
      if (contiguous && areContiguous(offsets + 32)) {
        const at = offsetAt(offsets, 0);
        const tileStride = offsetAt(offsets, 8) - at;
        for (; i + ROWS <= rows; i += ROWS) {
          multiplyTwoTiles(depth, left, b, target + at, rowStride, tileStride, first);
          left += <usize>depth << 4;
          target += rowStride << 2;
          first += startStep;
        }
      } else if (start) {
        for (; i + ROWS <= rows; i += ROWS) {
          multiplyTwoTiles(depth, left, b, tile, 64, 32, first);
          for (let row = 0; row < ROWS; row++, target += rowStride) {
            const from = tile + (<usize>row << 6);
            storeEight(target, offsets, from);
            storeEight(target, offsets + 32, from + 32);
          }
          left += <usize>depth << 4;
          first += startStep;
        }
      }
      done = i;
    }
    for (; i < rows; i += ROWS) {
      if (contiguous && i + ROWS <= rows) {
        multiplyTile(depth, left, b, target + offsetAt(offsets, 0), rowStride, first);
      } else {
        const height = min(ROWS, rows - i);
        if (!start) {
          for (let row = 0; row < height; row++) {
            const from = target + <usize>row * rowStride;
            const to = tile + (<usize>row << 5);
            for (let k = 0; k < width; k++) f32.store(to + (<usize>k << 2), f32.load(from + offsetAt(offsets, k)));
          }
        }
        multiplyTile(depth, left, b, tile, 32, first);
        for (let row = 0; row < height; row++) {
          const from = tile + (<usize>row << 5);
          const to = target + <usize>row * rowStride;
          if (whole) storeEight(to, offsets, from);
          else {
            for (let k = 0; k < width; k++) f32.store(to + offsetAt(offsets, k), f32.load(from + (<usize>k << 2)));
          }
        }
      }
      left += <usize>depth << 4;
      target += rowStride << 2;
      first += startStep;
    }
    b += <usize>depth << 5;
  }
}

/** With so few rows (one in depthwise convolutions) patches are not worth packing. */
const DIRECT_ROWS: i32 = 2;

/** As multiplyPatches for less than a panel of rows: the patches are read where they lie. */
function multiplyDirectly(
  rows: i32,
  columns: i32,
  depth: i32,
  weights: usize,
  source: usize,
  columnOffsets: usize,
  depthOffsets: usize,
  out: usize,
  outOffsets: usize,
  rowStride: usize,
  start: usize,
  edge: usize,
): void {
  const end = depthOffsets + (<usize>depth << 2);
  const tile = edge + 64;
  for (let row = 0; row < rows; row++) {
    const first = v128.load32_splat(start + (<usize>row << 2));
    for (let j = 0; j < columns; j += COLUMNS) {
      const at = <usize>j << 2;
      const o0 = source + offsetAt(columnOffsets + at, 0);
      const o7 = source + offsetAt(columnOffsets + at, 7);
      let weight = weights + (<usize>row << 2);
      let low = first;
      let high = first;
      if (j + COLUMNS <= columns && o7 - o0 == 28) {
        for (let d = depthOffsets; d != end; d += 4) {
          const from = o0 + <usize>load<u32>(d);
          const factor = v128.load32_splat(weight);
          low = madd(factor, v128.load(from), low);
          high = madd(factor, v128.load(from, 16), high);
          weight += 16;
        }
      } else {
        const o1 = source + offsetAt(columnOffsets + at, 1);
        const o2 = source + offsetAt(columnOffsets + at, 2);
        const o3 = source + offsetAt(columnOffsets + at, 3);
        const o4 = source + offsetAt(columnOffsets + at, 4);
        const o5 = source + offsetAt(columnOffsets + at, 5);
        const o6 = source + offsetAt(columnOffsets + at, 6);
        for (let d = depthOffsets; d != end; d += 4) {
          const from = <usize>load<u32>(d);
          const factor = v128.load32_splat(weight);
          low = madd(factor, gather(o0 + from, o1 + from, o2 + from, o3 + from), low);
          high = madd(factor, gather(o4 + from, o5 + from, o6 + from, o7 + from), high);
          weight += 16;
        }
      }
      const to = out + offsetAt(outOffsets + at, 0);
      if (j + COLUMNS <= columns && offsetAt(outOffsets + at, 7) - offsetAt(outOffsets + at, 0) == 28) {
        v128.store(to, low);
        v128.store(to, high, 16);
      } else {
        v128.store(tile, low);
        v128.store(tile, high, 16);
        for (let k = 0; k < min(COLUMNS, columns - j); k++) {
          f32.store(out + offsetAt(outOffsets + at, k), f32.load(tile + (<usize>k << 2)));
        }
      }
    }
    out += rowStride;
  }
}

/** The product of packed weights and the patches that the tables describe. */
export function multiplyPatches(
  rows: i32,
  columns: i32,
  depth: i32,
  weights: usize,
  source: usize,
  columnOffsets: usize,
  depthOffsets: usize,
  out: usize,
  outOffsets: usize,
  rowStride: usize,
  start: usize,
  startStep: usize,
  panels: usize,
  edge: usize,
): void {
  if (rows <= DIRECT_ROWS) {
    multiplyDirectly(
      rows,
      columns,
      depth,
      weights,
      source,
      columnOffsets,
      depthOffsets,
      out,
      outOffsets,
      rowStride,
      start,
      edge,
    );
    return;
  }
  const depthPerBlock = partSize(depth, DEPTH_LIMIT, 1);
  const weightStep = <usize>(ceilDiv(rows, ROWS) * ROWS) << 2;
  for (let column = 0; column < columns; column += COLUMN_LIMIT) {
    const width = min(COLUMN_LIMIT, columns - column);
    const at = <usize>column << 2;
    let d = 0;
    do {
      const length = min(depthPerBlock, depth - d);
      packPatches(panels, source, columnOffsets + at, width, depthOffsets + (<usize>d << 2), length);
      multiplyScattered(
        rows,
        width,
        length,
        weights + <usize>d * weightStep,
        panels,
        out,
        outOffsets + at,
        rowStride,
        d ? 0 : start,
        d ? 0 : startStep,
        edge,
      );
      d += depthPerBlock;
    } while (d < depth);
  }
}
