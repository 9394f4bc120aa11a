// Comparisons, and the choice between two numbers. Truth is a byte, 0 or 1.
import { loadSome, storeSome } from '../simd';
import { piecesOf, ROW_BLOCK, rowBlocks, rowsPerBlock } from '../rows';
import { address, integer } from '../task';

// The order of `comparisonNames` in src/kernels.ts.
const EQUAL: i32 = 0;
const NOT_EQUAL: i32 = 1;
const LESS: i32 = 2;
const LESS_EQUAL: i32 = 3;
const GREATER: i32 = 4;
const GREATER_EQUAL: i32 = 5;

// @ts-ignore: decorator
@inline
function maskOf(operation: i32, a: v128, b: v128): v128 {
  if (operation == EQUAL) return f32x4.eq(a, b);
  if (operation == NOT_EQUAL) return f32x4.ne(a, b);
  if (operation == LESS) return f32x4.lt(a, b);
  if (operation == LESS_EQUAL) return f32x4.le(a, b);
  return operation == GREATER ? f32x4.gt(a, b) : f32x4.ge(a, b);
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
function compareRow(operation: i32, a: usize, b: usize, out: usize, count: i32, aStep: i32, bStep: i32): void {
  const end = out + (count & ~15);
  const aBytes = <usize>aStep << 6;
  const bBytes = <usize>bStep << 6;
  for (; out < end; a += aBytes, b += bBytes, out += 16) {
    const truth = truthOf(
      maskOf(operation, v128.load(a), v128.load(b)),
      maskOf(operation, v128.load(a, 16), v128.load(b, 16)),
      maskOf(operation, v128.load(a, 32), v128.load(b, 32)),
      maskOf(operation, v128.load(a, 48), v128.load(b, 48)),
    );
    v128.store(out, truth);
  }
  for (const last = end + (count & 15); out < last; a += <usize>aStep << 2, b += <usize>bStep << 2, out++) {
    store<u8>(out, i32x4.extract_lane(maskOf(operation, v128.load32_zero(a), v128.load32_zero(b)), 0) & 1);
  }
}

/** Blocks as those of `binary`. */
export function compareBlocks(task: usize): i32 {
  return rowBlocks(integer(task, 4) * integer(task, 5), integer(task, 6));
}

/** Room for two operands that are repeated. */
export function compareScratch(task: usize): usize {
  return 128;
}

/** Fields: those of `binary`; the output is bytes. */
export function compare(task: usize, block: i32, scratch: usize): void {
  const operation = integer(task, 3);
  const middle = integer(task, 5);
  const length = integer(task, 6);
  const aStep = integer(task, 9);
  const bStep = integer(task, 12);
  const pieces = piecesOf(length);
  const rows = rowsPerBlock(length);
  const first = (block / pieces) * rows;
  const last = min(first + rows, integer(task, 4) * middle);
  const start = (block % pieces) * ROW_BLOCK;
  const count = min(ROW_BLOCK, length - start);
  for (let row = first; row < last; row++) {
    const i = row / middle;
    const j = row % middle;
    const aStart = address(task, 0) + (<usize>(i * integer(task, 7) + j * integer(task, 8) + start * aStep) << 2);
    const bStart = address(task, 1) + (<usize>(i * integer(task, 10) + j * integer(task, 11) + start * bStep) << 2);
    const a = repeated(aStart, aStep, scratch);
    const b = repeated(bStart, bStep, scratch + 64);
    const out = address(task, 2) + <usize>row * length + start;
    if (operation == EQUAL) compareRow(EQUAL, a, b, out, count, aStep, bStep);
    else if (operation == NOT_EQUAL) compareRow(NOT_EQUAL, a, b, out, count, aStep, bStep);
    else if (operation == LESS) compareRow(LESS, a, b, out, count, aStep, bStep);
    else if (operation == LESS_EQUAL) compareRow(LESS_EQUAL, a, b, out, count, aStep, bStep);
    else if (operation == GREATER) compareRow(GREATER, a, b, out, count, aStep, bStep);
    else compareRow(GREATER_EQUAL, a, b, out, count, aStep, bStep);
  }
}

/** Four bytes as masks. */
// @ts-ignore: decorator
@inline
function widened(bytes: v128): v128 {
  return i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

/** Blocks as those of `binary`. */
export function selectBlocks(task: usize): i32 {
  return rowBlocks(integer(task, 4) * integer(task, 5), integer(task, 6));
}

/** Room for two operands that are repeated, and for bytes of the condition. */
export function selectScratch(task: usize): usize {
  return 192;
}

/**
 * out is a where the condition holds, b elsewhere. Fields: condition (bytes), a, b, out, the three axes of the output, and
 * the strides of the condition, of a and of b along them: see `binary`.
 */
export function select(task: usize, block: i32, scratch: usize): void {
  const middle = integer(task, 5);
  const length = integer(task, 6);
  const step = integer(task, 9);
  const aStep = integer(task, 12);
  const bStep = integer(task, 15);
  const pieces = piecesOf(length);
  const rows = rowsPerBlock(length);
  const first = (block / pieces) * rows;
  const last = min(first + rows, integer(task, 4) * middle);
  const start = (block % pieces) * ROW_BLOCK;
  const count = min(ROW_BLOCK, length - start);
  for (let row = first; row < last; row++) {
    const i = row / middle;
    const j = row % middle;
    let condition = address(task, 0) + <usize>(i * integer(task, 7) + j * integer(task, 8) + start * step);
    const aStart = address(task, 1) + (<usize>(i * integer(task, 10) + j * integer(task, 11) + start * aStep) << 2);
    const bStart = address(task, 2) + (<usize>(i * integer(task, 13) + j * integer(task, 14) + start * bStep) << 2);
    let a = repeated(aStart, aStep, scratch);
    let b = repeated(bStart, bStep, scratch + 64);
    let out = address(task, 3) + ((<usize>row * length + start) << 2);
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
