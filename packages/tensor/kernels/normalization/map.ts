// out = (x − center)·factor + shift + gradient·slope, with factors for each channel.
import { loadSome, madd, storeSome } from '../simd';
import { BatchNorm, blocksOf, channelParts, channelsOf, firstChannel, firstOffset, imageStep, imagesOf } from './fields';

// @ts-ignore: decorator
@inline
function mapVector(
  withGradient: bool, lanes: i32, x: usize, g: usize, out: usize,
  center: v128, factor: v128, shift: v128, slope: v128,
): void {
  const own = madd(f32x4.sub(loadSome(x, lanes), center), factor, shift);
  storeSome(out, withGradient ? madd(loadSome(g, lanes), slope, own) : own, lanes);
}

/** A plane of one channel; the rows of factors are `row` bytes long. */
// @ts-ignore: decorator
@inline
function mapPlane(withGradient: bool, x: usize, g: usize, out: usize, area: i32, factors: usize, row: usize): void {
  const center = v128.load32_splat(factors);
  const factor = v128.load32_splat(factors + row);
  const shift = v128.load32_splat(factors + 2 * row);
  const slope = v128.load32_splat(factors + 3 * row);
  const end = x + (<usize>(area & ~3) << 2);
  for (; x < end; x += 16, g += 16, out += 16) mapVector(withGradient, 4, x, g, out, center, factor, shift, slope);
  const rest = area & 3;
  if (rest) mapVector(withGradient, rest, x, g, out, center, factor, shift, slope);
}

/** Up to four neighboring channels of one element each. */
// @ts-ignore: decorator
@inline
function mapColumns(withGradient: bool, lanes: i32, x: usize, g: usize, out: usize, factors: usize, row: usize): void {
  const center = loadSome(factors, lanes);
  const factor = loadSome(factors + row, lanes);
  const shift = loadSome(factors + 2 * row, lanes);
  mapVector(withGradient, lanes, x, g, out, center, factor, shift, loadSome(factors + 3 * row, lanes));
}

/** An image whose channels have one element each. */
// @ts-ignore: decorator
@inline
function mapRow(withGradient: bool, x: usize, g: usize, out: usize, channels: i32, factors: usize, row: usize): void {
  for (; channels >= 4; channels -= 4, x += 16, g += 16, out += 16, factors += 16) {
    mapColumns(withGradient, 4, x, g, out, factors, row);
  }
  if (channels) mapColumns(withGradient, channels, x, g, out, factors, row);
}

// @ts-ignore: decorator
@inline
function mapBlock(withGradient: bool, task: BatchNorm, block: i32): void {
  const channelPart = block % channelParts(task);
  const imagePart = block / channelParts(task);
  const area = <i32>task.area;
  const channels = channelsOf(task, channelPart);
  const step = imageStep(task);
  const plane = <usize>area << 2;
  const row = <usize>task.channels << 2;
  const factors = <usize>task.factors + (<usize>firstChannel(task, channelPart) << 2);
  let offset = firstOffset(task, imagePart, channelPart);
  for (let images = imagesOf(task, imagePart); images > 0; images--, offset += step) {
    let x = <usize>task.x + offset;
    let g = <usize>task.gradient + offset;
    let out = <usize>task.out + offset;
    if (area == 1) {
      mapRow(withGradient, x, g, out, channels, factors, row);
      continue;
    }
    for (let c = 0; c < channels; c++, x += plane, g += plane, out += plane) {
      mapPlane(withGradient, x, g, out, area, factors + (<usize>c << 2), row);
    }
  }
}

/** See fields.ts. */
export function channelMapBlocks(task: BatchNorm): i32 {
  return blocksOf(task);
}

/** out = (x − center)·factor + shift + gradient·slope for the elements of a block. */
export function channelMap(task: BatchNorm, block: i32): void {
  if (task.gradient) mapBlock(true, task, block);
  else mapBlock(false, task, block);
}
