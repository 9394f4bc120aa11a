// Penalties on inputs beyond a limit, of a group of eight vectors at a time: see `Penalty` in src/kernels.ts. They are
// functions of an argument: the excess over the limit, for the tenth power |x|·scale. Beyond the cap a penalty is that at
// the cap and, for all inputs together, the sum of what they are beyond it times the slope at the cap.
import { madd, magnitudes } from '../simd';
import { Activation } from './activation';
import {
  addExponentialSlopes, CAP, EXPONENTIAL_BYTES, excessOf, GROUP_SUMS, LIMIT, storeExponential, storeExponentialSums,
} from './exponentials';
import { addDoubles } from './powers';

/** Forms of a penalty: see `Penalty` in src/kernels.ts. */
export enum PenaltyForm {
  none,
  exponential,
  quadratic,
  power,
}

/** Up to this size an input needs nothing but the polynomial. */
// @ts-ignore: decorator
@inline
export function plainSize(fields: Activation): f32 {
  const form = <i32>fields.form;
  if (form == PenaltyForm.none) return <f32>fields.bound;
  return form == PenaltyForm.power ? -1 : <f32>min(fields.bound, fields.limit);
}

export const PENALTY_BYTES: usize = EXPONENTIAL_BYTES;

/** Stores the numbers; for the tenth power its scale at the place of the limit. */
export function storePenalty(fields: Activation, memory: usize): void {
  const form = <i32>fields.form;
  v128.store(memory, f32x4.splat(<f32>(form == PenaltyForm.power ? fields.scale : fields.limit)), LIMIT);
  v128.store(memory, f32x4.splat(<f32>fields.cap), CAP);
  if (form == PenaltyForm.exponential) storeExponential(memory, fields.cap);
}

/** u^9. */
// @ts-ignore: decorator
@inline
function ninth(u: v128): v128 {
  const square = f32x4.mul(u, u);
  const fourth = f32x4.mul(square, square);
  return f32x4.mul(f32x4.mul(fourth, fourth), u);
}

/** The argument, at most the cap; NaN is an argument of the tenth power alone. */
// @ts-ignore: decorator
@inline
function argumentOf(form: i32, x: v128, magnitude: v128, limit: v128, cap: v128): v128 {
  if (form == PenaltyForm.power) return f32x4.pmin(f32x4.mul(v128.and(x, magnitude), limit), cap);
  return excessOf(x, magnitude, limit, cap);
}

/** Adds a square or a tenth power to the sum. */
// @ts-ignore: decorator
@inline
function addValue(form: i32, sum: v128, x: v128, magnitude: v128, limit: v128, cap: v128): v128 {
  const u = argumentOf(form, x, magnitude, limit, cap);
  return madd(form == PenaltyForm.power ? ninth(u) : u, u, sum);
}

/** Stores the sums over every second vector of a group and over those between. */
// @ts-ignore: decorator
@inline
function storeGroupSums(form: i32, x: usize, memory: usize): void {
  if (form == PenaltyForm.exponential) {
    storeExponentialSums(x, memory);
    return;
  }
  const magnitude = magnitudes();
  const limit = v128.load(memory, LIMIT);
  const cap = v128.load(memory, CAP);
  let even = addValue(form, f32x4.splat(0), v128.load(x), magnitude, limit, cap);
  let odd = addValue(form, f32x4.splat(0), v128.load(x, 16), magnitude, limit, cap);
  even = addValue(form, even, v128.load(x, 32), magnitude, limit, cap);
  odd = addValue(form, odd, v128.load(x, 48), magnitude, limit, cap);
  even = addValue(form, even, v128.load(x, 64), magnitude, limit, cap);
  odd = addValue(form, odd, v128.load(x, 80), magnitude, limit, cap);
  even = addValue(form, even, v128.load(x, 96), magnitude, limit, cap);
  odd = addValue(form, odd, v128.load(x, 112), magnitude, limit, cap);
  v128.store(memory, even, GROUP_SUMS);
  v128.store(memory, odd, GROUP_SUMS + 16);
}

/** Adds the sums over a group to two in double precision. */
// @ts-ignore: decorator
@inline
function addGroupSums(total: v128, memory: usize): v128 {
  return addDoubles(total, f32x4.add(v128.load(memory, GROUP_SUMS), v128.load(memory, GROUP_SUMS + 16)));
}

// @ts-ignore: decorator
@inline
function addGroups(form: i32, x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  let total = v128.load(sums);
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    storeGroupSums(form, x + load<u32>(list), memory);
    total = addGroupSums(total, memory);
  }
  v128.store(sums, total);
}

// A function for each form, lest the compiler takes them for one.

function addExponentials(x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  addGroups(PenaltyForm.exponential, x, list, groups, sums, memory);
}

function addSquares(x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  addGroups(PenaltyForm.quadratic, x, list, groups, sums, memory);
}

function addPowers(x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  addGroups(PenaltyForm.power, x, list, groups, sums, memory);
}

/** Adds the penalties of the groups of a list, as they are up to the cap, to the two sums in double precision at `sums`. */
export function addPenalties(form: i32, x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  if (form == PenaltyForm.exponential) addExponentials(x, list, groups, sums, memory);
  else if (form == PenaltyForm.quadratic) addSquares(x, list, groups, sums, memory);
  else if (form == PenaltyForm.power) addPowers(x, list, groups, sums, memory);
}

/** What four arguments are beyond the cap. */
// @ts-ignore: decorator
@inline
function beyondCap(form: i32, x: usize, magnitude: v128, limit: v128, cap: v128): v128 {
  const size = v128.and(v128.load(x), magnitude);
  const argument = form == PenaltyForm.power ? f32x4.mul(size, limit) : f32x4.sub(size, limit);
  return f32x4.pmax(f32x4.splat(0), f32x4.sub(argument, cap));
}

// @ts-ignore: decorator
@inline
function addGroupsBeyondCap(form: i32, x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  const magnitude = magnitudes();
  const limit = v128.load(memory, LIMIT);
  const cap = v128.load(memory, CAP);
  let total = v128.load(sums);
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    const at = x + load<u32>(list);
    let even = beyondCap(form, at, magnitude, limit, cap);
    let odd = beyondCap(form, at + 16, magnitude, limit, cap);
    even = f32x4.add(even, beyondCap(form, at + 32, magnitude, limit, cap));
    odd = f32x4.add(odd, beyondCap(form, at + 48, magnitude, limit, cap));
    even = f32x4.add(even, beyondCap(form, at + 64, magnitude, limit, cap));
    odd = f32x4.add(odd, beyondCap(form, at + 80, magnitude, limit, cap));
    even = f32x4.add(even, beyondCap(form, at + 96, magnitude, limit, cap));
    odd = f32x4.add(odd, beyondCap(form, at + 112, magnitude, limit, cap));
    v128.store(memory, even, GROUP_SUMS);
    v128.store(memory, odd, GROUP_SUMS + 16);
    total = addGroupSums(total, memory);
  }
  v128.store(sums, total);
}

/** Adds what arguments in the groups of a list are beyond the cap to the two sums. */
export function addBeyondCap(form: i32, x: usize, list: usize, groups: i32, sums: usize, memory: usize): void {
  if (form == PenaltyForm.power) addGroupsBeyondCap(PenaltyForm.power, x, list, groups, sums, memory);
  else addGroupsBeyondCap(PenaltyForm.exponential, x, list, groups, sums, memory);
}

/** share·u, or share·u^9, with the sign of x. */
// @ts-ignore: decorator
@inline
function slopeOf(form: i32, x: v128, share: v128, magnitude: v128, limit: v128, cap: v128): v128 {
  const u = argumentOf(form, x, magnitude, limit, cap);
  const slope = f32x4.mul(share, form == PenaltyForm.power ? ninth(u) : u);
  return v128.xor(slope, v128.andnot(x, magnitude));
}

/** Adds the slopes of two vectors to their gradients. */
// @ts-ignore: decorator
@inline
function addSlopePair(form: i32, x: usize, out: usize, share: v128, magnitude: v128, limit: v128, cap: v128): void {
  const x0 = v128.load(x);
  const x1 = v128.load(x, 16);
  const before0 = v128.load(out);
  const before1 = v128.load(out, 16);
  const after0 = f32x4.add(before0, slopeOf(form, x0, share, magnitude, limit, cap));
  const after1 = f32x4.add(before1, slopeOf(form, x1, share, magnitude, limit, cap));
  v128.store(out, after0);
  v128.store(out, after1, 16);
}

// @ts-ignore: decorator
@inline
function addGroupSlopes(form: i32, x: usize, out: usize, share: f32, memory: usize): void {
  if (form == PenaltyForm.exponential) {
    addExponentialSlopes(x, out, share, memory);
    return;
  }
  const shares = f32x4.splat(share);
  const magnitude = magnitudes();
  const limit = v128.load(memory, LIMIT);
  const cap = v128.load(memory, CAP);
  addSlopePair(form, x, out, shares, magnitude, limit, cap);
  addSlopePair(form, x + 32, out + 32, shares, magnitude, limit, cap);
  addSlopePair(form, x + 64, out + 64, shares, magnitude, limit, cap);
  addSlopePair(form, x + 96, out + 96, shares, magnitude, limit, cap);
}

// @ts-ignore: decorator
@inline
function addSlopes(form: i32, x: usize, out: usize, list: usize, groups: i32, share: f32, memory: usize): void {
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    const at = load<u32>(list);
    addGroupSlopes(form, x + at, out + at, share, memory);
  }
}

function addExponentialSlopesOf(x: usize, out: usize, list: usize, groups: i32, share: f32, memory: usize): void {
  addSlopes(PenaltyForm.exponential, x, out, list, groups, share, memory);
}

function addSquareSlopes(x: usize, out: usize, list: usize, groups: i32, share: f32, memory: usize): void {
  addSlopes(PenaltyForm.quadratic, x, out, list, groups, share, memory);
}

function addPowerSlopes(x: usize, out: usize, list: usize, groups: i32, share: f32, memory: usize): void {
  addSlopes(PenaltyForm.power, x, out, list, groups, share, memory);
}

/** Adds share times the slopes (e^u, u or u^9 at the argument u) to the gradients at `out` in the groups of a list. */
export function addPenaltySlopes(
  form: i32, x: usize, out: usize, list: usize, groups: i32, share: f32, memory: usize,
): void {
  if (form == PenaltyForm.exponential) addExponentialSlopesOf(x, out, list, groups, share, memory);
  else if (form == PenaltyForm.quadratic) addSquareSlopes(x, out, list, groups, share, memory);
  else if (form == PenaltyForm.power) addPowerSlopes(x, out, list, groups, share, memory);
}
