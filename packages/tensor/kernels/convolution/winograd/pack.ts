import { ROWS } from '../../gemm';
import { gather } from '../../simd';
import { ceilDiv } from '../../task';
import { Winograd, weightMatrixBytes } from './fields';
import { LINES_BYTES, POINTS, transformWeight } from './transforms';

/** A block for every four filters of a group. */
export function winogradPackBlocks(task: usize): i32 {
  const fields = changetype<Winograd>(task);
  return <i32>fields.groups * ceilDiv(<i32>fields.filters, ROWS);
}

/** Room for the 36 matrices of all groups. */
export function winogradPackShared(task: usize): f64 {
  const fields = changetype<Winograd>(task);
  return fields.groups * <f64>POINTS * <f64>weightMatrixBytes(fields);
}

/** Room for the lines of a transform and nine vectors. */
export function winogradPackScratch(task: usize): usize {
  return LINES_BYTES + 192;
}

/** Transforms the weights: for each of the 36 products a matrix of filters and channels, in panels of four filters. */
export function winogradPack(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Winograd>(task);
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
  for (let c = 0; c < channels; c++) {
    let w0 = first;
    let w1 = w0 + min(1, present - 1) * filterStep;
    let w2 = w0 + min(2, present - 1) * filterStep;
    let w3 = w0 + min(3, present - 1) * filterStep;
    for (let to = taps, end = taps + 144; to != end; to += 16) {
      v128.store(to, gather(w0, w1, w2, w3));
      w0 += tapStep;
      w1 += tapStep;
      w2 += tapStep;
      w3 += tapStep;
    }
    transformWeight(taps, out, distance, scratch);
    first += <isize>fields.channelStep;
    out += 16;
  }
}
