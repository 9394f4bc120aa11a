// out = (x − center)·factor + shift + gradient·slope, with factors for each channel.
import { loadSome, madd, storeSome } from '../simd';
import { BatchNorm, blocksOf, channelParts, channelsOf, firstChannel, firstOffset, imageStep, imagesOf } from './fields';

// @ts-ignore: decorator
@inline
function mapped(withGradient: bool, x: v128, g: v128, center: v128, factor: v128, shift: v128, slope: v128): v128 {
  const own = madd(f32x4.sub(x, center), factor, shift);
  return withGradient ? madd(g, slope, own) : own;
}

/** Up to four elements. */
// @ts-ignore: decorator
@inline
function mapSome(
  withGradient: bool, lanes: i32, x: usize, g: usize, out: usize,
  center: v128, factor: v128, shift: v128, slope: v128,
): void {
  const values = loadSome(x, lanes);
  storeSome(out, mapped(withGradient, values, withGradient ? loadSome(g, lanes) : values, center, factor, shift, slope), lanes);
}

/** A plane of one channel; the rows of factors are `row` bytes long. */
// @ts-ignore: decorator
@inline
function mapPlane(withGradient: bool, x: usize, g: usize, out: usize, area: i32, factors: usize, row: usize): void {
  const center = v128.load32_splat(factors);
  const factor = v128.load32_splat(factors + row);
  const shift = v128.load32_splat(factors + 2 * row);
  const slope = v128.load32_splat(factors + 3 * row);
  const end = x + (<usize>(area & ~7) << 2);
  for (; x < end; x += 32, g += 32, out += 32) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const g0 = withGradient ? v128.load(g) : x0;
    const g1 = withGradient ? v128.load(g, 16) : x1;
    const out0 = mapped(withGradient, x0, g0, center, factor, shift, slope);
    const out1 = mapped(withGradient, x1, g1, center, factor, shift, slope);
    v128.store(out, out0);
    v128.store(out, out1, 16);
  }
  if (area & 4) {
    mapSome(withGradient, 4, x, g, out, center, factor, shift, slope);
    x += 16;
    g += 16;
    out += 16;
  }
  const rest = area & 3;
  if (rest) mapSome(withGradient, rest, x, g, out, center, factor, shift, slope);
}

/** Up to four neighboring channels of one element each. */
// @ts-ignore: decorator
@inline
function mapColumns(withGradient: bool, lanes: i32, x: usize, g: usize, out: usize, factors: usize, row: usize): void {
  const center = loadSome(factors, lanes);
  const factor = loadSome(factors + row, lanes);
  const shift = loadSome(factors + 2 * row, lanes);
  mapSome(withGradient, lanes, x, g, out, center, factor, shift, loadSome(factors + 3 * row, lanes));
}

/** Eight neighboring channels of one element each. */
// @ts-ignore: decorator
@inline
function mapEight(withGradient: bool, x: usize, g: usize, out: usize, factors: usize, row: usize): void {
  const x0 = v128.load(x);
  const x1 = v128.load(x, 16);
  const g0 = withGradient ? v128.load(g) : x0;
  const g1 = withGradient ? v128.load(g, 16) : x1;
  const row1 = factors + row;
  const row2 = row1 + row;
  const row3 = row2 + row;
  const out0 = mapped(withGradient, x0, g0, v128.load(factors), v128.load(row1), v128.load(row2), v128.load(row3));
  const out1 = mapped(withGradient, x1, g1, v128.load(factors, 16), v128.load(row1, 16), v128.load(row2, 16), v128.load(row3, 16));
  v128.store(out, out0);
  v128.store(out, out1, 16);
}

/** An image whose channels have one element each. */
// @ts-ignore: decorator
@inline
function mapRow(withGradient: bool, x: usize, g: usize, out: usize, channels: i32, factors: usize, row: usize): void {
  for (; channels >= 8; channels -= 8, x += 32, g += 32, out += 32, factors += 32) {
    mapEight(withGradient, x, g, out, factors, row);
  }
  if (channels & 4) {
    mapColumns(withGradient, 4, x, g, out, factors, row);
    x += 16;
    g += 16;
    out += 16;
    factors += 16;
  }
  const rest = channels & 3;
  if (rest) mapColumns(withGradient, rest, x, g, out, factors, row);
}

// @ts-ignore: decorator
@inline
function mapBlock(withGradient: bool, fields: BatchNorm, block: i32): void {
  const channelPart = block % channelParts(fields);
  const imagePart = block / channelParts(fields);
  const area = <i32>fields.area;
  const channels = channelsOf(fields, channelPart);
  const step = imageStep(fields);
  const plane = <usize>area << 2;
  const row = <usize>fields.channels << 2;
  const factors = <usize>fields.factors + (<usize>firstChannel(fields, channelPart) << 2);
  let offset = firstOffset(fields, imagePart, channelPart);
  for (let images = imagesOf(fields, imagePart); images > 0; images--, offset += step) {
    let x = <usize>fields.x + offset;
    let g = <usize>fields.gradient + offset;
    let out = <usize>fields.out + offset;
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
export function channelMapBlocks(fields: BatchNorm): i32 {
  return blocksOf(fields);
}

/** out = (x − center)·factor + shift + gradient·slope for the elements of a block. */
export function channelMap(fields: BatchNorm, block: i32): void {
  if (fields.gradient) mapBlock(true, fields, block);
  else mapBlock(false, fields, block);
}
