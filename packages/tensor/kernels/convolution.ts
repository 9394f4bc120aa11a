// Convolutions as products of matrices whose right factor, the patches under the window ("im2col", Chellapilla et al.
// 2006), never exists: the panels are packed straight from the planes. Tables of offsets say where: an element of the
// patches lies at columnOffsets[position] + depthOffsets[tap], which covers every stride, padding, dilation and group.
//
// The gradient of the input is a convolution of the gradient with the transposed weight. With a stride s it falls into
// s·s ones, one for every remainder of the position modulo s, each with the taps that reach it.
//
// The positions are cut into slabs: several images, or several rows of one. Where windows hang over the edge of the
// planes, the slab's part of them is copied first, with zeros around it.
import { COLUMN_LIMIT, COLUMNS, clearEdge, DEPTH_LIMIT, EDGE_BYTES, multiplyPanels, multiplyTile, packRows, ROWS } from './gemm';
import { fillPositions, fillTaps, finishTable, offsetAt, tableBytes } from './convolution/tables';
import { copyWindow } from './convolution/window';
import { gather, madd, storeTransposed } from './simd';
import { align, ceilDiv, partSize } from './task';

/** Fields of all kernels here. Channels and filters are those of one group. */
@unmanaged
class Convolution {
  /** Packed weights, or the parts of the weight gradient. */
  shared: f64;
  /** The input, or its gradient. */
  x: f64;
  /** The weight, or its gradient. */
  weight: f64;
  /** The bias; 0 without one. */
  bias: f64;
  /** The output, or its gradient. */
  out: f64;
  images: f64;
  groups: f64;
  channels: f64;
  height: f64;
  width: f64;
  filters: f64;
  outHeight: f64;
  outWidth: f64;
  kernelY: f64;
  kernelX: f64;
  strideY: f64;
  strideX: f64;
  paddingY: f64;
  paddingX: f64;
  dilationY: f64;
  dilationX: f64;
  /** The number of sums that make up the gradient of the weight, so that threads can share the work. */
  parts: f64;
}

/** Positions of a slab, unless a single row has more. */
const SLAB_LIMIT: i32 = 1024;
/** Small images go into a slab together until they have as many positions. */
const SLAB_TARGET: i32 = 256;

/** How the positions of all images are cut into slabs. */
// @ts-ignore: decorator
@inline
function imagesPerSlab(images: i32, rows: i32, width: i32): i32 {
  return partSize(images, max(1, SLAB_TARGET / max(1, rows * width)), 1);
}

// @ts-ignore: decorator
@inline
function rowsPerSlab(rows: i32, width: i32): i32 {
  return partSize(rows, rows * width <= SLAB_LIMIT ? max(1, rows) : max(1, SLAB_LIMIT / width), 1);
}

// @ts-ignore: decorator
@inline
function slabCount(images: i32, rows: i32, width: i32): i32 {
  return ceilDiv(images, imagesPerSlab(images, rows, width)) * ceilDiv(rows, rowsPerSlab(rows, width));
}

/** Panels of 8 columns of the patches; offsets of columns grow, so that their distance tells whether they are neighbours. */
function packPatches(
  out: usize,
  source: usize,
  columnOffsets: usize,
  columns: i32,
  depthOffsets: usize,
  depth: i32,
): void {
  const end = depthOffsets + (<usize>depth << 2);
  for (let j = 0; j < columns; j += COLUMNS) {
    const o0 = source + offsetAt(columnOffsets, j);
    const o3 = source + offsetAt(columnOffsets, j + 3);
    const o4 = source + offsetAt(columnOffsets, j + 4);
    const o7 = source + offsetAt(columnOffsets, j + 7);
    const whole = j + COLUMNS <= columns;
    if (whole && o7 - o0 == 28) {
      for (let d = depthOffsets; d != end; d += 4) {
        const from = o0 + <usize>load<u32>(d);
        v128.store(out, v128.load(from));
        v128.store(out, v128.load(from, 16), 16);
        out += 32;
      }
    } else if (whole && o3 - o0 == 12 && o7 - o4 == 12) {
      for (let d = depthOffsets; d != end; d += 4) {
        const offset = <usize>load<u32>(d);
        v128.store(out, v128.load(o0 + offset));
        v128.store(out, v128.load(o4 + offset), 16);
        out += 32;
      }
    } else {
      const o1 = source + offsetAt(columnOffsets, j + 1);
      const o2 = source + offsetAt(columnOffsets, j + 2);
      const o5 = source + offsetAt(columnOffsets, j + 5);
      const o6 = source + offsetAt(columnOffsets, j + 6);
      for (let d = depthOffsets; d != end; d += 4) {
        const at = <usize>load<u32>(d);
        v128.store(out, gather(o0 + at, o1 + at, o2 + at, o3 + at));
        v128.store(out, gather(o4 + at, o5 + at, o6 + at, o7 + at), 16);
        out += 32;
      }
    }
  }
}

/** Panels of `width` lines (4 or 8): element [line, step] lies at lineOffsets[line] + stepOffsets[step]. */
function packLines(
  out: usize,
  width: i32,
  source: usize,
  lineOffsets: usize,
  lines: i32,
  stepOffsets: usize,
  steps: i32,
): void {
  const distance = <usize>width << 2;
  for (let line = 0; line < lines; line += width) {
    for (let half = 0; half < width; half += 4) {
      const first = min(line + half, lines);
      const l0 = source + offsetAt(lineOffsets, first);
      const l1 = source + offsetAt(lineOffsets, first + 1);
      const l2 = source + offsetAt(lineOffsets, first + 2);
      const l3 = source + offsetAt(lineOffsets, first + 3);
      let target = out + (<usize>half << 2);
      let step = 0;
      while (step < steps) {
        const at = offsetAt(stepOffsets, step);
        if (step + 4 <= steps && offsetAt(stepOffsets, step + 3) - at == 12) {
          storeTransposed(
            target,
            distance,
            v128.load(l0 + at),
            v128.load(l1 + at),
            v128.load(l2 + at),
            v128.load(l3 + at),
          );
          target += distance << 2;
          step += 4;
        } else {
          v128.store(target, gather(l0 + at, l1 + at, l2 + at, l3 + at));
          target += distance;
          step++;
        }
      }
    }
    out += <usize>steps * distance;
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
  for (let j = 0; j < columns; j += COLUMNS) {
    const offsets = outOffsets + (<usize>j << 2);
    const contiguous = offsetAt(offsets, 7) - offsetAt(offsets, 0) == 28 && j + COLUMNS <= columns;
    const width = min(COLUMNS, columns - j);
    let left = a;
    let first = start;
    let target = out;
    for (let i = 0; i < rows; i += ROWS) {
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
          for (let k = 0; k < width; k++) f32.store(to + offsetAt(offsets, k), f32.load(from + (<usize>k << 2)));
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
function multiplyPatches(
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

/** Bytes of the working memory of a block: edge, two tables of positions, two of lines, panels, and a window. */
// @ts-ignore: decorator
@inline
function blockScratch(positions: i32, lines: i32, otherLines: i32, panels: usize, window: usize): usize {
  return EDGE_BYTES + 2 * tableBytes(positions) + tableBytes(lines) + tableBytes(otherLines) + align(panels) + window;
}

// Forward -------------------------------------------------------------------------------------------------------------

/** Bytes of the bias of one group, padded to whole panels. */
// @ts-ignore: decorator
@inline
function biasBytes(filters: i32): usize {
  return <usize>(ceilDiv(filters, ROWS) * ROWS) << 2;
}

/** A block for every group. */
export function conv2dPackBlocks(task: usize): i32 {
  return <i32>changetype<Convolution>(task).groups;
}

/** Bias and weight of a group in panels; `shared` has room for all groups. */
export function conv2dPack(task: usize, group: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const filters = <i32>fields.filters;
  const depth = <i32>fields.channels * <i32>fields.kernelY * <i32>fields.kernelX;
  let out = <usize>fields.shared + <usize>group * biasBytes(filters) * <usize>(depth + 1);
  const bias = <usize>fields.bias;
  for (let f = 0; f < ceilDiv(filters, ROWS) * ROWS; f++) {
    const value = bias && f < filters ? f32.load(bias + (<usize>(group * filters + f) << 2)) : 0;
    f32.store(out + (<usize>f << 2), value);
  }
  out += biasBytes(filters);
  const weight = <usize>fields.weight + ((<usize>group * filters * depth) << 2);
  const depthPerBlock = partSize(depth, DEPTH_LIMIT, 1);
  for (let d = 0; d < depth; d += depthPerBlock) {
    const length = min(depthPerBlock, depth - d);
    packRows(out, weight + (<usize>d << 2), filters, length, <usize>depth << 2, 4);
    out += biasBytes(filters) * <usize>length;
  }
}

export function conv2dBlocks(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  return <i32>fields.groups * slabCount(<i32>fields.images, <i32>fields.outHeight, <i32>fields.outWidth);
}

/** Rows (or columns) of the input under `outputs` rows of the output. */
// @ts-ignore: decorator
@inline
function reach(outputs: i32, stride: i32, kernel: i32, dilation: i32): i32 {
  return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

export function conv2dScratch(task: usize): usize {
  const fields = changetype<Convolution>(task);
  const outWidth = <i32>fields.outWidth;
  const outHeight = <i32>fields.outHeight;
  const channels = <i32>fields.channels;
  const images = imagesPerSlab(<i32>fields.images, outHeight, outWidth);
  const rows = rowsPerSlab(outHeight, outWidth);
  const depth = channels * <i32>fields.kernelY * <i32>fields.kernelX;
  const windowRows = reach(rows, <i32>fields.strideY, <i32>fields.kernelY, <i32>fields.dilationY);
  const windowColumns = reach(outWidth, <i32>fields.strideX, <i32>fields.kernelX, <i32>fields.dilationX);
  return blockScratch(
    images * rows * outWidth,
    depth,
    0,
    <usize>COLUMN_LIMIT * partSize(depth, DEPTH_LIMIT, 1) * 4,
    <usize>images * channels * windowRows * windowColumns * 4,
  );
}

/** One slab of one group of the output. */
export function conv2d(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const allImages = <i32>fields.images;
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const filters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;
  const depth = channels * kernelY * kernelX;

  const imageStep = imagesPerSlab(allImages, outHeight, outWidth);
  const rowStep = rowsPerSlab(outHeight, outWidth);
  const rowSlabs = ceilDiv(outHeight, rowStep);
  const group = block % groups;
  const slab = block / groups;
  const firstImage = (slab / rowSlabs) * imageStep;
  const firstRow = (slab % rowSlabs) * rowStep;
  const images = min(imageStep, allImages - firstImage);
  const rows = min(rowStep, outHeight - firstRow);
  const positions = images * rows * outWidth;

  const columnOffsets = scratch + EDGE_BYTES;
  const outOffsets = columnOffsets + tableBytes(positions);
  const depthOffsets = outOffsets + tableBytes(positions);
  const panels = depthOffsets + tableBytes(depth);
  const window = panels + align(<usize>COLUMN_LIMIT * partSize(depth, DEPTH_LIMIT, 1) * 4);

  const top = firstRow * strideY - <i32>fields.paddingY;
  const left = -<i32>fields.paddingX;
  const windowRows = reach(rows, strideY, kernelY, dilationY);
  const windowColumns = reach(outWidth, strideX, kernelX, dilationX);
  const planeBytes = (<usize>height * width) << 2;
  const imageBytes = <usize>(groups * channels) * planeBytes;
  const x = <usize>fields.x + <usize>firstImage * imageBytes + <usize>(group * channels) * planeBytes;

  let source: usize;
  let row = <usize>width << 2;
  let plane = planeBytes;
  let image = imageBytes;
  if (top >= 0 && top + windowRows <= height && left >= 0 && left + windowColumns <= width) {
    source = x + ((<usize>top * width + left) << 2);
  } else {
    source = window;
    row = <usize>windowColumns << 2;
    plane = row * windowRows;
    image = plane * channels;
    for (let i = 0; i < images; i++) {
      copyWindow(
        window + <usize>i * image,
        x + <usize>i * imageBytes,
        channels,
        height,
        width,
        top,
        windowRows,
        left,
        windowColumns,
      );
    }
  }
  const outPlane = (<usize>outHeight * outWidth) << 2;
  const outImage = <usize>(groups * filters) * outPlane;
  fillPositions(columnOffsets, images, image, rows, row * strideY, outWidth, <usize>strideX << 2);
  fillPositions(outOffsets, images, outImage, rows, <usize>outWidth << 2, outWidth, 4);
  fillTaps(depthOffsets, channels, plane, kernelY, row * dilationY, kernelX, <usize>dilationX << 2);
  const bias = <usize>fields.shared + <usize>group * biasBytes(filters) * <usize>(depth + 1);
  multiplyPatches(
    filters,
    positions,
    depth,
    bias + biasBytes(filters),
    source,
    columnOffsets,
    depthOffsets,
    <usize>fields.out +
      <usize>firstImage * outImage +
      <usize>(group * filters) * outPlane +
      ((<usize>firstRow * outWidth) << 2),
    outOffsets,
    outPlane,
    bias,
    16,
    panels,
    scratch,
  );
}

// Gradient of the input -----------------------------------------------------------------------------------------------

/** The distance in rows from an input to the output that tap `k` links it to, or NOTHING where the stride skips it. */
const NOTHING: i32 = i32.MIN_VALUE;

// @ts-ignore: decorator
@inline
function shiftOf(phase: i32, k: i32, stride: i32, padding: i32, dilation: i32): i32 {
  const distance = phase + padding - k * dilation;
  return distance % stride == 0 ? distance / stride : NOTHING;
}

/** The number of taps that reach inputs of a phase. */
function tapsOf(phase: i32, kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  let taps = 0;
  for (let k = 0; k < kernel; k++) {
    if (shiftOf(phase, k, stride, padding, dilation) != NOTHING) taps++;
  }
  return taps;
}

/** The smallest shift of all phases: that of the last tap in the earliest phase it reaches. */
// @ts-ignore: decorator
@inline
function smallestShift(kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  const distance = padding - (kernel - 1) * dilation;
  return distance >= 0 ? ceilDiv(distance, stride) : -(-distance / stride);
}

/** The largest shift of all phases. */
// @ts-ignore: decorator
@inline
function largestShift(stride: i32, padding: i32): i32 {
  return (stride - 1 + padding) / stride;
}

/** Weights of a group, transposed, phase after phase, in panels of four channels. */
export function conv2dInputGradientPackBlocks(task: usize): i32 {
  return <i32>changetype<Convolution>(task).groups;
}

export function conv2dInputGradientPack(task: usize, group: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;
  const paddingY = <i32>fields.paddingY;
  const paddingX = <i32>fields.paddingX;
  const area = kernelY * kernelX;
  const rows = ceilDiv(channels, ROWS) * ROWS;
  const weight = <usize>fields.weight + ((<usize>group * filters * channels * area) << 2);
  let out = <usize>fields.shared + ((<usize>group * rows * filters * area) << 2);
  for (let phaseY = 0; phaseY < strideY; phaseY++) {
    for (let phaseX = 0; phaseX < strideX; phaseX++) {
      const depth =
        filters *
        tapsOf(phaseY, kernelY, strideY, paddingY, dilationY) *
        tapsOf(phaseX, kernelX, strideX, paddingX, dilationX);
      const depthPerBlock = partSize(depth, DEPTH_LIMIT, 1);
      let d = 0;
      for (let f = 0; f < filters; f++) {
        for (let ky = 0; ky < kernelY; ky++) {
          if (shiftOf(phaseY, ky, strideY, paddingY, dilationY) == NOTHING) continue;
          for (let kx = 0; kx < kernelX; kx++) {
            if (shiftOf(phaseX, kx, strideX, paddingX, dilationX) == NOTHING) continue;
            const blockStart = (d / depthPerBlock) * depthPerBlock;
            const length = min(depthPerBlock, depth - blockStart);
            let target = out + ((<usize>blockStart * rows) << 2) + (<usize>(d - blockStart) << 4);
            let from = weight + ((<usize>f * channels * area + ky * kernelX + kx) << 2);
            for (let c = 0; c < rows; c += ROWS) {
              for (let i = 0; i < ROWS; i++) {
                f32.store(target + (<usize>i << 2), c + i < channels ? f32.load(from) : 0);
                from += <usize>area << 2;
              }
              target += <usize>length << 4;
            }
            d++;
          }
        }
      }
      out += (<usize>depth * rows) << 2;
    }
  }
}

export function conv2dInputGradientBlocks(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  const rows = ceilDiv(<i32>fields.height, <i32>fields.strideY);
  const columns = ceilDiv(<i32>fields.width, <i32>fields.strideX);
  return <i32>fields.groups * slabCount(<i32>fields.images, rows, columns);
}

export function conv2dInputGradientScratch(task: usize): usize {
  const fields = changetype<Convolution>(task);
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const allRows = ceilDiv(<i32>fields.height, strideY);
  const columns = ceilDiv(<i32>fields.width, strideX);
  const filters = <i32>fields.filters;
  const images = imagesPerSlab(<i32>fields.images, allRows, columns);
  const rows = rowsPerSlab(allRows, columns);
  const depth = filters * <i32>fields.kernelY * <i32>fields.kernelX;
  const windowRows =
    rows +
    largestShift(strideY, <i32>fields.paddingY) -
    smallestShift(<i32>fields.kernelY, strideY, <i32>fields.paddingY, <i32>fields.dilationY);
  const windowColumns =
    columns +
    largestShift(strideX, <i32>fields.paddingX) -
    smallestShift(<i32>fields.kernelX, strideX, <i32>fields.paddingX, <i32>fields.dilationX);
  return blockScratch(
    images * rows * columns,
    depth,
    0,
    <usize>COLUMN_LIMIT * min(depth, DEPTH_LIMIT) * 4,
    <usize>images * filters * windowRows * windowColumns * 4,
  );
}

/** One slab of one group of the input's gradient, all phases. */
export function conv2dInputGradient(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const allImages = <i32>fields.images;
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const filters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const paddingY = <i32>fields.paddingY;
  const paddingX = <i32>fields.paddingX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;

  const allRows = ceilDiv(height, strideY);
  const allColumns = ceilDiv(width, strideX);
  const imageStep = imagesPerSlab(allImages, allRows, allColumns);
  const rowStep = rowsPerSlab(allRows, allColumns);
  const rowSlabs = ceilDiv(allRows, rowStep);
  const group = block % groups;
  const slab = block / groups;
  const firstImage = (slab / rowSlabs) * imageStep;
  const firstRow = (slab % rowSlabs) * rowStep;
  const images = min(imageStep, allImages - firstImage);
  const slabRows = min(rowStep, allRows - firstRow);

  const mostPositions = images * slabRows * allColumns;
  const mostDepth = filters * kernelY * kernelX;
  const columnOffsets = scratch + EDGE_BYTES;
  const outOffsets = columnOffsets + tableBytes(mostPositions);
  const depthOffsets = outOffsets + tableBytes(mostPositions);
  const panels = depthOffsets + tableBytes(mostDepth);
  const window = panels + align(<usize>COLUMN_LIMIT * min(mostDepth, DEPTH_LIMIT) * 4);

  const minY = smallestShift(kernelY, strideY, paddingY, dilationY);
  const minX = smallestShift(kernelX, strideX, paddingX, dilationX);
  const top = firstRow + minY;
  const windowRows = slabRows + largestShift(strideY, paddingY) - minY;
  const windowColumns = allColumns + largestShift(strideX, paddingX) - minX;
  const planeBytes = (<usize>outHeight * outWidth) << 2;
  const imageBytes = <usize>(groups * filters) * planeBytes;
  const gradient = <usize>fields.out + <usize>firstImage * imageBytes + <usize>(group * filters) * planeBytes;

  let source: usize;
  let row = <usize>outWidth << 2;
  let plane = planeBytes;
  let image = imageBytes;
  if (top >= 0 && top + windowRows <= outHeight && minX >= 0 && minX + windowColumns <= outWidth) {
    source = gradient + ((<usize>top * outWidth + minX) << 2);
  } else {
    source = window;
    row = <usize>windowColumns << 2;
    plane = row * windowRows;
    image = plane * filters;
    for (let i = 0; i < images; i++) {
      copyWindow(
        window + <usize>i * image,
        gradient + <usize>i * imageBytes,
        filters,
        outHeight,
        outWidth,
        top,
        windowRows,
        minX,
        windowColumns,
      );
    }
  }

  const xPlane = (<usize>height * width) << 2;
  const xImage = <usize>(groups * channels) * xPlane;
  const x = <usize>fields.x + <usize>firstImage * xImage + <usize>(group * channels) * xPlane;
  const weightRows = ceilDiv(channels, ROWS) * ROWS;
  let weights = <usize>fields.shared + ((<usize>group * weightRows * mostDepth) << 2);
  clearEdge(scratch);
  for (let phaseY = 0; phaseY < strideY; phaseY++) {
    const rows = min(slabRows, ceilDiv(height - phaseY, strideY) - firstRow);
    for (let phaseX = 0; phaseX < strideX; phaseX++) {
      const columns = ceilDiv(width - phaseX, strideX);
      let taps = 0;
      for (let f = 0; f < filters; f++) {
        for (let ky = 0; ky < kernelY; ky++) {
          const shiftY = shiftOf(phaseY, ky, strideY, paddingY, dilationY);
          if (shiftY == NOTHING) continue;
          for (let kx = 0; kx < kernelX; kx++) {
            const shiftX = shiftOf(phaseX, kx, strideX, paddingX, dilationX);
            if (shiftX == NOTHING) continue;
            const offset = <usize>f * plane + <usize>(shiftY - minY) * row + (<usize>(shiftX - minX) << 2);
            store<u32>(depthOffsets + (<usize>taps << 2), <u32>offset);
            taps++;
          }
        }
      }
      finishTable(depthOffsets, taps);
      if (rows > 0 && columns > 0) {
        fillPositions(columnOffsets, images, image, rows, row, columns, 4);
        fillPositions(outOffsets, images, xImage, rows, (<usize>width * strideY) << 2, columns, <usize>strideX << 2);
        multiplyPatches(
          channels,
          images * rows * columns,
          taps,
          weights,
          source,
          columnOffsets,
          depthOffsets,
          x + ((<usize>(firstRow * strideY + phaseY) * width + phaseX) << 2),
          outOffsets,
          xPlane,
          scratch,
          0,
          panels,
          scratch,
        );
      }
      weights += (<usize>weightRows * taps) << 2;
    }
  }
}

// Gradient of the weight ----------------------------------------------------------------------------------------------

/** Slabs of positions go to parts in equal shares; every part of every group is a block. */
export function conv2dWeightGradientBlocks(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  return <i32>fields.groups * <i32>fields.parts;
}

export function conv2dWeightGradientScratch(task: usize): usize {
  const fields = changetype<Convolution>(task);
  const filters = <i32>fields.filters;
  const depth = <i32>fields.channels * <i32>fields.kernelY * <i32>fields.kernelX;
  const panels = <usize>(ceilDiv(filters, ROWS) * ROWS + COLUMN_LIMIT) * DEPTH_LIMIT * 4;
  return conv2dScratch(task) + tableBytes(filters) + align(panels);
}

/**
 * Adds to the gradient of a few filters, four taps and four positions at a time; sums of four lanes meet at the end.
 * `first` begins at zero.
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
  first: bool,
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
      const low = f32x4.add(v128.shuffle<f32>(sum0, sum1, 0, 1, 4, 5), v128.shuffle<f32>(sum0, sum1, 2, 3, 6, 7));
      const high = f32x4.add(v128.shuffle<f32>(sum2, sum3, 0, 1, 4, 5), v128.shuffle<f32>(sum2, sum3, 2, 3, 6, 7));
      const sums = f32x4.add(
        f32x4.add(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7)),
        rest,
      );
      let to = out + (<usize>d << 2);
      for (let lanes = sums, k = d; k < min(depth, d + 4); k++) {
        const value = f32x4.extract_lane(lanes, 0);
        f32.store(to, first ? value : f32.load(to) + value);
        lanes = v128.shuffle<f32>(lanes, lanes, 1, 2, 3, 0);
        to += 4;
      }
    }
    out += <usize>depth << 2;
  }
}

/** One part of the gradient of one group's weight: the sum over its slabs, one after the other. */
export function conv2dWeightGradient(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const allImages = <i32>fields.images;
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const filters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;
  const depth = channels * kernelY * kernelX;

  const imageStep = imagesPerSlab(allImages, outHeight, outWidth);
  const rowStep = rowsPerSlab(outHeight, outWidth);
  const rowSlabs = ceilDiv(outHeight, rowStep);
  const slabs = slabCount(allImages, outHeight, outWidth);
  const parts = <i32>fields.parts;
  const group = block % groups;
  const part = block / groups;
  const firstSlab = <i32>((<i64>slabs * part) / parts);
  const lastSlab = <i32>((<i64>slabs * (part + 1)) / parts);

  const mostPositions = imageStep * rowStep * outWidth;
  const columnOffsets = scratch + EDGE_BYTES;
  const outOffsets = columnOffsets + tableBytes(mostPositions);
  const depthOffsets = outOffsets + tableBytes(mostPositions);
  const filterOffsets = depthOffsets + tableBytes(depth);
  const leftPanels = filterOffsets + tableBytes(filters);
  const rightPanels = leftPanels + align(<usize>(ceilDiv(filters, ROWS) * ROWS) * DEPTH_LIMIT * 4);
  const window = rightPanels + align(<usize>COLUMN_LIMIT * DEPTH_LIMIT * 4);

  const left = -<i32>fields.paddingX;
  const windowColumns = reach(outWidth, strideX, kernelX, dilationX);
  const planeBytes = (<usize>height * width) << 2;
  const imageBytes = <usize>(groups * channels) * planeBytes;
  const outPlane = (<usize>outHeight * outWidth) << 2;
  const outImage = <usize>(groups * filters) * outPlane;
  const out = <usize>fields.shared + ((<usize>(part * groups + group) * filters * depth) << 2);
  fillTaps(filterOffsets, filters, outPlane, 1, 0, 1, 0);
  clearEdge(scratch);

  if (firstSlab == lastSlab) memory.fill(out, 0, (<usize>filters * depth) << 2);
  let start = scratch;
  for (let slab = firstSlab; slab < lastSlab; slab++) {
    const firstImage = (slab / rowSlabs) * imageStep;
    const firstRow = (slab % rowSlabs) * rowStep;
    const images = min(imageStep, allImages - firstImage);
    const rows = min(rowStep, outHeight - firstRow);
    const positions = images * rows * outWidth;
    const top = firstRow * strideY - <i32>fields.paddingY;
    const windowRows = reach(rows, strideY, kernelY, dilationY);
    const x = <usize>fields.x + <usize>firstImage * imageBytes + <usize>(group * channels) * planeBytes;
    let source: usize;
    let row = <usize>width << 2;
    let plane = planeBytes;
    let image = imageBytes;
    if (top >= 0 && top + windowRows <= height && left >= 0 && left + windowColumns <= width) {
      source = x + ((<usize>top * width + left) << 2);
    } else {
      source = window;
      row = <usize>windowColumns << 2;
      plane = row * windowRows;
      image = plane * channels;
      for (let i = 0; i < images; i++) {
        copyWindow(
          window + <usize>i * image,
          x + <usize>i * imageBytes,
          channels,
          height,
          width,
          top,
          windowRows,
          left,
          windowColumns,
        );
      }
    }
    fillPositions(columnOffsets, images, image, rows, row * strideY, outWidth, <usize>strideX << 2);
    fillPositions(outOffsets, images, outImage, rows, <usize>outWidth << 2, outWidth, 4);
    fillTaps(depthOffsets, channels, plane, kernelY, row * dilationY, kernelX, <usize>dilationX << 2);
    const gradient =
      <usize>fields.out +
      <usize>firstImage * outImage +
      <usize>(group * filters) * outPlane +
      ((<usize>firstRow * outWidth) << 2);
    if (filters <= DIRECT_ROWS) {
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
        slab == firstSlab,
      );
      continue;
    }
    const stepsPerBlock = partSize(positions, DEPTH_LIMIT, 4);
    for (let position = 0; position < positions; position += stepsPerBlock) {
      const steps = min(stepsPerBlock, positions - position);
      const at = <usize>position << 2;
      packLines(leftPanels, ROWS, gradient, filterOffsets, filters, outOffsets + at, steps);
      for (let d = 0; d < depth; d += COLUMN_LIMIT) {
        const columns = min(COLUMN_LIMIT, depth - d);
        packLines(rightPanels, COLUMNS, source, depthOffsets + (<usize>d << 2), columns, columnOffsets + at, steps);
        multiplyPanels(
          filters,
          columns,
          steps,
          leftPanels,
          rightPanels,
          out + (<usize>d << 2),
          <usize>depth << 2,
          start,
          0,
          scratch,
        );
      }
      start = 0;
    }
  }
}

/** Elements of the weight that a block of the sum of all parts has. */
const SUM_LIMIT: i32 = 16384;

export function conv2dWeightGradientSumBlocks(task: usize): i32 {
  return ceilDiv(weightSize(task), SUM_LIMIT);
}

// @ts-ignore: decorator
@inline
function weightSize(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  return (
    <i32>fields.groups * <i32>fields.filters * <i32>fields.channels * <i32>fields.kernelY * <i32>fields.kernelX
  );
}

/** The sum of the parts, in their order. */
export function conv2dWeightGradientSum(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const size = weightSize(task);
  const parts = <i32>fields.parts;
  const first = block * SUM_LIMIT;
  const last = min(size, first + SUM_LIMIT);
  const out = <usize>fields.weight;
  const from = <usize>fields.shared;
  const distance = <usize>size << 2;
  let i = first;
  for (; i + 4 <= last; i += 4) {
    let at = from + (<usize>i << 2);
    let sum = v128.load(at);
    for (let part = 1; part < parts; part++) {
      at += distance;
      sum = f32x4.add(sum, v128.load(at));
    }
    v128.store(out + (<usize>i << 2), sum);
  }
  for (; i < last; i++) {
    let at = from + (<usize>i << 2);
    let sum = f32.load(at);
    for (let part = 1; part < parts; part++) {
      at += distance;
      sum += f32.load(at);
    }
    f32.store(out + (<usize>i << 2), sum);
  }
}
