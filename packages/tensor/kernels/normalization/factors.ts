// What becomes of a channel: its statistics or gradients, and the factors of its map.
import {
  BatchNorm, centerAt, centersOf, centerStep, channelParts, channelsOf, firstChannel, imageParts, imageStep, partialsOf,
} from './fields';

/** By how many variances the square of an element's distance from the mean may be larger before it is far away. */
const FAR: f64 = 16;

/** The factors of a channel, for the map of map.ts. */
// @ts-ignore: decorator
@inline
function storeFactors(fields: BatchNorm, channel: i32, center: f32, factor: f64, shift: f64, slope: f64): void {
  const row = <usize>fields.channels << 2;
  const column = <usize>fields.factors + (<usize>channel << 2);
  f32.store(column, center);
  f32.store(column + row, <f32>factor);
  f32.store(column + 2 * row, <f32>shift);
  f32.store(column + 3 * row, <f32>slope);
}

// @ts-ignore: decorator
@inline
function gammaOf(fields: BatchNorm, at: usize): f64 {
  return fields.gamma ? <f64>f32.load(<usize>fields.gamma + at) : 1;
}

/** Mean and variance, and (x − mean)·γ/√(variance + ε) + β. */
// @ts-ignore: decorator
@inline
function normalize(fields: BatchNorm, channel: i32, center: f32, sum: f64, square: f64): void {
  const at = <usize>channel << 2;
  const count = fields.images * fields.area;
  const offset = sum / count;
  const exactly = <f64>center + offset;
  const mean = <f32>exactly;
  const variance = max<f64>(0, square / count - offset * offset);
  f32.store(<usize>fields.mean + at, mean);
  f32.store(<usize>fields.variance + at, <f32>variance);
  const scale = gammaOf(fields, at) / Math.sqrt(variance + fields.epsilon);
  const beta: f64 = fields.beta ? f32.load(<usize>fields.beta + at) : 0;
  // The rest of the mean that float32 does not hold.
  const rest = <f64>mean - exactly;
  storeFactors(fields, channel, mean, scale, beta + (rest == 0 ? 0 : rest * scale), 0);
}

/**
 * With σ² = variance + ε and n elements of the channel: Σg·(x − mean)/σ for γ, Σg for β, and
 * γ/σ·(g − Σg/n − (x − mean)·Σg·(x − mean)/(n·σ²)) for x (Ioffe & Szegedy, arXiv 1502.03167, section 3).
 */
// @ts-ignore: decorator
@inline
function differentiate(fields: BatchNorm, channel: i32, sum: f64, product: f64): void {
  const at = <usize>channel << 2;
  const count = fields.images * fields.area;
  const inverse = 1 / Math.sqrt(<f64>f32.load(<usize>fields.variance + at) + fields.epsilon);
  f32.store(<usize>fields.gammaGradient + at, <f32>(product * inverse));
  f32.store(<usize>fields.betaGradient + at, <f32>sum);
  const scale = gammaOf(fields, at) * inverse;
  const factor = (-scale * product * inverse * inverse) / count;
  storeFactors(fields, channel, f32.load(<usize>fields.mean + at), factor, (-scale * sum) / count, scale);
}

/**
 * Whether sums of short runs in single precision will not do: squares that are beyond it, or an element to take differences
 * from that is so far from the others that their variance is a small rest of two large numbers.
 */
// @ts-ignore: decorator
@inline
function isRough(fields: BatchNorm, sum: f64, product: f64): bool {
  if (!isFinite(sum) || !isFinite(product)) return true;
  const count = fields.images * fields.area;
  const offset = sum / count;
  return !fields.gradient && offset * offset > FAR * (product / count - offset * offset);
}

/** The sums of a channel all in double precision. */
function sumExactly(fields: BatchNorm, channel: i32, center: f32, sum: usize, product: usize): void {
  const step = imageStep(fields);
  const start = <usize>channel * <usize>fields.area << 2;
  let sums: f64 = 0;
  let products: f64 = 0;
  for (let image: usize = 0; image < <usize>fields.images; image++) {
    const plane = image * step + start;
    for (let at = plane; at < plane + (<usize>fields.area << 2); at += 4) {
      const d = <f64>f32.load(<usize>fields.x + at) - <f64>center;
      const slope = fields.gradient ? <f64>f32.load(<usize>fields.gradient + at) : d;
      sums += slope;
      products += slope * d;
    }
  }
  f64.store(sum, sums);
  f64.store(product, products);
}

/** One block for each part of the channels. */
export function channelFactorsBlocks(fields: BatchNorm): i32 {
  return channelParts(fields);
}

/** Adds so many sums in double precision to others. */
function addSums(totals: usize, sums: usize, count: i32): void {
  for (; count > 1; count -= 2, totals += 16, sums += 16) {
    v128.store(totals, f64x2.add(v128.load(totals), v128.load(sums)));
  }
  if (count) f64.store(totals, f64.load(totals) + f64.load(sums));
}

/** Adds the sums of all images, in their order, to those of the first part, and makes the factors. */
export function channelFactors(fields: BatchNorm, block: i32): void {
  const first = firstChannel(fields, block);
  const channels = channelsOf(fields, block);
  const row = <usize>fields.channels << 3;
  const start = <usize>first << 3;
  const totals = partialsOf(fields, 0) + start;
  const parts = imageParts(fields);
  for (let part = 1; part < parts; part++) {
    const partials = partialsOf(fields, part) + start;
    addSums(totals, partials, channels);
    addSums(totals + row, partials + row, channels);
  }
  for (let i = 0; i < channels; i++) {
    const at = totals + (<usize>i << 3);
    let center = centerAt(fields.gradient != 0, centersOf(fields) + <usize>(first + i) * centerStep(fields));
    if (isRough(fields, f64.load(at), f64.load(at + row))) {
      // Better than from one element: from what is the mean, as far as it is known.
      const mean = <f32>(<f64>center + f64.load(at) / (fields.images * fields.area));
      if (!fields.gradient && isFinite(mean)) center = mean;
      sumExactly(fields, first + i, center, at, at + row);
    }
    const sum = f64.load(at);
    const product = f64.load(at + row);
    if (fields.gradient) differentiate(fields, first + i, sum, product);
    else normalize(fields, first + i, center, sum, product);
  }
}
