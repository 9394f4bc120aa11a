// Batch normalisation. The statistics of a channel are sums in double precision over blocks of its elements; both
// directions end in one affine map of (x − centre) and of the gradient, whose factors the caller computes from the sums.
import { loadSome, lowerDoubles, madd, storeSome, upperDoubles } from './simd';
import { address, ceilDiv, integer } from './task';

const BLOCK: i32 = 16384;

// Fields: x [images, channels, area], gradient (of the same shape, or 0), images, channels, area, and for the sums the
// number subtracted from x in each channel and the partial sums, for the map the factors and the output.
const X: i32 = 0;
const GRADIENT: i32 = 1;
const IMAGES: i32 = 2;
const CHANNELS: i32 = 3;
const AREA: i32 = 4;
const CENTRES: i32 = 5;
const PARTIALS: i32 = 6;
const FACTORS: i32 = 5;
const OUT: i32 = 6;

/** Rows of a block, where channels have one element each and a row is longer than the rest of the block. */
const ROWS: i32 = 16;

// A block is of whole images, so that memory is walked through in order; of some channels of one where an image is larger
// than a block, or of some of a few where its channels have one element each.

// @ts-ignore: decorator
@inline
function channelsPerBlock(task: usize): i32 {
  const area = integer(task, AREA);
  const fitting = area == 1 ? (BLOCK / max(1, min(ROWS, integer(task, IMAGES)))) & ~15 : BLOCK / max(1, area);
  return max(1, min(fitting, integer(task, CHANNELS)));
}

// @ts-ignore: decorator
@inline
function channelParts(task: usize): i32 {
  return ceilDiv(integer(task, CHANNELS), channelsPerBlock(task));
}

// @ts-ignore: decorator
@inline
function imagesPerBlock(task: usize): i32 {
  return max(1, BLOCK / max(1, integer(task, AREA) * channelsPerBlock(task)));
}

// @ts-ignore: decorator
@inline
function imageParts(task: usize): i32 {
  return ceilDiv(integer(task, IMAGES), imagesPerBlock(task));
}

function blocksOf(task: usize): i32 {
  return imageParts(task) * channelParts(task);
}

/** Two numbers in double precision. */
// @ts-ignore: decorator
@inline
function pairAt(from: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(from));
}

/** Stores Σd and Σd², or Σg and Σg·d, for each of up to four channels. */
function storeSums(partials: usize, lanes: i32, sumLow: v128, sumHigh: v128, low: v128, upper: v128): void {
  v128.store(partials, v128.shuffle<f64>(sumLow, low, 0, 2));
  if (lanes > 1) v128.store(partials, v128.shuffle<f64>(sumLow, low, 1, 3), 16);
  if (lanes > 2) v128.store(partials, v128.shuffle<f64>(sumHigh, upper, 0, 2), 32);
  if (lanes > 3) v128.store(partials, v128.shuffle<f64>(sumHigh, upper, 1, 3), 48);
}

/** The sums of up to four channels whose elements are neighbours: `step` bytes from one image to the next. */
// @ts-ignore: decorator
@inline
function sumRows(
  withGradient: bool, lanes: i32, x: usize, g: usize, images: i32, step: usize, centres: usize, partials: usize,
): void {
  const centre = loadSome(centres, lanes);
  const centreLow = lowerDoubles(centre);
  const centreHigh = upperDoubles(centre);
  let sumLow = f64x2.splat(0);
  let sumHigh = sumLow;
  let productLow = sumLow;
  let productHigh = sumLow;
  for (let image = 0; image < images; image++, x += step, g += step) {
    const values = loadSome(x, lanes);
    const low = f64x2.sub(lowerDoubles(values), centreLow);
    const upper = f64x2.sub(upperDoubles(values), centreHigh);
    const slopes = withGradient ? loadSome(g, lanes) : values;
    const slopeLow = withGradient ? lowerDoubles(slopes) : low;
    const slopeHigh = withGradient ? upperDoubles(slopes) : upper;
    sumLow = f64x2.add(sumLow, slopeLow);
    sumHigh = f64x2.add(sumHigh, slopeHigh);
    productLow = f64x2.add(productLow, f64x2.mul(slopeLow, low));
    productHigh = f64x2.add(productHigh, f64x2.mul(slopeHigh, upper));
  }
  storeSums(partials, lanes, sumLow, sumHigh, productLow, productHigh);
}

/** The sums of one channel. */
// @ts-ignore: decorator
@inline
function sumPlanes(
  withGradient: bool, x: usize, g: usize, images: i32, area: i32, step: usize, centre: f32, partials: usize,
): void {
  const centres = f64x2.splat(centre);
  let sumLow = f64x2.splat(0);
  let sumHigh = sumLow;
  let productLow = sumLow;
  let productHigh = sumLow;
  let restSum: f64 = 0;
  let restProduct: f64 = 0;
  for (let image = 0; image < images; image++, x += step, g += step) {
    let at = x;
    let slopeAt = g;
    const end = x + (<usize>(area & ~3) << 2);
    for (; at < end; at += 16, slopeAt += 16) {
      const low = f64x2.sub(pairAt(at), centres);
      const upper = f64x2.sub(pairAt(at + 8), centres);
      const slopeLow = withGradient ? pairAt(slopeAt) : low;
      const slopeHigh = withGradient ? pairAt(slopeAt + 8) : upper;
      sumLow = f64x2.add(sumLow, slopeLow);
      sumHigh = f64x2.add(sumHigh, slopeHigh);
      productLow = f64x2.add(productLow, f64x2.mul(slopeLow, low));
      productHigh = f64x2.add(productHigh, f64x2.mul(slopeHigh, upper));
    }
    for (const last = x + (<usize>area << 2); at < last; at += 4, slopeAt += 4) {
      const distance = <f64>f32.load(at) - <f64>centre;
      const slope = withGradient ? <f64>f32.load(slopeAt) : distance;
      restSum += slope;
      restProduct += slope * distance;
    }
  }
  const sum = f64x2.add(sumLow, sumHigh);
  const product = f64x2.add(productLow, productHigh);
  f64.store(partials, f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1) + restSum);
  f64.store(partials, f64x2.extract_lane(product, 0) + f64x2.extract_lane(product, 1) + restProduct, 8);
}

/** Blocks of images and channels. */
export function channelSumsBlocks(task: usize): i32 {
  return blocksOf(task);
}

/** Two sums for each channel and each part that the images are cut into. */
export function channelSumsShared(task: usize): f64 {
  return <f64>imageParts(task) * <f64>integer(task, CHANNELS) * 16;
}

// @ts-ignore: decorator
@inline
function sumChannels(withGradient: bool, task: usize, block: i32): void {
  const allChannels = integer(task, CHANNELS);
  const area = integer(task, AREA);
  const parts = channelParts(task);
  const firstChannel = (block % parts) * channelsPerBlock(task);
  const channels = min(channelsPerBlock(task), allChannels - firstChannel);
  const part = block / parts;
  const firstImage = part * imagesPerBlock(task);
  const images = min(imagesPerBlock(task), integer(task, IMAGES) - firstImage);
  const step = <usize>(allChannels * area) << 2;
  const start = <usize>firstImage * step + (<usize>(firstChannel * area) << 2);
  let x = address(task, X) + start;
  let g = address(task, GRADIENT) + start;
  let centres = address(task, CENTRES) + (<usize>firstChannel << 2);
  let partials = address(task, PARTIALS) + (<usize>(part * allChannels + firstChannel) << 4);
  if (area == 1) {
    let channel = 0;
    for (; channel + 4 <= channels; channel += 4, x += 16, g += 16, centres += 16, partials += 64) {
      sumRows(withGradient, 4, x, g, images, step, centres, partials);
    }
    const lanes = channels - channel;
    if (lanes) sumRows(withGradient, lanes, x, g, images, step, centres, partials);
    return;
  }
  const plane = <usize>area << 2;
  for (let channel = 0; channel < channels; channel++, x += plane, g += plane, centres += 4, partials += 16) {
    sumPlanes(withGradient, x, g, images, area, step, f32.load(centres), partials);
  }
}

/**
 * With d = x − centre, the sums of d and d², or with a gradient those of g and g·d: two numbers for each channel in each
 * part of the images.
 */
export function channelSums(task: usize, block: i32): void {
  if (address(task, GRADIENT)) sumChannels(true, task, block);
  else sumChannels(false, task, block);
}

/** Blocks as those of the sums. */
export function channelMapBlocks(task: usize): i32 {
  return blocksOf(task);
}

// @ts-ignore: decorator
@inline
function mapVector(
  withGradient: bool, lanes: i32, x: usize, g: usize, out: usize,
  centre: v128, factor: v128, shift: v128, slope: v128,
): void {
  const own = madd(f32x4.sub(loadSome(x, lanes), centre), factor, shift);
  storeSome(out, withGradient ? madd(loadSome(g, lanes), slope, own) : own, lanes);
}

/** A plane of one channel. */
// @ts-ignore: decorator
@inline
function mapPlane(withGradient: bool, x: usize, g: usize, out: usize, area: i32, factors: usize, row: usize): void {
  const centre = v128.load32_splat(factors);
  const factor = v128.load32_splat(factors + row);
  const shift = v128.load32_splat(factors + 2 * row);
  const slope = v128.load32_splat(factors + 3 * row);
  const end = x + (<usize>(area & ~3) << 2);
  for (; x < end; x += 16, g += 16, out += 16) mapVector(withGradient, 4, x, g, out, centre, factor, shift, slope);
  const rest = area & 3;
  if (rest) mapVector(withGradient, rest, x, g, out, centre, factor, shift, slope);
}

/** Channels of an image that have one element each; the factors of the next kind are `row` bytes further. */
// @ts-ignore: decorator
@inline
function mapRow(withGradient: bool, x: usize, g: usize, out: usize, channels: i32, factors: usize, row: usize): void {
  for (let lanes = channels; lanes > 0; lanes -= 4, x += 16, g += 16, out += 16, factors += 16) {
    const centre = loadSome(factors, lanes);
    const factor = loadSome(factors + row, lanes);
    const shift = loadSome(factors + 2 * row, lanes);
    mapVector(withGradient, lanes, x, g, out, centre, factor, shift, loadSome(factors + 3 * row, lanes));
  }
}

// @ts-ignore: decorator
@inline
function mapImages(withGradient: bool, task: usize, block: i32): void {
  const allChannels = integer(task, CHANNELS);
  const area = integer(task, AREA);
  const parts = channelParts(task);
  const firstChannel = (block % parts) * channelsPerBlock(task);
  const channels = min(channelsPerBlock(task), allChannels - firstChannel);
  const firstImage = (block / parts) * imagesPerBlock(task);
  const lastImage = min(firstImage + imagesPerBlock(task), integer(task, IMAGES));
  const factors = address(task, FACTORS) + (<usize>firstChannel << 2);
  const row = <usize>allChannels << 2;
  const plane = <usize>area << 2;
  for (let image = firstImage; image < lastImage; image++) {
    const at = (<usize>image * allChannels + firstChannel) * plane;
    let x = address(task, X) + at;
    let g = address(task, GRADIENT) + at;
    let out = address(task, OUT) + at;
    if (area == 1) {
      mapRow(withGradient, x, g, out, channels, factors, row);
      continue;
    }
    for (let channel = 0; channel < channels; channel++, x += plane, g += plane, out += plane) {
      mapPlane(withGradient, x, g, out, area, factors + (<usize>channel << 2), row);
    }
  }
}

/**
 * out = (x − centre)·factor + shift + gradient·slope. The factors are four rows, a number for each channel: centre,
 * factor, shift, slope.
 */
export function channelMap(task: usize, block: i32): void {
  if (address(task, GRADIENT)) mapImages(true, task, block);
  else mapImages(false, task, block);
}
