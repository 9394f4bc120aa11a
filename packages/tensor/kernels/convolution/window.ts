// The part of the planes that a slab depends on: where windows hang over the edge, a copy with zeros around it.
import { Convolution, Slab } from './fields';
import { fillTaps } from './tables';

/** Rows (or columns) of the input under `outputs` rows of the output. */
// @ts-ignore: decorator
@inline
export function reach(outputs: i32, stride: i32, kernel: i32, dilation: i32): i32 {
  return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Rows [top, top + rows) and columns [left, left + columns) of planes, with zeros where those do not reach. */
function copyWindow(
  out: usize,
  source: usize,
  planes: i32,
  height: i32,
  width: i32,
  top: i32,
  rows: i32,
  left: i32,
  columns: i32,
): void {
  const zero = f32x4.splat(0);
  const from = max(0, min(columns, -left));
  const to = max(from, min(columns, width - left));
  for (let plane = 0; plane < planes; plane++) {
    for (let y = top; y < top + rows; y++) {
      const present = y >= 0 && y < height;
      const end = present ? from : columns;
      let x = 0;
      for (; x + 4 <= end; x += 4) v128.store(out + ((<usize>x) << 2), zero);
      for (; x < end; x++) f32.store(out + ((<usize>x) << 2), 0);
      if (present) {
        const row = source + ((<usize>y * width) << 2) + ((<usize>left) << 2);
        for (; x + 4 <= to; x += 4) v128.store(out + ((<usize>x) << 2), v128.load(row + ((<usize>x) << 2)));
        for (; x < to; x++) f32.store(out + ((<usize>x) << 2), f32.load(row + ((<usize>x) << 2)));
        for (; x < columns; x++) f32.store(out + ((<usize>x) << 2), 0);
      }
      out += (<usize>columns) << 2;
    }
    source += (<usize>height * width) << 2;
  }
}

/** The part of some planes that a slab depends on. */
@unmanaged
export class Window {
  /** Bytes between its rows, its planes and its images. */
  row: usize;
  plane: usize;
  image: usize;
  height: i32;
  width: i32;
  top: i32;
  left: i32;
  rows: i32;
  columns: i32;
  /** The number of planes of an image, here and in the source. */
  planes: i32;
  imagePlanes: i32;

  /** Whether it lies inside the planes, so that nothing needs to be copied. */
  // @ts-ignore: decorator
  @inline
  get isInside(): bool {
    return (
      this.top >= 0 &&
      this.top + this.rows <= this.height &&
      this.left >= 0 &&
      this.left + this.columns <= this.width
    );
  }

  /** Takes a place: of `planes` of the `imagePlanes` planes of each image, the rows and columns that begin there. */
  place(
    planes: i32,
    imagePlanes: i32,
    height: i32,
    width: i32,
    top: i32,
    rows: i32,
    left: i32,
    columns: i32,
  ): void {
    this.planes = planes;
    this.imagePlanes = imagePlanes;
    this.height = height;
    this.width = width;
    this.top = top;
    this.rows = rows;
    this.left = left;
    this.columns = columns;
    if (this.isInside) {
      this.row = <usize>width << 2;
      this.plane = <usize>height * this.row;
      this.image = <usize>imagePlanes * this.plane;
    } else {
      this.row = <usize>columns << 2;
      this.plane = <usize>rows * this.row;
      this.image = <usize>planes * this.plane;
    }
  }

  /** Takes the place under a slab of the output, in `planes` planes of the input. */
  placeUnder(slab: Slab, fields: Convolution, planes: i32): void {
    const strideY = <i32>fields.strideY;
    const strideX = <i32>fields.strideX;
    this.place(
      planes,
      <i32>fields.groups * <i32>fields.channels,
      <i32>fields.height,
      <i32>fields.width,
      slab.firstRow * strideY - <i32>fields.paddingY,
      reach(slab.rows, strideY, <i32>fields.kernelY, <i32>fields.dilationY),
      slab.firstColumn * strideX - <i32>fields.paddingX,
      reach(slab.columns, strideX, <i32>fields.kernelX, <i32>fields.dilationX),
    );
  }

  /** Offsets of the taps of all planes. */
  fillTaps(table: usize, fields: Convolution): void {
    const stepX = <usize>fields.dilationX << 2;
    const stepY = this.row * <usize>fields.dilationY;
    fillTaps(table, this.planes, this.plane, <i32>fields.kernelY, stepY, <i32>fields.kernelX, stepX);
  }

  /**
   * Where its first element lies: in the source, or where it hangs over the edge in `room`, to which it is copied, with
   * zeros around. `present` of its planes are read.
   */
  open(room: usize, source: usize, firstPlane: i32, present: i32, images: i32): usize {
    const area = <usize>this.height * this.width;
    source += (<usize>firstPlane * area) << 2;
    if (this.isInside) return source + (<usize>(this.top * this.width + this.left) << 2);
    for (let i = 0; i < images; i++) {
      copyWindow(
        room + <usize>i * this.image,
        source + ((<usize>(i * this.imagePlanes) * area) << 2),
        present,
        this.height,
        this.width,
        this.top,
        this.rows,
        this.left,
        this.columns,
      );
    }
    return room;
  }
}

/** Bytes of a window's fields. */
export const WINDOW_BYTES: usize = 64;
