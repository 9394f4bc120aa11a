// Beyond its bound an activation may go on along its tangent: the values and the slopes of a polynomial are replaced there, a
// group of eight vectors at a time if any of its inputs is beyond.
import { madd, magnitudes } from '../simd';
import { Activation, coefficientAt, edgeSlope, GROUP_BYTES, isOdd, termsOf } from './activation';

// What is needed lies in memory, numbers four times each: the bound, and of the value, of the slope
// and of the slope with respect to |x| the one at B and which bits of it are others at −B.
const BOUND: usize = 0;
const VALUE: usize = 16;
const SLOPE: usize = 48;
const OUTWARD_SLOPE: usize = 80;
export const TANGENT_BYTES: usize = 112;

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

/** The tangent at x of the size |x|. */
// @ts-ignore: decorator
@inline
function lineAt(x: v128, size: v128, bound: v128, memory: usize): v128 {
  return madd(f32x4.sub(size, bound), edgeOf(x, memory + OUTWARD_SLOPE), edgeOf(x, memory + VALUE));
}

// @ts-ignore: decorator
@inline
function countGroups(tangent: bool, x: usize, out: usize, list: usize, groups: i32, counts: usize, memory: usize): void {
  const bound = v128.load(memory, BOUND);
  const magnitude = magnitudes();
  let even = v128.load(counts);
  let odd = v128.load(counts, 16);
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    let from = x + load<u32>(list);
    let to = out + load<u32>(list);
    for (const last = from + GROUP_BYTES; from < last; from += 32, to += 32) {
      const x0 = v128.load(from);
      const x1 = v128.load(from, 16);
      const size0 = v128.and(x0, magnitude);
      const size1 = v128.and(x1, magnitude);
      const isBeyond0 = f32x4.gt(size0, bound);
      const isBeyond1 = f32x4.gt(size1, bound);
      even = i32x4.sub(even, isBeyond0);
      odd = i32x4.sub(odd, isBeyond1);
      if (tangent) {
        const before0 = v128.load(to);
        const before1 = v128.load(to, 16);
        const after0 = v128.bitselect(lineAt(x0, size0, bound, memory), before0, isBeyond0);
        const after1 = v128.bitselect(lineAt(x1, size1, bound, memory), before1, isBeyond1);
        v128.store(to, after0);
        v128.store(to, after1, 16);
      }
    }
  }
  v128.store(counts, even);
  v128.store(counts, odd, 16);
}

/**
 * Counts the inputs beyond the bound, in each of the eight lanes at `counts`, in the groups of a list; puts the tangent there if
 * it goes on.
 */
export function countAndStraighten(
  tangent: bool, x: usize, out: usize, list: usize, groups: i32, counts: usize, memory: usize,
): void {
  if (tangent) countGroups(true, x, out, list, groups, counts, memory);
  else countGroups(false, x, out, list, groups, counts, memory);
}

/** The slope of the tangent times the gradient where inputs are beyond the bound, and what was there elsewhere. */
// @ts-ignore: decorator
@inline
function straightened(x: v128, gradient: v128, before: v128, bound: v128, magnitude: v128, memory: usize): v128 {
  const line = f32x4.mul(gradient, edgeOf(x, memory + SLOPE));
  return v128.bitselect(line, before, f32x4.gt(v128.and(x, magnitude), bound));
}

/** Puts the slope of the tangent times the gradient beyond the bound in the groups of a list. */
export function straightenSlopes(x: usize, gradient: usize, out: usize, list: usize, groups: i32, memory: usize): void {
  const bound = v128.load(memory, BOUND);
  const magnitude = magnitudes();
  for (const end = list + (<usize>groups << 2); list < end; list += 4) {
    const at = load<u32>(list);
    for (let i: usize = at; i < <usize>at + GROUP_BYTES; i += 32) {
      const x0 = v128.load(x + i);
      const x1 = v128.load(x + i, 16);
      const g0 = v128.load(gradient + i);
      const g1 = v128.load(gradient + i, 16);
      const before0 = v128.load(out + i);
      const before1 = v128.load(out + i, 16);
      const after0 = straightened(x0, g0, before0, bound, magnitude, memory);
      const after1 = straightened(x1, g1, before1, bound, magnitude, memory);
      v128.store(out + i, after0);
      v128.store(out + i, after1, 16);
    }
  }
}
