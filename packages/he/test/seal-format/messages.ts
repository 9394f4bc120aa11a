import {
  type ModulusChain,
  readCiphertext,
  readGaloisKeys,
  readPlaintext,
  readRelinearizationKey,
  writeCiphertext,
  writeGaloisKeys,
  writePlaintext,
  writeRelinearizationKey,
} from '../../src/seal-format/index.js';
import type { Kind } from './samples.js';

/** Reads bytes of a kind and writes what was read. */
export const rewritten: Readonly<Record<Kind, (bytes: Uint8Array, chain: ModulusChain) => Uint8Array>> = {
  ciphertext: (bytes, chain) => writeCiphertext(readCiphertext(bytes, chain), chain),
  plaintext: (bytes, chain) => writePlaintext(readPlaintext(bytes, chain), chain),
  relinearization: (bytes, chain) => writeRelinearizationKey(readRelinearizationKey(bytes, chain), chain),
  galois: (bytes, chain) => writeGaloisKeys(readGaloisKeys(bytes, chain), chain),
};
