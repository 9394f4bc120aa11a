/** 1 where a product and a sum are rounded once, as exact products need it: relaxed SIMD leaves that to the processor. */
export function isFused(): u32 {
  // @ts-ignore: known when compiled
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  // (1 + u)² − 1 = 2u + u², whose last term gets lost where the product is rounded.
  const u: f64 = 1.0 / 1073741824.0;
  const x = f64x2.splat(1 + u);
  const rest = f64x2.relaxed_madd(x, x, f64x2.splat(-1));
  return f64x2.extract_lane(rest, 0) === 2 * u + u * u ? 1 : 0;
}
