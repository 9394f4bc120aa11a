/**
 * What WGSL cannot be asked of numbers: a compiler may assume that there is neither NaN nor infinity (WGSL, section 15.7),
 * so both are told, and made, by their bits.
 */
export const bitFunctions: readonly string[] = [
  'var<private> infinityBits: u32 = 0x7f800000u;',
  'var<private> nanBits: u32 = 0x7fc00000u;',
  'fn infinity() -> f32 { return bitcast<f32>(infinityBits); }',
  'fn notANumber() -> f32 { return bitcast<f32>(nanBits); }',
  // What was rounded stays so: a compiler that takes 1 − (1 + x) for −x does not know these bits. No grid has 2^31 workgroups.
  'fn rounded(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ (p.groupCount >> 31u)); }',
  'fn magnitudeBits(x: f32) -> u32 { return bitcast<u32>(x) & 0x7fffffffu; }',
  'fn isNan(x: f32) -> bool { return magnitudeBits(x) > 0x7f800000u; }',
  'fn isFinite(x: f32) -> bool { return magnitudeBits(x) < 0x7f800000u; }',
  // Integers in the order of the numbers: −0 comes before 0.
  `fn orderOf(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(bits, bits ^ 0x7fffffff, bits < 0);
}`,
  `fn maximumOf(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  return select(b, a, orderOf(a) > orderOf(b));
}`,
  `fn minimumOf(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  return select(b, a, orderOf(a) < orderOf(b));
}`,
  'fn powerOfTwo(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }',
  // In two steps, as 2^n itself may be out of range.
  `fn scaleByPowerOfTwo(x: f32, n: i32) -> f32 {
  let half = n >> 1u;
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}`,
  // Truncation modulo 2^32; NaN and infinities are 0.
  `fn toInteger(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let exponent = i32((bits >> 23u) & 255u) - 150;
  if (exponent < 8) { return select(i32(x), 0, exponent < -24); }
  if (exponent >= 32) { return 0; }
  let size = bitcast<i32>(((bits & 0x7fffffu) | 0x800000u) << u32(exponent));
  return select(size, -size, bits >= 0x80000000u);
}`,
];
