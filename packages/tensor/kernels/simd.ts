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

/** Stores four vectors as the columns of a 4×4 matrix whose rows are `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(out: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(out + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(out + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(out + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
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
