// Softmax along rows, and the cross-entropy with it. Sums of exponentials are taken in double precision.
import { exponential } from './exponential';
import { loadSome, lowerDoubles, storeSome, upperDoubles } from './simd';
import { ceilDiv } from './task';

/** Elements of a block, if a row is not longer. */
const BLOCK: i32 = 4096;

/** ln x for x ≥ 1: with x = 2^n·m and z = (m − 1)/(m + 1), n·ln 2 + 2·Σ z^(2k+1)/(2k + 1); |z| ≤ 3 − 2√2. */
function logarithm(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<u64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let mantissa = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent++;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let sum: f64 = 0;
  for (let k = 23; k >= 1; k -= 2) sum = sum * square + 2 / <f64>k;
  return <f64>exponent * 0.6931471805599453 + sum * z;
}

function largestOf(x: usize, length: i32): f32 {
  let i = 0;
  let largest: f32 = -Infinity;
  if (length >= 4) {
    let vector = v128.load(x);
    for (i = 4; i + 4 <= length; i += 4) vector = f32x4.max(vector, v128.load(x + (<usize>i << 2)));
    largest = max(
      max(f32x4.extract_lane(vector, 0), f32x4.extract_lane(vector, 1)),
      max(f32x4.extract_lane(vector, 2), f32x4.extract_lane(vector, 3)),
    );
  }
  for (; i < length; i++) largest = max(largest, f32.load(x + (<usize>i << 2)));
  return largest;
}

// @ts-ignore: decorator
@inline
function added(sums: v128, values: v128): v128 {
  return f64x2.add(sums, f64x2.add(lowerDoubles(values), upperDoubles(values)));
}

/** Writes exp(x − largest) where `out` is not 0, and returns the sum. */
function exponentials(x: usize, out: usize, length: i32, largest: f32): f64 {
  const origin = f32x4.splat(largest);
  let sums = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const values = exponential(f32x4.sub(v128.load(x + (<usize>i << 2)), origin));
    sums = added(sums, values);
    if (out) v128.store(out + (<usize>i << 2), values);
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  const rest = length - i;
  if (rest > 0) {
    const values = exponential(f32x4.sub(loadSome(x + (<usize>i << 2), rest), origin));
    sum += f32x4.extract_lane(values, 0);
    if (rest > 1) sum += f32x4.extract_lane(values, 1);
    if (rest > 2) sum += f32x4.extract_lane(values, 2);
    if (out) storeSome(out + (<usize>i << 2), values, rest);
  }
  return sum;
}

/** out = (x − origin)·factor − offset; x may be out. */
function mapRow(x: usize, out: usize, length: i32, origin: f32, factor: f32, offset: f32): void {
  const origins = f32x4.splat(origin);
  const factors = f32x4.splat(factor);
  const offsets = f32x4.splat(offset);
  for (let i = 0; i < length; i += 4) {
    const at = <usize>i << 2;
    const values = loadSome(x + at, length - i);
    storeSome(out + at, f32x4.sub(f32x4.mul(f32x4.sub(values, origins), factors), offsets), length - i);
  }
}

// @ts-ignore: decorator
@inline
function rowsPerBlock(length: i32): i32 {
  return max(1, BLOCK / max(1, length));
}

// @ts-ignore: decorator
@inline
function blocksOf(rows: i32, length: i32): i32 {
  return ceilDiv(rows, rowsPerBlock(length));
}

@unmanaged
export class Softmax {
  x: f64;
  out: f64;
  /** The number of rows, and of elements in each. */
  rows: f64;
  length: f64;
  /** Whether the logarithm is wanted. */
  logarithmic: f64;
}

/** Blocks of whole rows. */
export function softmaxBlocks(fields: Softmax): i32 {
  return blocksOf(<i32>fields.rows, <i32>fields.length);
}

/** The softmax of every row, or its logarithm. */
export function softmax(fields: Softmax, block: i32): void {
  const length = <i32>fields.length;
  const logarithmic = <i32>fields.logarithmic;
  const rows = rowsPerBlock(length);
  const end = min((block + 1) * rows, <i32>fields.rows);
  for (let row = block * rows; row < end; row++) {
    const at = (<usize>row * length) << 2;
    const x = <usize>fields.x + at;
    const out = <usize>fields.out + at;
    const largest = largestOf(x, length);
    const sum = exponentials(x, logarithmic ? 0 : out, length, largest);
    if (logarithmic) mapRow(x, out, length, largest, 1, <f32>logarithm(sum));
    else mapRow(out, out, length, 0, <f32>(1 / sum), 0);
  }
}

@unmanaged
export class CrossEntropy {
  logits: f64;
  /** Of type int32. */
  labels: f64;
  losses: f64;
  softmax: f64;
  /** The number of rows, and of elements in each. */
  rows: f64;
  length: f64;
  labelSmoothing: f64;
}

/** Blocks of whole rows. */
export function crossEntropyBlocks(fields: CrossEntropy): i32 {
  return blocksOf(<i32>fields.rows, <i32>fields.length);
}

/** The loss of every row, and its softmax. */
export function crossEntropy(fields: CrossEntropy, block: i32): void {
  const length = <i32>fields.length;
  const smoothing = fields.labelSmoothing;
  const rows = rowsPerBlock(length);
  const end = min((block + 1) * rows, <i32>fields.rows);
  for (let row = block * rows; row < end; row++) {
    const at = (<usize>row * length) << 2;
    const x = <usize>fields.logits + at;
    const shares = <usize>fields.softmax + at;
    const label = load<i32>(<usize>fields.labels + (<usize>row << 2));
    const largest = largestOf(x, length);
    const sum = exponentials(x, shares, length, largest);
    mapRow(shares, shares, length, 0, <f32>(1 / sum), 0);
    // Differences first: the logarithm would be lost beside large logits.
    const origin = <f64>largest;
    const logarithmOfSum = logarithm(sum);
    let loss = logarithmOfSum - (<f64>f32.load(x + (<usize>label << 2)) - origin);
    if (smoothing != 0) {
      let total: f64 = 0;
      for (let i = 0; i < length; i++) total += logarithmOfSum - (<f64>f32.load(x + (<usize>i << 2)) - origin);
      // 0 times the loss of an impossible class would be NaN.
      loss = (smoothing == 1 ? 0 : (1 - smoothing) * loss) + (smoothing * total) / length;
    }
    f32.store(<usize>fields.losses + (<usize>row << 2), <f32>loss);
  }
}

@unmanaged
export class CrossEntropyGradient {
  /** That of the losses. */
  gradient: f64;
  softmax: f64;
  /** Of type int32. */
  labels: f64;
  /** The gradient of the logits. */
  out: f64;
  /** The number of rows, and of elements in each. */
  rows: f64;
  length: f64;
  labelSmoothing: f64;
}

/** Blocks of whole rows. */
export function crossEntropyGradientBlocks(fields: CrossEntropyGradient): i32 {
  return blocksOf(<i32>fields.rows, <i32>fields.length);
}

/** The gradient of the logits of every row. */
export function crossEntropyGradient(fields: CrossEntropyGradient, block: i32): void {
  const length = <i32>fields.length;
  const smoothing = fields.labelSmoothing;
  const everywhere = smoothing / length;
  const rows = rowsPerBlock(length);
  const end = min((block + 1) * rows, <i32>fields.rows);
  for (let row = block * rows; row < end; row++) {
    const at = (<usize>row * length) << 2;
    const shares = <usize>fields.softmax + at;
    const out = <usize>fields.out + at;
    const slope = f32.load(<usize>fields.gradient + (<usize>row << 2));
    mapRow(shares, out, length, <f32>everywhere, slope, 0);
    const label = <usize>load<i32>(<usize>fields.labels + (<usize>row << 2)) << 2;
    const share = <f64>f32.load(shares + label);
    f32.store(out + label, <f32>(<f64>slope * (share - (everywhere + (1 - smoothing)))));
  }
}
