/**
 * 1 where the platform takes two vectors side by side for one of 256 bits. Some kernels then keep more of them in registers; what
 * they compute stays the same, to the bit.
 */
// @ts-ignore: decorator
@external('env', 'wide')
export declare const wide: i32;

const MAGNITUDE: usize = memory.data<u32>([0x7fffffff]);
const PAIR: usize = memory.data<u32>([32]);

/**
 * Four times the number at an address. Numbers of inner loops that are known when compiled lie in memory, by `memory.data`: V8
 * makes a vector of literals anew each time it is used, in three instructions, or in seven where it is 256 bits wide; such a
 * load is one.
 */
// @ts-ignore: decorator
@inline
export function splatAt(address: usize): v128 {
  return v128.load32_splat(address);
}

/** All bits but that of the sign, four times. */
// @ts-ignore: decorator
@inline
export function magnitudes(): v128 {
  return splatAt(MAGNITUDE);
}

/**
 * The 32 bytes from a pair of vectors to the next, as a number that the compilers do not know: of pairs that are stored at
 * distances that it knows V8 joins the first alone.
 */
// @ts-ignore: decorator
@inline
export function pairBytes(): usize {
  return <usize>load<u32>(PAIR);
}

/** a·b + c, rounded once where the processor can: relaxed SIMD leaves that to it. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  // @ts-ignore: known when compiled
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Four numbers, each from its own address. */
// @ts-ignore: decorator
@inline
export function gather(p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  return v128.load32_lane(p3, v128.load32_lane(p2, v128.load32_lane(p1, v128.load32_zero(p0), 1), 2), 3);
}

/** The first two of four numbers, in double precision. */
// @ts-ignore: decorator
@inline
export function lowerDoubles(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** The last two of four numbers, in double precision. */
// @ts-ignore: decorator
@inline
export function upperDoubles(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

/** Elements 0, 2, 4 and 6 of two vectors. */
// @ts-ignore: decorator
@inline
export function even(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(low, high, 0, 2, 4, 6);
}

/** Elements 1, 3, 5 and 7 of two vectors. */
// @ts-ignore: decorator
@inline
export function odd(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(low, high, 1, 3, 5, 7);
}

/** Every second of seven numbers. */
// @ts-ignore: decorator
@inline
export function loadSecond(from: usize): v128 {
  return v128.shuffle<f32>(v128.load(from), v128.load(from, 12), 0, 2, 5, 7);
}

// A 4×4 matrix is transposed in two steps: rows are interleaved in pairs, then the halves of the pairs are joined.

/** The first two numbers of each of two rows, in turns. */
// @ts-ignore: decorator
@inline
export function interleaveLower(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

/** The last two numbers of each of two rows, in turns. */
// @ts-ignore: decorator
@inline
export function interleaveUpper(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

/** The first two numbers of one vector, then those of the other. */
// @ts-ignore: decorator
@inline
export function joinLower(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 1, 4, 5);
}

/** The last two numbers of one vector, then those of the other. */
// @ts-ignore: decorator
@inline
export function joinUpper(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 3, 6, 7);
}

/** Stores the columns of a 4×4 matrix, given by its rows, at four addresses. */
// @ts-ignore: decorator
@inline
export function storeColumns(
  out0: usize, out1: usize, out2: usize, out3: usize, r0: v128, r1: v128, r2: v128, r3: v128,
): void {
  const lower01 = interleaveLower(r0, r1);
  const lower23 = interleaveLower(r2, r3);
  const upper01 = interleaveUpper(r0, r1);
  const upper23 = interleaveUpper(r2, r3);
  v128.store(out0, joinLower(lower01, lower23));
  v128.store(out1, joinUpper(lower01, lower23));
  v128.store(out2, joinLower(upper01, upper23));
  v128.store(out3, joinUpper(upper01, upper23));
}

/** As storeColumns, with the columns of a second matrix beside those of the first. */
// @ts-ignore: decorator
@inline
export function storeTwoColumns(
  out0: usize, out1: usize, out2: usize, out3: usize,
  r0: v128, r1: v128, r2: v128, r3: v128,
  s0: v128, s1: v128, s2: v128, s3: v128,
): void {
  const lower01 = interleaveLower(r0, r1);
  const lower23 = interleaveLower(r2, r3);
  const upper01 = interleaveUpper(r0, r1);
  const upper23 = interleaveUpper(r2, r3);
  const lower45 = interleaveLower(s0, s1);
  const lower67 = interleaveLower(s2, s3);
  const upper45 = interleaveUpper(s0, s1);
  const upper67 = interleaveUpper(s2, s3);
  v128.store(out0, joinLower(lower01, lower23));
  v128.store(out0, joinLower(lower45, lower67), 16);
  v128.store(out1, joinUpper(lower01, lower23));
  v128.store(out1, joinUpper(lower45, lower67), 16);
  v128.store(out2, joinLower(upper01, upper23));
  v128.store(out2, joinLower(upper45, upper67), 16);
  v128.store(out3, joinUpper(upper01, upper23));
  v128.store(out3, joinUpper(upper45, upper67), 16);
}

/** Stores four vectors as the columns of a 4×4 matrix whose rows are `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(out: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  storeColumns(out, out + step, out + 2 * step, out + 3 * step, r0, r1, r2, r3);
}

/** The first `count` of four numbers, zeros after them. */
// @ts-ignore: decorator
@inline
export function loadSome(from: usize, count: i32): v128 {
  if (count >= 4) return v128.load(from);
  let values = v128.load32_zero(from);
  if (count > 1) values = v128.load32_lane(from + 4, values, 1);
  if (count > 2) values = v128.load32_lane(from + 8, values, 2);
  return values;
}

/** Stores the first `count` of four numbers. */
// @ts-ignore: decorator
@inline
export function storeSome(to: usize, values: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, values);
    return;
  }
  v128.store32_lane(to, values, 0);
  if (count > 1) v128.store32_lane(to + 4, values, 1);
  if (count > 2) v128.store32_lane(to + 8, values, 2);
}
