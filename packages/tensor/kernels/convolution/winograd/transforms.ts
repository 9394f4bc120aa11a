// The transforms of F(4×4, 3×3), of four tiles at a time, a tile in each lane of the vectors. Their two sides are the same in
// one dimension, line by line (see lines.ts); the lines in between wait at `lines`, which has room for them.
import { even, interleaveLower, interleaveUpper, joinLower, joinUpper, madd, odd } from '../../simd';
import { inputLine, outputLine, slopeLine, weightLine, weightSlopeLine } from './lines';

/** Room for the lines between the two sides of a transform. */
export const LINES_BYTES: usize = 576;

// @ts-ignore: decorator
@inline
function isZero(values: v128): bool {
  return i32x4.all_true(f32x4.eq(values, f32x4.splat(0)));
}

/** Bᵀ d B of the tiles of 6×6 at four places, rows `row` bytes apart; the 36 vectors go `distance` bytes apart. */
export function transformInput(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  row: usize,
  out: usize,
  distance: usize,
  lines: usize,
): void {
  for (let line = lines, end = lines + LINES_BYTES; line != end; line += 96) {
    const r0 = v128.load(p0);
    const r1 = v128.load(p1);
    const r2 = v128.load(p2);
    const r3 = v128.load(p3);
    const lower01 = interleaveLower(r0, r1);
    const lower23 = interleaveLower(r2, r3);
    const upper01 = interleaveUpper(r0, r1);
    const upper23 = interleaveUpper(r2, r3);
    const rest01 = v128.load64_lane(p1, v128.load64_zero(p0, 16), 1, 16);
    const rest23 = v128.load64_lane(p3, v128.load64_zero(p2, 16), 1, 16);
    inputLine(
      line,
      16,
      joinLower(lower01, lower23),
      joinUpper(lower01, lower23),
      joinLower(upper01, upper23),
      joinUpper(upper01, upper23),
      even(rest01, rest23),
      odd(rest01, rest23),
    );
    p0 += row;
    p1 += row;
    p2 += row;
    p3 += row;
  }
  for (let column = lines, end = lines + 96; column != end; column += 16) {
    inputLine(
      out,
      6 * distance,
      v128.load(column),
      v128.load(column, 96),
      v128.load(column, 192),
      v128.load(column, 288),
      v128.load(column, 384),
      v128.load(column, 480),
    );
    out += distance;
  }
}

/** A y Aᵀ of the tiles of 4×4 at four places, rows `row` bytes apart; the 36 vectors go `distance` bytes apart. */
export function transformSlopes(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  row: usize,
  out: usize,
  distance: usize,
  lines: usize,
): void {
  for (let line = lines, end = lines + 384; line != end; line += 96) {
    const r0 = v128.load(p0);
    const r1 = v128.load(p1);
    const r2 = v128.load(p2);
    const r3 = v128.load(p3);
    const lower01 = interleaveLower(r0, r1);
    const lower23 = interleaveLower(r2, r3);
    const upper01 = interleaveUpper(r0, r1);
    const upper23 = interleaveUpper(r2, r3);
    slopeLine(
      line,
      16,
      joinLower(lower01, lower23),
      joinUpper(lower01, lower23),
      joinLower(upper01, upper23),
      joinUpper(upper01, upper23),
    );
    p0 += row;
    p1 += row;
    p2 += row;
    p3 += row;
  }
  for (let column = lines, end = lines + 96; column != end; column += 16) {
    slopeLine(
      out,
      6 * distance,
      v128.load(column),
      v128.load(column, 96),
      v128.load(column, 192),
      v128.load(column, 288),
    );
    out += distance;
  }
}

/**
 * Aᵀ m A of four tiles, plus a number, from 36 vectors `distance` bytes apart, to four places, rows `row` bytes apart.
 * Tells whether all is finite (or, rarely, not although it is).
 */
export function transformOutput(
  from: usize,
  distance: usize,
  plus: v128,
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  row: usize,
  lines: usize,
): bool {
  const zero = f32x4.splat(0);
  const next = 6 * distance;
  for (let column = lines, end = lines + 96; column != end; column += 16) {
    outputLine(
      false,
      column,
      column + 96,
      column + 192,
      column + 288,
      zero,
      v128.load(from),
      v128.load(from + next),
      v128.load(from + 2 * next),
      v128.load(from + 3 * next),
      v128.load(from + 4 * next),
      v128.load(from + 5 * next),
    );
    from += distance;
  }
  let finite = zero;
  for (let line = lines, end = lines + 384; line != end; line += 96) {
    const sum = outputLine(
      true,
      p0,
      p1,
      p2,
      p3,
      plus,
      v128.load(line),
      v128.load(line, 16),
      v128.load(line, 32),
      v128.load(line, 48),
      v128.load(line, 64),
      v128.load(line, 80),
    );
    finite = madd(sum, zero, finite);
    p0 += row;
    p1 += row;
    p2 += row;
    p3 += row;
  }
  return isZero(finite);
}

/** G g Gᵀ of four filters from nine vectors; the 36 vectors go `distance` bytes apart. */
export function transformWeight(from: usize, out: usize, distance: usize, lines: usize): void {
  for (let line = lines, end = lines + 288; line != end; line += 96) {
    weightLine(line, 16, v128.load(from), v128.load(from, 16), v128.load(from, 32));
    from += 48;
  }
  for (let column = lines, end = lines + 96; column != end; column += 16) {
    weightLine(out, 6 * distance, v128.load(column), v128.load(column, 96), v128.load(column, 192));
    out += distance;
  }
}

/**
 * Gᵀ s G of four weights from 36 vectors `distance` bytes apart: nine vectors. Gives a bit for each of the weights of which
 * a number may not be finite, or has less than the given size.
 */
export function transformWeightSlopes(from: usize, distance: usize, out: usize, size: v128, lines: usize): i32 {
  const zero = f32x4.splat(0);
  const next = 6 * distance;
  for (let column = lines, end = lines + 96; column != end; column += 16) {
    weightSlopeLine(
      column,
      96,
      v128.load(from),
      v128.load(from + next),
      v128.load(from + 2 * next),
      v128.load(from + 3 * next),
      v128.load(from + 4 * next),
      v128.load(from + 5 * next),
    );
    from += distance;
  }
  let finite = zero;
  let least = f32x4.splat(Infinity);
  for (let line = lines, end = lines + 288; line != end; line += 96) {
    weightSlopeLine(
      out,
      16,
      v128.load(line),
      v128.load(line, 16),
      v128.load(line, 32),
      v128.load(line, 48),
      v128.load(line, 64),
      v128.load(line, 80),
    );
    for (const end = out + 48; out != end; out += 16) {
      const value = v128.load(out);
      finite = madd(value, zero, finite);
      least = f32x4.pmin(least, f32x4.abs(value));
    }
  }
  return ~i32x4.bitmask(v128.and(f32x4.eq(finite, zero), f32x4.ge(least, size))) & 15;
}
