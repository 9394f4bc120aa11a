import { PlanError } from '../errors.js';
import { isPrime } from './primes.js';

/** The parameters of CKKS (Cheon, Kim, Kim and Song, 2016) in residue form: both sides must have the same. */
export interface Parameters {
  /** N, the degree of the ring, a power of two; a ciphertext has N/2 slots. */
  readonly degree: number;
  /**
   * Bits of each prime, data primes first: the first one stays to the end, the last data prime is dropped by the first
   * rescale. The last of all is the special prime of key switching.
   */
  readonly bits: readonly number[];
}

/** The parameters with the primes that belong to them. */
export interface ParametersWithPrimes extends Parameters {
  /** In the order of the bits; each is 1 modulo 2N. */
  readonly primes: readonly bigint[];
}

/**
 * Bits that the product of all primes may have for 128-bit classical security with ternary secrets: the table of the
 * Homomorphic Encryption Standard (2018), which SEAL enforces.
 */
export const MAX_MODULUS_BITS: Readonly<Record<number, number>> = { 4096: 109, 8192: 218, 16384: 438, 32768: 881 };

/**
 * What is 128-bit secure, by the same secrets: `standard` is the table of 2018, `guidelines` table 5.2 of the Security Guidelines
 * for Implementing Homomorphic Encryption (Bossuat et al., ePrint 2024/463), which count newer attacks and allow less.
 */
export type Security = keyof typeof MODULUS_BITS;

/** Bits that the product of all primes may have, by what is taken for 128-bit secure. */
export const MODULUS_BITS = {
  standard: MAX_MODULUS_BITS,
  guidelines: { 4096: 106, 8192: 214, 16384: 430, 32768: 868 } as Readonly<Record<number, number>>,
} as const;

/** Bits of the product of all primes, at most. */
export function modulusBits({ bits }: Parameters): number {
  return bits.reduce((sum, each) => sum + each, 0);
}

/** Whether parameters are 128-bit secure. */
export function isSecure(parameters: Parameters, security: Security): boolean {
  return modulusBits(parameters) <= (MODULUS_BITS[security][parameters.degree] ?? 0);
}

/** SEAL's limit, too. */
export const MAX_PRIME_BITS = 60;

/** The largest primes with so many bits that are 1 modulo 2N, the largest first. */
function largestPrimes(degree: number, bits: number, count: number): bigint[] {
  const step = 2n * BigInt(degree);
  const found: bigint[] = [];
  let candidate = (((1n << BigInt(bits)) - 1n) / step) * step + 1n;
  for (; found.length < count && candidate > 1n << BigInt(bits - 1); candidate -= step) {
    if (isPrime(candidate)) found.push(candidate);
  }
  if (found.length < count) {
    throw new PlanError(`there are no ${count} primes of ${bits} bits that are 1 modulo ${step}: take more bits`);
  }
  return found;
}

/**
 * The primes of the parameters, chosen as SEAL's `CoeffModulus::Create` does: of each size the largest ones, and the
 * smallest of these first.
 *
 * @throws PlanError where the parameters are not 128-bit secure, or there are no such primes
 */
export function withPrimes({ degree, bits }: Parameters): ParametersWithPrimes {
  const most = MAX_MODULUS_BITS[degree];
  if (most === undefined) throw new PlanError(`N must be one of ${Object.keys(MAX_MODULUS_BITS)}, not ${degree}`);
  const total = modulusBits({ degree, bits });
  if (total > most) {
    throw new PlanError(
      `N = ${degree} is secure up to ${most} bits, and ${bits.join(' + ')} are ${total}: take a larger N`,
    );
  }
  if (bits.length < 2 || bits.some((each) => each > MAX_PRIME_BITS)) {
    throw new PlanError(`primes of ${bits.join(', ')} bits: there must be two or more, of at most ${MAX_PRIME_BITS}`);
  }
  const ofSize = new Map(
    [...new Set(bits)].map((size) => [size, largestPrimes(degree, size, bits.filter((each) => each === size).length)]),
  );
  return { degree, bits, primes: bits.map((size) => ofSize.get(size)!.pop()!) };
}

/** The level of a fresh ciphertext: how often it can be rescaled. */
export function topLevel({ bits }: Parameters): number {
  return bits.length - 2;
}
