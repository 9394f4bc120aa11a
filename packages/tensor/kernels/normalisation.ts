// Batch normalisation. The statistics of a channel are sums in double precision over blocks of its elements; both
// directions end in one affine map of (x − centre) and of the gradient, whose factors the caller computes from the sums.
import { loadSome, madd, storeSome } from './simd';
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

/** Channels that a block has: four where they are neighbours in memory, so that they share vectors. */
// @ts-ignore: decorator
@inline
function channelsPerBlock(task: usize): i32 {
  return integer(task, AREA) == 1 ? 4 : 1;
}

// @ts-ignore: decorator
@inline
function imagesPerBlock(task: usize): i32 {
  return max(1, BLOCK / max(1, integer(task, AREA) * channelsPerBlock(task)));
}

// @ts-ignore: decorator
@inline
function blocksPerChannel(task: usize): i32 {
  return ceilDiv(integer(task, IMAGES), imagesPerBlock(task));
}

function blocksOf(task: usize): i32 {
  return ceilDiv(integer(task, CHANNELS), channelsPerBlock(task)) * blocksPerChannel(task);
}

// @ts-ignore: decorator
@inline
function high(values: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3));
}

/** Two numbers in double precision. */
// @ts-ignore: decorator
@inline
function pairAt(from: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(from));
}

/** Stores Σd and Σd², or Σg and Σg·d, for each of up to four channels. */
function storeSums(partials: usize, step: usize, lanes: i32, sumLow: v128, sumHigh: v128, low: v128, upper: v128): void {
  v128.store(partials, v128.shuffle<f64>(sumLow, low, 0, 2));
  if (lanes > 1) v128.store(partials + step, v128.shuffle<f64>(sumLow, low, 1, 3));
  if (lanes > 2) v128.store(partials + 2 * step, v128.shuffle<f64>(sumHigh, upper, 0, 2));
  if (lanes > 3) v128.store(partials + 3 * step, v128.shuffle<f64>(sumHigh, upper, 1, 3));
}

/** The sums of up to four channels whose elements are neighbours: `step` bytes from one image to the next. */
// @ts-ignore: decorator
@inline
function sumRows(
  withGradient: bool, lanes: i32, x: usize, g: usize, images: i32, step: usize, centre: v128,
  partials: usize, partialStep: usize,
): void {
  const centreLow = f64x2.promote_low_f32x4(centre);
  const centreHigh = high(centre);
  let sumLow = f64x2.splat(0);
  let sumHigh = sumLow;
  let productLow = sumLow;
  let productHigh = sumLow;
  for (let image = 0; image < images; image++, x += step, g += step) {
    const values = loadSome(x, lanes);
    const low = f64x2.sub(f64x2.promote_low_f32x4(values), centreLow);
    const upper = f64x2.sub(high(values), centreHigh);
    const slopes = withGradient ? loadSome(g, lanes) : values;
    const slopeLow = withGradient ? f64x2.promote_low_f32x4(slopes) : low;
    const slopeHigh = withGradient ? high(slopes) : upper;
    sumLow = f64x2.add(sumLow, slopeLow);
    sumHigh = f64x2.add(sumHigh, slopeHigh);
    productLow = f64x2.add(productLow, f64x2.mul(slopeLow, low));
    productHigh = f64x2.add(productHigh, f64x2.mul(slopeHigh, upper));
  }
  storeSums(partials, partialStep, lanes, sumLow, sumHigh, productLow, productHigh);
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

export function channelSumsBlocks(task: usize): i32 {
  return blocksOf(task);
}

/**
 * With d = x − centre, the sums of d and d², or with a gradient those of g and g·d: two numbers for each block, those
 * of a channel after each other.
 */
export function channelSums(task: usize, block: i32): void {
  const channels = integer(task, CHANNELS);
  const area = integer(task, AREA);
  const blocks = blocksPerChannel(task);
  const channel = (block / blocks) * channelsPerBlock(task);
  const firstImage = (block % blocks) * imagesPerBlock(task);
  const images = min(imagesPerBlock(task), integer(task, IMAGES) - firstImage);
  const step = <usize>(channels * area) << 2;
  const plane = <usize>firstImage * step + (<usize>(channel * area) << 2);
  const gradients = address(task, GRADIENT);
  const centres = address(task, CENTRES) + (<usize>channel << 2);
  const partials = address(task, PARTIALS) + (<usize>(channel * blocks + (block % blocks)) << 4);
  const x = address(task, X) + plane;
  const g = gradients + plane;
  if (area > 1) {
    const centre = f32.load(centres);
    if (gradients) sumPlanes(true, x, g, images, area, step, centre, partials);
    else sumPlanes(false, x, 0, images, area, step, centre, partials);
    return;
  }
  const lanes = min(4, channels - channel);
  const centre = loadSome(centres, lanes);
  const next = <usize>blocks << 4;
  if (lanes == 4) {
    if (gradients) sumRows(true, 4, x, g, images, step, centre, partials, next);
    else sumRows(false, 4, x, 0, images, step, centre, partials, next);
  } else if (gradients) sumRows(true, lanes, x, g, images, step, centre, partials, next);
  else sumRows(false, lanes, x, 0, images, step, centre, partials, next);
}

// @ts-ignore: decorator
@inline
function mapped(x: v128, g: v128, centre: v128, factor: v128, shift: v128, slope: v128): v128 {
  return madd(g, slope, madd(f32x4.sub(x, centre), factor, shift));
}

export function channelMapBlocks(task: usize): i32 {
  return blocksOf(task);
}

/**
 * out = (x − centre)·factor + shift + gradient·slope. The factors are four rows, a number for each channel: centre,
 * factor, shift, slope.
 */
export function channelMap(task: usize, block: i32): void {
  const channels = integer(task, CHANNELS);
  const area = integer(task, AREA);
  const blocks = blocksPerChannel(task);
  const channel = (block / blocks) * channelsPerBlock(task);
  const images = imagesPerBlock(task);
  const firstImage = (block % blocks) * images;
  const lastImage = min(firstImage + images, integer(task, IMAGES));
  const gradients = address(task, GRADIENT);
  const row = <usize>channels << 2;
  const factors = address(task, FACTORS) + (<usize>channel << 2);
  const lanes = area == 1 ? min(4, channels - channel) : 4;
  let centre: v128;
  let factor: v128;
  let shift: v128;
  let slope: v128;
  if (area == 1) {
    centre = loadSome(factors, lanes);
    factor = loadSome(factors + row, lanes);
    shift = loadSome(factors + 2 * row, lanes);
    slope = loadSome(factors + 3 * row, lanes);
  } else {
    centre = v128.load32_splat(factors);
    factor = v128.load32_splat(factors + row);
    shift = v128.load32_splat(factors + 2 * row);
    slope = v128.load32_splat(factors + 3 * row);
  }
  for (let image = firstImage; image < lastImage; image++) {
    const plane = (<usize>image * channels + channel) * area;
    let x = address(task, X) + (plane << 2);
    let out = address(task, OUT) + (plane << 2);
    let g = gradients + (plane << 2);
    const run = area == 1 ? lanes : area;
    const end = x + (<usize>(run & ~3) << 2);
    if (gradients) {
      for (; x < end; x += 16, out += 16, g += 16) {
        v128.store(out, mapped(v128.load(x), v128.load(g), centre, factor, shift, slope));
      }
    } else {
      for (; x < end; x += 16, out += 16) {
        v128.store(out, madd(f32x4.sub(v128.load(x), centre), factor, shift));
      }
    }
    const rest = run & 3;
    if (rest > 0) {
      const values = loadSome(x, rest);
      const mappedValues = gradients
        ? mapped(values, loadSome(g, rest), centre, factor, shift, slope)
        : madd(f32x4.sub(values, centre), factor, shift);
      storeSome(out, mappedValues, rest);
    }
  }
}
