import { ROWS } from '../../gemm';
import { gather, magnitudes, storeTransposed } from '../../simd';
import { ceilDiv } from '../../task';
import { matricesBytes, POINTS, Winograd, weightMatrixBytes } from './fields';
import { largestWeightsBytes } from './range';
import { LINES_BYTES, STEP, transformWeight } from './transforms';

/** A block for every four filters of a group. */
export function winogradPackBlocks(fields: Winograd): i32 {
  return <i32>fields.groups * ceilDiv(<i32>fields.filters, ROWS);
}

/** Room for the 36 matrices of all groups, and the largest weights. */
export function winogradPackShared(fields: Winograd): f64 {
  return matricesBytes(fields) + largestWeightsBytes(fields);
}

/** Room for the lines of a transform and nine pairs of vectors. */
export function winogradPackScratch(fields: Winograd): usize {
  return LINES_BYTES + 9 * STEP;
}

/**
 * Stores nine vectors, `STEP` bytes apart, of the nine numbers of four filters, a filter in each lane. Those begin at four
 * addresses, and are in reverse where `turned`. Gives the largest size.
 */
// @ts-ignore: decorator
@inline
function storeTaps(w0: usize, w1: usize, w2: usize, w3: usize, turned: bool, taps: usize): f32 {
  const start = turned ? taps + 8 * STEP : taps;
  const step = turned ? -STEP : STEP;
  storeTransposed(start, step, v128.load(w0), v128.load(w1), v128.load(w2), v128.load(w3));
  storeTransposed(start + 4 * step, step, v128.load(w0, 16), v128.load(w1, 16), v128.load(w2, 16), v128.load(w3, 16));
  v128.store(start + 8 * step, gather(w0 + 32, w1 + 32, w2 + 32, w3 + 32));
  // By their bits, in which NaN is the largest.
  const size = magnitudes();
  let largest = f32x4.splat(0);
  for (const end = taps + 9 * STEP; taps != end; taps += STEP) largest = i32x4.max_s(largest, v128.and(v128.load(taps), size));
  return max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
}

/** Transforms the weights: for each of the 36 products a matrix of filters and channels, in panels of four filters; finds the largest. */
export function winogradPack(fields: Winograd, block: i32, scratch: usize): void {
  const filters = <i32>fields.filters;
  const channels = <i32>fields.channels;
  const panels = ceilDiv(filters, ROWS);
  const group = block / panels;
  const panel = block % panels;
  const present = filters - panel * ROWS;
  const distance = weightMatrixBytes(fields);
  const filterStep = <isize>fields.filterStep;
  const channelStep = <isize>fields.channelStep;
  const turned = fields.tapStep < 0;
  const taps = scratch + LINES_BYTES;
  let w0 = <usize>fields.weight + ((<usize>group * filters * channels * 9) << 2) + <isize>fields.firstTap;
  if (turned) w0 -= 32;
  w0 += panel * ROWS * filterStep;
  let w1 = w0 + min(1, present - 1) * filterStep;
  let w2 = w0 + min(2, present - 1) * filterStep;
  let w3 = w0 + min(3, present - 1) * filterStep;
  let out = <usize>fields.shared + <usize>(group * POINTS) * distance + (<usize>(panel * channels) << 4);
  const found = <usize>fields.shared + <usize>matricesBytes(fields) + (<usize>(block * channels) << 2);
  for (let c = 0; c < channels; c++) {
    const second = c & 1;
    f32.store(found + (<usize>c << 2), storeTaps(w0, w1, w2, w3, turned, taps + (<usize>second << 4)));
    w0 += channelStep;
    w1 += channelStep;
    w2 += channelStep;
    w3 += channelStep;
    if (second || c + 1 == channels) {
      transformWeight(<bool>second, taps, out, distance, scratch, STEP);
      out += 32;
    }
  }
}
