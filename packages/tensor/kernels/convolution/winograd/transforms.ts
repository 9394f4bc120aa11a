// The transforms of F(4×4, 3×3), of four tiles at a time, a tile in each lane of the vectors; or of eight, the second four beside
// the first. Their two sides are the same in one dimension, line by line (see lines.ts); the lines in between wait at `lines`.
import { interleaveLower, interleaveUpper, joinLower, joinUpper, madd, splatAt, wide } from '../../simd';
import { offsetAt } from '../tables';
import { inputLine, outputLine, outputTiles, slopeLine, weightLine, weightSlopeLine } from './lines';

/** Bytes between two vectors of the first four tiles: those of the second four lie between them. */
export const STEP: usize = 32;
/** Bytes of a line of six vectors. */
export const LINE: usize = 6 * STEP;
/** Room for the lines between the two sides of a transform. */
export const LINES_BYTES: usize = 6 * LINE;

/**
 * The rows of tiles of 6×6, rows `row` bytes apart, times B: of four tiles and, if there are, of the second four, at `from` plus
 * each of eight offsets. The step is an argument although it is constant: V8 joins only the first two of the vectors that are
 * stored at constant distances from one address.
 */
export function transformInputRows(second: bool, from: usize, offsets: usize, row: usize, lines: usize, step: usize): void {
  if (second && wide) inputRows(true, false, from, offsets, row, lines, step);
  else {
    inputRows(false, false, from, offsets, row, lines, step);
    if (second) inputRows(false, false, from, offsets + 16, row, lines + 16, step);
  }
}

/** As transformInputRows, of four pairs of tiles: the second four are the right neighbors of the first. */
export function transformPairedInputRows(from: usize, offsets: usize, row: usize, lines: usize, step: usize): void {
  inputRows(true, true, from, offsets, row, lines, step);
}

/** A second four that is `paired` lies 16 bytes after the first; the offsets are those of the pairs' tiles in their order. */
// @ts-ignore: decorator
@inline
function inputRows(twice: bool, paired: bool, from: usize, offsets: usize, row: usize, lines: usize, step: usize): void {
  let p0 = from + offsetAt(offsets, 0);
  let p1 = from + offsetAt(offsets, paired ? 2 : 1);
  let p2 = from + offsetAt(offsets, paired ? 4 : 2);
  let p3 = from + offsetAt(offsets, paired ? 6 : 3);
  let q0 = twice && !paired ? from + offsetAt(offsets, 4) : p0;
  let q1 = twice && !paired ? from + offsetAt(offsets, 5) : p1;
  let q2 = twice && !paired ? from + offsetAt(offsets, 6) : p2;
  let q3 = twice && !paired ? from + offsetAt(offsets, 7) : p3;
  for (let line = lines, end = lines + LINES_BYTES; line != end; line += LINE) {
    const r0 = v128.load(p0);
    const r1 = v128.load(p1);
    const r2 = v128.load(p2);
    const r3 = v128.load(p3);
    const s0 = paired ? v128.load(p0, 16) : twice ? v128.load(q0) : r0;
    const s1 = paired ? v128.load(p1, 16) : twice ? v128.load(q1) : r1;
    const s2 = paired ? v128.load(p2, 16) : twice ? v128.load(q2) : r2;
    const s3 = paired ? v128.load(p3, 16) : twice ? v128.load(q3) : r3;
    const lower01 = interleaveLower(r0, r1);
    const lower23 = interleaveLower(r2, r3);
    const upper01 = interleaveUpper(r0, r1);
    const upper23 = interleaveUpper(r2, r3);
    const lower45 = interleaveLower(s0, s1);
    const lower67 = interleaveLower(s2, s3);
    const upper45 = interleaveUpper(s0, s1);
    const upper67 = interleaveUpper(s2, s3);
    // Columns 4 and 5.
    const rest01 = interleaveUpper(v128.load(p0, 8), v128.load(p1, 8));
    const rest23 = interleaveUpper(v128.load(p2, 8), v128.load(p3, 8));
    const rest45 = paired
      ? interleaveUpper(v128.load(p0, 24), v128.load(p1, 24))
      : twice
        ? interleaveUpper(v128.load(q0, 8), v128.load(q1, 8))
        : rest01;
    const rest67 = paired
      ? interleaveUpper(v128.load(p2, 24), v128.load(p3, 24))
      : twice
        ? interleaveUpper(v128.load(q2, 8), v128.load(q3, 8))
        : rest23;
    inputLine(
      twice,
      line,
      step,
      joinLower(lower01, lower23),
      joinUpper(lower01, lower23),
      joinLower(upper01, upper23),
      joinUpper(upper01, upper23),
      joinLower(rest01, rest23),
      joinUpper(rest01, rest23),
      joinLower(lower45, lower67),
      joinUpper(lower45, lower67),
      joinLower(upper45, upper67),
      joinUpper(upper45, upper67),
      joinLower(rest45, rest67),
      joinUpper(rest45, rest67),
    );
    p0 += row;
    p1 += row;
    p2 += row;
    p3 += row;
    q0 += row;
    q1 += row;
    q2 += row;
    q3 += row;
  }
}

/** Bᵀ times those rows; the 36 vectors go `distance` bytes apart, with those of the second four tiles beside them if there are. */
export function transformInputColumns(second: bool, lines: usize, out: usize, distance: usize): void {
  if (second && wide) inputColumns(true, lines, out, distance);
  else {
    inputColumns(false, lines, out, distance);
    if (second) inputColumns(false, lines + 16, out + 16, distance);
  }
}

// @ts-ignore: decorator
@inline
function inputColumns(twice: bool, lines: usize, out: usize, distance: usize): void {
  for (let column = lines, end = lines + LINE; column != end; column += STEP) {
    const d0 = v128.load(column);
    const d1 = v128.load(column, LINE);
    const d2 = v128.load(column, 2 * LINE);
    const d3 = v128.load(column, 3 * LINE);
    const d4 = v128.load(column, 4 * LINE);
    const d5 = v128.load(column, 5 * LINE);
    inputLine(
      twice,
      out,
      6 * distance,
      d0,
      d1,
      d2,
      d3,
      d4,
      d5,
      twice ? v128.load(column, 16) : d0,
      twice ? v128.load(column, 16 + LINE) : d1,
      twice ? v128.load(column, 16 + 2 * LINE) : d2,
      twice ? v128.load(column, 16 + 3 * LINE) : d3,
      twice ? v128.load(column, 16 + 4 * LINE) : d4,
      twice ? v128.load(column, 16 + 5 * LINE) : d5,
    );
    out += distance;
  }
}

/**
 * The rows of tiles of 4×4, rows `row` bytes apart, times Aᵀ: of four tiles at `from` plus each of four offsets and, if there are,
 * of the second four at `next` plus the same. The step is an argument as in transformInputRows.
 */
export function transformSlopeRows(second: bool, from: usize, next: usize, offsets: usize, row: usize, lines: usize, step: usize): void {
  if (second && wide) slopeRows(true, false, from, next, offsets, row, lines, step);
  else {
    slopeRows(false, false, from, next, offsets, row, lines, step);
    if (second) slopeRows(false, false, next, next, offsets, row, lines + 16, step);
  }
}

/** As transformSlopeRows, where the second four are the right neighbors of the first. */
export function transformPairedSlopeRows(from: usize, offsets: usize, row: usize, lines: usize, step: usize): void {
  slopeRows(true, true, from, from, offsets, row, lines, step);
}

/** A second four that is `paired` lies 16 bytes after the first. */
// @ts-ignore: decorator
@inline
function slopeRows(
  twice: bool, paired: bool, from: usize, next: usize, offsets: usize, row: usize, lines: usize, step: usize,
): void {
  let p0 = from + offsetAt(offsets, 0);
  let p1 = from + offsetAt(offsets, 1);
  let p2 = from + offsetAt(offsets, 2);
  let p3 = from + offsetAt(offsets, 3);
  let q0 = twice && !paired ? next + offsetAt(offsets, 0) : p0;
  let q1 = twice && !paired ? next + offsetAt(offsets, 1) : p1;
  let q2 = twice && !paired ? next + offsetAt(offsets, 2) : p2;
  let q3 = twice && !paired ? next + offsetAt(offsets, 3) : p3;
  for (let line = lines, end = lines + 4 * LINE; line != end; line += LINE) {
    const r0 = v128.load(p0);
    const r1 = v128.load(p1);
    const r2 = v128.load(p2);
    const r3 = v128.load(p3);
    const s0 = paired ? v128.load(p0, 16) : twice ? v128.load(q0) : r0;
    const s1 = paired ? v128.load(p1, 16) : twice ? v128.load(q1) : r1;
    const s2 = paired ? v128.load(p2, 16) : twice ? v128.load(q2) : r2;
    const s3 = paired ? v128.load(p3, 16) : twice ? v128.load(q3) : r3;
    const lower01 = interleaveLower(r0, r1);
    const lower23 = interleaveLower(r2, r3);
    const upper01 = interleaveUpper(r0, r1);
    const upper23 = interleaveUpper(r2, r3);
    const lower45 = interleaveLower(s0, s1);
    const lower67 = interleaveLower(s2, s3);
    const upper45 = interleaveUpper(s0, s1);
    const upper67 = interleaveUpper(s2, s3);
    slopeLine(
      twice,
      line,
      step,
      joinLower(lower01, lower23),
      joinUpper(lower01, lower23),
      joinLower(upper01, upper23),
      joinUpper(upper01, upper23),
      joinLower(lower45, lower67),
      joinUpper(lower45, lower67),
      joinLower(upper45, upper67),
      joinUpper(upper45, upper67),
    );
    p0 += row;
    p1 += row;
    p2 += row;
    p3 += row;
    q0 += row;
    q1 += row;
    q2 += row;
    q3 += row;
  }
}

/** A times those rows; the 36 vectors go `distance` bytes apart, with those of the second four tiles beside them if there are. */
export function transformSlopeColumns(second: bool, lines: usize, out: usize, distance: usize): void {
  if (second && wide) slopeColumns(true, lines, out, distance);
  else {
    slopeColumns(false, lines, out, distance);
    if (second) slopeColumns(false, lines + 16, out + 16, distance);
  }
}

// @ts-ignore: decorator
@inline
function slopeColumns(twice: bool, lines: usize, out: usize, distance: usize): void {
  for (let column = lines, end = lines + LINE; column != end; column += STEP) {
    const y0 = v128.load(column);
    const y1 = v128.load(column, LINE);
    const y2 = v128.load(column, 2 * LINE);
    const y3 = v128.load(column, 3 * LINE);
    slopeLine(
      twice,
      out,
      6 * distance,
      y0,
      y1,
      y2,
      y3,
      twice ? v128.load(column, 16) : y0,
      twice ? v128.load(column, 16 + LINE) : y1,
      twice ? v128.load(column, 16 + 2 * LINE) : y2,
      twice ? v128.load(column, 16 + 3 * LINE) : y3,
    );
    out += distance;
  }
}

/** The columns of four tiles (and of the second four beside them) of 36 vectors `distance` bytes apart: Aᵀ m, lines `line` bytes apart. */
export function transformOutputColumns(second: bool, from: usize, distance: usize, lines: usize, line: usize): void {
  if (second && wide) outputColumns(true, from, distance, lines, line);
  else {
    outputColumns(false, from, distance, lines, line);
    if (second) outputColumns(false, from + 16, distance, lines + 16, line);
  }
}

// @ts-ignore: decorator
@inline
function outputColumns(twice: bool, from: usize, distance: usize, lines: usize, line: usize): void {
  const next = 6 * distance;
  for (let column = lines, end = lines + LINE; column != end; column += STEP) {
    const m0 = v128.load(from);
    const m1 = v128.load(from + next);
    const m2 = v128.load(from + 2 * next);
    const m3 = v128.load(from + 3 * next);
    const m4 = v128.load(from + 4 * next);
    const m5 = v128.load(from + 5 * next);
    outputLine(
      twice,
      column,
      line,
      m0,
      m1,
      m2,
      m3,
      m4,
      m5,
      twice ? v128.load(from, 16) : m0,
      twice ? v128.load(from + next, 16) : m1,
      twice ? v128.load(from + 2 * next, 16) : m2,
      twice ? v128.load(from + 3 * next, 16) : m3,
      twice ? v128.load(from + 4 * next, 16) : m4,
      twice ? v128.load(from + 5 * next, 16) : m5,
    );
    from += distance;
  }
}

/**
 * Those columns times A, plus the number at an address, to four places, rows `row` bytes apart. Tells whether all is finite;
 * rarely it says no although all is.
 */
export function transformOutputRows(
  lines: usize,
  plus: usize,
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  row: usize,
): bool {
  outputRows(false, lines, plus, p0, p1, p2, p3, row);
  return i32x4.all_true(areFinite(lines));
}

/**
 * As transformOutputRows, of four pairs of tiles, the second four beside the first at each place. Sets a bit for each pair of
 * which not all is finite; rarely for one of which all is.
 */
export function transformPairedOutputRows(
  lines: usize,
  plus: usize,
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  row: usize,
): i32 {
  outputRows(true, lines, plus, p0, p1, p2, p3, row);
  return ~i32x4.bitmask(v128.and(areFinite(lines), areFinite(lines + 16))) & 15;
}

/** Whether the sums at the beginning of each of four lines are finite. */
// @ts-ignore: decorator
@inline
function areFinite(lines: usize): v128 {
  const zero = f32x4.splat(0);
  const first = madd(v128.load(lines, LINE), zero, f32x4.mul(v128.load(lines), zero));
  const last = madd(v128.load(lines, 3 * LINE), zero, f32x4.mul(v128.load(lines, 2 * LINE), zero));
  return f32x4.eq(f32x4.add(first, last), zero);
}

/** The sum of what a line makes takes its place. */
// @ts-ignore: decorator
@inline
function outputRows(
  twice: bool, lines: usize, plus: usize, p0: usize, p1: usize, p2: usize, p3: usize, row: usize,
): void {
  for (let line = lines, end = lines + 4 * LINE; line != end; line += LINE) {
    const m0 = v128.load(line);
    const m1 = v128.load(line, STEP);
    const m2 = v128.load(line, 2 * STEP);
    const m3 = v128.load(line, 3 * STEP);
    const m4 = v128.load(line, 4 * STEP);
    const m5 = v128.load(line, 5 * STEP);
    outputTiles(
      twice,
      p0,
      p1,
      p2,
      p3,
      line,
      splatAt(plus),
      m0,
      m1,
      m2,
      m3,
      m4,
      m5,
      twice ? v128.load(line, 16) : m0,
      twice ? v128.load(line, 16 + STEP) : m1,
      twice ? v128.load(line, 16 + 2 * STEP) : m2,
      twice ? v128.load(line, 16 + 3 * STEP) : m3,
      twice ? v128.load(line, 16 + 4 * STEP) : m4,
      twice ? v128.load(line, 16 + 5 * STEP) : m5,
    );
    p0 += row;
    p1 += row;
    p2 += row;
    p3 += row;
  }
}

/**
 * G g Gᵀ of four filters from nine vectors, `STEP` bytes apart; the 36 vectors go `distance` bytes apart. With those of a second
 * channel beside them if there is one. The step is an argument as in transformInputRows.
 */
export function transformWeight(second: bool, from: usize, out: usize, distance: usize, lines: usize, step: usize): void {
  if (second && wide) weights(true, from, out, distance, lines, step);
  else {
    weights(false, from, out, distance, lines, step);
    if (second) weights(false, from + 16, out + 16, distance, lines + 16, step);
  }
}

// @ts-ignore: decorator
@inline
function weights(twice: bool, from: usize, out: usize, distance: usize, lines: usize, step: usize): void {
  for (let line = lines, end = lines + 3 * LINE; line != end; line += LINE) {
    const g0 = v128.load(from);
    const g1 = v128.load(from, STEP);
    const g2 = v128.load(from, 2 * STEP);
    weightLine(
      twice,
      line,
      step,
      g0,
      g1,
      g2,
      twice ? v128.load(from, 16) : g0,
      twice ? v128.load(from, 16 + STEP) : g1,
      twice ? v128.load(from, 16 + 2 * STEP) : g2,
    );
    from += 3 * STEP;
  }
  for (let column = lines, end = lines + LINE; column != end; column += STEP) {
    const g0 = v128.load(column);
    const g1 = v128.load(column, LINE);
    const g2 = v128.load(column, 2 * LINE);
    weightLine(
      twice,
      out,
      6 * distance,
      g0,
      g1,
      g2,
      twice ? v128.load(column, 16) : g0,
      twice ? v128.load(column, 16 + LINE) : g1,
      twice ? v128.load(column, 16 + 2 * LINE) : g2,
    );
    out += distance;
  }
}

/** The columns of four weights (and of the second four beside them) of 36 vectors `distance` bytes apart: Gᵀ s, lines `line` bytes apart. */
export function transformWeightSlopeColumns(second: bool, from: usize, distance: usize, lines: usize, line: usize): void {
  if (second && wide) weightSlopeColumns(true, from, distance, lines, line);
  else {
    weightSlopeColumns(false, from, distance, lines, line);
    if (second) weightSlopeColumns(false, from + 16, distance, lines + 16, line);
  }
}

// @ts-ignore: decorator
@inline
function weightSlopeColumns(twice: bool, from: usize, distance: usize, lines: usize, line: usize): void {
  const next = 6 * distance;
  for (let column = lines, end = lines + LINE; column != end; column += STEP) {
    const s0 = v128.load(from);
    const s1 = v128.load(from + next);
    const s2 = v128.load(from + 2 * next);
    const s3 = v128.load(from + 3 * next);
    const s4 = v128.load(from + 4 * next);
    const s5 = v128.load(from + 5 * next);
    weightSlopeLine(
      twice,
      column,
      line,
      s0,
      s1,
      s2,
      s3,
      s4,
      s5,
      twice ? v128.load(from, 16) : s0,
      twice ? v128.load(from + next, 16) : s1,
      twice ? v128.load(from + 2 * next, 16) : s2,
      twice ? v128.load(from + 3 * next, 16) : s3,
      twice ? v128.load(from + 4 * next, 16) : s4,
      twice ? v128.load(from + 5 * next, 16) : s5,
    );
    from += distance;
  }
}

/**
 * Those columns times G: nine vectors. Gives a bit for each of the weights of which a number may not be finite, or has less than
 * the given size.
 */
export function transformWeightSlopeRows(lines: usize, out: usize, size: v128): i32 {
  const zero = f32x4.splat(0);
  let finite = zero;
  let least = f32x4.splat(Infinity);
  for (let line = lines, end = lines + 3 * LINE; line != end; line += LINE) {
    const s0 = v128.load(line);
    const s1 = v128.load(line, STEP);
    const s2 = v128.load(line, 2 * STEP);
    const s3 = v128.load(line, 3 * STEP);
    const s4 = v128.load(line, 4 * STEP);
    const s5 = v128.load(line, 5 * STEP);
    weightSlopeLine(false, out, 16, s0, s1, s2, s3, s4, s5, s0, s1, s2, s3, s4, s5);
    for (const end = out + 48; out != end; out += 16) {
      const value = v128.load(out);
      finite = madd(value, zero, finite);
      least = f32x4.pmin(least, f32x4.abs(value));
    }
  }
  return ~i32x4.bitmask(v128.and(f32x4.eq(finite, zero), f32x4.ge(least, size))) & 15;
}
