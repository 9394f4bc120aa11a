// The gradient of the input is a convolution of the gradient with the transposed weight. With a stride s it falls into
// s·s ones, one for every remainder of the position modulo s, each with the taps that reach it.
import { COLUMN_LIMIT, clearEdge, DEPTH_LIMIT, EDGE_BYTES, ROWS } from '../gemm';
import { align, ceilDiv, partSize } from '../task';
import { Convolution, SLAB_BYTES, Slab, slabCount, slabSize } from './fields';
import { multiplyPatches } from './products';
import { fillPositions, finishTable, tableBytes } from './tables';
import { WINDOW_BYTES, Window } from './window';

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

/** Channels whose weights are packed in a block: whole panels. */
const PACK_LIMIT: i32 = 64;

// @ts-ignore: decorator
@inline
function packBlocks(channels: i32): i32 {
  return ceilDiv(channels, PACK_LIMIT);
}

/** Bytes of what the blocks of the packing find out, before the packed weights. */
// @ts-ignore: decorator
@inline
function findingsBytes(fields: Convolution): usize {
  return align((<usize>fields.groups * packBlocks(<i32>fields.channels)) << 2);
}

/** A block for some channels of every group. */
export function conv2dInputGradientPackBlocks(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  return <i32>fields.groups * packBlocks(<i32>fields.channels);
}

/**
 * Weights of a group, transposed, phase after phase, in panels of four channels; and for each block a number that is 0 where
 * all its weights are finite, and NaN elsewhere.
 */
export function conv2dInputGradientPack(task: usize, block: i32, scratch: usize): void {
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
  const blocks = packBlocks(channels);
  const group = block / blocks;
  const first = (block % blocks) * PACK_LIMIT;
  const last = min(rows, first + PACK_LIMIT);
  const weight = <usize>fields.weight + ((<usize>(group * filters * channels + first) * area) << 2);
  let out = <usize>fields.shared + findingsBytes(fields) + ((<usize>group * rows * filters * area) << 2);
  let finding: f32 = 0;
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
            let target = out + ((<usize>blockStart * rows + <usize>first * length) << 2) + (<usize>(d - blockStart) << 4);
            let from = weight + ((<usize>f * channels * area + ky * kernelX + kx) << 2);
            for (let c = first; c < last; c += ROWS) {
              for (let i = 0; i < ROWS; i++) {
                const value = c + i < channels ? f32.load(from) : 0;
                f32.store(target + (<usize>i << 2), value);
                finding += value * 0;
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
  f32.store(<usize>fields.shared + (<usize>block << 2), finding);
}

/** Whether all weights of a group are finite. */
function hasFiniteWeights(fields: Convolution, group: i32): bool {
  const blocks = packBlocks(<i32>fields.channels);
  let sum: f32 = 0;
  for (let i = group * blocks; i < (group + 1) * blocks; i++) sum += f32.load(<usize>fields.shared + (<usize>i << 2));
  return sum == 0;
}

export function conv2dInputGradientBlocks(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  const rows = ceilDiv(<i32>fields.height, <i32>fields.strideY);
  const columns = ceilDiv(<i32>fields.width, <i32>fields.strideX);
  return <i32>fields.groups * slabCount(fields, rows, columns);
}

/** Rows (or columns) of the output's gradient that as many inputs of every phase depend on. */
// @ts-ignore: decorator
@inline
function spanOf(inputs: i32, kernel: i32, stride: i32, padding: i32, dilation: i32): i32 {
  return inputs + largestShift(stride, padding) - smallestShift(kernel, stride, padding, dilation);
}

// @ts-ignore: decorator
@inline
function panelsBytes(depth: i32): usize {
  return align((<usize>COLUMN_LIMIT * min(depth, DEPTH_LIMIT)) << 2);
}

/** Room for an edge, the slab, the window, three tables, panels, and the window's copy. */
export function conv2dInputGradientScratch(task: usize): usize {
  const fields = changetype<Convolution>(task);
  const filters = <i32>fields.filters;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const depth = filters * kernelY * kernelX;
  const rows = spanOf(<i32>fields.rowStep, kernelY, <i32>fields.strideY, <i32>fields.paddingY, <i32>fields.dilationY);
  const columns = spanOf(
    <i32>fields.columnStep,
    kernelX,
    <i32>fields.strideX,
    <i32>fields.paddingX,
    <i32>fields.dilationX,
  );
  return (
    EDGE_BYTES +
    SLAB_BYTES +
    WINDOW_BYTES +
    2 * tableBytes(slabSize(fields)) +
    tableBytes(depth) +
    panelsBytes(depth) +
    ((<usize>(<i32>fields.imageStep * filters) * rows * columns) << 2)
  );
}

/** One slab of one group of the input's gradient, all phases. */
export function conv2dInputGradient(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Convolution>(task);
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const filters = <i32>fields.filters;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const paddingY = <i32>fields.paddingY;
  const paddingX = <i32>fields.paddingX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;

  const group = block % groups;
  const slab = changetype<Slab>(scratch + EDGE_BYTES);
  const window = changetype<Window>(scratch + EDGE_BYTES + SLAB_BYTES);
  slab.take(block / groups, fields, ceilDiv(height, strideY), ceilDiv(width, strideX));
  if (!hasFiniteWeights(fields, group)) {
    addWhatReaches(fields, slab, group);
    return;
  }
  const images = slab.images;
  const mostPositions = slab.size;
  const mostDepth = filters * kernelY * kernelX;
  const columnOffsets = scratch + EDGE_BYTES + SLAB_BYTES + WINDOW_BYTES;
  const outOffsets = columnOffsets + tableBytes(mostPositions);
  const depthOffsets = outOffsets + tableBytes(mostPositions);
  const panels = depthOffsets + tableBytes(mostDepth);

  const minY = smallestShift(kernelY, strideY, paddingY, dilationY);
  const minX = smallestShift(kernelX, strideX, paddingX, dilationX);
  window.place(
    filters,
    groups * filters,
    <i32>fields.outHeight,
    <i32>fields.outWidth,
    slab.firstRow + minY,
    spanOf(slab.rows, kernelY, strideY, paddingY, dilationY),
    slab.firstColumn + minX,
    spanOf(slab.columns, kernelX, strideX, paddingX, dilationX),
  );
  const firstFilter = (slab.firstImage * groups + group) * filters;
  const source = window.open(panels + panelsBytes(mostDepth), <usize>fields.out, firstFilter, filters, images);

  const row = <usize>width << 2;
  const plane = <usize>height * row;
  const image = <usize>(groups * channels) * plane;
  const x = <usize>fields.x + <usize>(slab.firstImage * groups + group) * channels * plane;
  const weightRows = ceilDiv(channels, ROWS) * ROWS;
  let weights = <usize>fields.shared + findingsBytes(fields) + ((<usize>group * weightRows * mostDepth) << 2);
  clearEdge(scratch);
  if (strideY > phasesReached(kernelY, strideY, dilationY) || strideX > phasesReached(kernelX, strideX, dilationX)) {
    clearSlab(fields, slab, group);
  }
  for (let phaseY = 0; phaseY < strideY; phaseY++) {
    const rows = min(slab.rows, ceilDiv(height - phaseY, strideY) - slab.firstRow);
    for (let phaseX = 0; phaseX < strideX; phaseX++) {
      const columns = min(slab.columns, ceilDiv(width - phaseX, strideX) - slab.firstColumn);
      let taps = 0;
      for (let f = 0; f < filters; f++) {
        for (let ky = 0; ky < kernelY; ky++) {
          const shiftY = shiftOf(phaseY, ky, strideY, paddingY, dilationY);
          if (shiftY == NOTHING) continue;
          for (let kx = 0; kx < kernelX; kx++) {
            const shiftX = shiftOf(phaseX, kx, strideX, paddingX, dilationX);
            if (shiftX == NOTHING) continue;
            const offset =
              <usize>f * window.plane + <usize>(shiftY - minY) * window.row + (<usize>(shiftX - minX) << 2);
            store<u32>(depthOffsets + (<usize>taps << 2), <u32>offset);
            taps++;
          }
        }
      }
      finishTable(depthOffsets, taps);
      if (rows > 0 && columns > 0 && taps > 0) {
        const firstRow = slab.firstRow * strideY + phaseY;
        const firstColumn = slab.firstColumn * strideX + phaseX;
        fillPositions(columnOffsets, images, window.image, rows, window.row, columns, 4);
        fillPositions(outOffsets, images, image, rows, row * strideY, columns, <usize>strideX << 2);
        multiplyPatches(
          channels,
          images * rows * columns,
          taps,
          weights,
          source,
          columnOffsets,
          depthOffsets,
          x + (<usize>firstRow * row + (<usize>firstColumn << 2)),
          outOffsets,
          plane,
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

/** The number of phases that some tap reaches, whatever the padding. */
function phasesReached(kernel: i32, stride: i32, dilation: i32): i32 {
  let reached = 0;
  for (let phase = 0; phase < stride; phase++) {
    if (tapsOf(phase, kernel, stride, 0, dilation) > 0) reached++;
  }
  return reached;
}

/** Zeros, for places that no tap reaches. */
function clearSlab(fields: Convolution, slab: Slab, group: i32): void {
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const firstRow = slab.firstRow * <i32>fields.strideY;
  const firstColumn = slab.firstColumn * <i32>fields.strideX;
  const rows = min(height - firstRow, slab.rows * <i32>fields.strideY);
  const columns = min(width - firstColumn, slab.columns * <i32>fields.strideX);
  for (let image = slab.firstImage; image < slab.firstImage + slab.images; image++) {
    for (let c = 0; c < channels; c++) {
      const plane = <usize>((image * groups + group) * channels + c) * height;
      const out = <usize>fields.x + (((plane + firstRow) * width + firstColumn) << 2);
      if (columns == width) {
        memory.fill(out, 0, (<usize>rows * width) << 2);
        continue;
      }
      for (let y = 0; y < rows; y++) memory.fill(out + ((<usize>y * width) << 2), 0, <usize>columns << 2);
    }
  }
}

/**
 * The sums one by one, of what reaches each place: the zeros around the gradient, which the products of matrices count, would
 * be NaN times a weight that is not finite.
 */
function addWhatReaches(fields: Convolution, slab: Slab, group: i32): void {
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const bottom = min(height, (slab.firstRow + slab.rows) * strideY);
  const right = min(width, (slab.firstColumn + slab.columns) * strideX);
  for (let image = slab.firstImage; image < slab.firstImage + slab.images; image++) {
    for (let c = 0; c < channels; c++) {
      const plane = <usize>fields.x + ((<usize>((image * groups + group) * channels + c) * height * width) << 2);
      for (let y = slab.firstRow * strideY; y < bottom; y++) {
        for (let x = slab.firstColumn * strideX; x < right; x++) {
          let sum: f32 = 0;
          for (let f = 0; f < filters; f++) {
            const weight = <usize>fields.weight + ((<usize>((group * filters + f) * channels + c) * areaOf(fields)) << 2);
            sum += slopeAt(fields, (image * groups + group) * filters + f, weight, y, x);
          }
          f32.store(plane + (<usize>(y * width + x) << 2), sum);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function areaOf(fields: Convolution): i32 {
  return <i32>fields.kernelY * <i32>fields.kernelX;
}

/** The slope of one place in one plane: the sum over the taps that link it to the plane of a filter. */
function slopeAt(fields: Convolution, plane: i32, weight: usize, y: i32, x: i32): f32 {
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const kernelX = <i32>fields.kernelX;
  const gradient = <usize>fields.out + ((<usize>plane * outHeight * outWidth) << 2);
  let sum: f32 = 0;
  for (let ky = 0; ky < <i32>fields.kernelY; ky++) {
    const oy = shiftOf(y, ky, <i32>fields.strideY, <i32>fields.paddingY, <i32>fields.dilationY);
    if (oy < 0 || oy >= outHeight) continue;
    for (let kx = 0; kx < kernelX; kx++) {
      const ox = shiftOf(x, kx, <i32>fields.strideX, <i32>fields.paddingX, <i32>fields.dilationX);
      if (ox < 0 || ox >= outWidth) continue;
      const tap = weight + (<usize>(ky * kernelX + kx) << 2);
      sum += f32.load(tap) * f32.load(gradient + (<usize>(oy * outWidth + ox) << 2));
    }
  }
  return sum;
}
