// Where the transforms would lose digits. What they make of a tile is wrong by roundings of its largest inputs, also where
// an output's own window has only small ones: one input of 10⁶ among ones costs windows beside it four digits. So the
// inputs of a tile are measured, each times the largest weight of its channel, added up over the channels:
//
//   m(y, x) = Σ |d_c(y, x)|·max |g_c|
//
// A window has a share of the sum of m over its tile. Where the share is below one part of SPAN, the tile is computed
// directly; windows of nothing but zeros have the bias for their output.
import { Slab } from '../fields';
import { ROWS } from '../../gemm';
import { loadSome, madd, magnitudes, storeSome } from '../../simd';
import { align, ceilDiv } from '../../task';
import { REACH, TILE, Winograd } from './fields';
import { Region } from './region';

/** How many times larger than the measure of a window that of its tile may be; it is 4 where all inputs are alike. */
const SPAN: f32 = 64;
/** What is to become of a tile: nothing, a bit for each output whose window is empty, or this. */
export const DIRECTLY: i32 = 0x10000;
/** Channels that are measured together. */
export const MEASURED: i32 = 4;

/** Where the transformed weights end: there is the largest weight of each channel for every four filters of a group. */
// @ts-ignore: decorator
@inline
export function largestWeightsBytes(fields: Winograd): f64 {
  return fields.groups * <f64>ceilDiv(<i32>fields.filters, ROWS) * fields.channels * 4;
}

/** Bytes between two rows of the measures of a slab's window. */
// @ts-ignore: decorator
@inline
function rowBytes(columns: i32): usize {
  return (<usize>columns * TILE + 4) << 2;
}

/** Measures of the inputs that a slab depends on, without gaps; then of its window, zeros beyond the edges; then verdicts. */
@unmanaged
export class Measures {
  /** The largest weight of each channel. */
  weights: usize;
  sums: usize;
  values: usize;
  verdicts: usize;
  /** Bytes between rows and images of the window. */
  row: usize;
  image: usize;
  /** Whether a tile of the slab has a verdict. */
  any: bool;

  /** Takes its place, for a slab, and finds the weights of its group. False where weights are not finite. */
  place(at: usize, fields: Winograd, slab: Slab, group: i32, found: usize): bool {
    const channels = <i32>fields.channels;
    this.row = rowBytes(slab.columns);
    this.image = this.row * <usize>(slab.rows * TILE + REACH - TILE);
    const bytes = this.image * slab.images;
    this.weights = at;
    this.sums = at + align(<usize>channels << 2);
    this.values = this.sums + align(bytes);
    this.verdicts = this.values + align(bytes);
    this.any = false;
    const panels = ceilDiv(<i32>fields.filters, ROWS);
    const zero = f32x4.splat(0);
    let finite = zero;
    for (let c = 0; c < channels; c += 4) {
      let from = found + (<usize>(group * panels * channels + c) << 2);
      let largest = zero;
      for (let panel = 0; panel < panels; panel++, from += <usize>channels << 2) {
        largest = i32x4.max_s(largest, loadSome(from, channels - c));
      }
      v128.store(at + (<usize>c << 2), largest);
      finite = madd(largest, zero, finite);
    }
    memory.fill(this.sums, 0, bytes);
    memory.fill(this.values, 0, bytes);
    return i32x4.all_true(f32x4.eq(finite, zero));
  }

  /** Adds the measures of up to four channels, `first` counting those of a group. */
  add(fields: Winograd, slab: Slab, region: Region, group: i32, first: i32): void {
    const channels = <i32>fields.channels;
    const last = channels - 1 - first;
    const p1 = <usize>min(1, last) * region.plane;
    const p2 = <usize>min(2, last) * region.plane;
    const p3 = <usize>min(3, last) * region.plane;
    const weights = this.weights + (<usize>first << 2);
    const w0 = v128.load32_splat(weights);
    const w1 = last < 1 ? f32x4.splat(0) : v128.load32_splat(weights, 4);
    const w2 = last < 2 ? f32x4.splat(0) : v128.load32_splat(weights, 8);
    const w3 = last < 3 ? f32x4.splat(0) : v128.load32_splat(weights, 12);
    // f32x4.abs would make this constant again each time.
    const size = magnitudes();
    const plane = region.start + <usize>(group * channels + first) * region.plane;
    let to = this.sums;
    for (let image = 0; image < slab.images; image++) {
      for (let y = 0; y < region.rows; y++) {
        let from = plane + <usize>image * region.image + <usize>y * region.row;
        for (const end = to + (<usize>(region.columns & ~7) << 2); to != end; to += 32, from += 32) {
          let low = madd(v128.and(v128.load(from), size), w0, v128.load(to));
          let high = madd(v128.and(v128.load(from, 16), size), w0, v128.load(to, 16));
          let other = from + p1;
          low = madd(v128.and(v128.load(other), size), w1, low);
          high = madd(v128.and(v128.load(other, 16), size), w1, high);
          other = from + p2;
          low = madd(v128.and(v128.load(other), size), w2, low);
          high = madd(v128.and(v128.load(other, 16), size), w2, high);
          other = from + p3;
          low = madd(v128.and(v128.load(other), size), w3, low);
          high = madd(v128.and(v128.load(other, 16), size), w3, high);
          v128.store(to, low);
          v128.store(to, high, 16);
        }
        for (let rest = region.columns & 7; rest > 0; rest -= 4, from += 16) {
          let sum = madd(v128.and(loadSome(from, rest), size), w0, loadSome(to, rest));
          sum = madd(v128.and(loadSome(from + p1, rest), size), w1, sum);
          sum = madd(v128.and(loadSome(from + p2, rest), size), w2, sum);
          storeSome(to, madd(v128.and(loadSome(from + p3, rest), size), w3, sum), rest);
          to += <usize>min(rest, 4) << 2;
        }
      }
    }
  }

  /** Moves the sums to where they belong in the window. */
  spread(fields: Winograd, slab: Slab): void {
    const top = slab.firstRow * TILE - <i32>fields.paddingY;
    const left = slab.firstColumn * TILE - <i32>fields.paddingX;
    const firstRow = max(0, top);
    const firstColumn = max(0, left);
    const lastRow = min(<i32>fields.height, top + slab.rows * TILE + REACH - TILE);
    const lastColumn = min(<i32>fields.width, left + slab.columns * TILE + REACH - TILE);
    if (firstColumn >= lastColumn) return;
    const bytes = <usize>(lastColumn - firstColumn) << 2;
    let from = this.sums;
    for (let image = 0; image < slab.images; image++) {
      const to = this.values + <usize>image * this.image + (<usize>(firstColumn - left) << 2);
      for (let y = firstRow; y < lastRow; y++, from += bytes) {
        memory.copy(to + <usize>(y - top) * this.row, from, bytes);
      }
    }
  }

  /** Finds what is to become of each tile. */
  judge(fields: Winograd, slab: Slab): void {
    this.spread(fields, slab);
    let at = this.verdicts;
    for (let image = 0; image < slab.images; image++) {
      for (let row = 0; row < slab.rows; row++) {
        const rows = min(TILE, <i32>fields.outHeight - (slab.firstRow + row) * TILE);
        for (let column = 0; column < slab.columns; column++) {
          const columns = min(TILE, <i32>fields.outWidth - (slab.firstColumn + column) * TILE);
          const from = this.values + <usize>image * this.image + <usize>(row * TILE) * this.row + (<usize>(column * TILE) << 2);
          const verdict = verdictOf(from, this.row, rows, columns);
          if (verdict) this.any = true;
          i32.store(at, verdict);
          at += 4;
        }
      }
    }
  }

  // @ts-ignore: decorator
  @inline
  verdict(tile: i32): i32 {
    return i32.load(this.verdicts + (<usize>tile << 2));
  }
}

/** Bytes of its fields. */
export const MEASURES_BYTES: usize = 64;

/** Room for the measures of a slab, and the verdicts. */
export function measuresBytes(fields: Winograd): usize {
  const rows = <usize>(<i32>fields.rowStep * TILE + REACH - TILE);
  const tiles = <usize>fields.imageStep * <usize>fields.rowStep * <usize>fields.columnStep;
  return (
    align(<usize>fields.channels << 2) +
    2 * align(<usize>fields.imageStep * rows * rowBytes(<i32>fields.columnStep)) +
    align(tiles << 2)
  );
}

/** Measures of three neighbors, at four places. */
// @ts-ignore: decorator
@inline
function threeAt(from: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(from), v128.load(from, 4)), v128.load(from, 8));
}

/** Of a tile that has so many rows and columns of outputs. */
function verdictOf(from: usize, row: usize, rows: i32, columns: i32): i32 {
  const r0 = threeAt(from);
  const r1 = threeAt(from + row);
  const r2 = threeAt(from + 2 * row);
  const r3 = threeAt(from + 3 * row);
  const r4 = threeAt(from + 4 * row);
  const r5 = threeAt(from + 5 * row);
  const s0 = f32x4.add(f32x4.add(r0, r1), r2);
  const s1 = f32x4.add(f32x4.add(r1, r2), r3);
  const s2 = f32x4.add(f32x4.add(r2, r3), r4);
  const s3 = f32x4.add(f32x4.add(r3, r4), r5);
  // The windows at the corners share out the tile.
  const ends = f32x4.add(s0, s3);
  const limit = f32x4.splat((f32x4.extract_lane(ends, 0) + f32x4.extract_lane(ends, 3)) / SPAN);
  const least = f32x4.pmin(f32x4.pmin(s0, s1), f32x4.pmin(s2, s3));
  if (!v128.any_true(f32x4.lt(least, limit))) return 0;
  const present = (1 << columns) - 1;
  const low =
    (i32x4.bitmask(f32x4.lt(s0, limit)) & present) |
    ((rows > 1 ? i32x4.bitmask(f32x4.lt(s1, limit)) & present : 0) << 4) |
    ((rows > 2 ? i32x4.bitmask(f32x4.lt(s2, limit)) & present : 0) << 8) |
    ((rows > 3 ? i32x4.bitmask(f32x4.lt(s3, limit)) & present : 0) << 12);
  if (!low) return 0;
  const zero = f32x4.splat(0);
  const empty =
    i32x4.bitmask(f32x4.eq(s0, zero)) |
    (i32x4.bitmask(f32x4.eq(s1, zero)) << 4) |
    (i32x4.bitmask(f32x4.eq(s2, zero)) << 8) |
    (i32x4.bitmask(f32x4.eq(s3, zero)) << 12);
  return low & ~empty ? DIRECTLY : low;
}
