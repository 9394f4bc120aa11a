// The gradient of the input is a convolution of the gradient with the transposed weight, in phases where there is a stride.
import { COLUMN_LIMIT, clearEdge, DEPTH_LIMIT, EDGE_BYTES, ROWS } from '../gemm';
import { align, ceilDiv } from '../task';
import { Convolution, SLAB_BYTES, Slab, slabCount, slabSize } from './fields';
import { findingsBytes, hasFiniteWeights } from './findings';
import { addWhatReaches } from './input-gradient-directly';
import { NOTHING, phasesReached, shiftOf, smallestShift, spanOf } from './phases';
import { multiplyPatches } from './products';
import { fillPositions, finishTable, tableBytes } from './tables';
import { rowBytes, WINDOW_BYTES, Window } from './window';

/** A block for each slab of every group: of as many rows and columns of inputs as the output's stride leaves. */
export function conv2dInputGradientBlocks(fields: Convolution): i32 {
  const rows = ceilDiv(<i32>fields.height, <i32>fields.strideY);
  const columns = ceilDiv(<i32>fields.width, <i32>fields.strideX);
  return <i32>fields.groups * slabCount(fields, rows, columns);
}

// @ts-ignore: decorator
@inline
function panelsBytes(depth: i32): usize {
  return align((<usize>COLUMN_LIMIT * min(depth, DEPTH_LIMIT)) << 2);
}

/** Room for an edge, the slab, the window, three tables, panels, and the window's copy. */
export function conv2dInputGradientScratch(fields: Convolution): usize {
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
    (<usize>(<i32>fields.imageStep * filters * rows) * rowBytes(columns))
  );
}

/** One slab of one group of the input's gradient, all phases. */
export function conv2dInputGradient(fields: Convolution, block: i32, scratch: usize): void {
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
  const reached = phasesReached(kernelY, strideY, dilationY) >= strideY && phasesReached(kernelX, strideX, dilationX) >= strideX;
  if (filters == 0 || !reached) clearSlab(fields, slab, group);
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
