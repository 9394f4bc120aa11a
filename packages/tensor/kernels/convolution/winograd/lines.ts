// The transforms of F(4×4, 3×3), which makes 16 outputs of a 3×3 correlation from 36 products instead of 144:
//
//   Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms for convolutional neural
// networks", 2016.) Row p of Bᵀ, G and A evaluates polynomials at the point p of 0, ±a, ±b, ∞:
//
//   Bᵀ: the coefficients of Π(x − q) over the other points q;  G: (1, p, p²) / Π(p − q);  A: (1, p, p², p³)
//
// The points decide the rounding error: a = 3/4, b = 3/2 halve the usual one of a = 1, b = 2 (that of the direct sum is
// doubled by the former and more than quadrupled by the latter; compare Barabasz et al., "Error analysis and improving
// the accuracy of Winograd convolution for deep neural networks", 2020), and all coefficients but those of G are exact.
//
// Here is one dimension of them, four lines at a time, a tile in each lane of the vectors. A result goes to places `step`
// bytes apart.
import { madd, storeColumns } from '../../simd';

const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A * A * A;
const B3: f32 = B * B * B;
/** 1 / Π(p − q) of the points 0, ±a, ±b. */
const SHARE_0: f32 = 1 / (A2 * B2);
const SHARE_A: f32 = 1 / (2 * A2 * (A2 - B2));
const SHARE_B: f32 = 1 / (2 * B2 * (B2 - A2));

/** One line of Bᵀ d. */
// @ts-ignore: decorator
@inline
export function inputLine(out: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const sum = f32x4.splat(-A2 - B2);
  v128.store(out, madd(f32x4.splat(A2 * B2), d0, madd(sum, d2, d4)));
  let even = madd(f32x4.splat(-B2), d2, d4);
  let odd = f32x4.mul(f32x4.splat(A), madd(f32x4.splat(-B2), d1, d3));
  v128.store(out + step, f32x4.add(even, odd));
  v128.store(out + 2 * step, f32x4.sub(even, odd));
  even = madd(f32x4.splat(-A2), d2, d4);
  odd = f32x4.mul(f32x4.splat(B), madd(f32x4.splat(-A2), d1, d3));
  v128.store(out + 3 * step, f32x4.add(even, odd));
  v128.store(out + 4 * step, f32x4.sub(even, odd));
  v128.store(out + 5 * step, madd(f32x4.splat(A2 * B2), d1, madd(sum, d3, d5)));
}

/**
 * One line of Aᵀ m, plus a number: four vectors, stored as they are or, with their lanes exchanged for their places, a
 * tile at each address. Gives the sum of the four.
 */
// @ts-ignore: decorator
@inline
export function outputLine(
  transposed: bool,
  out0: usize,
  out1: usize,
  out2: usize,
  out3: usize,
  plus: v128,
  m0: v128,
  m1: v128,
  m2: v128,
  m3: v128,
  m4: v128,
  m5: v128,
): v128 {
  const evenA = f32x4.add(m1, m2);
  const oddA = f32x4.sub(m1, m2);
  const evenB = f32x4.add(m3, m4);
  const oddB = f32x4.sub(m3, m4);
  const y0 = f32x4.add(f32x4.add(plus, m0), f32x4.add(evenA, evenB));
  const y1 = madd(f32x4.splat(B), oddB, madd(f32x4.splat(A), oddA, plus));
  const y2 = madd(f32x4.splat(B2), evenB, madd(f32x4.splat(A2), evenA, plus));
  const y3 = madd(f32x4.splat(B3), oddB, madd(f32x4.splat(A3), oddA, f32x4.add(plus, m5)));
  if (transposed) {
    storeColumns(out0, out1, out2, out3, y0, y1, y2, y3);
  } else {
    v128.store(out0, y0);
    v128.store(out1, y1);
    v128.store(out2, y2);
    v128.store(out3, y3);
  }
  return f32x4.add(f32x4.add(y0, y1), f32x4.add(y2, y3));
}

/** One line of A y. */
// @ts-ignore: decorator
@inline
export function slopeLine(out: usize, step: usize, y0: v128, y1: v128, y2: v128, y3: v128): void {
  v128.store(out, y0);
  let even = madd(f32x4.splat(A2), y2, y0);
  let odd = madd(f32x4.splat(A3), y3, f32x4.mul(f32x4.splat(A), y1));
  v128.store(out + step, f32x4.add(even, odd));
  v128.store(out + 2 * step, f32x4.sub(even, odd));
  even = madd(f32x4.splat(B2), y2, y0);
  odd = madd(f32x4.splat(B3), y3, f32x4.mul(f32x4.splat(B), y1));
  v128.store(out + 3 * step, f32x4.add(even, odd));
  v128.store(out + 4 * step, f32x4.sub(even, odd));
  v128.store(out + 5 * step, y3);
}

/** One line of G g. */
// @ts-ignore: decorator
@inline
export function weightLine(out: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  v128.store(out, f32x4.mul(f32x4.splat(SHARE_0), g0));
  let even = f32x4.mul(f32x4.splat(SHARE_A), madd(f32x4.splat(A2), g2, g0));
  let odd = f32x4.mul(f32x4.splat(SHARE_A * A), g1);
  v128.store(out + step, f32x4.add(even, odd));
  v128.store(out + 2 * step, f32x4.sub(even, odd));
  even = f32x4.mul(f32x4.splat(SHARE_B), madd(f32x4.splat(B2), g2, g0));
  odd = f32x4.mul(f32x4.splat(SHARE_B * B), g1);
  v128.store(out + 3 * step, f32x4.add(even, odd));
  v128.store(out + 4 * step, f32x4.sub(even, odd));
  v128.store(out + 5 * step, g2);
}

/** One line of Gᵀ s. */
// @ts-ignore: decorator
@inline
export function weightSlopeLine(out: usize, step: usize, s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128): void {
  const evenA = f32x4.mul(f32x4.splat(SHARE_A), f32x4.add(s1, s2));
  const oddA = f32x4.mul(f32x4.splat(SHARE_A * A), f32x4.sub(s1, s2));
  const evenB = f32x4.mul(f32x4.splat(SHARE_B), f32x4.add(s3, s4));
  const oddB = f32x4.mul(f32x4.splat(SHARE_B * B), f32x4.sub(s3, s4));
  v128.store(out, madd(f32x4.splat(SHARE_0), s0, f32x4.add(evenA, evenB)));
  v128.store(out + step, f32x4.add(oddA, oddB));
  v128.store(out + 2 * step, madd(f32x4.splat(B2), evenB, madd(f32x4.splat(A2), evenA, s5)));
}
