import type { ParametersWithPrimes } from '../ckks/parameters.js';

/** Something that SEAL holds in its own memory, until it is deleted. */
export interface Handle {
  delete(): void;
}

/**
 * What is used of Microsoft SEAL, whichever version of node-seal brings it. Every function that returns a handle gives
 * a new one. Bytes go in unchecked: see `seal-format` for what stands in front of it.
 */
export interface SealContext {
  readonly primes: readonly bigint[];

  encode(values: Float64Array, scale: number): Handle;
  decode(plaintext: Handle): Float64Array;
  /** Drops primes of a plaintext until so many are left. */
  shortenPlaintext(plaintext: Handle, limbs: number): void;

  loadPlaintext(bytes: Uint8Array): Handle;
  loadCiphertext(bytes: Uint8Array): Handle;
  saveCiphertext(ciphertext: Handle): Uint8Array;
  limbsOf(ciphertext: Handle): number;
  scaleOf(handle: Handle): number;
  setScale(ciphertext: Handle, scale: number): void;

  loadRelinearizationKeys(bytes: Uint8Array): Handle;
  loadGaloisKeys(bytes: Uint8Array): Handle;

  copy(ciphertext: Handle): Handle;
  add(a: Handle, b: Handle): Handle;
  addInPlace(a: Handle, b: Handle): void;
  addPlainInPlace(a: Handle, b: Handle): void;
  multiplyPlain(a: Handle, b: Handle): Handle;
  multiply(a: Handle, b: Handle): Handle;
  square(a: Handle): Handle;
  relinearizeInPlace(a: Handle, keys: Handle): void;
  rotate(a: Handle, steps: number, keys: Handle): Handle;
  rescaleInPlace(a: Handle): void;
  dropInPlace(a: Handle): void;

  createSecretKey(): Handle;
  saveSecretKey(key: Handle): Uint8Array;
  loadSecretKey(bytes: Uint8Array): Handle;
  /** With a seed for one half, as `createGaloisKeys` and `encrypt`. */
  createRelinearizationKeys(secret: Handle): Uint8Array;
  createGaloisKeys(secret: Handle, steps: readonly number[]): Uint8Array;
  encrypt(plaintext: Handle, secret: Handle): Uint8Array;
  decrypt(ciphertext: Handle, secret: Handle): Handle;

  delete(): void;
}

/** Microsoft SEAL in WebAssembly. */
export interface SealLibrary {
  /** The major version of node-seal. */
  readonly version: 6 | 7;
  /**
   * Computes the tables of the parameters: .7 s for N = 8192, 3 to 6 s for 16384.
   *
   * @throws PlanError where SEAL refuses the parameters
   */
  context(parameters: ParametersWithPrimes): SealContext;
}
