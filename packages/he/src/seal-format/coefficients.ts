import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { HEADER_BYTES, readHeader, writeHeader } from './header.js';
import type { ModulusChain } from './modulus-chain.js';

const WORD_BYTES = 8;

/** The bytes of so many polynomials of a level, without what stands in front of them. */
export function coefficientBytes({ parameters }: ModulusChain, limbs: number, polynomials: number): number {
  return WORD_BYTES * parameters.degree * limbs * polynomials;
}

/** The bytes that a dynamic array of SEAL takes for so many bytes of content. */
export function arrayBytes(contentBytes: number): number {
  return HEADER_BYTES + WORD_BYTES + contentBytes;
}

/** Whether `count` words of 64 bits are all below a modulus. */
function areBelow(view: DataView, start: number, count: number, modulus: bigint): boolean {
  const high = Number(modulus >> 32n);
  const low = Number(modulus & 0xffffffffn);
  const end = start + WORD_BYTES * count;
  for (let at = start; at < end; at += WORD_BYTES) {
    const upper = view.getUint32(at + 4, true);
    if (upper >= high && (upper > high || view.getUint32(at, true) >= low)) return false;
  }
  return true;
}

/**
 * Reads the array of the coefficients of so many polynomials, one limb after the other, and checks each against its prime.
 *
 * @returns their bytes, without a copy
 * @throws MalformedError where the array has another length, or a coefficient is not below its prime
 */
export function readCoefficients(
  reader: ByteReader,
  chain: ModulusChain,
  limbs: number,
  polynomials: number,
): Uint8Array {
  const contentBytes = coefficientBytes(chain, limbs, polynomials);
  readHeader(reader, arrayBytes(contentBytes));
  const count = reader.count('number of coefficients');
  reader.check(count === contentBytes / WORD_BYTES, `${count} coefficients instead of ${contentBytes / WORD_BYTES}`);
  const bytes = reader.bytes(contentBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { degree, primes } = chain.parameters;
  for (let part = 0; part < limbs * polynomials; part++) {
    const modulus = primes[part % limbs]!;
    reader.check(
      areBelow(view, part * degree * WORD_BYTES, degree, modulus),
      `a coefficient is not below its prime ${modulus}`,
    );
  }
  return bytes;
}

/** Writes the array of the coefficients of polynomials, as they are read. */
export function writeCoefficients(writer: ByteWriter, coefficients: Uint8Array): void {
  writeHeader(writer, arrayBytes(coefficients.length));
  writer.uint64(coefficients.length / WORD_BYTES);
  writer.copy(coefficients);
}
