// What the kernels of 3×3 convolutions with stride 1 are told, and the slabs that their tiles are cut into.
import { ROWS } from '../gemm';
import { align, ceilDiv } from '../task';

/** Channels and filters are those of one group. */
@unmanaged
export class Winograd {
  /** Transformed weights, or the parts of the weight's gradient. */
  shared: f64;
  /** The input; for the gradient of the input, the gradient of the output. */
  source: f64;
  /** The weight, or its gradient. */
  weight: f64;
  /** The bias; 0 without one. */
  bias: f64;
  /** What is computed from the source; for the gradient of the weight, the gradient of the output. */
  out: f64;
  images: f64;
  groups: f64;
  channels: f64;
  height: f64;
  width: f64;
  filters: f64;
  outHeight: f64;
  outWidth: f64;
  paddingY: f64;
  paddingX: f64;
  /** Images, rows of tiles and columns of tiles of a slab. */
  imageStep: f64;
  rowStep: f64;
  columnStep: f64;
  /** Bytes between the weights of two filters and of two channels, to the first tap, and from each tap to the next. */
  filterStep: f64;
  channelStep: f64;
  firstTap: f64;
  tapStep: f64;
  /** Whether the padding is made of zeros, which times an infinite weight are NaN, or of nothing. */
  paddingCounts: f64;
  /** The number of sums that make up the gradient of the weight, so that threads can share the work. */
  parts: f64;
}

/** The sides of a tile of outputs, and of the inputs that it depends on. */
export const TILE: i32 = 4;
export const REACH: i32 = 6;

/** Bytes between the 36 matrices of a kind: an odd number of cache lines, or they would fight for places in the cache. */
// @ts-ignore: decorator
@inline
export function spread(bytes: usize): usize {
  return align(bytes) | 64;
}

/** Bytes between two of the matrices of the transformed weights of a group. */
// @ts-ignore: decorator
@inline
export function weightMatrixBytes(fields: Winograd): usize {
  return spread((<usize>(ceilDiv(<i32>fields.filters, ROWS) * ROWS) * <usize>fields.channels) << 2);
}

// @ts-ignore: decorator
@inline
function rowSlabs(fields: Winograd): i32 {
  return ceilDiv(ceilDiv(<i32>fields.outHeight, TILE), <i32>fields.rowStep);
}

// @ts-ignore: decorator
@inline
function columnSlabs(fields: Winograd): i32 {
  return ceilDiv(ceilDiv(<i32>fields.outWidth, TILE), <i32>fields.columnStep);
}

/** The number of slabs. */
export function slabCount(fields: Winograd): i32 {
  return ceilDiv(<i32>fields.images, <i32>fields.imageStep) * rowSlabs(fields) * columnSlabs(fields);
}

/** The most tiles of a slab. */
// @ts-ignore: decorator
@inline
export function mostTiles(fields: Winograd): i32 {
  return <i32>fields.imageStep * <i32>fields.rowStep * <i32>fields.columnStep;
}

/** The tiles that are computed together: those of some images, rows and columns. */
@unmanaged
export class Slab {
  firstImage: i32;
  firstRow: i32;
  firstColumn: i32;
  images: i32;
  rows: i32;
  columns: i32;

  // @ts-ignore: decorator
  @inline
  get tiles(): i32 {
    return this.images * this.rows * this.columns;
  }

  /** Takes the place of the slab with this index. */
  take(index: i32, fields: Winograd): void {
    const across = columnSlabs(fields);
    const down = rowSlabs(fields);
    this.firstColumn = (index % across) * <i32>fields.columnStep;
    this.firstRow = ((index / across) % down) * <i32>fields.rowStep;
    this.firstImage = (index / across / down) * <i32>fields.imageStep;
    this.columns = min(<i32>fields.columnStep, ceilDiv(<i32>fields.outWidth, TILE) - this.firstColumn);
    this.rows = min(<i32>fields.rowStep, ceilDiv(<i32>fields.outHeight, TILE) - this.firstRow);
    this.images = min(<i32>fields.imageStep, <i32>fields.images - this.firstImage);
  }
}

/** Bytes of a slab's fields. */
export const SLAB_BYTES: usize = 64;
