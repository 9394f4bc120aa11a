// Functions of one and of two numbers. Each operation has a loop of its own: the constant that names it is folded where
// the loop is inlined.
import { exponential } from '../exponential';
import { piecesOf, ROW_BLOCK, rowBlocks, rowsPerBlock } from '../rows';
import { loadSome, madd, storeSome } from '../simd';
import { address, ceilDiv, integer } from '../task';

/** Elements of a block, at most. */
const BLOCK: i32 = 16384;

// The order of the names in src/devices/wasm/kernels/elementwise.ts.
const NEG: i32 = 0;
const ABS: i32 = 1;
const SQRT: i32 = 2;
const SQUARE: i32 = 3;
const RECIPROCAL: i32 = 4;
const RELU: i32 = 5;
const FLOOR: i32 = 6;
const CEIL: i32 = 7;
const ROUND: i32 = 8;
const EXP: i32 = 9;
const SIGMOID: i32 = 10;
const SILU: i32 = 11;
const TANH: i32 = 12;

/** 1/(1 + e^−|x|), times e^−|x| where x is negative: nothing overflows and nothing cancels. */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exponential(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}

// @ts-ignore: decorator
@inline
function silu(x: v128): v128 {
  // −∞ times 0 would be NaN; the limit is 0.
  return v128.andnot(f32x4.mul(x, sigmoid(x)), f32x4.eq(x, f32x4.splat(-Infinity)));
}

/**
 * Near zero by the sixth convergent of Lambert's continued fraction x/(1 + x²/(3 + x²/(5 + …))), whose terms are all
 * positive; beyond as (1 − e)/(1 + e) with e = exp(−2|x|).
 */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  const e = exponential(f32x4.mul(size, f32x4.splat(-2)));
  const far = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  const square = f32x4.mul(x, x);
  const top = madd(madd(square, f32x4.splat(21), f32x4.splat(1260)), square, f32x4.splat(10395));
  const bottom = madd(
    madd(f32x4.add(square, f32x4.splat(210)), square, f32x4.splat(4725)),
    square,
    f32x4.splat(10395),
  );
  const near = f32x4.div(f32x4.mul(size, top), bottom);
  const result = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(0.625)));
  return v128.bitselect(x, result, f32x4.splat(-0.0));
}

// @ts-ignore: decorator
@inline
function unaryOf(operation: i32, x: v128): v128 {
  if (operation == NEG) return f32x4.neg(x);
  if (operation == ABS) return f32x4.abs(x);
  if (operation == SQRT) return f32x4.sqrt(x);
  if (operation == SQUARE) return f32x4.mul(x, x);
  if (operation == RECIPROCAL) return f32x4.div(f32x4.splat(1), x);
  if (operation == RELU) return f32x4.max(x, f32x4.splat(0));
  if (operation == FLOOR) return f32x4.floor(x);
  if (operation == CEIL) return f32x4.ceil(x);
  if (operation == ROUND) return f32x4.nearest(x);
  if (operation == EXP) return exponential(x);
  if (operation == SIGMOID) return sigmoid(x);
  if (operation == SILU) return silu(x);
  return tanh(x);
}

// @ts-ignore: decorator
@inline
function mapUnary(operation: i32, x: usize, out: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, out += 16) v128.store(out, unaryOf(operation, v128.load(x)));
  const rest = count & 3;
  if (rest > 0) storeSome(out, unaryOf(operation, loadSome(x, rest)), rest);
}

/** Blocks of neighboring elements. */
export function unaryBlocks(task: usize): i32 {
  return ceilDiv(integer(task, 2), BLOCK);
}

/** Fields: x, out, the number of elements, the operation. */
export function unary(task: usize, block: i32): void {
  const start = block * BLOCK;
  const x = address(task, 0) + (<usize>start << 2);
  const out = address(task, 1) + (<usize>start << 2);
  const count = min(BLOCK, integer(task, 2) - start);
  const operation = integer(task, 3);
  if (operation == NEG) mapUnary(NEG, x, out, count);
  else if (operation == ABS) mapUnary(ABS, x, out, count);
  else if (operation == SQRT) mapUnary(SQRT, x, out, count);
  else if (operation == SQUARE) mapUnary(SQUARE, x, out, count);
  else if (operation == RECIPROCAL) mapUnary(RECIPROCAL, x, out, count);
  else if (operation == RELU) mapUnary(RELU, x, out, count);
  else if (operation == FLOOR) mapUnary(FLOOR, x, out, count);
  else if (operation == CEIL) mapUnary(CEIL, x, out, count);
  else if (operation == ROUND) mapUnary(ROUND, x, out, count);
  else if (operation == EXP) mapUnary(EXP, x, out, count);
  else if (operation == SIGMOID) mapUnary(SIGMOID, x, out, count);
  else if (operation == SILU) mapUnary(SILU, x, out, count);
  else mapUnary(TANH, x, out, count);
}

const ADD: i32 = 0;
const SUB: i32 = 1;
const MUL: i32 = 2;
const DIV: i32 = 3;
const MAXIMUM: i32 = 4;
const MINIMUM: i32 = 5;
const GATE: i32 = 6;

// @ts-ignore: decorator
@inline
function binaryOf(operation: i32, a: v128, b: v128): v128 {
  if (operation == ADD) return f32x4.add(a, b);
  if (operation == SUB) return f32x4.sub(a, b);
  if (operation == MUL) return f32x4.mul(a, b);
  if (operation == DIV) return f32x4.div(a, b);
  if (operation == MAXIMUM) return f32x4.max(a, b);
  if (operation == MINIMUM) return f32x4.min(a, b);
  return v128.and(a, f32x4.gt(b, f32x4.splat(0)));
}

/** A row of the output; an operand that does not advance is one number. */
// @ts-ignore: decorator
@inline
function mapBinary(operation: i32, a: usize, b: usize, out: usize, count: i32, aStep: i32, bStep: i32): void {
  const end = out + (<usize>(count & ~3) << 2);
  const rest = count & 3;
  if (aStep && bStep) {
    for (; out < end; a += 16, b += 16, out += 16) {
      v128.store(out, binaryOf(operation, v128.load(a), v128.load(b)));
    }
    if (rest > 0) storeSome(out, binaryOf(operation, loadSome(a, rest), loadSome(b, rest)), rest);
  } else if (aStep) {
    const right = v128.load32_splat(b);
    for (; out < end; a += 16, out += 16) v128.store(out, binaryOf(operation, v128.load(a), right));
    if (rest > 0) storeSome(out, binaryOf(operation, loadSome(a, rest), right), rest);
  } else {
    const left = v128.load32_splat(a);
    for (; out < end; b += 16, out += 16) v128.store(out, binaryOf(operation, left, v128.load(b)));
    if (rest > 0) storeSome(out, binaryOf(operation, left, loadSome(b, rest)), rest);
  }
}

/** Blocks of rows of the output, or of pieces of them. */
export function binaryBlocks(task: usize): i32 {
  return rowBlocks(integer(task, 4) * integer(task, 5), integer(task, 6));
}

/**
 * Fields: a, b, out, the operation, the three axes of the output, and the strides of a and of b along them in elements,
 * which are 0 along repeated axes and 0 or 1 along the last one, there not both 0. The output may be an operand.
 */
export function binary(task: usize, block: i32): void {
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
    const a = address(task, 0) + (<usize>(i * integer(task, 7) + j * integer(task, 8) + start * aStep) << 2);
    const b = address(task, 1) + (<usize>(i * integer(task, 10) + j * integer(task, 11) + start * bStep) << 2);
    const out = address(task, 2) + ((<usize>row * length + start) << 2);
    if (operation == ADD) mapBinary(ADD, a, b, out, count, aStep, bStep);
    else if (operation == SUB) mapBinary(SUB, a, b, out, count, aStep, bStep);
    else if (operation == MUL) mapBinary(MUL, a, b, out, count, aStep, bStep);
    else if (operation == DIV) mapBinary(DIV, a, b, out, count, aStep, bStep);
    else if (operation == MAXIMUM) mapBinary(MAXIMUM, a, b, out, count, aStep, bStep);
    else if (operation == MINIMUM) mapBinary(MINIMUM, a, b, out, count, aStep, bStep);
    else mapBinary(GATE, a, b, out, count, aStep, bStep);
  }
}
