// Beyond its bound an activation may go on along its tangent: the values and the slopes of a polynomial are replaced there, a
// group of eight vectors at a time if any of its inputs is beyond.
import { madd } from '../simd';
import { Activation, coefficientAt, edgeSlope, isOdd, termsOf } from './activation';

// What is needed lies in memory, numbers four times each: the bound, the mask of magnitudes, and of the value, of the slope
// and of the slope with respect to |x| the one at B and which bits of it are others at −B.
const BOUND: usize = 0;
const MAGNITUDE: usize = 16;
const VALUE: usize = 32;
const SLOPE: usize = 64;
const OUTWARD_SLOPE: usize = 96;
export const TANGENT_BYTES: usize = 128;

function storeEdge(memory: usize, above: f32, below: f32): void {
  v128.store(memory, f32x4.splat(above));
  v128.store(memory, v128.xor(f32x4.splat(above), f32x4.splat(below)), 16);
}

/** Stores all that for the polynomial of a channel. */
export function storeTangent(fields: Activation, channel: i32, memory: usize): void {
  let even: f64 = 0;
  let odd: f64 = 0;
  let evenSlope: f64 = 0;
  let oddSlope: f64 = 0;
  for (let k = 0; k < termsOf(fields); k++) {
    const coefficient = coefficientAt(fields, channel, k);
    const slope = coefficient * edgeSlope(fields, k);
    if (isOdd(fields, k)) {
      odd += coefficient;
      evenSlope += slope;
    } else {
      even += coefficient;
      oddSlope += slope;
    }
  }
  v128.store(memory, f32x4.splat(<f32>fields.bound), BOUND);
  v128.store(memory, i32x4.splat(0x7fffffff), MAGNITUDE);
  storeEdge(memory + VALUE, <f32>(even + odd), <f32>(even - odd));
  storeEdge(memory + SLOPE, <f32>(evenSlope + oddSlope), <f32>(evenSlope - oddSlope));
  storeEdge(memory + OUTWARD_SLOPE, <f32>(evenSlope + oddSlope), <f32>(oddSlope - evenSlope));
}

/** The one of two numbers at `edge` that is for the sign of x. */
// @ts-ignore: decorator
@inline
function edgeOf(x: v128, edge: usize): v128 {
  return v128.xor(v128.load(edge), v128.and(v128.load(edge, 16), i32x4.shr_s(x, 31)));
}

/** Counts in each lane the inputs of a vector that are beyond the bound; puts the tangent there if it goes on. */
// @ts-ignore: decorator
@inline
function countVector(tangent: bool, count: v128, x: usize, out: usize, bound: v128, magnitude: v128, memory: usize): v128 {
  const values = v128.load(x);
  const size = v128.and(values, magnitude);
  const isBeyond = f32x4.gt(size, bound);
  if (tangent) {
    const line = madd(f32x4.sub(size, bound), edgeOf(values, memory + OUTWARD_SLOPE), edgeOf(values, memory + VALUE));
    v128.store(out, v128.bitselect(line, v128.load(out), isBeyond));
  }
  return i32x4.sub(count, isBeyond);
}

// @ts-ignore: decorator
@inline
function countGroups(tangent: bool, x: usize, out: usize, list: usize, groups: i32, counts: usize, memory: usize): void {
  const bound = v128.load(memory, BOUND);
  const magnitude = v128.load(memory, MAGNITUDE);
  let count = v128.load(counts);
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    const at = load<u32>(list);
    count = countVector(tangent, count, x + at, out + at, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 16, out + at + 16, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 32, out + at + 32, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 48, out + at + 48, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 64, out + at + 64, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 80, out + at + 80, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 96, out + at + 96, bound, magnitude, memory);
    count = countVector(tangent, count, x + at + 112, out + at + 112, bound, magnitude, memory);
  }
  v128.store(counts, count);
}

/** Counts the inputs beyond the bound in each lane of `counts` in the groups of a list; puts the tangent there if it goes on. */
export function countAndStraighten(
  tangent: bool, x: usize, out: usize, list: usize, groups: i32, counts: usize, memory: usize,
): void {
  if (tangent) countGroups(true, x, out, list, groups, counts, memory);
  else countGroups(false, x, out, list, groups, counts, memory);
}

/** Puts the slope of the tangent times the gradient where four inputs are beyond the bound. */
// @ts-ignore: decorator
@inline
function straightenVector(x: usize, gradient: usize, out: usize, bound: v128, magnitude: v128, memory: usize): void {
  const values = v128.load(x);
  const line = f32x4.mul(v128.load(gradient), edgeOf(values, memory + SLOPE));
  v128.store(out, v128.bitselect(line, v128.load(out), f32x4.gt(v128.and(values, magnitude), bound)));
}

/** Puts the slope of the tangent times the gradient beyond the bound in the groups of a list. */
export function straightenSlopes(x: usize, gradient: usize, out: usize, list: usize, groups: i32, memory: usize): void {
  const bound = v128.load(memory, BOUND);
  const magnitude = v128.load(memory, MAGNITUDE);
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    const at = load<u32>(list);
    straightenVector(x + at, gradient + at, out + at, bound, magnitude, memory);
    straightenVector(x + at + 16, gradient + at + 16, out + at + 16, bound, magnitude, memory);
    straightenVector(x + at + 32, gradient + at + 32, out + at + 32, bound, magnitude, memory);
    straightenVector(x + at + 48, gradient + at + 48, out + at + 48, bound, magnitude, memory);
    straightenVector(x + at + 64, gradient + at + 64, out + at + 64, bound, magnitude, memory);
    straightenVector(x + at + 80, gradient + at + 80, out + at + 80, bound, magnitude, memory);
    straightenVector(x + at + 96, gradient + at + 96, out + at + 96, bound, magnitude, memory);
    straightenVector(x + at + 112, gradient + at + 112, out + at + 112, bound, magnitude, memory);
  }
}
