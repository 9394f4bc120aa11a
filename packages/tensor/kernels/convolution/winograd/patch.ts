// The sums of a tile of the output themselves, four at a time, from a copy of the inputs under it.
import { Slab } from '../fields';
import { loadSome, madd, storeSome } from '../../simd';
import { convolveTile } from './directly';
import { REACH, TILE, Winograd } from './fields';

/** Bytes of a row of a patch, and of a patch of one channel. */
const ROW: usize = 32;
const PATCH: usize = 192;

/** Room for the patches of a tile. */
export function patchBytes(fields: Winograd): usize {
  return <usize>fields.channels * PATCH;
}

/** Copies the inputs of a group under a tile, with zeros beyond the edges. */
function copyPatches(fields: Winograd, image: i32, group: i32, top: i32, left: i32, patches: usize): void {
  const channels = <i32>fields.channels;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const start = max(0, left);
  const count = min(width, left + REACH) - start;
  memory.fill(patches, 0, patchBytes(fields));
  if (count <= 0) return;
  let plane = <usize>fields.x + ((<usize>((image * <i32>fields.groups + group) * channels) * height * width) << 2);
  for (let c = 0; c < channels; c++, plane += (<usize>height * width) << 2, patches += PATCH) {
    for (let y = max(0, top); y < min(height, top + REACH); y++) {
      const from = plane + ((<usize>(y * width + start)) << 2);
      const to = patches + <usize>(y - top) * ROW + (<usize>(start - left) << 2);
      storeSome(to, loadSome(from, count), count);
      if (count > 4) storeSome(to + 16, loadSome(from + 16, count - 4), count - 4);
    }
  }
}

/** A tile of all filters of a group. */
export function convolvePatch(fields: Winograd, slab: Slab, group: i32, tile: i32, patches: usize): void {
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const image = slab.firstImage + tile / (slab.rows * slab.columns);
  const rest = tile % (slab.rows * slab.columns);
  const top = (slab.firstRow + rest / slab.columns) * TILE;
  const left = (slab.firstColumn + (rest % slab.columns)) * TILE;
  const columns = min(TILE, outWidth - left);
  const rows = min(TILE, outHeight - top);
  copyPatches(fields, image, group, top - <i32>fields.paddingY, left - <i32>fields.paddingX, patches);
  const tapStep = <isize>fields.tapStep;
  const weights = <usize>fields.weight + ((<usize>group * filters * channels * 9) << 2) + <isize>fields.firstTap;
  const firstFilter = group * filters;
  for (let f = 0; f < filters; f++) {
    const filter = firstFilter + f;
    let y0 = fields.bias ? v128.load32_splat(<usize>fields.bias + (<usize>filter << 2)) : f32x4.splat(0);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    for (let c = 0; c < channels; c++) {
      let weight = weights + f * <isize>fields.filterStep + c * <isize>fields.channelStep;
      let from = patches + <usize>c * PATCH;
      for (let end = from + 3 * ROW; from != end; from += ROW) {
        for (let x: usize = 0; x != 12; x += 4) {
          const w = v128.load32_splat(weight);
          y0 = madd(w, v128.load(from + x), y0);
          y1 = madd(w, v128.load(from + x, ROW), y1);
          y2 = madd(w, v128.load(from + x, 2 * ROW), y2);
          y3 = madd(w, v128.load(from + x, 3 * ROW), y3);
          weight += tapStep;
        }
      }
    }
    const zero = f32x4.splat(0);
    const finite = madd(y3, zero, madd(y2, zero, madd(y1, zero, f32x4.mul(y0, zero))));
    if (v128.any_true(f32x4.ne(finite, zero))) {
      convolveTile(fields, image, filter, top, left);
      continue;
    }
    const row = <usize>outWidth << 2;
    const plane = (image * <i32>fields.groups * filters + filter) * outHeight;
    const out = <usize>fields.out + ((<usize>((plane + top) * outWidth + left)) << 2);
    storeSome(out, y0, columns);
    if (rows > 1) storeSome(out + row, y1, columns);
    if (rows > 2) storeSome(out + 2 * row, y2, columns);
    if (rows > 3) storeSome(out + 3 * row, y3, columns);
  }
}

/** Puts the bias where windows of a tile are empty: a bit for each of its outputs. */
export function fillEmpty(fields: Winograd, slab: Slab, group: i32, tile: i32, empty: i32): void {
  const filters = <i32>fields.filters;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const image = slab.firstImage + tile / (slab.rows * slab.columns);
  const rest = tile % (slab.rows * slab.columns);
  const top = (slab.firstRow + rest / slab.columns) * TILE;
  const left = (slab.firstColumn + (rest % slab.columns)) * TILE;
  const firstFilter = group * filters;
  for (let filter = firstFilter; filter < firstFilter + filters; filter++) {
    const bias = fields.bias ? f32.load(<usize>fields.bias + (<usize>filter << 2)) : 0;
    const plane = (image * <i32>fields.groups * filters + filter) * outHeight;
    const out = <usize>fields.out + ((<usize>((plane + top) * outWidth + left)) << 2);
    for (let bits = empty; bits; bits &= bits - 1) {
      const bit = ctz(bits);
      f32.store(out + ((<usize>((bit >> 2) * outWidth + (bit & 3))) << 2), bias);
    }
  }
}
