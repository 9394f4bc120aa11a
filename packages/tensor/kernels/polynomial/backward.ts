// The gradient of the inputs of an activation polynomial from its values and its penalty, with the gradients of its
// coefficients, in one pass.
import {
  Activation, blocksOf, CHUNK, channelOf, coefficientAt, edgeSlope, endImage, endPosition, firstImage, firstPosition,
  GROUP, isOdd, planesPerChunk, RUN, termsOf,
} from './activation';
import { lowerDoubles, upperDoubles } from '../simd';
import { ceilDiv } from '../task';
import {
  CHEBYSHEV, CONSTANTS_BYTES, horner, LINEAR, SLOPE, SLOPE_LINE, SLOPE_ODD, setConstants, sizesOf, VALUE,
} from './group';
import { NO_PENALTY, penaltySlope, plainSize } from './penalty';
import {
  lineSlopes, monomialSlopes, oddSlopes, oddValues, POWER_GROUP, shiftedSlopes, threeTermSlopes, twoTermSlopes,
} from './powers';
import { gatherPieces, scatterPieces } from './staging';

// The scratch. First, in double precision: Σ g·(x − B) over x > B, Σ g·(x + B) over x < −B, which the tangent needs.
const ABOVE: usize = 0;
const BELOW: usize = 8;
const STAGE_X: usize = 16;
const STAGE_GRADIENT: usize = STAGE_X + (<usize>CHUNK << 2);
const STAGE_OUT: usize = STAGE_GRADIENT + (<usize>CHUNK << 2);
/** Inputs of a run, those beyond the bound put at it. */
const CLAMPED: usize = STAGE_OUT + (<usize>CHUNK << 2);
const CONSTANTS: usize = CLAMPED + (<usize>RUN << 2);
/** Sums for the gradients of the coefficients: of a chunk in float32, then of the block in double precision. */
const SUMS: usize = CONSTANTS + CONSTANTS_BYTES;

/**
 * What a power of B²/2, or the reciprocal of one, may be, 2^68: products with gradients from 1e-17 to 1e14 and their sums are
 * then numbers that float32 holds with all digits.
 */
const MAX_POWER: f64 = 2.95e20;

// There are two sums of even terms at least, and one more of odd ones than may be wanted: see powers.ts.

// @ts-ignore: decorator
@inline
function firstOddSum(task: Activation): i32 {
  return max(2, <i32>task.evenTerms);
}

// @ts-ignore: decorator
@inline
function sumsOf(task: Activation): i32 {
  if (task.monomial) return firstOddSum(task);
  return firstOddSum(task) + (task.oddTerms > 1 ? <i32>task.oddTerms + 1 : 1);
}

// @ts-ignore: decorator
@inline
function totalsOf(task: Activation, scratch: usize): usize {
  return scratch + SUMS + (<usize>sumsOf(task) << 4);
}

// @ts-ignore: decorator
@inline
function tableOf(task: Activation, scratch: usize): usize {
  return totalsOf(task, scratch) + (<usize>sumsOf(task) << 4);
}

// @ts-ignore: decorator
@inline
function groupOf(task: Activation): i32 {
  return task.learnable ? POWER_GROUP : GROUP;
}

/** Terms of the table: those of Q and of P, or all of the derivative in the monomial basis; one of each at least. */
// @ts-ignore: decorator
@inline
function firstTerms(task: Activation): i32 {
  return max(1, task.monomial ? <i32>task.evenTerms - 1 : <i32>task.oddTerms);
}

// @ts-ignore: decorator
@inline
function secondTerms(task: Activation): i32 {
  return task.monomial ? 0 : max(1, <i32>task.evenTerms - 1);
}

// @ts-ignore: decorator
@inline
function evenCoefficient(task: Activation, channel: i32, k: i32): f64 {
  return k < <i32>task.evenTerms ? coefficientAt(task, channel, k) : 0;
}

// @ts-ignore: decorator
@inline
function oddCoefficient(task: Activation, channel: i32, k: i32): f64 {
  return k < <i32>task.oddTerms ? coefficientAt(task, channel, <i32>task.evenTerms + k) : 0;
}

/**
 * Whether sums and slopes are of powers of x² − B²/2, one operation instead of two for the Chebyshev variable: where the highest
 * power of B²/2 is far from the ends of float32.
 */
// @ts-ignore: decorator
@inline
function isShifted(task: Activation): bool {
  if (!task.learnable || task.monomial || task.oddTerms > 1 || task.evenTerms < 2) return false;
  const half = 0.5 / (task.inverseBound * task.inverseBound);
  let power: f64 = 1;
  for (let k = 0; k < <i32>task.evenTerms; k++) power *= half;
  return power < MAX_POWER && power > 1 / MAX_POWER;
}

/** What the variable is multiplied by to be the Chebyshev variable. */
// @ts-ignore: decorator
@inline
function variableScale(task: Activation): f64 {
  return isShifted(task) ? 2 * task.inverseBound * task.inverseBound : 1;
}

/** The coefficients of the derivative: those of Q over B, then those of P over B², as they are multiplied by x. */
function storeDerivative(task: Activation, channel: i32, table: usize): void {
  const inverse = task.inverseBound;
  for (let k = 0; k < firstTerms(task); k++, table += 4) {
    const coefficient = task.monomial
      ? <f64>(k + 1) * evenCoefficient(task, channel, k + 1)
      : <f64>(1 + 2 * k) * oddCoefficient(task, channel, k) + <f64>(2 * (k + 1)) * oddCoefficient(task, channel, k + 1);
    f32.store(table, <f32>(coefficient * inverse));
  }
  let factor = inverse * inverse;
  for (let k = 0; k < secondTerms(task); k++, table += 4, factor *= variableScale(task)) {
    f32.store(table, <f32>(<f64>(4 * (k + 1)) * evenCoefficient(task, channel, k + 1) * factor));
  }
}

/** The gradient of the inputs of whole groups. */
function differentiate(task: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const constants = scratch + CONSTANTS;
  const first = tableOf(task, scratch);
  const second = first + (<usize>firstTerms(task) << 2);
  const last = second + (<usize>secondTerms(task) << 2) - 4;
  if (task.monomial) horner(LINEAR, SLOPE, constants, first, last, x, gradient, out, groups);
  else if (task.oddTerms <= 1) horner(CHEBYSHEV, SLOPE_LINE, constants, second, last, x, gradient, out, groups);
  else {
    horner(CHEBYSHEV, VALUE, constants, first, second - 4, x, gradient, out, groups);
    horner(CHEBYSHEV, SLOPE_ODD, constants, second, last, x, gradient, out, groups);
  }
}

/** The same with the sums for the gradients of the coefficients. */
function differentiateAll(task: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const constants = scratch + CONSTANTS;
  const first = tableOf(task, scratch);
  const second = first + (<usize>firstTerms(task) << 2);
  const last = second + (<usize>secondTerms(task) << 2) - 4;
  const sums = scratch + SUMS;
  const odd = sums + (<usize>firstOddSum(task) << 4);
  const end = sums + (<usize>sumsOf(task) << 4);
  const totals = totalsOf(task, scratch);
  if (task.monomial) {
    monomialSlopes(constants, first, last, x, gradient, out, groups, sums, end, totals);
  } else if (task.oddTerms > 1) {
    const oddTotals = totals + (odd - sums);
    oddValues(constants, first, second - 4, x, gradient, out, groups, odd, end, oddTotals);
    oddSlopes(constants, second, last, x, gradient, out, groups, sums, odd, totals);
  } else if (isShifted(task)) {
    const terms = <i32>task.evenTerms;
    if (terms == 2) twoTermSlopes(constants, second, x, gradient, out, groups, totals);
    else if (terms == 3) threeTermSlopes(constants, second, x, gradient, out, groups, totals);
    else shiftedSlopes(constants, second, last, x, gradient, out, groups, sums, end, totals);
  } else {
    lineSlopes(constants, second, last, x, gradient, out, groups, sums, end, totals);
  }
}

// @ts-ignore: decorator
@inline
function addLanes(values: v128): f64 {
  const pairs = f64x2.add(lowerDoubles(values), upperDoubles(values));
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/** What inputs out of range add to their gradient and, where the tangent goes on, to the sums. */
function correct(task: Activation, x: usize, gradient: usize, out: usize, scratch: usize): void {
  const values = v128.load(x);
  const form = <i32>task.form;
  if (form != NO_PENALTY) {
    const slope = penaltySlope(form, f32x4.abs(values), <f32>task.limit, <f32>task.cap);
    const signed = v128.or(slope, v128.and(values, f32x4.splat(-0.0)));
    const share = f32x4.splat(<f32>task.penaltyShare);
    // What is added to 0 in a mask keeps NaN of the input.
    const own = v128.bitselect(f32x4.mul(share, signed), values, f32x4.eq(values, values));
    v128.store(out, f32x4.add(v128.load(out), own));
  }
  if (task.tangent && gradient) {
    const bound = f32x4.splat(<f32>task.bound);
    const weights = v128.load(gradient);
    const above = v128.and(f32x4.mul(weights, f32x4.sub(values, bound)), f32x4.gt(values, bound));
    const below = v128.and(f32x4.mul(weights, f32x4.add(values, bound)), f32x4.lt(values, f32x4.neg(bound)));
    f64.store(scratch, f64.load(scratch, ABOVE) + addLanes(above), ABOVE);
    f64.store(scratch, f64.load(scratch, BELOW) + addLanes(below), BELOW);
  }
}

function clamp(x: usize, out: usize, bytes: usize, bound: f32): void {
  const last = f32x4.splat(bound);
  const first = f32x4.splat(-bound);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(out + i, f32x4.pmax(f32x4.pmin(v128.load(x + i), last), first));
  }
}

/** The scale of `variableOf`. */
function scaleOf(task: Activation): f64 {
  if (task.monomial) return task.inverseBound;
  return isShifted(task) ? -0.5 / (task.inverseBound * task.inverseBound) : Math.SQRT2 * task.inverseBound;
}

/** The largest sizes in the lanes, as integers. */
function sizesIn(x: usize, bytes: usize): v128 {
  let sizes = f32x4.splat(0);
  for (let end = x + bytes; x < end; x += 16) sizes = i32x4.max_s(sizes, sizesOf(v128.load(x)));
  return sizes;
}

/** Computes whole groups: at most a run where the tangent goes on. */
function backwardGroups(task: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const bytes = <usize>(groups * groupOf(task)) << 2;
  const plain = f32x4.splat(plainSize(task));
  let source = x;
  let sizes = !gradient || task.tangent ? sizesIn(x, bytes) : f32x4.splat(0);
  if (task.tangent && v128.any_true(i32x4.gt_s(sizes, plain))) {
    source = scratch + CLAMPED;
    clamp(x, source, bytes, <f32>task.bound);
  }
  v128.store(scratch, sizes, CONSTANTS);
  if (!gradient) for (let at: usize = 0; at < bytes; at += 16) v128.store(out + at, f32x4.splat(0));
  else if (task.learnable) differentiateAll(task, source, gradient, out, groups, scratch);
  else differentiate(task, source, gradient, out, groups, scratch);
  sizes = v128.load(scratch, CONSTANTS);
  if (!v128.any_true(i32x4.gt_s(sizes, plain))) return;
  for (let at: usize = 0; at < bytes; at += 16) {
    if (!v128.any_true(i32x4.gt_s(sizesOf(v128.load(x + at)), plain))) continue;
    correct(task, x + at, gradient ? gradient + at : 0, out + at, scratch);
  }
}

/** See activation.ts. */
export function polynomialGradientBlocks(task: Activation): i32 {
  return blocksOf(task);
}

/** What stands at the top of this file. */
export function polynomialGradientScratch(task: Activation): usize {
  return tableOf(task, 0) + (<usize>(firstTerms(task) + secondTerms(task)) << 2);
}

/** Partial sums of a block: the gradients of the coefficients, if they are wanted. */
export function polynomialGradient(task: Activation, block: i32, scratch: usize): void {
  const channel = channelOf(task, block);
  const images = endImage(task, block);
  const start = firstPosition(task, block);
  const end = endPosition(task, block);
  const group = groupOf(task);
  const planesAtOnce = planesPerChunk(task, group);
  const step = <usize>task.channels * <usize>task.area << 2;
  const gradients = <usize>task.gradient;
  const table = tableOf(task, scratch);
  storeDerivative(task, channel, table);
  const rest: f32 = task.monomial ? 0 : f32.load(table);
  setConstants(scratch + CONSTANTS, <f32>scaleOf(task), rest);
  f64.store(scratch, 0, ABOVE);
  f64.store(scratch, 0, BELOW);
  for (let at = scratch + SUMS; at < table; at += 16) v128.store(at, f32x4.splat(0));

  for (let image = firstImage(task, block); image < images; image += planesAtOnce) {
    const planes = min(planesAtOnce, images - image);
    const plane = <usize>image * step + (<usize>channel * <usize>task.area << 2);
    for (let position = start; position < end; position += RUN) {
      const at = plane + (<usize>position << 2);
      const count = min(RUN, end - position);
      const groups = planes == 1 ? count / group : 0;
      const x = <usize>task.x + at;
      const gradient = gradients ? gradients + at : 0;
      const out = <usize>task.out + at;
      if (groups) backwardGroups(task, x, gradient, out, groups, scratch);
      const rest = count - groups * group;
      if (rest) {
        const tail = <usize>(groups * group) << 2;
        const all = rest * planes;
        const stage = gradient ? scratch + STAGE_GRADIENT : 0;
        gatherPieces(scratch + STAGE_X, x + tail, rest, planes, step, group);
        if (gradient) gatherPieces(stage, gradient + tail, rest, planes, step, group);
        backwardGroups(task, scratch + STAGE_X, stage, scratch + STAGE_OUT, ceilDiv(all, group), scratch);
        scatterPieces(out + tail, scratch + STAGE_OUT, rest, planes, step);
      }
    }
  }
  if (task.learnable) storePartials(task, block, scratch);
}

function storePartials(task: Activation, block: i32, scratch: usize): void {
  const terms = termsOf(task);
  const above = f64.load(scratch, ABOVE);
  const below = f64.load(scratch, BELOW);
  const even = task.monomial ? terms : <i32>task.evenTerms;
  const scale = variableScale(task);
  let power: f64 = 1;
  let partials = <usize>task.partials + (<usize>(block * terms) << 3);
  for (let k = 0; k < terms; k++, partials += 8, power *= scale) {
    const isOddPart = k >= even;
    const slot = isOddPart ? firstOddSum(task) + k - even : k;
    const total = totalsOf(task, scratch) + (<usize>slot << 4);
    const sum = f64.load(total) + f64.load(total, 8);
    const slope = edgeSlope(task, k);
    const beyond = above * slope + (isOdd(task, k) ? below * slope : -below * slope);
    f64.store(partials, sum * (isOddPart ? task.inverseBound : power) + beyond);
  }
}
