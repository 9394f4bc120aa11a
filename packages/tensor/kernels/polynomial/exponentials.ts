// The exponential penalty of a group of eight vectors: e^u − 1 and its derivative e^u, where u is the excess over the limit,
// at most the cap. With v = u/2^k ≤ 1.5, e^v − 1 = v·q(v), where q has degree 6 and (by Remez exchange) a relative error of
// at most 6.7e-8; then k times e^2v − 1 = y·(y + 2) with y = e^v − 1. An error of float32 in |x| changes e^u by more than
// all this does. Nothing overflows before e^u does.
import { madd, magnitudes, splatAt } from '../simd';

// What is needed lies in memory, numbers four times each: such a load takes one instruction. q's coefficients are multiplied by
// powers of 2^−k for u, those of the highest powers first.
export const LIMIT: usize = 0;
export const CAP: usize = 16;
const DOUBLINGS: usize = 32;
const COEFFICIENTS: usize = 48;
const TERMS: usize = 7;
const LAST: usize = COEFFICIENTS + (TERMS - 1) * 16;
/** Two sums over a group, side by side. */
export const GROUP_SUMS: usize = COEFFICIENTS + TERMS * 16;
export const EXPONENTIAL_BYTES: usize = GROUP_SUMS + 32;
const LARGEST_ARGUMENT: f64 = 1.5;
const TWO: usize = memory.data<f32>([2]);
const SIGN: usize = memory.data<u32>([0x80000000]);

/** Stores k and the coefficients. */
export function storeExponential(memory: usize, cap: f64): void {
  let doublings = 0;
  let scale: f64 = 1;
  while (cap * scale > LARGEST_ARGUMENT) {
    scale /= 2;
    doublings++;
  }
  store<i32>(memory, doublings, DOUBLINGS);
  let power = scale;
  let at = memory + LAST;
  power = storeCoefficient(at, 1.0000000669530407, power, scale);
  power = storeCoefficient(at - 16, 0.4999952541930013, power, scale);
  power = storeCoefficient(at - 32, 0.16672023375832906, power, scale);
  power = storeCoefficient(at - 48, 0.04144469579753135, power, scale);
  power = storeCoefficient(at - 64, 0.008761851754485269, power, scale);
  power = storeCoefficient(at - 80, 0.0009768535977694476, power, scale);
  storeCoefficient(at - 96, 0.00038292125805232646, power, scale);
}

function storeCoefficient(at: usize, coefficient: f64, power: f64, scale: f64): f64 {
  v128.store(at, f32x4.splat(<f32>(coefficient * power)));
  return power * scale;
}

/** The excess over the limit, 0 within it and for NaN; at most the cap. */
// @ts-ignore: decorator
@inline
export function excessOf(x: v128, magnitude: v128, limit: v128, cap: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.splat(0), f32x4.sub(v128.and(x, magnitude), limit)), cap);
}

/** share·(y + 1) where the excess is not 0, with the sign of x. */
// @ts-ignore: decorator
@inline
function slopeOf(x: v128, u: v128, y: v128, share: v128, sign: v128): v128 {
  const slope = v128.and(madd(y, share, share), f32x4.gt(u, f32x4.splat(0)));
  return v128.xor(slope, v128.and(x, sign));
}

/** Adds the slopes of two vectors to their gradients. */
// @ts-ignore: decorator
@inline
function addSlopes(x: usize, out: usize, u0: v128, u1: v128, y0: v128, y1: v128, share: v128, sign: v128): void {
  const x0 = v128.load(x);
  const x1 = v128.load(x, 16);
  const before0 = v128.load(out);
  const before1 = v128.load(out, 16);
  const after0 = f32x4.add(before0, slopeOf(x0, u0, y0, share, sign));
  const after1 = f32x4.add(before1, slopeOf(x1, u1, y1, share, sign));
  v128.store(out, after0);
  v128.store(out, after1, 16);
}

/**
 * Stores the sums of e^u − 1 over every second vector and over those between; if `slopes` are wanted it adds share·e^u to the
 * gradients at `out` instead, with the signs of x.
 */
// @ts-ignore: decorator
@inline
function exponentialGroup(slopes: bool, x: usize, out: usize, share: f32, memory: usize): void {
  const magnitude = magnitudes();
  const limit = v128.load(memory, LIMIT);
  const cap = v128.load(memory, CAP);
  const u0 = excessOf(v128.load(x), magnitude, limit, cap);
  const u1 = excessOf(v128.load(x, 16), magnitude, limit, cap);
  const u2 = excessOf(v128.load(x, 32), magnitude, limit, cap);
  const u3 = excessOf(v128.load(x, 48), magnitude, limit, cap);
  const u4 = excessOf(v128.load(x, 64), magnitude, limit, cap);
  const u5 = excessOf(v128.load(x, 80), magnitude, limit, cap);
  const u6 = excessOf(v128.load(x, 96), magnitude, limit, cap);
  const u7 = excessOf(v128.load(x, 112), magnitude, limit, cap);
  let p = memory + COEFFICIENTS;
  let c = v128.load(p);
  let v0 = c;
  let v1 = c;
  let v2 = c;
  let v3 = c;
  let v4 = c;
  let v5 = c;
  let v6 = c;
  let v7 = c;
  const last = memory + LAST;
  do {
    p += 16;
    c = v128.load(p);
    v0 = madd(v0, u0, c);
    v1 = madd(v1, u1, c);
    v2 = madd(v2, u2, c);
    v3 = madd(v3, u3, c);
    v4 = madd(v4, u4, c);
    v5 = madd(v5, u5, c);
    v6 = madd(v6, u6, c);
    v7 = madd(v7, u7, c);
  } while (p < last);
  v0 = f32x4.mul(v0, u0);
  v1 = f32x4.mul(v1, u1);
  v2 = f32x4.mul(v2, u2);
  v3 = f32x4.mul(v3, u3);
  v4 = f32x4.mul(v4, u4);
  v5 = f32x4.mul(v5, u5);
  v6 = f32x4.mul(v6, u6);
  v7 = f32x4.mul(v7, u7);
  for (let i = load<i32>(memory, DOUBLINGS); i > 0; i--) {
    const two = splatAt(TWO);
    v0 = f32x4.mul(v0, f32x4.add(v0, two));
    v1 = f32x4.mul(v1, f32x4.add(v1, two));
    v2 = f32x4.mul(v2, f32x4.add(v2, two));
    v3 = f32x4.mul(v3, f32x4.add(v3, two));
    v4 = f32x4.mul(v4, f32x4.add(v4, two));
    v5 = f32x4.mul(v5, f32x4.add(v5, two));
    v6 = f32x4.mul(v6, f32x4.add(v6, two));
    v7 = f32x4.mul(v7, f32x4.add(v7, two));
  }
  if (!slopes) {
    const even = f32x4.add(f32x4.add(v0, v2), f32x4.add(v4, v6));
    const odd = f32x4.add(f32x4.add(v1, v3), f32x4.add(v5, v7));
    v128.store(memory, even, GROUP_SUMS);
    v128.store(memory, odd, GROUP_SUMS + 16);
    return;
  }
  const shares = f32x4.splat(share);
  const sign = splatAt(SIGN);
  addSlopes(x, out, u0, u1, v0, v1, shares, sign);
  addSlopes(x + 32, out + 32, u2, u3, v2, v3, shares, sign);
  addSlopes(x + 64, out + 64, u4, u5, v4, v5, shares, sign);
  addSlopes(x + 96, out + 96, u6, u7, v6, v7, shares, sign);
}

/** Stores the sums of e^u − 1 over eight vectors. */
// @ts-ignore: decorator
@inline
export function storeExponentialSums(x: usize, memory: usize): void {
  exponentialGroup(false, x, 0, 0, memory);
}

/** Adds share·e^u to the gradients of eight vectors at `out`, with their signs, where they are beyond the limit. */
// @ts-ignore: decorator
@inline
export function addExponentialSlopes(x: usize, out: usize, share: f32, memory: usize): void {
  exponentialGroup(true, x, out, share, memory);
}
