// Arithmetic modulo q < 2^60 on u64, which leaves room for 16·q.

import { Modulus } from '../modulus';

const LOW: u64 = 0xffffffff;

/** The upper half of a product of 128 bits. */
// @ts-ignore: decorator
@inline
function upper(a: u64, b: u64): u64 {
  const low = (a & LOW) * (b & LOW);
  const first = (a >> 32) * (b & LOW) + (low >> 32);
  const second = (a & LOW) * (b >> 32) + (first & LOW);
  return (a >> 32) * (b >> 32) + (first >> 32) + (second >> 32);
}

/** The same, or up to 2 less: carries of the lower parts are left out. */
// @ts-ignore: decorator
@inline
function upperAbout(a: u64, b: u64): u64 {
  return (a >> 32) * (b >> 32) + (((a >> 32) * (b & LOW)) >> 32) + (((a & LOW) * (b >> 32)) >> 32);
}

/** x − multiple where that is not negative, else x. */
// @ts-ignore: decorator
@inline
export function subtractOnce(x: u64, multiple: u64): u64 {
  return select<u64>(x - multiple, x, x >= multiple);
}

/** From x < 8·q to x < q. */
// @ts-ignore: decorator
@inline
export function canonical(x: u64, q: u64): u64 {
  return subtractOnce(subtractOnce(subtractOnce(x, 4 * q), 2 * q), q);
}

/** a·w modulo q for a factor with its quotient ⌊w·2^64/q⌋: below 4·q, for any a (V. Shoup's NTL). */
// @ts-ignore: decorator
@inline
export function multiplyBy(a: u64, w: u64, quotient: u64, q: u64): u64 {
  return a * w - upperAbout(a, quotient) * q;
}

/** a·b modulo q for a < q and b < q: below q. The quotient is at most 4 too small (P. Barrett, 1986). */
// @ts-ignore: decorator
@inline
export function multiply(a: u64, b: u64, modulus: Modulus): u64 {
  const q = modulus.word;
  const bits = modulus.bits;
  const low = a * b;
  const top = (upper(a, b) << (66 - bits)) | (low >> (bits - 2));
  return canonical(low - (upperAbout(top, modulus.barrett) >> 1) * q, q);
}

/** x modulo q for any x: below q. */
// @ts-ignore: decorator
@inline
export function remainder(x: u64, modulus: Modulus): u64 {
  const q = modulus.word;
  return canonical(x - upperAbout(x, modulus.barrett >> (modulus.bits - 1)) * q, q);
}

/** A signed x modulo q: at most q. */
// @ts-ignore: decorator
@inline
export function signedRemainder(x: i64, modulus: Modulus): u64 {
  return x < 0 ? modulus.word - remainder(-x, modulus) : remainder(x, modulus);
}
