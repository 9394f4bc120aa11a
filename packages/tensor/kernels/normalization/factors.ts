// What becomes of a channel: its statistics or gradients, and the factors of its map.
import {
  BatchNorm, centerAt, centersOf, centerStep, channelParts, channelsOf, firstChannel, imageParts, imageStep, partialsOf,
} from './fields';

/** By how many variances the square of an element's distance from the mean may be larger before it is far away. */
const FAR: f64 = 16;

/** The factors of a channel, for the map of map.ts. */
// @ts-ignore: decorator
@inline
function storeFactors(task: BatchNorm, channel: i32, center: f32, factor: f64, shift: f64, slope: f64): void {
  const row = <usize>task.channels << 2;
  const column = <usize>task.factors + (<usize>channel << 2);
  f32.store(column, center);
  f32.store(column + row, <f32>factor);
  f32.store(column + 2 * row, <f32>shift);
  f32.store(column + 3 * row, <f32>slope);
}

// @ts-ignore: decorator
@inline
function gammaOf(task: BatchNorm, at: usize): f64 {
  return task.gamma ? <f64>f32.load(<usize>task.gamma + at) : 1;
}

/** Mean and variance, and (x − mean)·γ/√(variance + ε) + β. */
// @ts-ignore: decorator
@inline
function normalize(task: BatchNorm, channel: i32, center: f32, sum: f64, square: f64): void {
  const at = <usize>channel << 2;
  const count = task.images * task.area;
  const offset = sum / count;
  const exactly = <f64>center + offset;
  const mean = <f32>exactly;
  const variance = max<f64>(0, square / count - offset * offset);
  f32.store(<usize>task.mean + at, mean);
  f32.store(<usize>task.variance + at, <f32>variance);
  const scale = gammaOf(task, at) / Math.sqrt(variance + task.epsilon);
  const beta: f64 = task.beta ? f32.load(<usize>task.beta + at) : 0;
  // The rest of the mean that float32 does not hold.
  const rest = <f64>mean - exactly;
  storeFactors(task, channel, mean, scale, beta + (rest == 0 ? 0 : rest * scale), 0);
}

/**
 * With σ² = variance + ε and n elements of the channel: Σg·(x − mean)/σ for γ, Σg for β, and
 * γ/σ·(g − Σg/n − (x − mean)·Σg·(x − mean)/(n·σ²)) for x (Ioffe & Szegedy, arXiv 1502.03167, section 3).
 */
// @ts-ignore: decorator
@inline
function differentiate(task: BatchNorm, channel: i32, sum: f64, product: f64): void {
  const at = <usize>channel << 2;
  const count = task.images * task.area;
  const inverse = 1 / Math.sqrt(<f64>f32.load(<usize>task.variance + at) + task.epsilon);
  f32.store(<usize>task.gammaGradient + at, <f32>(product * inverse));
  f32.store(<usize>task.betaGradient + at, <f32>sum);
  const scale = gammaOf(task, at) * inverse;
  const factor = (-scale * product * inverse * inverse) / count;
  storeFactors(task, channel, f32.load(<usize>task.mean + at), factor, (-scale * sum) / count, scale);
}

/**
 * Whether sums of short runs in single precision will not do: squares that are beyond it, or an element to take differences
 * from that is so far from the others that their variance is a small rest of two large numbers.
 */
// @ts-ignore: decorator
@inline
function isRough(task: BatchNorm, sum: f64, product: f64): bool {
  if (!isFinite(sum) || !isFinite(product)) return true;
  const count = task.images * task.area;
  const offset = sum / count;
  return !task.gradient && offset * offset > FAR * (product / count - offset * offset);
}

/** The sums of a channel all in double precision. */
function sumExactly(task: BatchNorm, channel: i32, center: f32, sum: usize, product: usize): void {
  const step = imageStep(task);
  const start = <usize>channel * <usize>task.area << 2;
  let sums: f64 = 0;
  let products: f64 = 0;
  for (let image: usize = 0; image < <usize>task.images; image++) {
    const plane = image * step + start;
    for (let at = plane; at < plane + (<usize>task.area << 2); at += 4) {
      const d = <f64>f32.load(<usize>task.x + at) - <f64>center;
      const slope = task.gradient ? <f64>f32.load(<usize>task.gradient + at) : d;
      sums += slope;
      products += slope * d;
    }
  }
  f64.store(sum, sums);
  f64.store(product, products);
}

/** One block for each part of the channels. */
export function channelFactorsBlocks(task: BatchNorm): i32 {
  return channelParts(task);
}

/** Adds so many sums in double precision to others. */
function addSums(totals: usize, sums: usize, count: i32): void {
  for (; count > 1; count -= 2, totals += 16, sums += 16) {
    v128.store(totals, f64x2.add(v128.load(totals), v128.load(sums)));
  }
  if (count) f64.store(totals, f64.load(totals) + f64.load(sums));
}

/** Adds the sums of all images, in their order, to those of the first part, and makes the factors. */
export function channelFactors(task: BatchNorm, block: i32): void {
  const first = firstChannel(task, block);
  const channels = channelsOf(task, block);
  const row = <usize>task.channels << 3;
  const start = <usize>first << 3;
  const totals = partialsOf(task, 0) + start;
  const parts = imageParts(task);
  for (let part = 1; part < parts; part++) {
    const partials = partialsOf(task, part) + start;
    addSums(totals, partials, channels);
    addSums(totals + row, partials + row, channels);
  }
  for (let i = 0; i < channels; i++) {
    const at = totals + (<usize>i << 3);
    let center = centerAt(task.gradient != 0, centersOf(task) + <usize>(first + i) * centerStep(task));
    if (isRough(task, f64.load(at), f64.load(at + row))) {
      // Better than from one element: from what is the mean, as far as it is known.
      const mean = <f32>(<f64>center + f64.load(at) / (task.images * task.area));
      if (!task.gradient && isFinite(mean)) center = mean;
      sumExactly(task, first + i, center, at, at + row);
    }
    const sum = f64.load(at);
    const product = f64.load(at + row);
    if (task.gradient) differentiate(task, first + i, sum, product);
    else normalize(task, first + i, center, sum, product);
  }
}
