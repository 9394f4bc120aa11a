// With d = x − center the sums of d and d², or with a gradient those of g and g·d. Up to eight numbers are added in single
// precision, everything else in double precision.
import { loadSome, lowerDoubles, madd, pairBytes, upperDoubles } from '../simd';
import {
  BatchNorm, blocksOf, centerAt, centersOf, centerStep, channelParts, channelsOf, firstChannel, firstOffset, imageParts, imageStep,
  imagesOf, partialsOf,
} from './fields';

/** Vectors that are added before they are added to the sums in double precision. */
const RUN: i32 = 8;

/** Two numbers in double precision. */
// @ts-ignore: decorator
@inline
function doublesAt(at: usize): v128 {
  return lowerDoubles(v128.load64_zero(at));
}

/** Adds a vector to up to four sums in double precision. */
// @ts-ignore: decorator
@inline
function addTo(sums: usize, values: v128, lanes: i32): void {
  if (lanes == 1) f64.store(sums, f64.load(sums) + <f64>f32x4.extract_lane(values, 0));
  else v128.store(sums, f64x2.add(v128.load(sums), lowerDoubles(values)));
  if (lanes == 3) f64.store(sums, f64.load(sums, 16) + <f64>f32x4.extract_lane(values, 2), 16);
  if (lanes > 3) v128.store(sums, f64x2.add(v128.load(sums, 16), upperDoubles(values)), 16);
}

/** The centers of channels that follow each other, as `centerAt` has them. */
// @ts-ignore: decorator
@inline
function centersIn(withGradient: bool, values: v128): v128 {
  return withGradient ? values : v128.and(values, f32x4.lt(f32x4.abs(values), f32x4.splat(Infinity)));
}

/** Adds eight numbers to as many sums in double precision. */
// @ts-ignore: decorator
@inline
function addEight(sums: usize, values: usize): void {
  v128.store(sums, f64x2.add(v128.load(sums), doublesAt(values)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), doublesAt(values + 8)), 16);
  v128.store(sums, f64x2.add(v128.load(sums, 32), doublesAt(values + 16)), 32);
  v128.store(sums, f64x2.add(v128.load(sums, 48), doublesAt(values + 24)), 48);
}

/** A run of images for up to four channels of one element each; `row` bytes of sums lie before those of products. */
// @ts-ignore: decorator
@inline
function sumColumns(
  withGradient: bool, lanes: i32, x: usize, g: usize, images: i32, step: usize, centers: usize, sums: usize, row: usize,
): void {
  const center = centersIn(withGradient, loadSome(centers, lanes));
  let sum = f32x4.splat(0);
  let product = sum;
  for (; images > 0; images--, x += step, g += step) {
    const d = f32x4.sub(loadSome(x, lanes), center);
    const slope = withGradient ? loadSome(g, lanes) : d;
    sum = f32x4.add(sum, slope);
    product = madd(slope, d, product);
  }
  addTo(sums, sum, lanes);
  addTo(sums + row, product, lanes);
}

/** The same for eight channels, whose vectors and sums lie side by side, so that V8 can join them; `pair` is of 64 bytes. */
// @ts-ignore: decorator
@inline
function sumEight(
  withGradient: bool, x: usize, g: usize, images: i32, step: usize, centers: usize, sums: usize, row: usize, pair: usize,
): void {
  const products = pair + pairBytes();
  const center0 = centersIn(withGradient, v128.load(centers));
  const center1 = centersIn(withGradient, v128.load(centers, 16));
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let product0 = sum0;
  let product1 = sum0;
  for (; images > 0; images--, x += step, g += step) {
    const d0 = f32x4.sub(v128.load(x), center0);
    const d1 = f32x4.sub(v128.load(x, 16), center1);
    const slope0 = withGradient ? v128.load(g) : d0;
    const slope1 = withGradient ? v128.load(g, 16) : d1;
    sum0 = f32x4.add(sum0, slope0);
    sum1 = f32x4.add(sum1, slope1);
    product0 = madd(slope0, d0, product0);
    product1 = madd(slope1, d1, product1);
  }
  v128.store(pair, sum0);
  v128.store(pair, sum1, 16);
  v128.store(products, product0);
  v128.store(products, product1, 16);
  addEight(sums, pair);
  addEight(sums + row, products);
}

/** Images whose channels have one element each; those of a run before those of the next. */
// @ts-ignore: decorator
@inline
function sumRows(
  withGradient: bool, x: usize, g: usize, images: i32, channels: i32, step: usize, centers: usize, sums: usize, row: usize, pair: usize,
): void {
  for (; images > 0; images -= RUN, x += RUN * step, g += RUN * step) {
    const count = min(images, RUN);
    let c = 0;
    for (; c + 8 <= channels; c += 8) {
      const at = <usize>c << 2;
      sumEight(withGradient, x + at, g + at, count, step, centers + at, sums + 2 * at, row, pair);
    }
    while (c < channels) {
      const at = <usize>c << 2;
      const lanes = min(channels - c, 4);
      if (lanes == 4) sumColumns(withGradient, 4, x + at, g + at, count, step, centers + at, sums + 2 * at, row);
      else sumColumns(withGradient, lanes, x + at, g + at, count, step, centers + at, sums + 2 * at, row);
      c += lanes;
    }
  }
}

/** Adds two vectors to two sums in double precision. */
// @ts-ignore: decorator
@inline
function addPair(total: v128, pair: usize): v128 {
  const low = f64x2.add(doublesAt(pair), doublesAt(pair + 16));
  return f64x2.add(total, f64x2.add(low, f64x2.add(doublesAt(pair + 8), doublesAt(pair + 24))));
}

/** Adds a plane of one channel to its sums. Every second vector and those between are summed apart, side by side at `pair`. */
// @ts-ignore: decorator
@inline
function sumPlane(
  withGradient: bool, x: usize, g: usize, area: i32, center: f32, sum: usize, product: usize, pair: usize,
): void {
  const centers = f32x4.splat(center);
  const products = pair + pairBytes();
  let total = f64x2.splat(0);
  let square = total;
  const end = x + (<usize>(area & ~7) << 2);
  while (x < end) {
    const runEnd = min(end, x + (<usize>RUN << 5));
    let sumEven = f32x4.splat(0);
    let sumOdd = sumEven;
    let productEven = sumEven;
    let productOdd = sumEven;
    for (; x < runEnd; x += 32, g += 32) {
      const dEven = f32x4.sub(v128.load(x), centers);
      const dOdd = f32x4.sub(v128.load(x, 16), centers);
      const slopeEven = withGradient ? v128.load(g) : dEven;
      const slopeOdd = withGradient ? v128.load(g, 16) : dOdd;
      sumEven = f32x4.add(sumEven, slopeEven);
      sumOdd = f32x4.add(sumOdd, slopeOdd);
      productEven = madd(slopeEven, dEven, productEven);
      productOdd = madd(slopeOdd, dOdd, productOdd);
    }
    v128.store(pair, sumEven);
    v128.store(pair, sumOdd, 16);
    v128.store(products, productEven);
    v128.store(products, productOdd, 16);
    total = addPair(total, pair);
    square = addPair(square, products);
  }
  if (area & 4) {
    const d = f32x4.sub(v128.load(x), centers);
    const slope = withGradient ? v128.load(g) : d;
    const squares = f32x4.mul(slope, d);
    total = f64x2.add(total, f64x2.add(lowerDoubles(slope), upperDoubles(slope)));
    square = f64x2.add(square, f64x2.add(lowerDoubles(squares), upperDoubles(squares)));
    x += 16;
    g += 16;
  }
  let sums = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  let squares = f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1);
  for (let i = area & 3; i > 0; i--, x += 4, g += 4) {
    const d = <f64>f32.load(x) - <f64>center;
    const slope = withGradient ? <f64>f32.load(g) : d;
    sums += slope;
    squares += slope * d;
  }
  f64.store(sum, f64.load(sum) + sums);
  f64.store(product, f64.load(product) + squares);
}

// @ts-ignore: decorator
@inline
function sumBlock(withGradient: bool, fields: BatchNorm, block: i32, scratch: usize): void {
  const channelPart = block % channelParts(fields);
  const imagePart = block / channelParts(fields);
  const area = <i32>fields.area;
  const start = firstChannel(fields, channelPart);
  const channels = channelsOf(fields, channelPart);
  const row = <usize>fields.channels << 3;
  const sums = partialsOf(fields, imagePart) + (<usize>start << 3);
  memory.fill(sums, 0, <usize>channels << 3);
  memory.fill(sums + row, 0, <usize>channels << 3);
  const offset = firstOffset(fields, imagePart, channelPart);
  let x = <usize>fields.x + offset;
  let g = <usize>fields.gradient + offset;
  let images = imagesOf(fields, imagePart);
  const step = imageStep(fields);
  const centerDistance = centerStep(fields);
  const centers = centersOf(fields) + <usize>start * centerDistance;
  if (area == 1) {
    sumRows(withGradient, x, g, images, channels, step, centers, sums, row, scratch);
    return;
  }
  const plane = <usize>area << 2;
  for (; images > 0; images--, x += step, g += step) {
    let at: usize = 0;
    for (let c = 0; c < channels; c++, at += plane) {
      const sum = sums + (<usize>c << 3);
      const center = centerAt(withGradient, centers + <usize>c * centerDistance);
      sumPlane(withGradient, x + at, g + at, area, center, sum, sum + row, scratch);
    }
  }
}

/** See fields.ts. */
export function channelSumsBlocks(fields: BatchNorm): i32 {
  return blocksOf(fields);
}

/** The sums of all parts of the images. */
export function channelSumsShared(fields: BatchNorm): f64 {
  return <f64>imageParts(fields) * fields.channels * 16;
}

/** Two pairs of vectors. */
export function channelSumsScratch(_fields: BatchNorm): usize {
  return 64;
}

/** Two sums for each channel of a block. */
export function channelSums(fields: BatchNorm, block: i32, scratch: usize): void {
  if (fields.gradient) sumBlock(true, fields, block, scratch);
  else sumBlock(false, fields, block, scratch);
}
