// Other types of numbers, one number everywhere, and averages: what comes to a pass over the memory.
import { lowerDoubles, upperDoubles } from '../simd';
import { ceilDiv } from '../task';

/** Elements of a block, at most. */
const BLOCK: i32 = 16384;

/** Pairs of types, by their names, that there are kernels for. */
enum CastOperation {
  float32Toint32,
  int32Tofloat32,
  boolTofloat32,
  boolToint32,
  float32Tobool,
  int32Tobool,
}

@unmanaged
export class Cast {
  x: f64;
  out: f64;
  /** The number of elements. */
  size: f64;
  operation: f64;
}

/** Blocks of neighboring elements. */
export function castBlocks(fields: Cast): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** The whole part modulo 2^32, as ECMAScript has it; 0 for NaN. From 2^63 on, floats are multiples of 2^32. */
function integerOf(x: f32): i32 {
  return abs(x) < 9223372036854775808.0 ? <i32>(<i64>x) : 0;
}

// @ts-ignore: decorator
@inline
function toIntegers(x: usize, out: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, out += 16) {
    const value = v128.load(x);
    if (v128.all_true<i32>(f32x4.lt(f32x4.abs(value), f32x4.splat(2147483648)))) {
      v128.store(out, i32x4.trunc_sat_f32x4_s(value));
    } else for (let k: usize = 0; k < 16; k += 4) store<i32>(out + k, integerOf(load<f32>(x + k)));
  }
  for (let i = 0; i < (count & 3); i++, x += 4, out += 4) store<i32>(out, integerOf(load<f32>(x)));
}

// @ts-ignore: decorator
@inline
function toFloats(x: usize, out: usize, count: i32): void {
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, out += 16) v128.store(out, f32x4.convert_i32x4_s(v128.load(x)));
  for (let i = 0; i < (count & 3); i++, x += 4, out += 4) store<f32>(out, <f32>load<i32>(x));
}

/** Truth as numbers. */
// @ts-ignore: decorator
@inline
function fromTruth(floats: bool, x: usize, out: usize, count: i32): void {
  const end = x + (count & ~3);
  for (; x < end; x += 4, out += 16) {
    const integers = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x)));
    v128.store(out, floats ? f32x4.convert_i32x4_s(integers) : integers);
  }
  for (let i = 0; i < (count & 3); i++, x++, out += 4) {
    if (floats) store<f32>(out, <f32>load<u8>(x));
    else store<i32>(out, <i32>load<u8>(x));
  }
}

// @ts-ignore: decorator
@inline
function isNonzero(floats: bool, x: v128): v128 {
  return floats ? f32x4.ne(x, f32x4.splat(0)) : i32x4.ne(x, i32x4.splat(0));
}

/** Whether numbers are not 0. */
// @ts-ignore: decorator
@inline
function toTruth(floats: bool, x: usize, out: usize, count: i32): void {
  const end = out + (count & ~15);
  for (; out < end; x += 64, out += 16) {
    const low = i16x8.narrow_i32x4_s(isNonzero(floats, v128.load(x)), isNonzero(floats, v128.load(x, 16)));
    const high = i16x8.narrow_i32x4_s(isNonzero(floats, v128.load(x, 32)), isNonzero(floats, v128.load(x, 48)));
    v128.store(out, v128.and(i8x16.narrow_i16x8_s(low, high), i8x16.splat(1)));
  }
  for (let i = 0; i < (count & 15); i++, x += 4, out++) {
    store<u8>(out, i32x4.extract_lane(isNonzero(floats, v128.load32_zero(x)), 0) & 1);
  }
}

/** Every element as another type. */
export function cast(fields: Cast, block: i32): void {
  const operation = <i32>fields.operation;
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  const fromBytes = operation == CastOperation.boolTofloat32 || operation == CastOperation.boolToint32;
  const toBytes = operation == CastOperation.float32Tobool || operation == CastOperation.int32Tobool;
  const x = <usize>fields.x + (<usize>start << (fromBytes ? 0 : 2));
  const out = <usize>fields.out + (<usize>start << (toBytes ? 0 : 2));
  if (operation == CastOperation.float32Toint32) toIntegers(x, out, count);
  else if (operation == CastOperation.int32Tofloat32) toFloats(x, out, count);
  else if (operation == CastOperation.boolTofloat32) fromTruth(true, x, out, count);
  else if (operation == CastOperation.boolToint32) fromTruth(false, x, out, count);
  else if (operation == CastOperation.float32Tobool) toTruth(true, x, out, count);
  else toTruth(false, x, out, count);
}

@unmanaged
export class Fill {
  out: f64;
  /** The number of elements. */
  size: f64;
  value: f64;
  /** Whether the elements are int32. */
  integers: f64;
}

/** Blocks of neighboring elements. */
export function fillBlocks(fields: Fill): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** The same number everywhere. */
export function fill(fields: Fill, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  const value = <i32>fields.integers ? i32x4.splat(<i32>fields.value) : f32x4.splat(<f32>fields.value);
  let out = <usize>fields.out + (<usize>start << 2);
  const end = out + (<usize>(count & ~3) << 2);
  for (; out < end; out += 16) v128.store(out, value);
  for (let i = 0; i < (count & 3); i++) v128.store32_lane(out + (<usize>i << 2), value, 0);
}

@unmanaged
export class Lerp {
  x: f64;
  y: f64;
  /** The number of elements. */
  size: f64;
  weight: f64;
  /** 1 − weight. */
  rest: f64;
  factor: f64;
}

/** Blocks of neighboring elements. */
export function lerpBlocks(fields: Lerp): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

// @ts-ignore: decorator
@inline
function averageOf(x: v128, y: v128, weight: v128, rest: v128, factor: v128): v128 {
  return f64x2.add(f64x2.mul(rest, x), f64x2.mul(weight, f64x2.mul(factor, y)));
}

/** In place: x ← rest·x + weight·factor·y, in double precision. */
export function lerp(fields: Lerp, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  let x = <usize>fields.x + (<usize>start << 2);
  let y = <usize>fields.y + (<usize>start << 2);
  const weight = f64x2.splat(fields.weight);
  const rest = f64x2.splat(fields.rest);
  const factor = f64x2.splat(fields.factor);
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, y += 16) {
    const own = v128.load(x);
    const other = v128.load(y);
    const low = f32x4.demote_f64x2_zero(averageOf(lowerDoubles(own), lowerDoubles(other), weight, rest, factor));
    const high = f32x4.demote_f64x2_zero(averageOf(upperDoubles(own), upperDoubles(other), weight, rest, factor));
    v128.store(x, v128.shuffle<f32>(low, high, 0, 1, 4, 5));
  }
  for (let i = 0; i < (count & 3); i++, x += 4, y += 4) {
    const own = lowerDoubles(v128.load32_zero(x));
    const other = lowerDoubles(v128.load32_zero(y));
    v128.store32_lane(x, f32x4.demote_f64x2_zero(averageOf(own, other, weight, rest, factor)), 0);
  }
}
