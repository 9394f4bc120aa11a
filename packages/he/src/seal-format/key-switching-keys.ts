import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { type CiphertextData, readKeyCiphertext, writeCiphertext } from './ciphertext.js';
import { PARMS_ID_BYTES } from './encryption-parameters.js';
import { HEADER_BYTES, readHeader, writeHeader } from './header.js';
import type { ModulusChain } from './modulus-chain.js';

/** A key that leads from one secret to another: an encryption for each prime but the special one. */
export type KeySwitchingKey = readonly CiphertextData[];

function readKey(reader: ByteReader, chain: ModulusChain, parts: number): KeySwitchingKey {
  reader.check(parts === chain.keyLimbs - 1, `a key has ${parts} parts instead of ${chain.keyLimbs - 1}`);
  return Array.from({ length: parts }, () => readKeyCiphertext(reader, chain));
}

/** Reads what stands in front of the keys. */
function begin(what: string, bytes: Uint8Array, chain: ModulusChain): ByteReader {
  const reader = new ByteReader(what, bytes);
  readHeader(reader, bytes.length);
  const limbs = chain.limbsOf(reader.bytes(PARMS_ID_BYTES));
  reader.check(limbs === chain.keyLimbs, 'they belong to other encryption parameters');
  reader.check(chain.keyLimbs >= 2, 'there are no such keys where there is one prime only');
  return reader;
}

/**
 * Reads `RelinKeys` that SEAL has saved without compression: the one key from the square of the secret.
 *
 * @throws MalformedError where they are cut off, changed, or belong to other parameters
 */
export function readRelinearizationKey(bytes: Uint8Array, chain: ModulusChain): KeySwitchingKey {
  const reader = begin('relinearization keys', bytes, chain);
  const count = reader.count('number of keys');
  reader.check(count === 1, `${count} keys instead of 1`);
  const key = readKey(reader, chain, reader.count('number of parts'));
  reader.end();
  return key;
}

/**
 * Reads `GaloisKeys` that SEAL has saved without compression: for each Galois element (an odd number below 2N) its key.
 *
 * @param expected the elements that there must be, and no others; all that are possible where it is left out
 * @throws MalformedError where they are cut off, changed, of other elements, or belong to other parameters
 */
export function readGaloisKeys(
  bytes: Uint8Array,
  chain: ModulusChain,
  expected?: readonly number[],
): ReadonlyMap<number, KeySwitchingKey> {
  const reader = begin('Galois keys', bytes, chain);
  const { degree } = chain.parameters;
  const count = reader.count('number of keys');
  reader.check(count <= degree, `room for ${count} keys instead of at most ${degree}`);
  const allowed = expected && new Set(expected);
  const keys = new Map<number, KeySwitchingKey>();
  for (let index = 0; index < count; index++) {
    const parts = reader.count('number of parts');
    if (parts === 0) continue;
    const element = 2 * index + 1;
    reader.check(allowed === undefined || allowed.has(element), `a key of Galois element ${element} was not asked for`);
    reader.check(element !== 1, 'there is a key of Galois element 1, which changes nothing');
    keys.set(element, readKey(reader, chain, parts));
  }
  reader.end();
  for (const element of allowed ?? []) {
    reader.check(keys.has(element), `the key of Galois element ${element} is missing`);
  }
  return keys;
}

function written(keys: readonly (KeySwitchingKey | undefined)[], chain: ModulusChain): Uint8Array<ArrayBuffer> {
  const parts = keys.map((key) => key?.map((part) => writeCiphertext(part, chain)) ?? []);
  const partBytes = parts.flat().reduce((sum, part) => sum + part.length, 0);
  const writer = new ByteWriter(HEADER_BYTES + PARMS_ID_BYTES + 8 + 8 * keys.length + partBytes);
  writeHeader(writer, writer.bytes.length);
  writer.copy(chain.parmsId(chain.keyLimbs));
  writer.uint64(keys.length);
  for (const key of parts) {
    writer.uint64(key.length);
    for (const part of key) writer.copy(part);
  }
  return writer.bytes;
}

/** Writes a relinearization key as SEAL saves `RelinKeys`, without compression. */
export function writeRelinearizationKey(key: KeySwitchingKey, chain: ModulusChain): Uint8Array<ArrayBuffer> {
  return written([key], chain);
}

/** Writes keys by their Galois elements as SEAL saves `GaloisKeys`, without compression. */
export function writeGaloisKeys(
  keys: ReadonlyMap<number, KeySwitchingKey>,
  chain: ModulusChain,
): Uint8Array<ArrayBuffer> {
  const indices = Array.from({ length: chain.parameters.degree }, (_, index) => keys.get(2 * index + 1));
  return written(indices, chain);
}
