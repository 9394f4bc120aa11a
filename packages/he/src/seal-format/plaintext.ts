import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { arrayBytes, coefficientBytes, readCoefficients, writeCoefficients } from './coefficients.js';
import { PARMS_ID_BYTES } from './encryption-parameters.js';
import { HEADER_BYTES, readHeader, writeHeader } from './header.js';
import { readLevel, readScale } from './level.js';
import type { ModulusChain } from './modulus-chain.js';

const FIELD_BYTES = PARMS_ID_BYTES + 8 + 8;

/** An encoded vector. */
export interface PlaintextData {
  /** The number of primes. */
  readonly limbs: number;
  readonly scale: number;
  /** Words of 64 bits, little-endian: for each prime the N values of the polynomial, in the order of its transform. */
  readonly coefficients: Uint8Array;
}

/**
 * Reads a `Plaintext` of CKKS that SEAL has saved without compression.
 *
 * @throws MalformedError where it is cut off, changed, or belongs to other parameters
 */
export function readPlaintext(bytes: Uint8Array, chain: ModulusChain): PlaintextData {
  const reader = new ByteReader('plaintext', bytes);
  readHeader(reader, bytes.length);
  const limbs = readLevel(reader, chain, chain.firstLimbs);
  const count = reader.count('number of coefficients');
  const expected = chain.parameters.degree * limbs;
  reader.check(count === expected, `${count} coefficients instead of ${expected}`);
  const scale = readScale(reader, chain, limbs);
  const coefficients = readCoefficients(reader, chain, limbs, 1);
  reader.end();
  return { limbs, scale, coefficients };
}

/** Writes a plaintext as SEAL saves it, without compression. */
export function writePlaintext(
  { limbs, scale, coefficients }: PlaintextData,
  chain: ModulusChain,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(HEADER_BYTES + FIELD_BYTES + arrayBytes(coefficientBytes(chain, limbs, 1)));
  writeHeader(writer, writer.bytes.length);
  writer.copy(chain.parmsId(limbs));
  writer.uint64(chain.parameters.degree * limbs);
  writer.float64(scale);
  writeCoefficients(writer, coefficients);
  return writer.bytes;
}
