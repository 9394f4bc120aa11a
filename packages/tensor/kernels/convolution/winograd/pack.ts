import { ROWS } from '../../gemm';
import { gather } from '../../simd';
import { ceilDiv } from '../../task';
import { matricesBytes, POINTS, Winograd, weightMatrixBytes } from './fields';
import { largestWeightsBytes } from './range';
import { LINES_BYTES, transformWeight } from './transforms';

/** A block for every four filters of a group. */
export function winogradPackBlocks(fields: Winograd): i32 {
  return <i32>fields.groups * ceilDiv(<i32>fields.filters, ROWS);
}

/** Room for the 36 matrices of all groups, and the largest weights. */
export function winogradPackShared(fields: Winograd): f64 {
  return matricesBytes(fields) + largestWeightsBytes(fields);
}

/** Room for the lines of a transform and nine vectors. */
export function winogradPackScratch(fields: Winograd): usize {
  return LINES_BYTES + 192;
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
  const tapStep = <isize>fields.tapStep;
  const taps = scratch + LINES_BYTES;
  let first = <usize>fields.weight + ((<usize>group * filters * channels * 9) << 2) + <isize>fields.firstTap;
  first += panel * ROWS * filterStep;
  let out = <usize>fields.shared + <usize>(group * POINTS) * distance + (<usize>(panel * channels) << 4);
  const found = <usize>fields.shared + <usize>matricesBytes(fields) + (<usize>(block * channels) << 2);
  for (let c = 0; c < channels; c++) {
    let w0 = first;
    let w1 = w0 + min(1, present - 1) * filterStep;
    let w2 = w0 + min(2, present - 1) * filterStep;
    let w3 = w0 + min(3, present - 1) * filterStep;
    let largest = f32x4.splat(0);
    for (let to = taps, end = taps + 144; to != end; to += 16) {
      const four = gather(w0, w1, w2, w3);
      // By their bits, in which NaN is the largest.
      largest = i32x4.max_s(largest, f32x4.abs(four));
      v128.store(to, four);
      w0 += tapStep;
      w1 += tapStep;
      w2 += tapStep;
      w3 += tapStep;
    }
    transformWeight(taps, out, distance, scratch);
    const larger = max(
      max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
      max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
    );
    f32.store(found + (<usize>c << 2), larger);
    first += <isize>fields.channelStep;
    out += 16;
  }
}
