// Floating point of 16 and 8 bits, as files hold weights: binary16 of IEEE 754; bfloat16, the upper half of a float32; and
// the two of Micikevicius et al., "FP8 Formats for Deep Learning" (arXiv 2209.05433).

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/**
 * binary16 has 1 sign bit, 5 exponent bits with bias 15 and 10 fraction bits. Moved to where float32 has them, they stand
 * for a number 2^(127 - 15) times smaller, subnormal ones too; infinities and NaN get the exponent 255.
 */
export function widenFloat16(halves: Uint16Array, out: Float32Array): void {
  const bits = bitsOf(out);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const nonFinite = (half & 0x7c00) === 0x7c00 ? 0x7f800000 : 0;
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13) | nonFinite;
    out[i]! *= 2 ** 112;
  }
}

export function widenBfloat16(halves: Uint16Array, out: Float32Array): void {
  const bits = bitsOf(out);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
}

/** 1 sign bit, 5 exponent bits, 2 fraction bits: the upper byte of a binary16. */
export function widenFloat8E5M2(bytes: Uint8Array, out: Float32Array): void {
  widenFloat16(
    Uint16Array.from(bytes, (byte) => byte << 8),
    out,
  );
}

/**
 * 1 sign bit, 4 exponent bits with bias 7, 3 fraction bits. There are no infinities, and NaN is what has all bits set but
 * the sign, so that numbers reach 448.
 */
export function widenFloat8E4M3(bytes: Uint8Array, out: Float32Array): void {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const exponent = (byte >> 3) & 15;
    const fraction = byte & 7;
    const size = exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10);
    out[i] = (byte & 0x7f) === 0x7f ? Number.NaN : byte < 0x80 ? size : -size;
  }
}

/** The nearest of binary16, of two the one whose last bit is 0; from 65520 on that is infinity. NaN stays NaN. */
export function narrowToFloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const size = bits[i]! & 0x7fffffff;
    let half: number;
    if (size > 0x7f800000) half = 0x7e00;
    else if (size >= 0x47800000) half = 0x7c00;
    // Below 2^-14 the numbers are multiples of 2^-24. Next to 2^52, doubles are integers, so that adding it rounds.
    else if (size < 0x38800000) half = Math.abs(values[i]!) * 2 ** 24 + 2 ** 52 - 2 ** 52;
    else half = (size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13;
    halves[i] = sign | half;
  }
  return halves;
}

/** The nearest of bfloat16, of two the one whose last bit is 0. NaN stays NaN. */
export function narrowToBfloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const word = bits[i]!;
    const isNumber = (word & 0x7fffffff) <= 0x7f800000;
    halves[i] = isNumber ? (word + 0x7fff + ((word >>> 16) & 1)) >>> 16 : (word >>> 16) | 0x40;
  }
  return halves;
}
