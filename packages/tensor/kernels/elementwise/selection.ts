// Comparisons, and the choice between two numbers. Truth is a byte, 0 or 1.
import { loadSome, storeSome } from '../simd';
import { piecesOf, ROW_BLOCK, rowBlocks, rowsPerBlock } from '../rows';
import { Binary } from './arithmetic';

/** Comparisons of two numbers. */
enum ComparisonOperation {
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
}

// @ts-ignore: decorator
@inline
function maskOf(integers: bool, operation: i32, a: v128, b: v128): v128 {
  if (integers) {
    if (operation == ComparisonOperation.equal) return i32x4.eq(a, b);
    if (operation == ComparisonOperation.notEqual) return i32x4.ne(a, b);
    if (operation == ComparisonOperation.less) return i32x4.lt_s(a, b);
    if (operation == ComparisonOperation.lessEqual) return i32x4.le_s(a, b);
    return operation == ComparisonOperation.greater ? i32x4.gt_s(a, b) : i32x4.ge_s(a, b);
  }
  if (operation == ComparisonOperation.equal) return f32x4.eq(a, b);
  if (operation == ComparisonOperation.notEqual) return f32x4.ne(a, b);
  if (operation == ComparisonOperation.less) return f32x4.lt(a, b);
  if (operation == ComparisonOperation.lessEqual) return f32x4.le(a, b);
  return operation == ComparisonOperation.greater ? f32x4.gt(a, b) : f32x4.ge(a, b);
}

/** Four masks of four numbers as 16 bytes. */
// @ts-ignore: decorator
@inline
function truthOf(m0: v128, m1: v128, m2: v128, m3: v128): v128 {
  const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3));
  return v128.and(bytes, i8x16.splat(1));
}

/** An operand that does not advance is repeated in the scratch, where it need not advance. */
function repeated(operand: usize, step: i32, scratch: usize): usize {
  if (step) return operand;
  const value = v128.load32_splat(operand);
  for (let i: usize = 0; i < 64; i += 16) v128.store(scratch + i, value);
  return scratch;
}

// @ts-ignore: decorator
@inline
function compareRow(
  integers: bool, operation: i32, a: usize, b: usize, out: usize, count: i32, aStep: i32, bStep: i32,
): void {
  const end = out + (count & ~15);
  const aBytes = <usize>aStep << 6;
  const bBytes = <usize>bStep << 6;
  for (; out < end; a += aBytes, b += bBytes, out += 16) {
    const truth = truthOf(
      maskOf(integers, operation, v128.load(a), v128.load(b)),
      maskOf(integers, operation, v128.load(a, 16), v128.load(b, 16)),
      maskOf(integers, operation, v128.load(a, 32), v128.load(b, 32)),
      maskOf(integers, operation, v128.load(a, 48), v128.load(b, 48)),
    );
    v128.store(out, truth);
  }
  for (const last = end + (count & 15); out < last; a += <usize>aStep << 2, b += <usize>bStep << 2, out++) {
    store<u8>(out, i32x4.extract_lane(maskOf(integers, operation, v128.load32_zero(a), v128.load32_zero(b)), 0) & 1);
  }
}

/** A row with the loop of its operation. */
// @ts-ignore: decorator
@inline
function compareRowBy(
  integers: bool, operation: i32, a: usize, b: usize, out: usize, count: i32, aStep: i32, bStep: i32,
): void {
  if (operation == ComparisonOperation.equal) compareRow(integers, ComparisonOperation.equal, a, b, out, count, aStep, bStep);
  else if (operation == ComparisonOperation.notEqual) compareRow(integers, ComparisonOperation.notEqual, a, b, out, count, aStep, bStep);
  else if (operation == ComparisonOperation.less) compareRow(integers, ComparisonOperation.less, a, b, out, count, aStep, bStep);
  else if (operation == ComparisonOperation.lessEqual) compareRow(integers, ComparisonOperation.lessEqual, a, b, out, count, aStep, bStep);
  else if (operation == ComparisonOperation.greater) compareRow(integers, ComparisonOperation.greater, a, b, out, count, aStep, bStep);
  else compareRow(integers, ComparisonOperation.greaterEqual, a, b, out, count, aStep, bStep);
}

/** Blocks as those of `binary`. */
export function compareBlocks(fields: Binary): i32 {
  return rowBlocks(<i32>fields.outer * <i32>fields.middle, <i32>fields.length);
}

/** Room for two operands that are repeated. */
export function compareScratch(fields: Binary): usize {
  return 128;
}

/** A comparison of every pair of elements; the output is bytes. */
export function compare(fields: Binary, block: i32, scratch: usize): void {
  const operation = <i32>fields.operation;
  const integers = <i32>fields.integers;
  const middle = <i32>fields.middle;
  const length = <i32>fields.length;
  const aStep = <i32>fields.aStep;
  const bStep = <i32>fields.bStep;
  const pieces = piecesOf(length);
  const rows = rowsPerBlock(length);
  const first = (block / pieces) * rows;
  const last = min(first + rows, <i32>fields.outer * middle);
  const start = (block % pieces) * ROW_BLOCK;
  const count = min(ROW_BLOCK, length - start);
  for (let row = first; row < last; row++) {
    const i = row / middle;
    const j = row % middle;
    const aStart = <usize>fields.a + (<usize>(i * <i32>fields.aOuter + j * <i32>fields.aMiddle + start * aStep) << 2);
    const bStart = <usize>fields.b + (<usize>(i * <i32>fields.bOuter + j * <i32>fields.bMiddle + start * bStep) << 2);
    const a = repeated(aStart, aStep, scratch);
    const b = repeated(bStart, bStep, scratch + 64);
    const out = <usize>fields.out + <usize>row * length + start;
    if (integers) compareRowBy(true, operation, a, b, out, count, aStep, bStep);
    else compareRowBy(false, operation, a, b, out, count, aStep, bStep);
  }
}

/** Four bytes as masks. */
// @ts-ignore: decorator
@inline
function widened(bytes: v128): v128 {
  return i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

@unmanaged
export class Select {
  /** Bytes. */
  condition: f64;
  a: f64;
  b: f64;
  out: f64;
  /** The three axes of the output. */
  outer: f64;
  middle: f64;
  length: f64;
  /** Strides along them, as those of `binary`. */
  conditionOuter: f64;
  conditionMiddle: f64;
  conditionStep: f64;
  aOuter: f64;
  aMiddle: f64;
  aStep: f64;
  bOuter: f64;
  bMiddle: f64;
  bStep: f64;
}

/** Blocks as those of `binary`. */
export function selectBlocks(fields: Select): i32 {
  return rowBlocks(<i32>fields.outer * <i32>fields.middle, <i32>fields.length);
}

/** Room for two operands that are repeated, and for bytes of the condition. */
export function selectScratch(fields: Select): usize {
  return 192;
}

/** out is a where the condition holds, b elsewhere. */
export function select(fields: Select, block: i32, scratch: usize): void {
  const middle = <i32>fields.middle;
  const length = <i32>fields.length;
  const step = <i32>fields.conditionStep;
  const aStep = <i32>fields.aStep;
  const bStep = <i32>fields.bStep;
  const pieces = piecesOf(length);
  const rows = rowsPerBlock(length);
  const first = (block / pieces) * rows;
  const last = min(first + rows, <i32>fields.outer * middle);
  const start = (block % pieces) * ROW_BLOCK;
  const count = min(ROW_BLOCK, length - start);
  for (let row = first; row < last; row++) {
    const i = row / middle;
    const j = row % middle;
    let condition = <usize>fields.condition + <usize>(i * <i32>fields.conditionOuter + j * <i32>fields.conditionMiddle + start * step);
    const aStart = <usize>fields.a + (<usize>(i * <i32>fields.aOuter + j * <i32>fields.aMiddle + start * aStep) << 2);
    const bStart = <usize>fields.b + (<usize>(i * <i32>fields.bOuter + j * <i32>fields.bMiddle + start * bStep) << 2);
    let a = repeated(aStart, aStep, scratch);
    let b = repeated(bStart, bStep, scratch + 64);
    let out = <usize>fields.out + ((<usize>row * length + start) << 2);
    if (!step) {
      store<u32>(scratch + 128, <u32>load<u8>(condition) * 0x01010101);
      condition = scratch + 128;
    }
    const end = out + (<usize>(count & ~3) << 2);
    for (; out < end; condition += <usize>step << 2, a += <usize>aStep << 4, b += <usize>bStep << 4, out += 16) {
      v128.store(out, v128.bitselect(v128.load(a), v128.load(b), widened(v128.load32_zero(condition))));
    }
    const rest = count & 3;
    if (rest) {
      for (let k = 0; k < rest; k++) store<u8>(scratch + 132 + k, load<u8>(condition + k));
      const mask = widened(v128.load32_zero(scratch + 132));
      storeSome(out, v128.bitselect(loadSome(a, rest), loadSome(b, rest), mask), rest);
    }
  }
}
