// Activation polynomials. A polynomial is written as E(s) + t·O(s), where t = x/B and s = 2t² − 1, or as E(s) with s = t
// (the monomial basis). Its derivative has the same form, so that one function evaluates both:
//
//   d/dx (E(s) + t·O(s)) = (Q(s) + t·P(s))/B  with  P = 4E′  and  Q = O + 2(s + 1)O′, since 4t² = 2(s + 1).
//
// Elements go in groups of seven vectors, as many as hide the latency of Horner's method in 16 registers, and in chunks
// that stay in the first-level cache while values, statistics and sums of powers are taken of them.
import { NO_PENALTY, POWER, penaltySlope, penaltyValue } from './penalty';
import { madd } from './simd';
import { address, ceilDiv, float, integer } from './task';

const VECTOR: usize = 16;
/** Elements and bytes of seven vectors. */
const GROUP: i32 = 28;
const GROUP_BYTES: usize = 112;
const CHUNK: i32 = 16 * GROUP;
/** Elements of a block, at most. */
const BLOCK: i32 = 32 * CHUNK;

// Fields of both directions: x [images, channels, area], coefficients (of the polynomial, or of its derivative with 1/B
// in them) for each channel, out, partial sums, images, channels, area, the number of terms of E and of O (of Q and of P),
// whether the basis is monomial, B, 1/B, whether the tangent goes on beyond B, the form of the penalty, its limit and cap.
const X: i32 = 0;
const COEFFICIENTS: i32 = 1;
const OUT: i32 = 2;
const PARTIALS: i32 = 3;
const IMAGES: i32 = 4;
const CHANNELS: i32 = 5;
const AREA: i32 = 6;
const EVEN_TERMS: i32 = 7;
const ODD_TERMS: i32 = 8;
const MONOMIAL: i32 = 9;
const BOUND: i32 = 10;
const INVERSE_BOUND: i32 = 11;
const TANGENT: i32 = 12;
const FORM: i32 = 13;
const LIMIT: i32 = 14;
const CAP: i32 = 15;
// Forward: for each channel the slopes at B and −B.
const EDGE_SLOPES: i32 = 16;
// Backward: the gradient of the value or 0, the gradient of the penalty over the number of elements, the number of terms
// of E and of O whose gradients are wanted.
const GRADIENT: i32 = 16;
const PENALTY_SHARE: i32 = 17;
const EVEN_SUMS: i32 = 18;
const ODD_SUMS: i32 = 19;

/** t = x/B, and with the tangent beyond ±1 the end of the range. */
// @ts-ignore: decorator
@inline
function scaled(x: usize, inverseBound: v128, last: v128, first: v128): v128 {
  return f32x4.pmax(f32x4.pmin(f32x4.mul(v128.load(x), inverseBound), last), first);
}

/** 2t² − 1. */
// @ts-ignore: decorator
@inline
function chebyshev(t: v128): v128 {
  return madd(f32x4.add(t, t), t, f32x4.splat(-1));
}

/** Where t ends: see `scaled`. */
// @ts-ignore: decorator
@inline
function lastOf(task: usize): v128 {
  return f32x4.splat(integer(task, TANGENT) ? 1 : f32.MAX_VALUE * 2);
}

/** out = E(s) + t·O(s) for whole groups; the coefficients of E, then those of O. */
function evaluate(task: usize, x: usize, out: usize, groups: i32, coefficients: usize): void {
  const evenTerms = integer(task, EVEN_TERMS);
  const oddTerms = integer(task, ODD_TERMS);
  const monomial = integer(task, MONOMIAL);
  const inverseBound = f32x4.splat(float(task, INVERSE_BOUND));
  const last = lastOf(task);
  const first = f32x4.neg(last);
  const oddCoefficients = coefficients + (<usize>evenTerms << 2);
  const end = x + <usize>groups * GROUP_BYTES;
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES) {
    let s0 = scaled(x, inverseBound, last, first);
    let s1 = scaled(x + 16, inverseBound, last, first);
    let s2 = scaled(x + 32, inverseBound, last, first);
    let s3 = scaled(x + 48, inverseBound, last, first);
    let s4 = scaled(x + 64, inverseBound, last, first);
    let s5 = scaled(x + 80, inverseBound, last, first);
    let s6 = scaled(x + 96, inverseBound, last, first);
    if (!monomial) {
      s0 = chebyshev(s0);
      s1 = chebyshev(s1);
      s2 = chebyshev(s2);
      s3 = chebyshev(s3);
      s4 = chebyshev(s4);
      s5 = chebyshev(s5);
      s6 = chebyshev(s6);
    }
    let p = oddCoefficients - 4;
    let c = evenTerms > 0 ? v128.load32_splat(p) : f32x4.splat(0);
    let v0 = c;
    let v1 = c;
    let v2 = c;
    let v3 = c;
    let v4 = c;
    let v5 = c;
    let v6 = c;
    while (p > coefficients) {
      p -= 4;
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
      v6 = madd(v6, s6, c);
    }
    v128.store(out, v0);
    v128.store(out + 16, v1);
    v128.store(out + 32, v2);
    v128.store(out + 48, v3);
    v128.store(out + 64, v4);
    v128.store(out + 80, v5);
    v128.store(out + 96, v6);
    if (oddTerms == 0) continue;
    p = oddCoefficients + (<usize>(oddTerms - 1) << 2);
    c = v128.load32_splat(p);
    v0 = c;
    v1 = c;
    v2 = c;
    v3 = c;
    v4 = c;
    v5 = c;
    v6 = c;
    while (p > oddCoefficients) {
      p -= 4;
      c = v128.load32_splat(p);
      v0 = madd(v0, s0, c);
      v1 = madd(v1, s1, c);
      v2 = madd(v2, s2, c);
      v3 = madd(v3, s3, c);
      v4 = madd(v4, s4, c);
      v5 = madd(v5, s5, c);
      v6 = madd(v6, s6, c);
    }
    v128.store(out, madd(v0, scaled(x, inverseBound, last, first), v128.load(out)));
    v128.store(out + 16, madd(v1, scaled(x + 16, inverseBound, last, first), v128.load(out + 16)));
    v128.store(out + 32, madd(v2, scaled(x + 32, inverseBound, last, first), v128.load(out + 32)));
    v128.store(out + 48, madd(v3, scaled(x + 48, inverseBound, last, first), v128.load(out + 48)));
    v128.store(out + 64, madd(v4, scaled(x + 64, inverseBound, last, first), v128.load(out + 64)));
    v128.store(out + 80, madd(v5, scaled(x + 80, inverseBound, last, first), v128.load(out + 80)));
    v128.store(out + 96, madd(v6, scaled(x + 96, inverseBound, last, first), v128.load(out + 96)));
  }
}

/** Up to this size an input needs nothing but the polynomial. */
// @ts-ignore: decorator
@inline
function plainSize(task: usize): f32 {
  const form = integer(task, FORM);
  if (form == NO_PENALTY) return float(task, BOUND);
  return form == POWER ? -1 : min(float(task, BOUND), float(task, LIMIT));
}

/** The larger ones of |x| and of the sizes so far, as integers: those of NaN and infinity are the largest of all. */
// @ts-ignore: decorator
@inline
function larger(sizes: v128, x: usize, magnitude: v128): v128 {
  return i32x4.max_s(sizes, v128.and(v128.load(x), magnitude));
}

/** The largest sizes in the lanes of a group, as integers. */
// @ts-ignore: decorator
@inline
function groupSizes(x: usize, magnitude: v128): v128 {
  const a = larger(larger(v128.and(v128.load(x), magnitude), x + 16, magnitude), x + 32, magnitude);
  const b = larger(larger(v128.and(v128.load(x + 48), magnitude), x + 64, magnitude), x + 80, magnitude);
  return larger(i32x4.max_s(a, b), x + 96, magnitude);
}

/** All bits but that of the sign. */
const MAGNITUDE: i32 = 0x7fffffff;

// What a forward block knows of its inputs, in its scratch: the largest sizes, how many are beyond the bound and how many
// are finite in each lane, and two sums of penalties in double precision.
const LARGEST: usize = 0;
const BEYOND: usize = 16;
const NOT_FINITE: usize = 32;
const PENALTIES: usize = 48;
const STATISTICS_BYTES: usize = 64;

/** Counts the inputs of a vector, adds their penalties up, and puts the tangent beyond the bound. */
function inspect(task: usize, x: usize, out: usize, edgeSlopes: usize, statistics: usize): void {
  const values = v128.load(x);
  const sizes = f32x4.abs(values);
  const bound = f32x4.splat(float(task, BOUND));
  const beyond = f32x4.gt(sizes, bound);
  const finite = f32x4.lt(sizes, f32x4.splat(f32.MAX_VALUE * 2));
  v128.store(statistics + BEYOND, i32x4.sub(v128.load(statistics + BEYOND), beyond));
  v128.store(statistics + NOT_FINITE, i32x4.sub(v128.load(statistics + NOT_FINITE), v128.not(finite)));
  // The comparison with NaN leaves what was there.
  v128.store(statistics + LARGEST, f32x4.pmax(v128.load(statistics + LARGEST), sizes));
  const form = integer(task, FORM);
  if (form != NO_PENALTY) {
    const penalties = penaltyValue(form, sizes, float(task, LIMIT), float(task, CAP));
    const sums = f64x2.add(
      f64x2.promote_low_f32x4(penalties),
      f64x2.promote_low_f32x4(v128.shuffle<f32>(penalties, penalties, 2, 3, 2, 3)),
    );
    v128.store(statistics + PENALTIES, f64x2.add(v128.load(statistics + PENALTIES), sums));
  }
  if (integer(task, TANGENT) && v128.any_true(beyond)) {
    const negative = f32x4.lt(values, f32x4.splat(0));
    const slope = v128.bitselect(v128.load32_splat(edgeSlopes + 4), v128.load32_splat(edgeSlopes), negative);
    const edge = v128.bitselect(f32x4.neg(bound), bound, negative);
    const y = v128.load(out);
    v128.store(out, v128.bitselect(madd(f32x4.sub(values, edge), slope, y), y, beyond));
  }
}

/** Takes the statistics of whole groups whose values are there. */
function inspectGroups(task: usize, x: usize, out: usize, groups: i32, edgeSlopes: usize, statistics: usize): void {
  const plain = f32x4.splat(plainSize(task));
  const end = x + <usize>groups * GROUP_BYTES;
  const magnitude = i32x4.splat(MAGNITUDE);
  let largest = f32x4.splat(0);
  for (; x < end; x += GROUP_BYTES, out += GROUP_BYTES) {
    const sizes = groupSizes(x, magnitude);
    if (!v128.any_true(i32x4.gt_s(sizes, plain))) {
      largest = i32x4.max_s(largest, sizes);
      continue;
    }
    for (let offset: usize = 0; offset < GROUP_BYTES; offset += VECTOR) {
      inspect(task, x + offset, out + offset, edgeSlopes, statistics);
    }
  }
  v128.store(statistics + LARGEST, f32x4.pmax(v128.load(statistics + LARGEST), largest));
}

// A block is of one channel: a piece of one plane where planes are large, several whole planes where they are small.
// Those of a channel follow each other.

function piecesOf(area: i32): i32 {
  return max(1, ceilDiv(area, BLOCK));
}

function imagesPerBlock(area: i32): i32 {
  return max(1, BLOCK / max(1, area));
}

function blocksPerChannel(task: usize): i32 {
  const area = integer(task, AREA);
  return ceilDiv(integer(task, IMAGES), imagesPerBlock(area)) * piecesOf(area);
}

// Runs that end within a group are completed with zeros, which change no statistics and no sums.
const TAIL_X: usize = STATISTICS_BYTES;
const TAIL_GRADIENT: usize = TAIL_X + GROUP_BYTES;
const TAIL_OUT: usize = TAIL_GRADIENT + GROUP_BYTES;
const POWER_SUMS: usize = TAIL_OUT + GROUP_BYTES;

function copyTail(target: usize, source: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) f32.store(target + i, f32.load(source + i));
}

function padTail(target: usize, source: usize, count: i32): void {
  for (let i: usize = 0; i < GROUP_BYTES; i += VECTOR) v128.store(target + i, f32x4.splat(0));
  copyTail(target, source, count);
}

function forwardGroups(
  task: usize,
  x: usize,
  out: usize,
  groups: i32,
  coefficients: usize,
  edgeSlopes: usize,
  scratch: usize,
): void {
  evaluate(task, x, out, groups, coefficients);
  inspectGroups(task, x, out, groups, edgeSlopes, scratch);
}

// @ts-ignore: decorator
@inline
function coefficientsOf(task: usize, channel: i32): usize {
  return address(task, COEFFICIENTS) + (<usize>(channel * (integer(task, EVEN_TERMS) + integer(task, ODD_TERMS))) << 2);
}

export function polynomialBlocks(task: usize): i32 {
  return integer(task, CHANNELS) * blocksPerChannel(task);
}

export function polynomialScratch(task: usize): usize {
  return POWER_SUMS;
}

/** Partial sums of a block: the penalties, the largest size, how many are beyond the bound and how many not finite. */
export function polynomial(task: usize, block: i32, scratch: usize): void {
  const area = integer(task, AREA);
  const channels = integer(task, CHANNELS);
  const pieces = piecesOf(area);
  const blocks = blocksPerChannel(task);
  const channel = block / blocks;
  const images = imagesPerBlock(area);
  const firstImage = ((block % blocks) / pieces) * images;
  const lastImage = min(firstImage + images, integer(task, IMAGES));
  const start = (block % pieces) * BLOCK;
  const end = min(start + BLOCK, area);
  const coefficients = coefficientsOf(task, channel);
  const edgeSlopes = address(task, EDGE_SLOPES) + (<usize>channel << 3);
  for (let i: usize = 0; i < STATISTICS_BYTES; i += VECTOR) v128.store(scratch + i, f32x4.splat(0));

  for (let image = firstImage; image < lastImage; image++) {
    const plane = (<usize>image * channels + channel) * area;
    const x = address(task, X) + (plane << 2);
    const out = address(task, OUT) + (plane << 2);
    for (let position = start; position < end; position += CHUNK) {
      const count = min(CHUNK, end - position);
      const groups = count / GROUP;
      const at = <usize>position << 2;
      forwardGroups(task, x + at, out + at, groups, coefficients, edgeSlopes, scratch);
      const rest = count - groups * GROUP;
      if (rest > 0) {
        const tail = at + <usize>groups * GROUP_BYTES;
        padTail(scratch + TAIL_X, x + tail, rest);
        forwardGroups(task, scratch + TAIL_X, scratch + TAIL_OUT, 1, coefficients, edgeSlopes, scratch);
        copyTail(out + tail, scratch + TAIL_OUT, rest);
      }
    }
  }

  const partials = address(task, PARTIALS) + (<usize>block << 5);
  f64.store(partials, f64.load(scratch + PENALTIES) + f64.load(scratch + PENALTIES + 8));
  let largest: f32 = 0;
  let beyond = 0;
  let notFinite = 0;
  for (let lane: usize = 0; lane < VECTOR; lane += 4) {
    largest = max(largest, f32.load(scratch + LARGEST + lane));
    beyond += i32.load(scratch + BEYOND + lane);
    notFinite += i32.load(scratch + NOT_FINITE + lane);
  }
  f64.store(partials, largest, 8);
  f64.store(partials, beyond, 16);
  f64.store(partials, notFinite, 24);
}

// Partial sums of a backward block: Σ g·(x − B) over x > B, Σ g·(x + B) over x < −B (which the tangent needs), and for
// each term Σ g·s^k or Σ g·t·s^k.
const ABOVE: usize = 0;
const BELOW: usize = 8;
const TERM_SUMS: usize = 16;

function addProducts(task: usize, values: v128, gradient: v128, partials: usize): void {
  const bound = f32x4.splat(float(task, BOUND));
  const above = v128.and(f32x4.mul(gradient, f32x4.sub(values, bound)), f32x4.gt(values, bound));
  const below = v128.and(f32x4.mul(gradient, f32x4.add(values, bound)), f32x4.lt(values, f32x4.neg(bound)));
  addLanes(partials + ABOVE, above);
  addLanes(partials + BELOW, below);
}

function addLanes(sum: usize, values: v128): void {
  const pairs = f64x2.add(
    f64x2.promote_low_f32x4(values),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3)),
  );
  f64.store(sum, f64.load(sum) + (f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1)));
}

/** What inputs out of range add to their gradient. */
function correct(task: usize, x: usize, gradient: usize, out: usize, partials: usize): void {
  const values = v128.load(x);
  const form = integer(task, FORM);
  if (form != NO_PENALTY) {
    const slope = penaltySlope(form, f32x4.abs(values), float(task, LIMIT), float(task, CAP));
    const signed = v128.or(slope, v128.and(values, f32x4.splat(-0.0)));
    const share = f32x4.splat(float(task, PENALTY_SHARE));
    // What is added to 0 in a mask keeps NaN of the input.
    const own = v128.bitselect(f32x4.mul(share, signed), values, f32x4.eq(values, values));
    v128.store(out, f32x4.add(v128.load(out), own));
  }
  if (integer(task, TANGENT) && gradient) addProducts(task, values, v128.load(gradient), partials);
}

// @ts-ignore: decorator
@inline
function multiplyInto(out: usize, gradient: usize): void {
  v128.store(out, f32x4.mul(v128.load(out), v128.load(gradient)));
}

/** Adds Σ w·s^k for whole groups to the sums of each k from 0 on, where w is the gradient, or times t. */
function addPowers(task: usize, x: usize, gradient: usize, groups: i32, sums: usize, terms: i32, odd: bool): void {
  const monomial = integer(task, MONOMIAL);
  const inverseBound = f32x4.splat(float(task, INVERSE_BOUND));
  const last = lastOf(task);
  const first = f32x4.neg(last);
  const end = x + <usize>groups * GROUP_BYTES;
  const sumsEnd = sums + (<usize>terms << 4);
  for (; x < end; x += GROUP_BYTES, gradient += GROUP_BYTES) {
    let s0 = scaled(x, inverseBound, last, first);
    let s1 = scaled(x + 16, inverseBound, last, first);
    let s2 = scaled(x + 32, inverseBound, last, first);
    let s3 = scaled(x + 48, inverseBound, last, first);
    let s4 = scaled(x + 64, inverseBound, last, first);
    let s5 = scaled(x + 80, inverseBound, last, first);
    let s6 = scaled(x + 96, inverseBound, last, first);
    let w0 = v128.load(gradient);
    let w1 = v128.load(gradient + 16);
    let w2 = v128.load(gradient + 32);
    let w3 = v128.load(gradient + 48);
    let w4 = v128.load(gradient + 64);
    let w5 = v128.load(gradient + 80);
    let w6 = v128.load(gradient + 96);
    if (odd) {
      w0 = f32x4.mul(w0, s0);
      w1 = f32x4.mul(w1, s1);
      w2 = f32x4.mul(w2, s2);
      w3 = f32x4.mul(w3, s3);
      w4 = f32x4.mul(w4, s4);
      w5 = f32x4.mul(w5, s5);
      w6 = f32x4.mul(w6, s6);
    }
    if (!monomial) {
      s0 = chebyshev(s0);
      s1 = chebyshev(s1);
      s2 = chebyshev(s2);
      s3 = chebyshev(s3);
      s4 = chebyshev(s4);
      s5 = chebyshev(s5);
      s6 = chebyshev(s6);
    }
    let sum = sums;
    while (true) {
      const low = f32x4.add(f32x4.add(w0, w1), f32x4.add(w2, w3));
      const high = f32x4.add(f32x4.add(w4, w5), w6);
      v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(low, high)));
      sum += VECTOR;
      if (sum >= sumsEnd) break;
      w0 = f32x4.mul(w0, s0);
      w1 = f32x4.mul(w1, s1);
      w2 = f32x4.mul(w2, s2);
      w3 = f32x4.mul(w3, s3);
      w4 = f32x4.mul(w4, s4);
      w5 = f32x4.mul(w5, s5);
      w6 = f32x4.mul(w6, s6);
    }
  }
}

/** The sums over at most a chunk go into those in double precision. */
function sumPowers(
  task: usize,
  x: usize,
  gradient: usize,
  groups: i32,
  sums: usize,
  partials: usize,
): void {
  const evenSums = integer(task, EVEN_SUMS);
  const oddSums = integer(task, ODD_SUMS);
  for (let k = 0; k < evenSums + oddSums; k++) v128.store(sums + (<usize>k << 4), f32x4.splat(0));
  if (evenSums > 0) addPowers(task, x, gradient, groups, sums, evenSums, false);
  if (oddSums > 0) addPowers(task, x, gradient, groups, sums + (<usize>evenSums << 4), oddSums, true);
  for (let k = 0; k < evenSums + oddSums; k++) {
    addLanes(partials + TERM_SUMS + (<usize>k << 3), v128.load(sums + (<usize>k << 4)));
  }
}

function backwardGroups(
  task: usize,
  x: usize,
  gradient: usize,
  out: usize,
  groups: i32,
  coefficients: usize,
  sums: usize,
  partials: usize,
): void {
  const bytes = <usize>groups * GROUP_BYTES;
  if (gradient) {
    evaluate(task, x, out, groups, coefficients);
    for (let at: usize = 0; at < bytes; at += GROUP_BYTES) {
      multiplyInto(out + at, gradient + at);
      multiplyInto(out + at + 16, gradient + at + 16);
      multiplyInto(out + at + 32, gradient + at + 32);
      multiplyInto(out + at + 48, gradient + at + 48);
      multiplyInto(out + at + 64, gradient + at + 64);
      multiplyInto(out + at + 80, gradient + at + 80);
      multiplyInto(out + at + 96, gradient + at + 96);
    }
    sumPowers(task, x, gradient, groups, sums, partials);
  } else {
    for (let at: usize = 0; at < bytes; at += VECTOR) v128.store(out + at, f32x4.splat(0));
  }
  const plain = f32x4.splat(plainSize(task));
  const magnitude = i32x4.splat(MAGNITUDE);
  for (let at: usize = 0; at < bytes; at += GROUP_BYTES) {
    if (!v128.any_true(i32x4.gt_s(groupSizes(x + at, magnitude), plain))) continue;
    for (let offset = at; offset < at + GROUP_BYTES; offset += VECTOR) {
      correct(task, x + offset, gradient ? gradient + offset : 0, out + offset, partials);
    }
  }
}

export function polynomialGradientBlocks(task: usize): i32 {
  return integer(task, CHANNELS) * blocksPerChannel(task);
}

export function polynomialGradientScratch(task: usize): usize {
  return POWER_SUMS + (<usize>(integer(task, EVEN_SUMS) + integer(task, ODD_SUMS)) << 4);
}

export function polynomialGradient(task: usize, block: i32, scratch: usize): void {
  const area = integer(task, AREA);
  const channels = integer(task, CHANNELS);
  const pieces = piecesOf(area);
  const blocks = blocksPerChannel(task);
  const channel = block / blocks;
  const images = imagesPerBlock(area);
  const firstImage = ((block % blocks) / pieces) * images;
  const lastImage = min(firstImage + images, integer(task, IMAGES));
  const start = (block % pieces) * BLOCK;
  const end = min(start + BLOCK, area);
  const coefficients = coefficientsOf(task, channel);
  const sums = integer(task, EVEN_SUMS) + integer(task, ODD_SUMS);
  const partials = address(task, PARTIALS) + <usize>block * (TERM_SUMS + (<usize>sums << 3));
  for (let at: usize = 0; at < TERM_SUMS + (<usize>sums << 3); at += 8) f64.store(partials + at, 0);

  for (let image = firstImage; image < lastImage; image++) {
    const plane = (<usize>image * channels + channel) * area;
    const x = address(task, X) + (plane << 2);
    const out = address(task, OUT) + (plane << 2);
    const gradients = address(task, GRADIENT);
    const gradient = gradients ? gradients + (plane << 2) : 0;
    for (let position = start; position < end; position += CHUNK) {
      const count = min(CHUNK, end - position);
      const groups = count / GROUP;
      const at = <usize>position << 2;
      const slopes = gradient ? gradient + at : 0;
      backwardGroups(task, x + at, slopes, out + at, groups, coefficients, scratch + POWER_SUMS, partials);
      const rest = count - groups * GROUP;
      if (rest > 0) {
        const tail = <usize>groups * GROUP_BYTES;
        padTail(scratch + TAIL_X, x + at + tail, rest);
        if (gradient) padTail(scratch + TAIL_GRADIENT, slopes + tail, rest);
        backwardGroups(
          task,
          scratch + TAIL_X,
          gradient ? scratch + TAIL_GRADIENT : 0,
          scratch + TAIL_OUT,
          1,
          coefficients,
          scratch + POWER_SUMS,
          partials,
        );
        copyTail(out + at + tail, scratch + TAIL_OUT, rest);
      }
    }
  }
}
