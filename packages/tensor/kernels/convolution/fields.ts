import { Geometry } from '../geometry';
import { ceilDiv } from '../task';

/** Fields of all convolutions. Channels and filters are those of one group. */
@unmanaged
export class Convolution extends Geometry {
  /** Packed weights, or the parts of the weight's gradient. */
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
  filters: f64;
  /** Images, rows and columns of a slab: of positions, or of tiles. */
  imageStep: f64;
  rowStep: f64;
  columnStep: f64;
  /** The number of sums that make up the gradient of the weight, so that threads can share the work. */
  parts: f64;
}

/** Taps of a window in all channels. */
// @ts-ignore: decorator
@inline
export function depthOf(fields: Convolution): i32 {
  return <i32>fields.channels * <i32>fields.kernelY * <i32>fields.kernelX;
}

/** The number of slabs that so many rows and columns of all images make. */
// @ts-ignore: decorator
@inline
export function slabCount(fields: Convolution, rows: i32, columns: i32): i32 {
  return (
    ceilDiv(<i32>fields.images, <i32>fields.imageStep) *
    ceilDiv(rows, <i32>fields.rowStep) *
    ceilDiv(columns, <i32>fields.columnStep)
  );
}

/** The most positions, or tiles, of a slab. */
// @ts-ignore: decorator
@inline
export function slabSize(fields: Convolution): i32 {
  return <i32>fields.imageStep * <i32>fields.rowStep * <i32>fields.columnStep;
}

/** What is computed together: some images, or some rows of one, or some columns of one row. */
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
  get size(): i32 {
    return this.images * this.rows * this.columns;
  }

  /** Bytes to its first element from the first of all planes, `plane` being the first of its planes. */
  // @ts-ignore: decorator
  @inline
  offset(plane: i32, height: i32, width: i32): usize {
    return ((<usize>plane * height + this.firstRow) * width + this.firstColumn) << 2;
  }

  /** Takes the place of the slab with this index, among so many rows and columns of all images. */
  take(index: i32, fields: Convolution, rows: i32, columns: i32): void {
    const imageStep = <i32>fields.imageStep;
    const rowStep = <i32>fields.rowStep;
    const columnStep = <i32>fields.columnStep;
    const down = ceilDiv(rows, rowStep);
    const across = ceilDiv(columns, columnStep);
    this.firstColumn = (index % across) * columnStep;
    this.firstRow = ((index / across) % down) * rowStep;
    this.firstImage = (index / across / down) * imageStep;
    this.columns = min(columnStep, columns - this.firstColumn);
    this.rows = min(rowStep, rows - this.firstRow);
    this.images = min(imageStep, <i32>fields.images - this.firstImage);
  }
}

/** Bytes of a slab's fields. */
export const SLAB_BYTES: usize = 64;
