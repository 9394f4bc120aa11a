// Slopes and sums of powers at once, for groups of four vectors: Horner's method for the slopes and the powers for the sums
// hide each other's latency, and both fit in the registers.
import { madd } from '../simd';
import { CHUNK } from './activation';
import { finish, LARGEST, largest, REST, SCALE, SLOPE_LINE, VALUE, variableOf } from './group';

/** Elements of a group. */
export const POWER_GROUP: i32 = 16;
const BYTES: usize = 64;

/** Adds Σ w to the sum. */
// @ts-ignore: decorator
@inline
function addGroup(sum: usize, w0: v128, w1: v128, w2: v128, w3: v128): void {
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3))));
}

// @ts-ignore: decorator
@inline
function weightOf(result: i32, gradient: v128, x: v128): v128 {
  return result == VALUE ? f32x4.mul(gradient, x) : gradient;
}

/** Puts sums of float32 to those in double precision, two for each, and starts them again from 0. */
function flush(sums: usize, end: usize, totals: usize): void {
  for (; sums < end; sums += 16, totals += 16) {
    const values = v128.load(sums);
    const pairs = f64x2.add(
      f64x2.promote_low_f32x4(values),
      f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3)),
    );
    v128.store(totals, f64x2.add(v128.load(totals), pairs));
    v128.store(sums, f32x4.splat(0));
  }
}

/**
 * `finish` for v, the polynomial in s with the coefficients from `first` to `last`, together with the sums of w·s^k, one
 * more than there are coefficients. The weight w is the gradient, for VALUE the gradient times x. With SLOPE_LINE the last
 * sum is that of gradient·x. The totals of the sums go to `totals`. `short` says that there is only one coefficient.
 */
// @ts-ignore: decorator
@inline
export function slopesAndPowers(
  variable: i32, result: i32, short: bool, constants: usize, first: usize, last: usize,
  x: usize, gradient: usize, out: usize, groups: i32, sums: usize, sumsEnd: usize, totals: usize,
): void {
  const end = x + <usize>groups * BYTES;
  while (x < end) {
    const chunkEnd = min(end, x + (<usize>CHUNK << 2));
    for (; x < chunkEnd; x += BYTES, gradient += BYTES, out += BYTES) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const x2 = v128.load(x, 32);
      const x3 = v128.load(x, 48);
      const sizes = i32x4.max_s(i32x4.max_s(largest(x0, x1), largest(x2, x3)), v128.load(constants, LARGEST));
      v128.store(constants, sizes, LARGEST);
      const scale = v128.load32_splat(constants, SCALE);
      const s0 = variableOf(variable, x0, scale);
      const s1 = variableOf(variable, x1, scale);
      const s2 = variableOf(variable, x2, scale);
      const s3 = variableOf(variable, x3, scale);
      const g0 = v128.load(gradient);
      const g1 = v128.load(gradient, 16);
      const g2 = v128.load(gradient, 32);
      const g3 = v128.load(gradient, 48);
      let w0 = weightOf(result, g0, x0);
      let w1 = weightOf(result, g1, x1);
      let w2 = weightOf(result, g2, x2);
      let w3 = weightOf(result, g3, x3);
      addGroup(sums, w0, w1, w2, w3);
      w0 = f32x4.mul(w0, s0);
      w1 = f32x4.mul(w1, s1);
      w2 = f32x4.mul(w2, s2);
      w3 = f32x4.mul(w3, s3);
      addGroup(sums + 16, w0, w1, w2, w3);
      let p = last;
      let c = v128.load32_splat(p);
      let v0 = c;
      let v1 = c;
      let v2 = c;
      let v3 = c;
      if (!short && p > first) {
        let sum = sums + 32;
        do {
          p -= 4;
          c = v128.load32_splat(p);
          v0 = madd(v0, s0, c);
          v1 = madd(v1, s1, c);
          v2 = madd(v2, s2, c);
          v3 = madd(v3, s3, c);
          w0 = f32x4.mul(w0, s0);
          w1 = f32x4.mul(w1, s1);
          w2 = f32x4.mul(w2, s2);
          w3 = f32x4.mul(w3, s3);
          addGroup(sum, w0, w1, w2, w3);
          sum += 16;
        } while (p > first);
      }
      const rest = v128.load32_splat(constants, REST);
      const y0 = short ? x0 : v128.load(x);
      const y1 = short ? x1 : v128.load(x, 16);
      const y2 = short ? x2 : v128.load(x, 32);
      const y3 = short ? x3 : v128.load(x, 48);
      const h0 = short ? g0 : v128.load(gradient);
      const h1 = short ? g1 : v128.load(gradient, 16);
      const h2 = short ? g2 : v128.load(gradient, 32);
      const h3 = short ? g3 : v128.load(gradient, 48);
      finish(result, v0, y0, h0, out, rest);
      finish(result, v1, y1, h1, out + 16, rest);
      finish(result, v2, y2, h2, out + 32, rest);
      finish(result, v3, y3, h3, out + 48, rest);
      if (result == SLOPE_LINE) {
        const low = madd(y1, h1, f32x4.mul(y0, h0));
        const high = madd(y3, h3, f32x4.mul(y2, h2));
        v128.store(sumsEnd - 16, f32x4.add(v128.load(sumsEnd - 16), f32x4.add(low, high)));
      }
    }
    flush(sums, sumsEnd, totals);
  }
}
