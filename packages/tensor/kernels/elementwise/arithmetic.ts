// Functions of one and of two numbers. Each operation has a loop of its own: the constant that names it is folded where
// the loop is inlined.
import { exponential } from '../exponential';
import { piecesOf, ROW_BLOCK, rowBlocks, rowsPerBlock } from '../rows';
import { loadSome, madd, splatAt, storeSome } from '../simd';
import { ceilDiv } from '../task';

/** Elements of a block, at most. */
const BLOCK: i32 = 16384;

const NUMBERS: usize = memory.data<f32>([1, -0.0, -Infinity, -2, 0.625]);
const ONE: usize = NUMBERS;
const SIGN: usize = NUMBERS + 4;
const LEAST: usize = NUMBERS + 8;
const MINUS_TWO: usize = NUMBERS + 12;
/** Up to this size the hyperbolic tangent is computed from its fraction. */
const NEAR: usize = NUMBERS + 16;
/** Of x^4, x^2 and 1 in numerator and denominator of that fraction: of x^6 it is 1 in the latter. */
const FRACTION: usize = memory.data<f32>([21, 1260, 10395, 210, 4725, 10395]);

/** Functions of one number that there are kernels for. */
enum UnaryOperation {
  neg,
  abs,
  sqrt,
  square,
  reciprocal,
  relu,
  floor,
  ceil,
  round,
  trunc,
  sign,
  exp,
  sigmoid,
  silu,
  tanh,
}

/** 1/(1 + e^−|x|), times e^−|x| where x is negative: nothing overflows and nothing cancels. */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = splatAt(ONE);
  const e = exponential(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}

// @ts-ignore: decorator
@inline
function silu(x: v128): v128 {
  // −∞ times 0 would be NaN; the limit is 0.
  return v128.andnot(f32x4.mul(x, sigmoid(x)), f32x4.eq(x, splatAt(LEAST)));
}

/**
 * Near zero by the sixth convergent of Lambert's continued fraction x/(1 + x²/(3 + x²/(5 + …))), whose terms are all
 * positive; beyond as (1 − e)/(1 + e) with e = exp(−2|x|).
 */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const one = splatAt(ONE);
  const size = f32x4.abs(x);
  const e = exponential(f32x4.mul(size, splatAt(MINUS_TWO)));
  const far = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  const square = f32x4.mul(x, x);
  const top = madd(madd(square, splatAt(FRACTION), splatAt(FRACTION + 4)), square, splatAt(FRACTION + 8));
  const bottom = madd(
    madd(f32x4.add(square, splatAt(FRACTION + 12)), square, splatAt(FRACTION + 16)),
    square,
    splatAt(FRACTION + 20),
  );
  const near = f32x4.div(f32x4.mul(size, top), bottom);
  const result = v128.bitselect(near, far, f32x4.lt(size, splatAt(NEAR)));
  return v128.bitselect(x, result, splatAt(SIGN));
}

/** ±1 with the sign of x; x itself where it is 0 or NaN. */
// @ts-ignore: decorator
@inline
function sign(x: v128): v128 {
  const one = v128.bitselect(x, splatAt(ONE), splatAt(SIGN));
  return v128.bitselect(one, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function unaryOf(operation: i32, x: v128): v128 {
  if (operation == UnaryOperation.neg) return f32x4.neg(x);
  if (operation == UnaryOperation.abs) return f32x4.abs(x);
  if (operation == UnaryOperation.sqrt) return f32x4.sqrt(x);
  if (operation == UnaryOperation.square) return f32x4.mul(x, x);
  if (operation == UnaryOperation.reciprocal) return f32x4.div(splatAt(ONE), x);
  if (operation == UnaryOperation.relu) return f32x4.max(x, f32x4.splat(0));
  if (operation == UnaryOperation.floor) return f32x4.floor(x);
  if (operation == UnaryOperation.ceil) return f32x4.ceil(x);
  if (operation == UnaryOperation.round) return f32x4.nearest(x);
  if (operation == UnaryOperation.trunc) return f32x4.trunc(x);
  if (operation == UnaryOperation.sign) return sign(x);
  if (operation == UnaryOperation.exp) return exponential(x);
  if (operation == UnaryOperation.sigmoid) return sigmoid(x);
  if (operation == UnaryOperation.silu) return silu(x);
  return tanh(x);
}

// @ts-ignore: decorator
@inline
function mapUnary(operation: i32, x: usize, out: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x + 16 < end; x += 32, out += 32) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    const lowResult = unaryOf(operation, low);
    const highResult = unaryOf(operation, high);
    v128.store(out, lowResult);
    v128.store(out, highResult, 16);
  }
  if (x < end) {
    v128.store(out, unaryOf(operation, v128.load(x)));
    x += 16;
    out += 16;
  }
  const rest = count & 3;
  if (rest > 0) storeSome(out, unaryOf(operation, loadSome(x, rest)), rest);
}

@unmanaged
export class Unary {
  x: f64;
  out: f64;
  /** The number of elements. */
  size: f64;
  operation: f64;
}

/** Blocks of neighboring elements. */
export function unaryBlocks(fields: Unary): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** A function of every element. */
export function unary(fields: Unary, block: i32): void {
  const start = block * BLOCK;
  const x = <usize>fields.x + (<usize>start << 2);
  const out = <usize>fields.out + (<usize>start << 2);
  const count = min(BLOCK, <i32>fields.size - start);
  const operation = <i32>fields.operation;
  if (operation == UnaryOperation.neg) mapUnary(UnaryOperation.neg, x, out, count);
  else if (operation == UnaryOperation.abs) mapUnary(UnaryOperation.abs, x, out, count);
  else if (operation == UnaryOperation.sqrt) mapUnary(UnaryOperation.sqrt, x, out, count);
  else if (operation == UnaryOperation.square) mapUnary(UnaryOperation.square, x, out, count);
  else if (operation == UnaryOperation.reciprocal) mapUnary(UnaryOperation.reciprocal, x, out, count);
  else if (operation == UnaryOperation.relu) mapUnary(UnaryOperation.relu, x, out, count);
  else if (operation == UnaryOperation.floor) mapUnary(UnaryOperation.floor, x, out, count);
  else if (operation == UnaryOperation.ceil) mapUnary(UnaryOperation.ceil, x, out, count);
  else if (operation == UnaryOperation.round) mapUnary(UnaryOperation.round, x, out, count);
  else if (operation == UnaryOperation.trunc) mapUnary(UnaryOperation.trunc, x, out, count);
  else if (operation == UnaryOperation.sign) mapUnary(UnaryOperation.sign, x, out, count);
  else if (operation == UnaryOperation.exp) mapUnary(UnaryOperation.exp, x, out, count);
  else if (operation == UnaryOperation.sigmoid) mapUnary(UnaryOperation.sigmoid, x, out, count);
  else if (operation == UnaryOperation.silu) mapUnary(UnaryOperation.silu, x, out, count);
  else mapUnary(UnaryOperation.tanh, x, out, count);
}

/** Functions of two numbers that there are kernels for. */
enum BinaryOperation {
  add,
  sub,
  mul,
  div,
  maximum,
  minimum,
  reluGradient,
}

// @ts-ignore: decorator
@inline
function integersOf(operation: i32, a: v128, b: v128): v128 {
  if (operation == BinaryOperation.add) return i32x4.add(a, b);
  if (operation == BinaryOperation.sub) return i32x4.sub(a, b);
  if (operation == BinaryOperation.mul) return i32x4.mul(a, b);
  return operation == BinaryOperation.maximum ? i32x4.max_s(a, b) : i32x4.min_s(a, b);
}

// @ts-ignore: decorator
@inline
function binaryOf(integers: bool, operation: i32, a: v128, b: v128): v128 {
  if (integers) return integersOf(operation, a, b);
  if (operation == BinaryOperation.add) return f32x4.add(a, b);
  if (operation == BinaryOperation.sub) return f32x4.sub(a, b);
  if (operation == BinaryOperation.mul) return f32x4.mul(a, b);
  if (operation == BinaryOperation.div) return f32x4.div(a, b);
  if (operation == BinaryOperation.maximum) return f32x4.max(a, b);
  if (operation == BinaryOperation.minimum) return f32x4.min(a, b);
  return v128.and(a, f32x4.gt(b, f32x4.splat(0)));
}

/** A row of the output; an operand that does not advance is one number. */
// @ts-ignore: decorator
@inline
function mapBinary(
  integers: bool, operation: i32, a: usize, b: usize, out: usize, count: i32, aStep: i32, bStep: i32,
): void {
  const end = out + (<usize>(count & ~3) << 2);
  const rest = count & 3;
  if (aStep && bStep) {
    for (; out < end; a += 16, b += 16, out += 16) {
      v128.store(out, binaryOf(integers, operation, v128.load(a), v128.load(b)));
    }
    if (rest > 0) storeSome(out, binaryOf(integers, operation, loadSome(a, rest), loadSome(b, rest)), rest);
  } else if (aStep) {
    const right = v128.load32_splat(b);
    for (; out < end; a += 16, out += 16) v128.store(out, binaryOf(integers, operation, v128.load(a), right));
    if (rest > 0) storeSome(out, binaryOf(integers, operation, loadSome(a, rest), right), rest);
  } else {
    const left = v128.load32_splat(a);
    for (; out < end; b += 16, out += 16) v128.store(out, binaryOf(integers, operation, left, v128.load(b)));
    if (rest > 0) storeSome(out, binaryOf(integers, operation, left, loadSome(b, rest)), rest);
  }
}

/** The output may be an operand. */
@unmanaged
export class Binary {
  a: f64;
  b: f64;
  out: f64;
  operation: f64;
  /** Whether the elements are int32: for sums, differences, products, extremes and comparisons. */
  integers: f64;
  /** The three axes of the output. */
  outer: f64;
  middle: f64;
  length: f64;
  /** Strides along them in elements: 0 along repeated axes, 0 or 1 along the last one, there not both 0. */
  aOuter: f64;
  aMiddle: f64;
  aStep: f64;
  bOuter: f64;
  bMiddle: f64;
  bStep: f64;
}

/** Blocks of rows of the output, or of pieces of them. */
export function binaryBlocks(fields: Binary): i32 {
  return rowBlocks(<i32>fields.outer * <i32>fields.middle, <i32>fields.length);
}

/** A function of every pair of elements. */
export function binary(fields: Binary, block: i32): void {
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
    const a = <usize>fields.a + (<usize>(i * <i32>fields.aOuter + j * <i32>fields.aMiddle + start * aStep) << 2);
    const b = <usize>fields.b + (<usize>(i * <i32>fields.bOuter + j * <i32>fields.bMiddle + start * bStep) << 2);
    const out = <usize>fields.out + ((<usize>row * length + start) << 2);
    if (integers) {
      if (operation == BinaryOperation.add) mapBinary(true, BinaryOperation.add, a, b, out, count, aStep, bStep);
      else if (operation == BinaryOperation.sub) mapBinary(true, BinaryOperation.sub, a, b, out, count, aStep, bStep);
      else if (operation == BinaryOperation.mul) mapBinary(true, BinaryOperation.mul, a, b, out, count, aStep, bStep);
      else if (operation == BinaryOperation.maximum) mapBinary(true, BinaryOperation.maximum, a, b, out, count, aStep, bStep);
      else mapBinary(true, BinaryOperation.minimum, a, b, out, count, aStep, bStep);
    } else if (operation == BinaryOperation.add) mapBinary(false, BinaryOperation.add, a, b, out, count, aStep, bStep);
    else if (operation == BinaryOperation.sub) mapBinary(false, BinaryOperation.sub, a, b, out, count, aStep, bStep);
    else if (operation == BinaryOperation.mul) mapBinary(false, BinaryOperation.mul, a, b, out, count, aStep, bStep);
    else if (operation == BinaryOperation.div) mapBinary(false, BinaryOperation.div, a, b, out, count, aStep, bStep);
    else if (operation == BinaryOperation.maximum) mapBinary(false, BinaryOperation.maximum, a, b, out, count, aStep, bStep);
    else if (operation == BinaryOperation.minimum) mapBinary(false, BinaryOperation.minimum, a, b, out, count, aStep, bStep);
    else mapBinary(false, BinaryOperation.reluGradient, a, b, out, count, aStep, bStep);
  }
}
