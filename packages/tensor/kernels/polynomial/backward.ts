// The gradient of the inputs of an activation polynomial from its values and its penalty, with the gradients of its
// coefficients, in one pass.
import {
  Activation, blocksOf, CHUNK, channelOf, coefficientAt, edgeSlope, endImage, endPosition, firstImage, firstPosition,
  GROUP, GROUP_BYTES, isOdd, planesPerChunk, termsOf,
} from './activation';
import {
  addOddPowers, CHEBYSHEV, groupSizes, horner, LINEAR, SLOPE, SLOPE_LINE, SLOPE_ODD, VALUE,
} from './group';
import { NO_PENALTY, penaltySlope, plainSize } from './penalty';
import { gatherPieces, groupsFor, scatterPieces } from './staging';

// The scratch. First, in double precision: Σ g·(x − B) over x > B, Σ g·(x + B) over x < −B, which the tangent needs.
const ABOVE: usize = 0;
const BELOW: usize = 8;
const STAGE_X: usize = 16;
const STAGE_GRADIENT: usize = STAGE_X + (<usize>CHUNK << 2);
const STAGE_OUT: usize = STAGE_GRADIENT + (<usize>CHUNK << 2);
/** Inputs of a chunk, those beyond the bound put at it. */
const CLAMPED: usize = STAGE_OUT + (<usize>CHUNK << 2);
/** Sums of a chunk for each term, and one that may not be wanted. */
const SUMS: usize = CLAMPED + (<usize>CHUNK << 2);

// @ts-ignore: decorator
@inline
function tableOf(task: Activation, scratch: usize): usize {
  return scratch + SUMS + (<usize>(termsOf(task) + 1) << 4);
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

/** The coefficients of the derivative: those of Q over B, then those of P over B², as they are multiplied by x. */
function storeDerivative(task: Activation, channel: i32, table: usize): void {
  const inverse = task.inverseBound;
  for (let k = 0; k < firstTerms(task); k++, table += 4) {
    const coefficient = task.monomial
      ? <f64>(k + 1) * evenCoefficient(task, channel, k + 1)
      : <f64>(1 + 2 * k) * oddCoefficient(task, channel, k) + <f64>(2 * (k + 1)) * oddCoefficient(task, channel, k + 1);
    f32.store(table, <f32>(coefficient * inverse));
  }
  for (let k = 0; k < secondTerms(task); k++, table += 4) {
    f32.store(table, <f32>(<f64>(4 * (k + 1)) * evenCoefficient(task, channel, k + 1) * inverse * inverse));
  }
}

/** The gradient of the inputs of whole groups, and the sums for the gradients of the coefficients. */
function differentiate(task: Activation, x: usize, gradient: usize, out: usize, groups: i32, scratch: usize): void {
  const table = tableOf(task, scratch);
  const second = table + (<usize>firstTerms(task) << 2);
  const lastOfFirst = second - 4;
  const lastOfSecond = lastOfFirst + (<usize>secondTerms(task) << 2);
  const sums = scratch + SUMS;
  const end = task.learnable ? sums + (<usize>task.evenTerms << 4) : sums;
  if (task.monomial) {
    horner(LINEAR, SLOPE, <f32>task.inverseBound, table, lastOfFirst, 0, x, gradient, out, groups, sums, end);
    return;
  }
  const scale = <f32>(Math.SQRT2 * task.inverseBound);
  if (task.oddTerms <= 1) {
    horner(CHEBYSHEV, SLOPE_LINE, scale, second, lastOfSecond, f32.load(table), x, gradient, out, groups, sums, end);
    return;
  }
  horner(CHEBYSHEV, VALUE, scale, table, lastOfFirst, 0, x, gradient, out, groups, 0, 0);
  horner(CHEBYSHEV, SLOPE_ODD, scale, second, lastOfSecond, 0, x, gradient, out, groups, sums, end);
  if (task.learnable) addOddPowers(scale, x, gradient, groups, end, end + (<usize>task.oddTerms << 4));
}

// @ts-ignore: decorator
@inline
function addLanes(values: v128): f64 {
  const pairs = f64x2.add(
    f64x2.promote_low_f32x4(values),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(values, values, 2, 3, 2, 3)),
  );
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

function backwardGroups(
  task: Activation, x: usize, gradient: usize, out: usize, groups: i32, partials: usize, scratch: usize,
): void {
  const bytes = <usize>groups * GROUP_BYTES;
  const plain = f32x4.splat(plainSize(task));
  let special = false;
  for (let at: usize = 0; at < bytes && !special; at += GROUP_BYTES) {
    special = v128.any_true(i32x4.gt_s(groupSizes(x + at), plain));
  }
  if (gradient) {
    let source = x;
    if (special && task.tangent) {
      source = scratch + CLAMPED;
      clamp(x, source, bytes, <f32>task.bound);
    }
    differentiate(task, source, gradient, out, groups, scratch);
    if (task.learnable) {
      for (let k = 0; k < termsOf(task); k++) {
        const sum = scratch + SUMS + (<usize>k << 4);
        f64.store(partials, f64.load(partials) + addLanes(v128.load(sum)));
        v128.store(sum, f32x4.splat(0));
        partials += 8;
      }
    }
  } else for (let at: usize = 0; at < bytes; at += 16) v128.store(out + at, f32x4.splat(0));
  if (!special) return;
  for (let at: usize = 0; at < bytes; at += GROUP_BYTES) {
    if (!v128.any_true(i32x4.gt_s(groupSizes(x + at), plain))) continue;
    for (let offset = at; offset < at + GROUP_BYTES; offset += 16) {
      correct(task, x + offset, gradient ? gradient + offset : 0, out + offset, scratch);
    }
  }
}

export function polynomialGradientBlocks(task: Activation): i32 {
  return blocksOf(task);
}

export function polynomialGradientScratch(task: Activation): usize {
  return tableOf(task, 0) + (<usize>(firstTerms(task) + secondTerms(task)) << 2);
}

/** Partial sums of a block: the gradients of the coefficients, if they are wanted. */
export function polynomialGradient(task: Activation, block: i32, scratch: usize): void {
  const channel = channelOf(task, block);
  const images = endImage(task, block);
  const start = firstPosition(task, block);
  const end = endPosition(task, block);
  const planesAtOnce = planesPerChunk(task);
  const step = <usize>task.channels * <usize>task.area << 2;
  const terms = termsOf(task);
  const partials = <usize>task.partials + (<usize>(block * terms) << 3);
  const gradients = <usize>task.gradient;
  storeDerivative(task, channel, tableOf(task, scratch));
  f64.store(scratch, 0, ABOVE);
  f64.store(scratch, 0, BELOW);
  for (let k = 0; k <= terms; k++) v128.store(scratch + SUMS + (<usize>k << 4), f32x4.splat(0));
  if (task.learnable) for (let k = 0; k < terms; k++) f64.store(partials + (<usize>k << 3), 0);

  for (let image = firstImage(task, block); image < images; image += planesAtOnce) {
    const planes = min(planesAtOnce, images - image);
    const plane = <usize>image * step + (<usize>channel * <usize>task.area << 2);
    for (let position = start; position < end; position += CHUNK) {
      const at = plane + (<usize>position << 2);
      const count = min(CHUNK, end - position);
      const groups = planes == 1 ? count / GROUP : 0;
      const x = <usize>task.x + at;
      const gradient = gradients ? gradients + at : 0;
      const out = <usize>task.out + at;
      if (groups) backwardGroups(task, x, gradient, out, groups, partials, scratch);
      const rest = count - groups * GROUP;
      if (rest) {
        const tail = <usize>groups * GROUP_BYTES;
        const stage = gradient ? scratch + STAGE_GRADIENT : 0;
        gatherPieces(scratch + STAGE_X, x + tail, rest, planes, step);
        if (gradient) gatherPieces(stage, gradient + tail, rest, planes, step);
        backwardGroups(task, scratch + STAGE_X, stage, scratch + STAGE_OUT, groupsFor(rest * planes), partials, scratch);
        scatterPieces(out + tail, scratch + STAGE_OUT, rest, planes, step);
      }
    }
  }

  if (!task.learnable) return;
  const above = f64.load(scratch, ABOVE);
  const below = f64.load(scratch, BELOW);
  for (let k = 0; k < terms; k++) {
    const sum = partials + (<usize>k << 3);
    const slope = edgeSlope(task, k);
    // Sums of odd terms are of gradient·x·s^k in the even-odd basis.
    const scale = isOdd(task, k) && !task.monomial ? task.inverseBound : 1;
    f64.store(sum, f64.load(sum) * scale + above * slope + (isOdd(task, k) ? below * slope : -below * slope));
  }
}
