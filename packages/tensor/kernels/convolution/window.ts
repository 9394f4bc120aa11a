// The part of the planes that a slab depends on: where windows hang over the edge, a copy with zeros around it.
import { Convolution, Slab } from './fields';
import { loadSome, storeSome } from '../simd';
import { fillTaps } from './tables';

/** Rows (or columns) of the input under `outputs` rows of the output. */
// @ts-ignore: decorator
@inline
export function reach(outputs: i32, stride: i32, kernel: i32, dilation: i32): i32 {
  return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Bytes from a row of a copy to the next: whole pairs of vectors, so that fewer of them lie across two cache lines. */
// @ts-ignore: decorator
@inline
export function rowBytes(columns: i32): usize {
  return <usize>((columns + 7) & ~7) << 2;
}

/** Copies a row. Where it is not made of whole pairs of vectors, the last one begins early: it writes some numbers twice. */
// @ts-ignore: decorator
@inline
export function copyRow(to: usize, from: usize, columns: i32): void {
  if (columns < 8) {
    storeSome(to, loadSome(from, columns), columns);
    if (columns <= 4) return;
    const last = <usize>(columns - 4) << 2;
    v128.store(to + last, v128.load(from + last));
    return;
  }
  const last = <usize>(columns - 8) << 2;
  for (let at: usize = 0; at < last; at += 32) copyPair(to + at, from + at);
  copyPair(to + last, from + last);
}

// @ts-ignore: decorator
@inline
function copyPair(to: usize, from: usize): void {
  const low = v128.load(from);
  const high = v128.load(from, 16);
  v128.store(to, low);
  v128.store(to, high, 16);
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
  /** Whether there are zeros around its copy, where numbers of the planes never go. */
  isFramed: i32;

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
    this.isFramed = 0;
    if (this.isInside) {
      this.row = <usize>width << 2;
      this.plane = <usize>height * this.row;
      this.image = <usize>imagePlanes * this.plane;
    } else {
      this.row = rowBytes(columns);
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
    if (!this.isFramed) memory.fill(room, 0, <usize>images * this.image);
    this.isFramed = 1;
    const firstRow = max(0, this.top);
    const firstColumn = max(0, this.left);
    const rows = min(this.height, this.top + this.rows) - firstRow;
    const columns = min(this.width, this.left + this.columns) - firstColumn;
    if (columns <= 0) return room;
    const skipped = <usize>(firstRow - this.top) * this.row + (<usize>(firstColumn - this.left) << 2);
    source += <usize>(firstRow * this.width + firstColumn) << 2;
    for (let image = 0; image < images; image++) {
      for (let plane = 0; plane < present; plane++) {
        let to = room + <usize>image * this.image + <usize>plane * this.plane + skipped;
        let from = source + ((<usize>(image * this.imagePlanes + plane) * area) << 2);
        for (let y = 0; y < rows; y++) {
          copyRow(to, from, columns);
          to += this.row;
          from += <usize>this.width << 2;
        }
      }
    }
    return room;
  }
}

/** Bytes of a window's fields. */
export const WINDOW_BYTES: usize = 64;
