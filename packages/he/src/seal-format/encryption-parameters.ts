import { MAX_PRIME_BITS, type ParametersWithPrimes } from '../ckks/parameters.js';
import { isPrime } from '../ckks/primes.js';
import { blake2b256 } from './blake2b.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { HEADER_BYTES, readHeader, writeHeader } from './header.js';

const CKKS = 2;
const MIN_DEGREE = 1024;
const MAX_DEGREE = 32768;
const MAX_PRIMES = 64;
const MODULUS_BYTES = HEADER_BYTES + 8;

function lengthFor(primes: number): number {
  return HEADER_BYTES + 1 + 8 + 8 + MODULUS_BYTES * (primes + 1);
}

function readModulus(reader: ByteReader): bigint {
  readHeader(reader, MODULUS_BYTES);
  return reader.uint64();
}

function writeModulus(writer: ByteWriter, value: bigint): void {
  writeHeader(writer, MODULUS_BYTES);
  writer.uint64(value);
}

/**
 * Reads `EncryptionParameters` that SEAL has saved without compression.
 *
 * @throws MalformedError where they are not those of CKKS, or the primes cannot be
 */
export function readEncryptionParameters(bytes: Uint8Array): ParametersWithPrimes {
  const reader = new ByteReader('encryption parameters', bytes);
  readHeader(reader, bytes.length);
  const scheme = reader.uint8();
  reader.check(scheme === CKKS, `scheme ${scheme} is not CKKS (${CKKS})`);
  const degree = reader.count('degree');
  reader.check(
    degree >= MIN_DEGREE && degree <= MAX_DEGREE && Number.isInteger(Math.log2(degree)),
    `degree ${degree} is no power of two from ${MIN_DEGREE} to ${MAX_DEGREE}`,
  );
  const count = reader.count('number of primes');
  reader.check(count >= 1 && count <= MAX_PRIMES, `${count} primes instead of 1 to ${MAX_PRIMES}`);
  reader.check(bytes.length === lengthFor(count), `${count} primes do not fit its ${bytes.length} bytes`);
  const primes = Array.from({ length: count }, () => readModulus(reader));
  for (const modulus of primes) {
    reader.check(
      modulus < 1n << BigInt(MAX_PRIME_BITS) && modulus % BigInt(2 * degree) === 1n && isPrime(modulus),
      `${modulus} is no prime below 2^${MAX_PRIME_BITS} that is 1 modulo ${2 * degree}`,
    );
  }
  reader.check(new Set(primes).size === count, 'a prime occurs twice');
  reader.check(readModulus(reader) === 0n, 'it has a plain modulus, which CKKS has not');
  reader.end();
  return { degree, bits: primes.map((prime) => prime.toString(2).length), primes };
}

/** Writes parameters as SEAL saves `EncryptionParameters`, without compression. */
export function writeEncryptionParameters({ degree, primes }: ParametersWithPrimes): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(lengthFor(primes.length));
  writeHeader(writer, writer.bytes.length);
  writer.uint8(CKKS);
  writer.uint64(degree);
  writer.uint64(primes.length);
  for (const modulus of primes) writeModulus(writer, modulus);
  writeModulus(writer, 0n);
  return writer.bytes;
}

/** The bytes of a `parms_id`. */
export const PARMS_ID_BYTES = 32;

/** The hash by which SEAL names the first so many primes of parameters. */
export function parmsIdOf({ degree, primes }: ParametersWithPrimes, limbs: number): Uint8Array<ArrayBuffer> {
  const words = [BigInt(CKKS), BigInt(degree), ...primes.slice(0, limbs), 0n];
  const writer = new ByteWriter(PARMS_ID_BYTES);
  for (const word of blake2b256(words)) writer.uint64(word);
  return writer.bytes;
}
