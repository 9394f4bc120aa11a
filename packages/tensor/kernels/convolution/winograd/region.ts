// What slabs of tiles depend on, of x or of the output's gradient, without the zeros beyond the edges.
import { Convolution, Slab } from '../fields';
import { loadSome, magnitudes } from '../../simd';
import { REACH, TILE } from './fields';

/** The part of the planes of x, or of the output's gradient, that a slab depends on. */
@unmanaged
export class Region {
  /** Of the first plane of all: where the region begins, its rows, and the numbers in a row. */
  start: usize;
  rows: i32;
  columns: i32;
  /** Bytes from a row to the next, from a plane to the next, and from an image to the next. */
  row: usize;
  plane: usize;
  image: usize;

  place(fields: Convolution, slab: Slab, ofSlopes: bool): void {
    const beyond = ofSlopes ? 0 : REACH - TILE;
    const top = slab.firstRow * TILE - (ofSlopes ? 0 : <i32>fields.paddingY);
    const left = slab.firstColumn * TILE - (ofSlopes ? 0 : <i32>fields.paddingX);
    const bottom = top + slab.rows * TILE + beyond;
    this.span(fields, slab, ofSlopes, top, bottom, left, left + slab.columns * TILE + beyond);
  }

  /** Only what enters the gradients of all nine weights: what lies at the rim meets nothing but padding in some of them. */
  placeWithin(fields: Convolution, slab: Slab, ofSlopes: bool): void {
    const beyond = REACH - TILE;
    const paddingY = <i32>fields.paddingY;
    const paddingX = <i32>fields.paddingX;
    const top = slab.firstRow * TILE;
    const left = slab.firstColumn * TILE;
    const bottom = min(top + slab.rows * TILE, <i32>fields.outHeight);
    const right = min(left + slab.columns * TILE, <i32>fields.outWidth);
    if (!ofSlopes) {
      this.span(fields, slab, false, top + beyond - paddingY, bottom - paddingY, left + beyond - paddingX, right - paddingX);
      return;
    }
    const lowest = min(bottom, <i32>fields.height + paddingY - beyond);
    const rightmost = min(right, <i32>fields.width + paddingX - beyond);
    this.span(fields, slab, true, max(top, paddingY), lowest, max(left, paddingX), rightmost);
  }

  /** From a row and column to others, which are no longer in it, as far as the planes reach. */
  private span(
    fields: Convolution, slab: Slab, ofSlopes: bool, top: i32, bottom: i32, left: i32, right: i32,
  ): void {
    const planes = <i32>fields.groups * (ofSlopes ? <i32>fields.filters : <i32>fields.channels);
    const height = ofSlopes ? <i32>fields.outHeight : <i32>fields.height;
    const width = ofSlopes ? <i32>fields.outWidth : <i32>fields.width;
    const firstRow = max(0, top);
    const firstColumn = max(0, left);
    this.rows = max(0, min(height, bottom) - firstRow);
    this.columns = max(0, min(width, right) - firstColumn);
    this.row = <usize>width << 2;
    this.plane = <usize>height * this.row;
    this.image = <usize>planes * this.plane;
    this.start = (ofSlopes ? <usize>fields.out : <usize>fields.x) + <usize>slab.firstImage * this.image;
    this.start += <usize>firstRow * this.row + (<usize>firstColumn << 2);
    // Whole rows follow each other.
    if (this.columns == width) {
      this.columns *= this.rows;
      this.rows = min(1, this.rows);
    }
  }

  /** Raises eight numbers to the largest sizes in one plane; to NaN where one is. */
  raise(largest: usize, plane: i32, images: i32): void {
    let at = this.start + <usize>plane * this.plane;
    for (; images > 0; images--, at += this.image) {
      for (let y = 0; y < this.rows; y++) raiseRow(largest, at + <usize>y * this.row, this.columns);
    }
  }
}

/** Raises eight numbers to the largest sizes in a row. */
function raiseRow(largest: usize, from: usize, columns: i32): void {
  // Sizes in the order of their bits, in which NaN is the largest; f32x4.max takes many instructions.
  const size = magnitudes();
  let a = v128.load(largest);
  let b = v128.load(largest, 16);
  for (const end = from + (<usize>(columns & ~7) << 2); from != end; from += 32) {
    a = i32x4.max_s(a, v128.and(v128.load(from), size));
    b = i32x4.max_s(b, v128.and(v128.load(from, 16), size));
  }
  v128.store(largest, a);
  v128.store(largest, b, 16);
  for (let rest = columns & 7; rest > 0; rest -= 4, from += 16) {
    a = i32x4.max_s(a, v128.and(loadSome(from, rest), size));
    v128.store(largest, a);
  }
}

/** Bytes of its fields. */
export const REGION_BYTES: usize = 64;
