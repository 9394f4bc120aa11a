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
// Here is one dimension of them, four lines at a time, a tile in each lane of the vectors; or where they are to be made `twice`,
// eight lines, the vectors e of the last four beside the vectors d of the first. A result goes to places `step` bytes apart. Each
// number is stored beside its twin, which V8 takes for one vector of 256 bits.
import { madd, splatAt, storeColumns, storeTwoColumns } from '../../simd';

const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/** 1 / Π(p − q) of the points 0, ±a, ±b. */
const SHARE_0: f32 = 1 / (A2 * B2);
const SHARE_A: f32 = 1 / (2 * A2 * (A2 - B2));
const SHARE_B: f32 = 1 / (2 * B2 * (B2 - A2));

const INPUT_ENDS: usize = memory.data<f32>([A2 * B2, -A2 - B2]);
const POINTS: usize = memory.data<f32>([A, B]);
const SQUARES: usize = memory.data<f32>([A2, B2]);
const CUBES: usize = memory.data<f32>([A * A * A, B * B * B]);
const NEGATIVE_SQUARES: usize = memory.data<f32>([-A2, -B2]);
const SHARES: usize = memory.data<f32>([SHARE_A, SHARE_B, SHARE_0]);
const SHARES_OF_POINTS: usize = memory.data<f32>([SHARE_A * A, SHARE_B * B]);
/** Where the numbers of ±a and of ±b are in these tables, and that of 0. */
const OF_A: usize = 0;
const OF_B: usize = 4;
const OF_0: usize = 8;

/** One line of Bᵀ d. */
// @ts-ignore: decorator
@inline
export function inputLine(
  twice: bool, out: usize, step: usize,
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128,
  e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128,
): void {
  storeEnd(twice, out, d0, d2, d4, e0, e2, e4);
  storeMiddle(twice, out + step, step, OF_B, OF_A, d1, d2, d3, d4, e1, e2, e3, e4);
  storeMiddle(twice, out + 3 * step, step, OF_A, OF_B, d1, d2, d3, d4, e1, e2, e3, e4);
  storeEnd(twice, out + 5 * step, d1, d3, d5, e1, e3, e5);
}

/** That of 0 or ∞. */
// @ts-ignore: decorator
@inline
function storeEnd(twice: bool, out: usize, d0: v128, d2: v128, d4: v128, e0: v128, e2: v128, e4: v128): void {
  const product = splatAt(INPUT_ENDS);
  const sum = splatAt(INPUT_ENDS + 4);
  v128.store(out, madd(product, d0, madd(sum, d2, d4)));
  if (twice) v128.store(out, madd(product, e0, madd(sum, e2, e4)), 16);
}

/** Those of one point; `other` is the other one. */
// @ts-ignore: decorator
@inline
function storeMiddle(
  twice: bool, out: usize, step: usize, other: usize, point: usize,
  d1: v128, d2: v128, d3: v128, d4: v128,
  e1: v128, e2: v128, e3: v128, e4: v128,
): void {
  const square = splatAt(NEGATIVE_SQUARES + other);
  const factor = splatAt(POINTS + point);
  storeEvenOdd(
    twice, out, step,
    madd(square, d2, d4), f32x4.mul(factor, madd(square, d1, d3)),
    madd(square, e2, e4), f32x4.mul(factor, madd(square, e1, e3)),
  );
}

/** The values at ±p of what is even and what is odd. */
// @ts-ignore: decorator
@inline
function storeEvenOdd(twice: bool, out: usize, step: usize, even: v128, odd: v128, even2: v128, odd2: v128): void {
  v128.store(out, f32x4.add(even, odd));
  if (twice) v128.store(out, f32x4.add(even2, odd2), 16);
  v128.store(out + step, f32x4.sub(even, odd));
  if (twice) v128.store(out + step, f32x4.sub(even2, odd2), 16);
}

/** One line of Aᵀ m. */
// @ts-ignore: decorator
@inline
export function outputLine(
  twice: bool, out: usize, step: usize,
  m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128,
  n0: v128, n1: v128, n2: v128, n3: v128, n4: v128, n5: v128,
): void {
  const a = splatAt(POINTS + OF_A);
  const b = splatAt(POINTS + OF_B);
  const a2 = splatAt(SQUARES + OF_A);
  const b2 = splatAt(SQUARES + OF_B);
  const a3 = splatAt(CUBES + OF_A);
  const b3 = splatAt(CUBES + OF_B);
  const evenA = f32x4.add(m1, m2);
  const evenA2 = f32x4.add(n1, n2);
  const evenB = f32x4.add(m3, m4);
  const evenB2 = f32x4.add(n3, n4);
  v128.store(out, f32x4.add(m0, f32x4.add(evenA, evenB)));
  if (twice) v128.store(out, f32x4.add(n0, f32x4.add(evenA2, evenB2)), 16);
  v128.store(out + 2 * step, madd(b2, evenB, f32x4.mul(a2, evenA)));
  if (twice) v128.store(out + 2 * step, madd(b2, evenB2, f32x4.mul(a2, evenA2)), 16);
  const oddA = f32x4.sub(m1, m2);
  const oddA2 = f32x4.sub(n1, n2);
  const oddB = f32x4.sub(m3, m4);
  const oddB2 = f32x4.sub(n3, n4);
  v128.store(out + step, madd(b, oddB, f32x4.mul(a, oddA)));
  if (twice) v128.store(out + step, madd(b, oddB2, f32x4.mul(a, oddA2)), 16);
  v128.store(out + 3 * step, madd(b3, oddB, madd(a3, oddA, m5)));
  if (twice) v128.store(out + 3 * step, madd(b3, oddB2, madd(a3, oddA2, n5)), 16);
}

/**
 * One line of Aᵀ m, plus a number: four vectors, whose lanes are exchanged for their places, a tile at each address, and its right
 * neighbor beside it where there are two. The sum of the four goes to `sums`.
 */
// @ts-ignore: decorator
@inline
export function outputTiles(
  twice: bool, out0: usize, out1: usize, out2: usize, out3: usize, sums: usize, plus: v128,
  m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128,
  n0: v128, n1: v128, n2: v128, n3: v128, n4: v128, n5: v128,
): void {
  const a = splatAt(POINTS + OF_A);
  const b = splatAt(POINTS + OF_B);
  const a2 = splatAt(SQUARES + OF_A);
  const b2 = splatAt(SQUARES + OF_B);
  const a3 = splatAt(CUBES + OF_A);
  const b3 = splatAt(CUBES + OF_B);
  const evenA = f32x4.add(m1, m2);
  const oddA = f32x4.sub(m1, m2);
  const evenB = f32x4.add(m3, m4);
  const oddB = f32x4.sub(m3, m4);
  const y0 = f32x4.add(f32x4.add(plus, m0), f32x4.add(evenA, evenB));
  const y1 = madd(b, oddB, madd(a, oddA, plus));
  const y2 = madd(b2, evenB, madd(a2, evenA, plus));
  const y3 = madd(b3, oddB, madd(a3, oddA, f32x4.add(plus, m5)));
  const evenA2 = f32x4.add(n1, n2);
  const oddA2 = f32x4.sub(n1, n2);
  const evenB2 = f32x4.add(n3, n4);
  const oddB2 = f32x4.sub(n3, n4);
  const z0 = f32x4.add(f32x4.add(plus, n0), f32x4.add(evenA2, evenB2));
  const z1 = madd(b, oddB2, madd(a, oddA2, plus));
  const z2 = madd(b2, evenB2, madd(a2, evenA2, plus));
  const z3 = madd(b3, oddB2, madd(a3, oddA2, f32x4.add(plus, n5)));
  if (twice) storeTwoColumns(out0, out1, out2, out3, y0, y1, y2, y3, z0, z1, z2, z3);
  else storeColumns(out0, out1, out2, out3, y0, y1, y2, y3);
  v128.store(sums, f32x4.add(f32x4.add(y0, y1), f32x4.add(y2, y3)));
  if (twice) v128.store(sums, f32x4.add(f32x4.add(z0, z1), f32x4.add(z2, z3)), 16);
}

/** One line of A y. */
// @ts-ignore: decorator
@inline
export function slopeLine(
  twice: bool, out: usize, step: usize,
  y0: v128, y1: v128, y2: v128, y3: v128,
  z0: v128, z1: v128, z2: v128, z3: v128,
): void {
  v128.store(out, y0);
  if (twice) v128.store(out, z0, 16);
  storeSlopes(twice, out + step, step, OF_A, y0, y1, y2, y3, z0, z1, z2, z3);
  storeSlopes(twice, out + 3 * step, step, OF_B, y0, y1, y2, y3, z0, z1, z2, z3);
  v128.store(out + 5 * step, y3);
  if (twice) v128.store(out + 5 * step, z3, 16);
}

/** Those of one point. */
// @ts-ignore: decorator
@inline
function storeSlopes(
  twice: bool, out: usize, step: usize, point: usize,
  y0: v128, y1: v128, y2: v128, y3: v128,
  z0: v128, z1: v128, z2: v128, z3: v128,
): void {
  const factor = splatAt(POINTS + point);
  const square = splatAt(SQUARES + point);
  const cube = splatAt(CUBES + point);
  storeEvenOdd(
    twice, out, step,
    madd(square, y2, y0), madd(cube, y3, f32x4.mul(factor, y1)),
    madd(square, z2, z0), madd(cube, z3, f32x4.mul(factor, z1)),
  );
}

/** One line of G g. */
// @ts-ignore: decorator
@inline
export function weightLine(
  twice: bool, out: usize, step: usize, g0: v128, g1: v128, g2: v128, h0: v128, h1: v128, h2: v128,
): void {
  const share0 = splatAt(SHARES + OF_0);
  v128.store(out, f32x4.mul(share0, g0));
  if (twice) v128.store(out, f32x4.mul(share0, h0), 16);
  storeShares(twice, out + step, step, OF_A, g0, g1, g2, h0, h1, h2);
  storeShares(twice, out + 3 * step, step, OF_B, g0, g1, g2, h0, h1, h2);
  v128.store(out + 5 * step, g2);
  if (twice) v128.store(out + 5 * step, h2, 16);
}

/** Those of one point. */
// @ts-ignore: decorator
@inline
function storeShares(
  twice: bool, out: usize, step: usize, point: usize, g0: v128, g1: v128, g2: v128, h0: v128, h1: v128, h2: v128,
): void {
  const share = splatAt(SHARES + point);
  const square = splatAt(SQUARES + point);
  const odd = splatAt(SHARES_OF_POINTS + point);
  storeEvenOdd(
    twice, out, step,
    f32x4.mul(share, madd(square, g2, g0)), f32x4.mul(odd, g1),
    f32x4.mul(share, madd(square, h2, h0)), f32x4.mul(odd, h1),
  );
}

/** One line of Gᵀ s. */
// @ts-ignore: decorator
@inline
export function weightSlopeLine(
  twice: bool, out: usize, step: usize,
  s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128,
  t0: v128, t1: v128, t2: v128, t3: v128, t4: v128, t5: v128,
): void {
  const shareA = splatAt(SHARES + OF_A);
  const shareB = splatAt(SHARES + OF_B);
  const share0 = splatAt(SHARES + OF_0);
  const a2 = splatAt(SQUARES + OF_A);
  const b2 = splatAt(SQUARES + OF_B);
  const oddA = splatAt(SHARES_OF_POINTS + OF_A);
  const oddB = splatAt(SHARES_OF_POINTS + OF_B);
  const evenA = f32x4.mul(shareA, f32x4.add(s1, s2));
  const evenA2 = f32x4.mul(shareA, f32x4.add(t1, t2));
  const evenB = f32x4.mul(shareB, f32x4.add(s3, s4));
  const evenB2 = f32x4.mul(shareB, f32x4.add(t3, t4));
  v128.store(out, madd(share0, s0, f32x4.add(evenA, evenB)));
  if (twice) v128.store(out, madd(share0, t0, f32x4.add(evenA2, evenB2)), 16);
  v128.store(out + 2 * step, madd(b2, evenB, madd(a2, evenA, s5)));
  if (twice) v128.store(out + 2 * step, madd(b2, evenB2, madd(a2, evenA2, t5)), 16);
  v128.store(out + step, f32x4.add(f32x4.mul(oddA, f32x4.sub(s1, s2)), f32x4.mul(oddB, f32x4.sub(s3, s4))));
  if (twice) {
    v128.store(out + step, f32x4.add(f32x4.mul(oddA, f32x4.sub(t1, t2)), f32x4.mul(oddB, f32x4.sub(t3, t4))), 16);
  }
}
