// Where the result of the transforms is not finite, the sums themselves decide: an infinite or NaN input, or an
// intermediate that overflowed, has spread over a whole tile then. The gradient of a weight is summed directly, too, where a
// few large numbers may have spread over it.
import { Convolution, Slab } from '../fields';
import { loadSome, madd } from '../../simd';
import { TILE, Winograd } from './fields';

/** The sums of one tile of the output, one by one. `filter` counts those of all groups. */
export function convolveTile(fields: Winograd, image: i32, filter: i32, top: i32, left: i32): void {
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const groups = <i32>fields.groups;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const group = filter / filters;
  const tapStep = <isize>fields.tapStep;
  const plane = (<usize>height * width) << 2;
  const source = <usize>fields.x + <usize>((image * groups + group) * channels) * plane;
  const weights =
    <usize>fields.weight +
    ((<usize>group * filters * channels * 9) << 2) +
    (filter % filters) * <isize>fields.filterStep +
    <isize>fields.firstTap;
  const out = <usize>fields.out + ((<usize>(image * groups * filters + filter) * outHeight * outWidth) << 2);
  const bias = fields.bias ? f32.load(<usize>fields.bias + ((<usize>filter) << 2)) : 0;
  for (let oy = top; oy < min(top + TILE, outHeight); oy++) {
    for (let ox = left; ox < min(left + TILE, outWidth); ox++) {
      let sum = bias;
      for (let c = 0; c < channels; c++) {
        const from = source + <usize>c * plane;
        let weight = weights + c * <isize>fields.channelStep;
        for (let y = oy - <i32>fields.paddingY, bottom = y + 3; y < bottom; y++) {
          for (let x = ox - <i32>fields.paddingX, right = x + 3; x < right; x++) {
            if (y >= 0 && y < height && x >= 0 && x < width) {
              sum += f32.load(weight) * f32.load(from + ((<usize>(y * width + x)) << 2));
            } else if (fields.paddingCounts) {
              sum += f32.load(weight) * 0;
            }
            weight += tapStep;
          }
        }
      }
      f32.store(out + ((<usize>(oy * outWidth + ox)) << 2), sum);
    }
  }
}

/**
 * Adds to the nine numbers of the gradient of one weight what a slab has to give, four positions at a time; for numbers that
 * are finite, since those beyond the edges are left out. Filter and channel count those of all groups.
 */
export function correlateRows(fields: Convolution, slab: Slab, filter: i32, channel: i32, out: usize): void {
  const groups = <i32>fields.groups;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const bottom = min(outHeight, (slab.firstRow + slab.rows) * TILE);
  const right = min(outWidth, (slab.firstColumn + slab.columns) * TILE);
  for (let tap = 0; tap < 9; tap++, out += 4) {
    const down = tap / 3 - <i32>fields.paddingY;
    const across = (tap % 3) - <i32>fields.paddingX;
    const first = max(slab.firstColumn * TILE, -across);
    const end = min(right, width - across);
    let sums = f32x4.splat(0);
    for (let image = slab.firstImage; image < slab.firstImage + slab.images; image++) {
      const plane = (image * groups * <i32>fields.channels + channel) * height;
      const outPlane = (image * groups * <i32>fields.filters + filter) * outHeight;
      for (let oy = max(slab.firstRow * TILE, -down); oy < min(bottom, height - down); oy++) {
        let from = <usize>fields.x + ((<usize>((plane + oy + down) * width + first + across)) << 2);
        let slopes = <usize>fields.out + ((<usize>((outPlane + oy) * outWidth + first)) << 2);
        for (let rest = end - first; rest > 0; rest -= 4, from += 16, slopes += 16) {
          sums = madd(loadSome(slopes, rest), loadSome(from, rest), sums);
        }
      }
    }
    const low = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1);
    f32.store(out, f32.load(out) + low + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)));
  }
}

/** The same one by one, where numbers are not finite. */
export function correlateTaps(fields: Convolution, slab: Slab, filter: i32, channel: i32, out: usize): void {
  const groups = <i32>fields.groups;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const bottom = min(outHeight, (slab.firstRow + slab.rows) * TILE);
  const right = min(outWidth, (slab.firstColumn + slab.columns) * TILE);
  for (let image = slab.firstImage; image < slab.firstImage + slab.images; image++) {
    const plane = <usize>(image * groups * <i32>fields.channels + channel) * height * width;
    const outPlane = <usize>(image * groups * <i32>fields.filters + filter) * outHeight * outWidth;
    const source = <usize>fields.x + (plane << 2);
    const slopes = <usize>fields.out + (outPlane << 2);
    for (let oy = slab.firstRow * TILE; oy < bottom; oy++) {
      for (let ox = slab.firstColumn * TILE; ox < right; ox++) {
        const slope = f32.load(slopes + ((<usize>(oy * outWidth + ox)) << 2));
        for (let tap = 0; tap < 9; tap++) {
          const y = oy + tap / 3 - <i32>fields.paddingY;
          const x = ox + (tap % 3) - <i32>fields.paddingX;
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          const value = inside ? f32.load(source + ((<usize>(y * width + x)) << 2)) : 0;
          const to = out + ((<usize>tap) << 2);
          f32.store(to, f32.load(to) + slope * value);
        }
      }
    }
  }
}
