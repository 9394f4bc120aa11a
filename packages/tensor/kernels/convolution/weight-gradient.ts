// The gradient of the weight: for every tap the products of the output's gradient, which is packed in panels of eight
// filters, and of the inputs under the tap, which are read where they lie.
import { COLUMNS, ROWS } from '../gemm';
import { even, gather, joinLower, joinUpper, madd, odd, wide } from '../simd';
import { align, ceilDiv } from '../task';
import { Convolution, depthOf, SLAB_BYTES, Slab, slabCount, slabSize } from './fields';
import { packLines } from './patches';
import { fillPositions, fillTaps, offsetAt, tableBytes } from './tables';
import { reach, rowBytes, WINDOW_BYTES, Window } from './window';

/** Filters of a block. */
const FILTER_LIMIT: i32 = 64;
/** So few filters (one in depthwise convolutions) are not worth packing. */
const DIRECT_FILTERS: i32 = 2;

/** Slabs of positions go to parts in equal shares; every part of some filters of every group is a block. */
export function conv2dWeightGradientBlocks(fields: Convolution): i32 {
  return <i32>fields.groups * <i32>fields.parts * ceilDiv(<i32>fields.filters, FILTER_LIMIT);
}

// @ts-ignore: decorator
@inline
function panelsBytes(filters: i32, positions: i32): usize {
  return (<usize>(ceilDiv(min(filters, FILTER_LIMIT), COLUMNS) * COLUMNS) * positions) << 2;
}

// @ts-ignore: decorator
@inline
function sumsBytes(filters: i32, depth: i32): usize {
  return (<usize>ceilDiv(min(filters, FILTER_LIMIT), COLUMNS) * ceilDiv(depth, ROWS)) << 7;
}

/** Room for the slab, the window, four tables, panels, sums, and the window's copy. */
export function conv2dWeightGradientScratch(fields: Convolution): usize {
  const filters = <i32>fields.filters;
  const depth = depthOf(fields);
  const positions = slabSize(fields);
  const windowRows = reach(<i32>fields.rowStep, <i32>fields.strideY, <i32>fields.kernelY, <i32>fields.dilationY);
  const windowColumns = reach(<i32>fields.columnStep, <i32>fields.strideX, <i32>fields.kernelX, <i32>fields.dilationX);
  return (
    SLAB_BYTES +
    WINDOW_BYTES +
    2 * tableBytes(positions) +
    tableBytes(depth) +
    tableBytes(min(filters, FILTER_LIMIT)) +
    align(panelsBytes(filters, positions)) +
    sumsBytes(filters, depth) +
    (<usize>(<i32>fields.imageStep * <i32>fields.channels * windowRows) * rowBytes(windowColumns))
  );
}

/**
 * Adds to a tile of four taps and eight filters, over all positions of a slab. The taps are where the first position
 * has them.
 */
function correlateTile(
  slab: Slab,
  window: Window,
  rowStep: usize,
  step: usize,
  tap0: usize,
  tap1: usize,
  tap2: usize,
  tap3: usize,
  slopes: usize,
  out: usize,
): void {
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out, 32);
  let c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64);
  let c21 = v128.load(out, 80);
  let c30 = v128.load(out, 96);
  let c31 = v128.load(out, 112);
  const width = <usize>slab.columns * step;
  for (let image = 0; image < slab.images; image++) {
    for (let y = 0; y < slab.rows; y++) {
      let at = <usize>image * window.image + <usize>y * rowStep;
      const end = at + width;
      while (at != end) {
        const b0 = v128.load(slopes);
        const b1 = v128.load(slopes, 16);
        let value = v128.load32_splat(tap0 + at);
        c00 = madd(value, b0, c00);
        c01 = madd(value, b1, c01);
        value = v128.load32_splat(tap1 + at);
        c10 = madd(value, b0, c10);
        c11 = madd(value, b1, c11);
        value = v128.load32_splat(tap2 + at);
        c20 = madd(value, b0, c20);
        c21 = madd(value, b1, c21);
        value = v128.load32_splat(tap3 + at);
        c30 = madd(value, b0, c30);
        c31 = madd(value, b1, c31);
        at += step;
        slopes += 32;
      }
    }
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/** As correlateTile, for two tiles at once: eight taps, the tiles one after the other (see multiplyTwoTiles). */
function correlateTwoTiles(
  slab: Slab,
  window: Window,
  rowStep: usize,
  step: usize,
  tap0: usize,
  tap1: usize,
  tap2: usize,
  tap3: usize,
  tap4: usize,
  tap5: usize,
  tap6: usize,
  tap7: usize,
  slopes: usize,
  out: usize,
): void {
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out, 32);
  let c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64);
  let c21 = v128.load(out, 80);
  let c30 = v128.load(out, 96);
  let c31 = v128.load(out, 112);
  let c40 = v128.load(out, 128);
  let c41 = v128.load(out, 144);
  let c50 = v128.load(out, 160);
  let c51 = v128.load(out, 176);
  let c60 = v128.load(out, 192);
  let c61 = v128.load(out, 208);
  let c70 = v128.load(out, 224);
  let c71 = v128.load(out, 240);
  const width = <usize>slab.columns * step;
  for (let image = 0; image < slab.images; image++) {
    for (let y = 0; y < slab.rows; y++) {
      let at = <usize>image * window.image + <usize>y * rowStep;
      const end = at + width;
      while (at != end) {
        const b0 = v128.load(slopes);
        const b1 = v128.load(slopes, 16);
        let value = v128.load32_splat(tap0 + at);
        c00 = madd(value, b0, c00);
        c01 = madd(value, b1, c01);
        value = v128.load32_splat(tap1 + at);
        c10 = madd(value, b0, c10);
        c11 = madd(value, b1, c11);
        value = v128.load32_splat(tap2 + at);
        c20 = madd(value, b0, c20);
        c21 = madd(value, b1, c21);
        value = v128.load32_splat(tap3 + at);
        c30 = madd(value, b0, c30);
        c31 = madd(value, b1, c31);
        value = v128.load32_splat(tap4 + at);
        c40 = madd(value, b0, c40);
        c41 = madd(value, b1, c41);
        value = v128.load32_splat(tap5 + at);
        c50 = madd(value, b0, c50);
        c51 = madd(value, b1, c51);
        value = v128.load32_splat(tap6 + at);
        c60 = madd(value, b0, c60);
        c61 = madd(value, b1, c61);
        value = v128.load32_splat(tap7 + at);
        c70 = madd(value, b0, c70);
        c71 = madd(value, b1, c71);
        at += step;
        slopes += 32;
      }
    }
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
  v128.store(out, c40, 128);
  v128.store(out, c41, 144);
  v128.store(out, c50, 160);
  v128.store(out, c51, 176);
  v128.store(out, c60, 192);
  v128.store(out, c61, 208);
  v128.store(out, c70, 224);
  v128.store(out, c71, 240);
}

/**
 * As correlateTile, for all taps of a 3×3 window in one plane, whose rows begin at three addresses: nine taps, one after the other.
 * It takes nine pairs of vectors, more than there are where V8 does not take two for one.
 */
function correlateWindow(
  slab: Slab,
  window: Window,
  rowStep: usize,
  step: usize,
  top: usize,
  middle: usize,
  bottom: usize,
  slopes: usize,
  out: usize,
): void {
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out, 32);
  let c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64);
  let c21 = v128.load(out, 80);
  let c30 = v128.load(out, 96);
  let c31 = v128.load(out, 112);
  let c40 = v128.load(out, 128);
  let c41 = v128.load(out, 144);
  let c50 = v128.load(out, 160);
  let c51 = v128.load(out, 176);
  let c60 = v128.load(out, 192);
  let c61 = v128.load(out, 208);
  let c70 = v128.load(out, 224);
  let c71 = v128.load(out, 240);
  let c80 = v128.load(out, 256);
  let c81 = v128.load(out, 272);
  const width = <usize>slab.columns * step;
  for (let image = 0; image < slab.images; image++) {
    for (let y = 0; y < slab.rows; y++) {
      let at = <usize>image * window.image + <usize>y * rowStep;
      const end = at + width;
      while (at != end) {
        const b0 = v128.load(slopes);
        const b1 = v128.load(slopes, 16);
        let value = v128.load32_splat(top + at);
        c00 = madd(value, b0, c00);
        c01 = madd(value, b1, c01);
        value = v128.load32_splat(top + at, 4);
        c10 = madd(value, b0, c10);
        c11 = madd(value, b1, c11);
        value = v128.load32_splat(top + at, 8);
        c20 = madd(value, b0, c20);
        c21 = madd(value, b1, c21);
        value = v128.load32_splat(middle + at);
        c30 = madd(value, b0, c30);
        c31 = madd(value, b1, c31);
        value = v128.load32_splat(middle + at, 4);
        c40 = madd(value, b0, c40);
        c41 = madd(value, b1, c41);
        value = v128.load32_splat(middle + at, 8);
        c50 = madd(value, b0, c50);
        c51 = madd(value, b1, c51);
        value = v128.load32_splat(bottom + at);
        c60 = madd(value, b0, c60);
        c61 = madd(value, b1, c61);
        value = v128.load32_splat(bottom + at, 4);
        c70 = madd(value, b0, c70);
        c71 = madd(value, b1, c71);
        value = v128.load32_splat(bottom + at, 8);
        c80 = madd(value, b0, c80);
        c81 = madd(value, b1, c81);
        at += step;
        slopes += 32;
      }
    }
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
  v128.store(out, c40, 128);
  v128.store(out, c41, 144);
  v128.store(out, c50, 160);
  v128.store(out, c51, 176);
  v128.store(out, c60, 192);
  v128.store(out, c61, 208);
  v128.store(out, c70, 224);
  v128.store(out, c71, 240);
  v128.store(out, c80, 256);
  v128.store(out, c81, 272);
}

/** From tiles of four taps and eight filters to the rows of the weight. */
function storeSums(out: usize, sums: usize, filters: i32, depth: i32): void {
  for (let f = 0; f < filters; f++) {
    let from = sums + sumsBytes(COLUMNS, depth) * <usize>(f >> 3) + (<usize>(f & 7) << 2);
    for (let d = 0; d < depth; d++) {
      f32.store(out, f32.load(from));
      out += 4;
      from += 32;
    }
  }
}

/**
 * Adds to the gradient of a few filters, four taps and four positions at a time; sums of four lanes meet at the end.
 */
function correlateDirectly(
  filters: i32,
  depth: i32,
  positions: i32,
  gradient: usize,
  filterOffsets: usize,
  gradientOffsets: usize,
  source: usize,
  depthOffsets: usize,
  columnOffsets: usize,
  out: usize,
): void {
  for (let f = 0; f < filters; f++) {
    const slopes = gradient + offsetAt(filterOffsets, f);
    for (let d = 0; d < depth; d += 4) {
      const s0 = source + offsetAt(depthOffsets, d);
      const s1 = source + offsetAt(depthOffsets, d + 1);
      const s2 = source + offsetAt(depthOffsets, d + 2);
      const s3 = source + offsetAt(depthOffsets, d + 3);
      let sum0 = f32x4.splat(0);
      let sum1 = sum0;
      let sum2 = sum0;
      let sum3 = sum0;
      let rest = sum0;
      let j = 0;
      while (j < positions) {
        const at = offsetAt(columnOffsets, j);
        const from = slopes + offsetAt(gradientOffsets, j);
        if (
          j + 4 <= positions &&
          offsetAt(columnOffsets, j + 3) - at == 12 &&
          slopes + offsetAt(gradientOffsets, j + 3) - from == 12
        ) {
          const slope = v128.load(from);
          sum0 = madd(slope, v128.load(s0 + at), sum0);
          sum1 = madd(slope, v128.load(s1 + at), sum1);
          sum2 = madd(slope, v128.load(s2 + at), sum2);
          sum3 = madd(slope, v128.load(s3 + at), sum3);
          j += 4;
        } else {
          rest = madd(v128.load32_splat(from), gather(s0 + at, s1 + at, s2 + at, s3 + at), rest);
          j++;
        }
      }
      const low = f32x4.add(joinLower(sum0, sum1), joinUpper(sum0, sum1));
      const high = f32x4.add(joinLower(sum2, sum3), joinUpper(sum2, sum3));
      const sums = f32x4.add(f32x4.add(even(low, high), odd(low, high)), rest);
      let to = out + (<usize>d << 2);
      for (let lanes = sums, k = d; k < min(depth, d + 4); k++) {
        f32.store(to, f32.load(to) + f32x4.extract_lane(lanes, 0));
        lanes = v128.shuffle<f32>(lanes, lanes, 1, 2, 3, 0);
        to += 4;
      }
    }
    out += <usize>depth << 2;
  }
}

/** One part of the gradient of some filters of a group: the sum over its slabs, one after the other. */
export function conv2dWeightGradient(fields: Convolution, block: i32, scratch: usize): void {
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const allFilters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const depth = depthOf(fields);
  const parts = <i32>fields.parts;
  const slabs = <i64>slabCount(fields, outHeight, outWidth);
  const chunks = ceilDiv(allFilters, FILTER_LIMIT);
  const firstFilter = (block % chunks) * FILTER_LIMIT;
  const group = (block / chunks) % groups;
  const part = block / chunks / groups;
  const filters = min(FILTER_LIMIT, allFilters - firstFilter);
  const lastSlab = <i32>((slabs * (part + 1)) / parts);
  const firstSlab = <i32>((slabs * part) / parts);

  const slab = changetype<Slab>(scratch);
  const window = changetype<Window>(scratch + SLAB_BYTES);
  const most = slabSize(fields);
  const columnOffsets = scratch + SLAB_BYTES + WINDOW_BYTES;
  const outOffsets = columnOffsets + tableBytes(most);
  const depthOffsets = outOffsets + tableBytes(most);
  const filterOffsets = depthOffsets + tableBytes(depth);
  const panels = filterOffsets + tableBytes(filters);
  const sums = panels + align(panelsBytes(filters, most));
  const room = sums + sumsBytes(filters, depth);

  const outPlane = (<usize>outHeight * outWidth) << 2;
  const outImage = <usize>(groups * allFilters) * outPlane;
  const firstWeight = (part * groups + group) * allFilters + firstFilter;
  const out = <usize>fields.shared + ((<usize>firstWeight * depth) << 2);
  const has3x3 = <i32>fields.kernelY == 3 && <i32>fields.kernelX == 3 && <i32>fields.dilationX == 1;
  const direct = filters <= DIRECT_FILTERS;
  fillTaps(filterOffsets, filters, outPlane, 1, 0, 1, 0);
  if (direct) memory.fill(out, 0, (<usize>filters * depth) << 2);
  else memory.fill(sums, 0, sumsBytes(filters, depth));

  for (let index = firstSlab; index < lastSlab; index++) {
    slab.take(index, fields, outHeight, outWidth);
    window.placeUnder(slab, fields, channels);
    const first = (slab.firstImage * groups + group) * channels;
    const source = window.open(room, <usize>fields.x, first, channels, slab.images);
    const rowStep = window.row * <usize>fields.strideY;
    const step = <usize>fields.strideX << 2;
    const positions = slab.size;
    const plane = (slab.firstImage * groups + group) * allFilters + firstFilter;
    const gradient = <usize>fields.out + slab.offset(plane, outHeight, outWidth);
    fillPositions(outOffsets, slab.images, outImage, slab.rows, <usize>outWidth << 2, slab.columns, 4);
    window.fillTaps(depthOffsets, fields);
    if (direct) {
      fillPositions(columnOffsets, slab.images, window.image, slab.rows, rowStep, slab.columns, step);
      correlateDirectly(
        filters,
        depth,
        positions,
        gradient,
        filterOffsets,
        outOffsets,
        source,
        depthOffsets,
        columnOffsets,
        out,
      );
      continue;
    }
    packLines(panels, gradient, filterOffsets, filters, outOffsets, positions);
    let slopes = panels;
    for (let f = 0; f < filters; f += COLUMNS) {
      let tile = sums + sumsBytes(COLUMNS, depth) * <usize>(f >> 3);
      let d = 0;
      for (; wide && has3x3 && d < depth; d += 9) {
        correlateWindow(
          slab,
          window,
          rowStep,
          step,
          source + offsetAt(depthOffsets, d),
          source + offsetAt(depthOffsets, d + 3),
          source + offsetAt(depthOffsets, d + 6),
          slopes,
          tile,
        );
        tile += 288;
      }
      for (; wide && d + ROWS < depth; d += 2 * ROWS) {
        correlateTwoTiles(
          slab,
          window,
          rowStep,
          step,
          source + offsetAt(depthOffsets, d),
          source + offsetAt(depthOffsets, d + 1),
          source + offsetAt(depthOffsets, d + 2),
          source + offsetAt(depthOffsets, d + 3),
          source + offsetAt(depthOffsets, d + 4),
          source + offsetAt(depthOffsets, d + 5),
          source + offsetAt(depthOffsets, d + 6),
          source + offsetAt(depthOffsets, d + 7),
          slopes,
          tile,
        );
        tile += 256;
      }
      for (; d < depth; d += ROWS) {
        correlateTile(
          slab,
          window,
          rowStep,
          step,
          source + offsetAt(depthOffsets, d),
          source + offsetAt(depthOffsets, d + 1),
          source + offsetAt(depthOffsets, d + 2),
          source + offsetAt(depthOffsets, d + 3),
          slopes,
          tile,
        );
        tile += 128;
      }
      slopes += <usize>positions << 5;
    }
  }
  if (!direct) storeSums(out, sums, filters, depth);
}
