// The values of an activation polynomial with the penalty and the range of its inputs, in one pass.
import {
  Activation, blocksOf, CHUNK, channelOf, coefficientAt, endImage, endPosition, firstImage, firstPosition, GROUP,
  GROUP_BYTES, GROUP_SIZES_BYTES, LIST_BYTES, planesPerChunk, RUN, termsOf,
} from './activation';
import { ceilDiv } from '../task';
import {
  anyBeyond, CHEBYSHEV, CONSTANTS_BYTES, horner, hornerLine, LINEAR, listBeyond, SHIFTED,
  setConstants, sizesSoFar, storeSizes, VALUE, VALUE_LINE, VALUE_ODD,
} from './group';
import { addBeyondCap, addPenalties, PENALTY_BYTES, PenaltyForm, plainSize, storePenalty } from './penalty';
import { gatherPieces, scatterPieces } from './staging';
import { countAndStraighten, storeTangent, TANGENT_BYTES } from './tangent';
import { evaluateTwice, TWICE_BYTES, twicePlace } from './twice';

// The scratch: first what a block knows of its inputs: the largest sizes, how many are beyond the bound and how many are
// not finite in each lane, and two sums in double precision each of penalties and of what arguments are beyond the cap.
const LARGEST: usize = 0;
const BEYOND: usize = 16;
const NOT_FINITE: usize = 48;
const PENALTIES: usize = 64;
const BEYOND_CAP: usize = 80;
const STATISTICS_BYTES: usize = 96;
/** The largest sizes of each group of a run. */
const GROUP_SIZES: usize = STATISTICS_BYTES;
/** A list of groups. */
const LIST: usize = GROUP_SIZES + GROUP_SIZES_BYTES;
const STAGE_X: usize = LIST + LIST_BYTES;
const STAGE_OUT: usize = STAGE_X + (<usize>CHUNK << 2);
const CONSTANTS: usize = STAGE_OUT + (<usize>CHUNK << 2);
const TANGENT: usize = CONSTANTS + CONSTANTS_BYTES;
const PENALTY: usize = TANGENT + TANGENT_BYTES;
const TWICE: usize = PENALTY + PENALTY_BYTES;
const TABLE: usize = TWICE + TWICE_BYTES;

const SMALLEST_NORMAL: f64 = 1.1754943508222875e-38;

/**
 * The coefficients for evaluation at `table`. Where O is constant they are those for the variable s·B²/2 = x² − B²/2,
 * which takes one operation less than s.
 *
 * @returns whether this is so; not if a coefficient would lose digits by underflow
 */
function storeCoefficients(fields: Activation, channel: i32, table: usize): bool {
  const even = <i32>fields.evenTerms;
  const scale = 2 * fields.inverseBound * fields.inverseBound;
  let shifted = !fields.monomial && !fields.twice && fields.oddTerms <= 1;
  let power: f64 = 1;
  for (let k = 0; k < even && shifted; k++, power *= scale) {
    const coefficient = coefficientAt(fields, channel, k);
    const scaled = coefficient * power;
    shifted = coefficient == 0 || (abs(scaled) >= SMALLEST_NORMAL && abs(scaled) <= f32.MAX_VALUE);
    f32.store(table + (<usize>k << 2), <f32>scaled);
  }
  const start = shifted ? even : 0;
  for (let k = start; k < termsOf(fields); k++) {
    const factor = k < even ? 1 : fields.inverseBound;
    f32.store(table + (<usize>placeOf(fields, k) << 2), <f32>(coefficientAt(fields, channel, k) * factor));
  }
  return shifted;
}

/** Where the coefficient of a term is in the table. */
// @ts-ignore: decorator
@inline
function placeOf(fields: Activation, term: i32): i32 {
  const even = <i32>fields.evenTerms;
  if (!fields.twice) return term;
  return term < even ? twicePlace(term, even) : even + twicePlace(term - even, <i32>fields.oddTerms);
}

/** Evaluates whole groups, stores the largest sizes of each and returns those of all. */
function evaluate(fields: Activation, x: usize, out: usize, groups: i32, scratch: usize, shifted: bool): v128 {
  const constants = scratch + CONSTANTS;
  const table = scratch + TABLE;
  const odd = table + (<usize>fields.evenTerms << 2);
  const last = odd - 4;
  const scale = <f32>(Math.SQRT2 * fields.inverseBound);
  const sizes = scratch + GROUP_SIZES;
  if (fields.twice) {
    const bytes = <usize>groups * GROUP_BYTES;
    evaluateTwice(x, 0, out, bytes, table, <i32>fields.evenTerms, <i32>fields.oddTerms, scratch + TWICE, scale);
    return storeSizes(x, groups, sizes);
  }
  if (shifted) {
    const half = <f32>(0.5 / (fields.inverseBound * fields.inverseBound));
    setConstants(constants, -half, fields.oddTerms ? f32.load(odd) : 0);
    hornerLine(SHIFTED, VALUE_LINE, constants, table, last, x, 0, out, groups, sizes);
  } else if (fields.monomial) {
    setConstants(constants, <f32>fields.inverseBound, 0);
    horner(LINEAR, VALUE, constants, table, last, x, 0, out, groups, sizes);
  } else {
    setConstants(constants, scale, 0);
    horner(CHEBYSHEV, VALUE, constants, table, last, x, 0, out, groups, sizes);
    if (fields.oddTerms) {
      const lastOdd = last + (<usize>fields.oddTerms << 2);
      horner(CHEBYSHEV, VALUE_ODD, constants, odd, lastOdd, x, 0, out, groups, sizes);
    }
  }
  return sizesSoFar(constants);
}

/** Counts the inputs that are not finite, and finds the largest size where there may be NaN. */
function inspect(x: usize, groups: i32, scratch: usize): void {
  for (const end = x + <usize>groups * GROUP_BYTES; x < end; x += 16) {
    const size = f32x4.abs(v128.load(x));
    const finite = f32x4.lt(size, f32x4.splat(Infinity));
    v128.store(scratch, i32x4.sub(v128.load(scratch, NOT_FINITE), v128.not(finite)), NOT_FINITE);
    // The comparison with NaN leaves what was there.
    v128.store(scratch, f32x4.pmax(v128.load(scratch, LARGEST), size), LARGEST);
  }
}

function forwardGroups(fields: Activation, x: usize, out: usize, groups: i32, scratch: usize, shifted: bool): void {
  const sizes = evaluate(fields, x, out, groups, scratch, shifted);
  if (anyBeyond(sizes, f32.MAX_VALUE)) inspect(x, groups, scratch);
  else v128.store(scratch, f32x4.pmax(v128.load(scratch, LARGEST), sizes), LARGEST);
  if (!anyBeyond(sizes, plainSize(fields))) return;
  const form = <i32>fields.form;
  const groupSizes = scratch + GROUP_SIZES;
  const list = scratch + LIST;
  if (form != PenaltyForm.none) {
    const count = listBeyond(groupSizes, groups, plainSize(fields), list);
    addPenalties(form, x, list, count, scratch + PENALTIES, scratch + PENALTY);
    if (anyBeyond(sizes, fields.capSize)) {
      const beyondCap = listBeyond(groupSizes, groups, <f32>fields.capSize, list);
      addBeyondCap(form, x, list, beyondCap, scratch + BEYOND_CAP, scratch + PENALTY);
    }
  }
  if (anyBeyond(sizes, fields.bound)) {
    const count = listBeyond(groupSizes, groups, fields.bound, list);
    countAndStraighten(<bool>fields.tangent, x, out, list, count, scratch + BEYOND, scratch + TANGENT);
  }
}

/** See activation.ts. */
export function polynomialBlocks(fields: Activation): i32 {
  return blocksOf(fields);
}

/** What stands at the top of this file. */
export function polynomialScratch(fields: Activation): usize {
  return TABLE + (<usize>termsOf(fields) << 2);
}

/** Partial sums of a block: the penalties, the largest size, how many are beyond the bound and how many not finite. */
export function polynomial(fields: Activation, block: i32, scratch: usize): void {
  const channel = channelOf(fields, block);
  const images = endImage(fields, block);
  const start = firstPosition(fields, block);
  const end = endPosition(fields, block);
  const planesAtOnce = planesPerChunk(fields, GROUP);
  const step = <usize>fields.channels * <usize>fields.area << 2;
  for (let i: usize = 0; i < STATISTICS_BYTES; i += 16) v128.store(scratch + i, f32x4.splat(0));
  storeTangent(fields, channel, scratch + TANGENT);
  storePenalty(fields, scratch + PENALTY);
  const shifted = storeCoefficients(fields, channel, scratch + TABLE);

  for (let image = firstImage(fields, block); image < images; image += planesAtOnce) {
    const planes = min(planesAtOnce, images - image);
    const plane = <usize>image * step + (<usize>channel * <usize>fields.area << 2);
    for (let position = start; position < end; position += RUN) {
      const at = plane + (<usize>position << 2);
      const count = min(RUN, end - position);
      const groups = planes == 1 ? count / GROUP : 0;
      const x = <usize>fields.x + at;
      const out = <usize>fields.out + at;
      if (groups) forwardGroups(fields, x, out, groups, scratch, shifted);
      const rest = count - groups * GROUP;
      if (rest) {
        const tail = <usize>groups * GROUP_BYTES;
        gatherPieces(scratch + STAGE_X, x + tail, rest, planes, step, GROUP);
        forwardGroups(fields, scratch + STAGE_X, scratch + STAGE_OUT, ceilDiv(rest * planes, GROUP), scratch, shifted);
        scatterPieces(out + tail, scratch + STAGE_OUT, rest, planes, step);
      }
    }
  }

  const partials = <usize>fields.partials + (<usize>block << 5);
  const beyondCap = f64.load(scratch, BEYOND_CAP) + f64.load(scratch, BEYOND_CAP + 8);
  let penalties = f64.load(scratch, PENALTIES) + f64.load(scratch, PENALTIES + 8);
  // The slope may be infinite.
  if (beyondCap != 0) penalties += beyondCap * fields.capSlope;
  f64.store(partials, penalties);
  let largest: f32 = 0;
  let beyond = 0;
  let notFinite = 0;
  for (let lane = scratch; lane < scratch + 16; lane += 4) {
    largest = max(largest, f32.load(lane, LARGEST));
    beyond += i32.load(lane, BEYOND) + i32.load(lane, BEYOND + 16);
    notFinite += i32.load(lane, NOT_FINITE);
  }
  f64.store(partials, largest, 8);
  f64.store(partials, beyond, 16);
  f64.store(partials, notFinite, 24);
}
