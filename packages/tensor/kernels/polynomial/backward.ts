// The gradient of the inputs of an activation polynomial from its values and its penalty, with the gradients of its
// coefficients, in one pass.
import {
  Activation, blocksOf, CHUNK, channelOf, coefficientAt, edgeSlope, endImage, endPosition, firstImage, firstPosition,
  GROUP, GROUP_BYTES, GROUP_SIZES_BYTES, isOdd, LIST_BYTES, planesPerChunk, RUN, termsOf,
} from './activation';
import { madd, magnitudes } from '../simd';
import { ceilDiv } from '../task';
import {
  anyBeyond, CHEBYSHEV, clearSizes, CONSTANTS_BYTES, horner, hornerLine, LINEAR, largest, listBeyond, SLOPE, SLOPE_LINE, SLOPE_ODD, setConstants, sizesSoFar, storeSizes, VALUE,
} from './group';
import { addPenaltySlopes, PENALTY_BYTES, PenaltyForm, plainSize, storePenalty } from './penalty';
import {
  addDoubles, lineSlopes, monomialSlopes, oddSlopes, oddValues, SUM_BYTES, shiftedSlopes, twoTermSlopes,
} from './powers';
import { gatherPieces, scatterPieces } from './staging';
import { storeTangent, straightenSlopes, TANGENT_BYTES } from './tangent';
import { addTwicePowers, evaluateTwice, TWICE_BYTES, twicePlace, twiceSum, twiceSums } from './twice';

// The scratch. First what the tangent needs, two sums each in double precision: Σ g·(x − B) over x > B, Σ g·(x + B) over
// x < −B.
const ABOVE: usize = 0;
const BELOW: usize = 16;
/** The largest sizes of each group of a run. */
const GROUP_SIZES: usize = 32;
/** A list of groups. */
const LIST: usize = GROUP_SIZES + GROUP_SIZES_BYTES;
const STAGE_X: usize = LIST + LIST_BYTES;
const STAGE_GRADIENT: usize = STAGE_X + (<usize>CHUNK << 2);
const STAGE_OUT: usize = STAGE_GRADIENT + (<usize>CHUNK << 2);
/** Inputs of a run, those beyond the bound put at it. */
const CLAMPED: usize = STAGE_OUT + (<usize>CHUNK << 2);
/** Gradients of a run that the results are written over, where these are computed in several passes. */
const KEPT: usize = CLAMPED + (<usize>RUN << 2);
const CONSTANTS: usize = KEPT + (<usize>RUN << 2);
/** Sums for the gradients of the coefficients: of a chunk in float32, then of the block in double precision. */
const PENALTY: usize = CONSTANTS + CONSTANTS_BYTES;
const TANGENT: usize = PENALTY + PENALTY_BYTES;
const TWICE: usize = TANGENT + TANGENT_BYTES;
const SUMS: usize = TWICE + TWICE_BYTES;

/**
 * What a power of B²/2, or the reciprocal of one, may be, 2^68: products with gradients from 1e-17 to 1e14 and their sums are
 * then numbers that float32 holds with all digits.
 */
const MAX_POWER: f64 = 2.95e20;

// There are two sums of even terms at least, and one more of odd ones than may be wanted: see powers.ts.

// @ts-ignore: decorator
@inline
function firstOddSum(fields: Activation): i32 {
  return max(2, <i32>fields.evenTerms);
}

// @ts-ignore: decorator
@inline
function sumsOf(fields: Activation): i32 {
  if (fields.twice) return twiceSums(<i32>fields.evenTerms) + twiceSums(<i32>fields.oddTerms);
  if (fields.monomial) return firstOddSum(fields);
  return firstOddSum(fields) + (fields.oddTerms > 1 ? <i32>fields.oddTerms + 1 : 1);
}

// @ts-ignore: decorator
@inline
function totalsOf(fields: Activation, scratch: usize): usize {
  return scratch + SUMS + <usize>sumsOf(fields) * SUM_BYTES;
}

// @ts-ignore: decorator
@inline
function tableOf(fields: Activation, scratch: usize): usize {
  return totalsOf(fields, scratch) + (<usize>sumsOf(fields) << 4);
}

/** Terms of the table: those of Q and of P, or all of the derivative in the monomial basis; one of each at least. */
// @ts-ignore: decorator
@inline
function firstTerms(fields: Activation): i32 {
  return max(1, fields.monomial ? <i32>fields.evenTerms - 1 : <i32>fields.oddTerms);
}

// @ts-ignore: decorator
@inline
function secondTerms(fields: Activation): i32 {
  return fields.monomial ? 0 : max(1, <i32>fields.evenTerms - 1);
}

// @ts-ignore: decorator
@inline
function evenCoefficient(fields: Activation, channel: i32, k: i32): f64 {
  return k < <i32>fields.evenTerms ? coefficientAt(fields, channel, k) : 0;
}

// @ts-ignore: decorator
@inline
function seriesCoefficient(fields: Activation, channel: i32, odd: bool, k: i32): f64 {
  return odd ? oddCoefficient(fields, channel, k) : evenCoefficient(fields, channel, k);
}

// @ts-ignore: decorator
@inline
function oddCoefficient(fields: Activation, channel: i32, k: i32): f64 {
  return k < <i32>fields.oddTerms ? coefficientAt(fields, channel, <i32>fields.evenTerms + k) : 0;
}

/**
 * Whether sums and slopes are of powers of x² − B²/2, one operation instead of two for the Chebyshev variable: where the highest
 * power of B²/2 is far from the ends of float32.
 */
// @ts-ignore: decorator
@inline
function isShifted(fields: Activation): bool {
  if (!fields.learnable || fields.monomial || fields.twice || fields.oddTerms > 1 || fields.evenTerms < 2) return false;
  const half = 0.5 / (fields.inverseBound * fields.inverseBound);
  let power: f64 = 1;
  for (let k = 0; k < <i32>fields.evenTerms; k++) power *= half;
  return power < MAX_POWER && power > 1 / MAX_POWER;
}

/** What the variable is multiplied by to be the Chebyshev variable. */
// @ts-ignore: decorator
@inline
function variableScale(fields: Activation): f64 {
  return isShifted(fields) ? 2 * fields.inverseBound * fields.inverseBound : 1;
}

/** Those of the derivative of E or O with respect to s in the terms of twice.ts: 4(k + 1)A_(k+1), or (1 + 2k)B_k + 2(k + 1)B_(k+1). */
function twiceDerivative(fields: Activation, channel: i32, odd: bool, m: i32): f64 {
  if (m < 0) return 0;
  if (m & 1) return <f64>(2 * (m + 1)) * seriesCoefficient(fields, channel, odd, m + 1);
  return <f64>(m + 1) * seriesCoefficient(fields, channel, odd, m + 1) + <f64>(m + 2) * seriesCoefficient(fields, channel, odd, m + 3);
}

/** Those of Q, and P: products with s are s·(u^k) and s·(s·u^k) = (u^k + u^(k + 1))/2. */
function storeTwiceDerivative(fields: Activation, channel: i32, table: usize): void {
  const inverse = fields.inverseBound;
  const terms = firstTerms(fields);
  for (let m = 0; m < terms; m++) {
    const product = m & 1
      ? twiceDerivative(fields, channel, true, m - 1)
      : 0.5 * (twiceDerivative(fields, channel, true, m + 1) + twiceDerivative(fields, channel, true, m - 1));
    const sum = oddCoefficient(fields, channel, m) + 2 * (twiceDerivative(fields, channel, true, m) + product);
    f32.store(table + (<usize>twicePlace(m, terms) << 2), <f32>(sum * inverse));
  }
  table += <usize>terms << 2;
  for (let m = 0; m < secondTerms(fields); m++) {
    const place = <usize>twicePlace(m, secondTerms(fields)) << 2;
    f32.store(table + place, <f32>(4 * twiceDerivative(fields, channel, false, m) * inverse * inverse));
  }
}

/** The coefficients of the derivative: those of Q over B, then those of P over B², as they are multiplied by x. */
function storeDerivative(fields: Activation, channel: i32, table: usize): void {
  if (fields.twice) {
    storeTwiceDerivative(fields, channel, table);
    return;
  }
  const inverse = fields.inverseBound;
  for (let k = 0; k < firstTerms(fields); k++, table += 4) {
    const coefficient = fields.monomial
      ? <f64>(k + 1) * evenCoefficient(fields, channel, k + 1)
      : <f64>(1 + 2 * k) * oddCoefficient(fields, channel, k) + <f64>(2 * (k + 1)) * oddCoefficient(fields, channel, k + 1);
    f32.store(table, <f32>(coefficient * inverse));
  }
  let factor = inverse * inverse;
  for (let k = 0; k < secondTerms(fields); k++, table += 4, factor *= variableScale(fields)) {
    f32.store(table, <f32>(<f64>(4 * (k + 1)) * evenCoefficient(fields, channel, k + 1) * factor));
  }
}

function differentiateTwice(fields: Activation, x: usize, gradient: usize, out: usize, bytes: usize, scratch: usize): void {
  const table = tableOf(fields, scratch);
  const scale = <f32>scaleOf(fields);
  const terms = secondTerms(fields);
  evaluateTwice(x, gradient, out, bytes, table, firstTerms(fields), terms, scratch + TWICE, scale);
  if (!fields.learnable) return;
  addTwicePowers(
    x, gradient, bytes, <i32>fields.evenTerms, <i32>fields.oddTerms, scratch + TWICE, scale,
    scratch + SUMS, totalsOf(fields, scratch),
  );
}

/** The gradient of the inputs of whole groups. */
function differentiate(fields: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const constants = scratch + CONSTANTS;
  const sizes = scratch + GROUP_SIZES;
  const first = tableOf(fields, scratch);
  const second = first + (<usize>firstTerms(fields) << 2);
  const last = second + (<usize>secondTerms(fields) << 2) - 4;
  if (fields.monomial) horner(LINEAR, SLOPE, constants, first, last, x, gradient, out, groups, sizes);
  else if (fields.oddTerms <= 1) hornerLine(CHEBYSHEV, SLOPE_LINE, constants, second, last, x, gradient, out, groups, sizes);
  else {
    horner(CHEBYSHEV, VALUE, constants, first, second - 4, x, gradient, out, groups, sizes);
    horner(CHEBYSHEV, SLOPE_ODD, constants, second, last, x, gradient, out, groups, sizes);
  }
}

/** The same with the sums for the gradients of the coefficients. */
function differentiateAll(fields: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const constants = scratch + CONSTANTS;
  const first = tableOf(fields, scratch);
  const second = first + (<usize>firstTerms(fields) << 2);
  const last = second + (<usize>secondTerms(fields) << 2) - 4;
  const sums = scratch + SUMS;
  const odd = sums + <usize>firstOddSum(fields) * SUM_BYTES;
  const end = sums + <usize>sumsOf(fields) * SUM_BYTES;
  const totals = totalsOf(fields, scratch);
  if (fields.monomial) {
    monomialSlopes(constants, first, last, x, gradient, out, groups, sums, end, totals);
  } else if (fields.oddTerms > 1) {
    const oddTotals = totals + (<usize>firstOddSum(fields) << 4);
    oddValues(constants, first, second - 4, x, gradient, out, groups, odd, end, oddTotals);
    oddSlopes(constants, second, last, x, gradient, out, groups, sums, odd, totals);
  } else if (isShifted(fields)) {
    if (fields.evenTerms == 2) twoTermSlopes(constants, second, x, gradient, out, groups, totals);
    else shiftedSlopes(constants, second, last, x, gradient, out, groups, sums, end, totals);
  } else {
    lineSlopes(constants, second, last, x, gradient, out, groups, sums, end, totals);
  }
}

/** Inputs that are NaN have gradients that are. */
function keepNaN(x: usize, out: usize, bytes: usize): void {
  for (const end = x + bytes; x < end; x += 16, out += 16) {
    const values = v128.load(x);
    v128.store(out, v128.bitselect(v128.load(out), values, f32x4.eq(values, values)));
  }
}

/** What four inputs are beyond the bound; stores them with those beyond it put at it. */
// @ts-ignore: decorator
@inline
function clamp(x: usize, out: usize, bound: v128): v128 {
  const values = v128.load(x);
  const clamped = f32x4.pmax(f32x4.pmin(values, bound), f32x4.neg(bound));
  v128.store(out, clamped);
  return f32x4.sub(values, clamped);
}

/** Puts inputs beyond the bound at it, and adds the gradients times what they are above and below it up. */
function clampAndSum(x: usize, gradient: usize, out: usize, bytes: usize, bound: f32, scratch: usize): void {
  const edge = f32x4.splat(bound);
  const zero = f32x4.splat(0);
  let above = v128.load(scratch, ABOVE);
  let below = v128.load(scratch, BELOW);
  for (const end = x + bytes; x < end; x += 64, gradient += 64, out += 64) {
    const e0 = clamp(x, out, edge);
    const e1 = clamp(x + 16, out + 16, edge);
    const e2 = clamp(x + 32, out + 32, edge);
    const e3 = clamp(x + 48, out + 48, edge);
    if (!v128.any_true(v128.or(v128.or(e0, e1), v128.or(e2, e3)))) continue;
    const g0 = v128.load(gradient);
    const g1 = v128.load(gradient, 16);
    const g2 = v128.load(gradient, 32);
    const g3 = v128.load(gradient, 48);
    above = addDoubles(above, f32x4.add(
      madd(g1, f32x4.pmax(zero, e1), f32x4.mul(g0, f32x4.pmax(zero, e0))),
      madd(g3, f32x4.pmax(zero, e3), f32x4.mul(g2, f32x4.pmax(zero, e2))),
    ));
    below = addDoubles(below, f32x4.add(
      madd(g1, f32x4.pmin(zero, e1), f32x4.mul(g0, f32x4.pmin(zero, e0))),
      madd(g3, f32x4.pmin(zero, e3), f32x4.mul(g2, f32x4.pmin(zero, e2))),
    ));
  }
  v128.store(scratch, above, ABOVE);
  v128.store(scratch, below, BELOW);
}

/** The scale of `variableOf`. */
function scaleOf(fields: Activation): f64 {
  if (fields.monomial) return fields.inverseBound;
  return isShifted(fields) ? -0.5 / (fields.inverseBound * fields.inverseBound) : Math.SQRT2 * fields.inverseBound;
}

/** The largest sizes in the lanes, as integers. */
function sizesIn(x: usize, bytes: usize): v128 {
  let sizes = f32x4.splat(0);
  const magnitude = magnitudes();
  for (const end = x + bytes; x < end; x += 64) {
    const low = largest(v128.load(x), v128.load(x, 16), magnitude);
    const high = largest(v128.load(x, 32), v128.load(x, 48), magnitude);
    sizes = i32x4.max_s(sizes, i32x4.max_s(low, high));
  }
  return sizes;
}

/**
 * The gradients of whole groups without their penalties. Returns the largest sizes, and stores those of each group of eight
 * vectors unless coefficients are learned, which takes groups of four.
 */
function backwardValues(fields: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): v128 {
  const bytes = <usize>groups * GROUP_BYTES;
  const constants = scratch + CONSTANTS;
  const sizes = scratch + GROUP_SIZES;
  if (!gradient) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(out + at, f32x4.splat(0));
    return storeSizes(x, groups, sizes);
  }
  clearSizes(constants);
  if (!fields.learnable) {
    let all: v128;
    if (fields.twice) {
      differentiateTwice(fields, x, gradient, out, bytes, scratch);
      all = storeSizes(x, groups, sizes);
    } else {
      differentiate(fields, x, gradient, out, groups, scratch);
      all = sizesSoFar(constants);
    }
    if (fields.tangent && anyBeyond(all, fields.bound)) {
      const count = listBeyond(sizes, groups, fields.bound, scratch + LIST);
      straightenSlopes(x, gradient, out, scratch + LIST, count, scratch + TANGENT);
    }
    return all;
  }
  const all = fields.tangent || fields.twice ? sizesIn(x, bytes) : f32x4.splat(0);
  if (fields.tangent && anyBeyond(all, fields.bound)) {
    clampAndSum(x, gradient, scratch + CLAMPED, bytes, <f32>fields.bound, scratch);
    x = scratch + CLAMPED;
  }
  if (fields.twice) differentiateTwice(fields, x, gradient, out, bytes, scratch);
  else differentiateAll(fields, x, gradient, out, groups, scratch);
  return i32x4.max_s(all, sizesSoFar(constants));
}

/** Whether the gradients of a run are read again where results have been stored. */
// @ts-ignore: decorator
@inline
function isReadTwice(fields: Activation, x: usize, groups: i32): bool {
  if (fields.learnable || fields.twice || fields.oddTerms > 1) return true;
  return fields.tangent != 0 && anyBeyond(sizesIn(x, <usize>groups * GROUP_BYTES), fields.bound);
}

/** Computes whole groups: at most a run where the tangent goes on. */
function backwardGroups(fields: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const sizes = backwardValues(fields, x, gradient, out, groups, scratch);
  const form = <i32>fields.form;
  const plain = plainSize(fields);
  if (form == PenaltyForm.none || !anyBeyond(sizes, plain)) return;
  const bytes = <usize>groups * GROUP_BYTES;
  const share = <f32>fields.penaltyShare;
  const list = scratch + LIST;
  if (fields.learnable) storeSizes(x, groups, scratch + GROUP_SIZES);
  const count = listBeyond(scratch + GROUP_SIZES, groups, plain, list);
  addPenaltySlopes(form, x, out, list, count, share, scratch + PENALTY);
  if (anyBeyond(sizes, f32.MAX_VALUE)) keepNaN(x, out, bytes);
}

/** See activation.ts. */
export function polynomialGradientBlocks(fields: Activation): i32 {
  return blocksOf(fields);
}

/** What stands at the top of this file. */
export function polynomialGradientScratch(fields: Activation): usize {
  return tableOf(fields, 0) + (<usize>(firstTerms(fields) + secondTerms(fields)) << 2);
}

/** Partial sums of a block: the gradients of the coefficients, if they are wanted. */
export function polynomialGradient(fields: Activation, block: i32, scratch: usize): void {
  const channel = channelOf(fields, block);
  const images = endImage(fields, block);
  const start = firstPosition(fields, block);
  const end = endPosition(fields, block);
  const planesAtOnce = planesPerChunk(fields, GROUP);
  const step = <usize>fields.channels * <usize>fields.area << 2;
  const gradients = <usize>fields.gradient;
  const table = tableOf(fields, scratch);
  storeDerivative(fields, channel, table);
  storePenalty(fields, scratch + PENALTY);
  storeTangent(fields, channel, scratch + TANGENT);
  const rest: f32 = fields.monomial ? 0 : f32.load(table);
  setConstants(scratch + CONSTANTS, <f32>scaleOf(fields), rest);
  v128.store(scratch, f64x2.splat(0), ABOVE);
  v128.store(scratch, f64x2.splat(0), BELOW);
  for (let at = scratch + SUMS; at < table; at += 16) v128.store(at, f32x4.splat(0));

  for (let image = firstImage(fields, block); image < images; image += planesAtOnce) {
    const planes = min(planesAtOnce, images - image);
    const plane = <usize>image * step + (<usize>channel * <usize>fields.area << 2);
    for (let position = start; position < end; position += RUN) {
      const at = plane + (<usize>position << 2);
      const count = min(RUN, end - position);
      const groups = planes == 1 ? count / GROUP : 0;
      const x = <usize>fields.x + at;
      const gradient = gradients ? gradients + at : 0;
      const out = <usize>fields.out + at;
      if (groups) {
        let slopes = gradient;
        if (gradient == out && isReadTwice(fields, x, groups)) {
          slopes = scratch + KEPT;
          gatherPieces(slopes, gradient, groups * GROUP, 1, 0, GROUP);
        }
        backwardGroups(fields, x, slopes, out, groups, scratch);
      }
      const rest = count - groups * GROUP;
      if (rest) {
        const tail = <usize>(groups * GROUP) << 2;
        const all = rest * planes;
        const stage = gradient ? scratch + STAGE_GRADIENT : 0;
        gatherPieces(scratch + STAGE_X, x + tail, rest, planes, step, GROUP);
        if (gradient) gatherPieces(stage, gradient + tail, rest, planes, step, GROUP);
        backwardGroups(fields, scratch + STAGE_X, stage, scratch + STAGE_OUT, ceilDiv(all, GROUP), scratch);
        scatterPieces(out + tail, scratch + STAGE_OUT, rest, planes, step);
      }
    }
  }
  if (fields.learnable) storePartials(fields, block, scratch);
}

function storePartials(fields: Activation, block: i32, scratch: usize): void {
  const terms = termsOf(fields);
  const above = f64.load(scratch, ABOVE) + f64.load(scratch, ABOVE + 8);
  const below = f64.load(scratch, BELOW) + f64.load(scratch, BELOW + 8);
  const even = fields.monomial ? terms : <i32>fields.evenTerms;
  const scale = variableScale(fields);
  let power: f64 = 1;
  let partials = <usize>fields.partials + (<usize>(block * terms) << 3);
  for (let k = 0; k < terms; k++, partials += 8, power *= scale) {
    const isOddPart = k >= even;
    const slot = fields.twice
      ? isOddPart ? twiceSums(even) + twiceSum(k - even, terms - even) : twiceSum(k, even)
      : isOddPart ? firstOddSum(fields) + k - even : k;
    const total = totalsOf(fields, scratch) + (<usize>slot << 4);
    const sum = f64.load(total) + f64.load(total, 8);
    const slope = edgeSlope(fields, k);
    const beyond = above * slope + (isOdd(fields, k) ? below * slope : -below * slope);
    f64.store(partials, sum * (isOddPart ? fields.inverseBound : power) + beyond);
  }
}
