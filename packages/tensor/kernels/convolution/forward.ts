// Convolutions as products of matrices whose right factor, the patches under the window ("im2col", Chellapilla et al.
// 2006), never exists: the panels are packed straight from the planes. Tables of offsets say where: an element of the
// patches lies at columnOffsets[position] + depthOffsets[tap], which covers every stride, padding, dilation and group.
import { COLUMN_LIMIT, clearEdge, DEPTH_LIMIT, EDGE_BYTES, packRows, ROWS } from '../gemm';
import { align, ceilDiv, partSize } from '../task';
import { Convolution, depthOf, SLAB_BYTES, Slab, slabCount, slabSize } from './fields';
import { multiplyPatches } from './products';
import { fillPositions, tableBytes } from './tables';
import { reach, rowBytes, WINDOW_BYTES, Window } from './window';

/** Bytes of the bias of one group, padded to whole panels. */
// @ts-ignore: decorator
@inline
function biasBytes(filters: i32): usize {
  return <usize>(ceilDiv(filters, ROWS) * ROWS) << 2;
}

/** Filters that are packed in a block: whole panels. */
const PACK_LIMIT: i32 = 64;

/** A block for some filters of every group. */
export function conv2dPackBlocks(fields: Convolution): i32 {
  return <i32>fields.groups * ceilDiv(<i32>fields.filters, PACK_LIMIT);
}

/** Room for bias and weight of all groups in panels. */
export function conv2dPackShared(fields: Convolution): f64 {
  return fields.groups * <f64>biasBytes(<i32>fields.filters) * <f64>(depthOf(fields) + 1);
}

/** Bias and weight of a group in panels; `shared` has room for all groups. */
export function conv2dPack(fields: Convolution, block: i32): void {
  const filters = <i32>fields.filters;
  const depth = depthOf(fields);
  const chunks = ceilDiv(filters, PACK_LIMIT);
  const group = block / chunks;
  const first = (block % chunks) * PACK_LIMIT;
  const count = min(PACK_LIMIT, filters - first);
  let out = <usize>fields.shared + <usize>group * biasBytes(filters) * <usize>(depth + 1);
  const bias = <usize>fields.bias;
  for (let f = first; f < first + ceilDiv(count, ROWS) * ROWS; f++) {
    const value = bias && f < filters ? f32.load(bias + (<usize>(group * filters + f) << 2)) : 0;
    f32.store(out + (<usize>f << 2), value);
  }
  out += biasBytes(filters);
  const weight = <usize>fields.weight + ((<usize>(group * filters + first) * depth) << 2);
  const depthPerBlock = partSize(depth, DEPTH_LIMIT, 1);
  for (let d = 0; d < depth; d += depthPerBlock) {
    const length = min(depthPerBlock, depth - d);
    packRows(out + ((<usize>first * length) << 2), weight + (<usize>d << 2), count, length, <usize>depth << 2, 4);
    out += biasBytes(filters) * <usize>length;
  }
}

/** A block for each slab of every group. */
export function conv2dBlocks(fields: Convolution): i32 {
  return <i32>fields.groups * slabCount(fields, <i32>fields.outHeight, <i32>fields.outWidth);
}

/** Bytes of the panels of patches. */
// @ts-ignore: decorator
@inline
function panelsBytes(depth: i32): usize {
  return align(<usize>COLUMN_LIMIT * partSize(depth, DEPTH_LIMIT, 1) * 4);
}

/** Room for an edge, the slab, the window, three tables, panels, and the window's copy. */
export function conv2dScratch(fields: Convolution): usize {
  const depth = depthOf(fields);
  const windowRows = reach(<i32>fields.rowStep, <i32>fields.strideY, <i32>fields.kernelY, <i32>fields.dilationY);
  const windowColumns = reach(<i32>fields.columnStep, <i32>fields.strideX, <i32>fields.kernelX, <i32>fields.dilationX);
  return (
    EDGE_BYTES +
    SLAB_BYTES +
    WINDOW_BYTES +
    2 * tableBytes(slabSize(fields)) +
    tableBytes(depth) +
    panelsBytes(depth) +
    (<usize>(<i32>fields.imageStep * <i32>fields.channels * windowRows) * rowBytes(windowColumns))
  );
}

/** One slab of one group of the output. */
export function conv2d(fields: Convolution, block: i32, scratch: usize): void {
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const depth = depthOf(fields);
  const group = block % groups;
  const slab = changetype<Slab>(scratch + EDGE_BYTES);
  const window = changetype<Window>(scratch + EDGE_BYTES + SLAB_BYTES);
  slab.take(block / groups, fields, outHeight, outWidth);
  const positions = slab.size;
  const columnOffsets = scratch + EDGE_BYTES + SLAB_BYTES + WINDOW_BYTES;
  const outOffsets = columnOffsets + tableBytes(positions);
  const depthOffsets = outOffsets + tableBytes(positions);
  const panels = depthOffsets + tableBytes(depth);

  window.placeUnder(slab, fields, channels);
  const first = (slab.firstImage * groups + group) * channels;
  const source = window.open(panels + panelsBytes(depth), <usize>fields.x, first, channels, slab.images);
  const outPlane = (<usize>outHeight * outWidth) << 2;
  const outImage = <usize>(groups * filters) * outPlane;
  const step = <usize>strideX << 2;
  fillPositions(columnOffsets, slab.images, window.image, slab.rows, window.row * strideY, slab.columns, step);
  fillPositions(outOffsets, slab.images, outImage, slab.rows, <usize>outWidth << 2, slab.columns, 4);
  window.fillTaps(depthOffsets, fields);
  const bias = <usize>fields.shared + <usize>group * biasBytes(filters) * <usize>(depth + 1);
  multiplyPatches(
    filters,
    positions,
    depth,
    bias + biasBytes(filters),
    source,
    columnOffsets,
    depthOffsets,
    <usize>fields.out + slab.offset((slab.firstImage * groups + group) * filters, outHeight, outWidth),
    outOffsets,
    outPlane,
    bias,
    16,
    panels,
    scratch,
  );
}
