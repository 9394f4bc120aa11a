export {
  type CiphertextData,
  ciphertextBytes,
  type ExpectedCiphertext,
  readCiphertext,
  writeCiphertext,
} from './ciphertext.js';
export { readEncryptionParameters, writeEncryptionParameters } from './encryption-parameters.js';
export {
  type KeySwitchingKey,
  readGaloisKeys,
  readRelinearizationKey,
  writeGaloisKeys,
  writeRelinearizationKey,
} from './key-switching-keys.js';
export { ModulusChain } from './modulus-chain.js';
export { type PlaintextData, readPlaintext, writePlaintext } from './plaintext.js';
export { checkSecretKey } from './secret-key.js';
