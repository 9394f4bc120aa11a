import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { arrayBytes, coefficientBytes, readCoefficients, writeCoefficients } from './coefficients.js';
import { PARMS_ID_BYTES } from './encryption-parameters.js';
import { HEADER_BYTES, readHeader, writeHeader } from './header.js';
import { readLevel, readScale } from './level.js';
import type { ModulusChain } from './modulus-chain.js';

const FIELD_BYTES = PARMS_ID_BYTES + 1 + 3 * 8 + 8 + 8;
const BLAKE2XB = 1;
const SEED_BYTES = 64;
const GENERATOR_BYTES = HEADER_BYTES + 1 + SEED_BYTES;
const MAX_POLYNOMIALS = 3;

/** An encrypted vector. */
export interface CiphertextData {
  /** The number of primes. */
  readonly limbs: number;
  /** 2, or 3 for a product that was not relinearized. */
  readonly polynomials: number;
  readonly scale: number;
  /**
   * Words of 64 bits, little-endian: for each polynomial and each prime N values, in the order of the transform; only the first of
   * two polynomials where there is a seed.
   */
  readonly coefficients: Uint8Array;
  /** 64 bytes that the second polynomial follows from, by SEAL's generator Blake2xb. */
  readonly seed?: Uint8Array;
}

/** What a ciphertext must have; whatever is left out may be anything that is possible. */
export interface ExpectedCiphertext {
  readonly limbs?: number;
  readonly polynomials?: number;
}

/** The bytes of a ciphertext. */
export function ciphertextBytes(chain: ModulusChain, limbs: number, polynomials: number, isSeeded: boolean): number {
  const stored = coefficientBytes(chain, limbs, isSeeded ? 1 : polynomials);
  return HEADER_BYTES + FIELD_BYTES + arrayBytes(stored) + (isSeeded ? GENERATOR_BYTES : 0);
}

/** Reads all that stands behind the header; `bytes` is the length of the whole. */
function readContent(reader: ByteReader, chain: ModulusChain, mostLimbs: number, bytes: number): CiphertextData {
  const limbs = readLevel(reader, chain, mostLimbs);
  reader.check(reader.uint8() === 1, 'it is not in the form of the number-theoretic transform');
  const polynomials = reader.count('number of polynomials');
  reader.check(
    polynomials >= 2 && polynomials <= MAX_POLYNOMIALS,
    `${polynomials} polynomials instead of 2 to ${MAX_POLYNOMIALS}`,
  );
  const { degree } = chain.parameters;
  const ownDegree = reader.count('degree');
  reader.check(ownDegree === degree, `degree ${ownDegree} instead of ${degree}`);
  const primes = reader.count('number of primes');
  reader.check(primes === limbs, `${primes} primes instead of ${limbs}`);
  const scale = readScale(reader, chain, limbs);
  reader.check(reader.uint64() === 1n, 'its correction factor is not 1');
  const isSeeded = polynomials === 2 && bytes === ciphertextBytes(chain, limbs, polynomials, true);
  const expected = ciphertextBytes(chain, limbs, polynomials, isSeeded);
  reader.check(bytes === expected, `${bytes} bytes instead of ${expected}`);
  const coefficients = readCoefficients(reader, chain, limbs, isSeeded ? 1 : polynomials);
  if (!isSeeded) return { limbs, polynomials, scale, coefficients };
  readHeader(reader, GENERATOR_BYTES);
  reader.check(reader.uint8() === BLAKE2XB, 'its seed is not for the generator Blake2xb');
  return { limbs, polynomials, scale, coefficients, seed: reader.bytes(SEED_BYTES) };
}

/**
 * Reads a `Ciphertext` of CKKS, with a seed or without, that SEAL has saved without compression.
 *
 * @throws MalformedError where it is cut off, changed, not as expected, or belongs to other parameters
 */
export function readCiphertext(
  bytes: Uint8Array,
  chain: ModulusChain,
  expected: ExpectedCiphertext = {},
): CiphertextData {
  const reader = new ByteReader('ciphertext', bytes);
  readHeader(reader, bytes.length);
  const data = readContent(reader, chain, chain.firstLimbs, bytes.length);
  reader.end();
  const { limbs = data.limbs, polynomials = data.polynomials } = expected;
  reader.check(data.limbs === limbs, `it has ${data.limbs} primes instead of ${limbs}`);
  reader.check(data.polynomials === polynomials, `it has ${data.polynomials} polynomials instead of ${polynomials}`);
  return data;
}

/** Writes a ciphertext as SEAL saves it, without compression. */
export function writeCiphertext(data: CiphertextData, chain: ModulusChain): Uint8Array<ArrayBuffer> {
  const { limbs, polynomials, scale, coefficients, seed } = data;
  const writer = new ByteWriter(ciphertextBytes(chain, limbs, polynomials, seed !== undefined));
  writeHeader(writer, writer.bytes.length);
  writer.copy(chain.parmsId(limbs));
  writer.uint8(1);
  writer.uint64(polynomials);
  writer.uint64(chain.parameters.degree);
  writer.uint64(limbs);
  writer.float64(scale);
  writer.uint64(1);
  writeCoefficients(writer, coefficients);
  if (seed !== undefined) {
    writeHeader(writer, GENERATOR_BYTES);
    writer.uint8(BLAKE2XB);
    writer.copy(seed);
  }
  return writer.bytes;
}

/**
 * Reads a ciphertext that is a part of a key: two polynomials over all primes, with scale 1.
 *
 * @throws MalformedError where it is anything else
 */
export function readKeyCiphertext(reader: ByteReader, chain: ModulusChain): CiphertextData {
  const bytes = readHeader(reader);
  const data = readContent(reader, chain, chain.keyLimbs, bytes);
  reader.check(
    data.limbs === chain.keyLimbs && data.polynomials === 2 && data.scale === 1,
    `a part has ${data.polynomials} polynomials over ${data.limbs} primes at scale ${data.scale}, ` +
      `instead of 2 over ${chain.keyLimbs} at scale 1`,
  );
  return data;
}
