import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { PlanError } from '../errors.js';
import { checkPrimes } from './check-primes.js';
import type { Handle, SealContext, SealLibrary } from './context.js';
import { KeptEncryptor } from './kept-encryptor.js';

interface Stored extends Handle {
  saveArray(compression: unknown): Uint8Array;
  loadArray(context: unknown, bytes: Uint8Array): void;
}

interface Ciphertext6 extends Stored {
  readonly coeffModulusSize: number;
  readonly scale: number;
  setScale(scale: number): void;
  clone(): Ciphertext6;
}

interface Plaintext6 extends Stored {
  readonly scale: number;
}

interface Serializable6 extends Handle {
  saveArray(compression: unknown): Uint8Array;
}

interface Evaluator6 extends Handle {
  add(a: Handle, b: Handle, destination: Handle): void;
  addPlain(a: Handle, b: Handle, destination: Handle): void;
  multiplyPlain(a: Handle, b: Handle, destination: Handle): void;
  multiply(a: Handle, b: Handle, destination: Handle): void;
  square(a: Handle, destination: Handle): void;
  relinearize(a: Handle, keys: Handle, destination: Handle): void;
  rotateVector(a: Handle, steps: number, keys: Handle, destination: Handle): void;
  rescaleToNext(a: Handle, destination: Handle): void;
  cipherModSwitchToNext(a: Handle, destination: Handle): void;
  plainModSwitchToNext(a: Handle, destination: Handle): void;
}

/** What is used of node-seal 6. */
export interface Version6 {
  readonly SchemeType: { readonly ckks: unknown };
  readonly SecurityLevel: { readonly tc128: unknown };
  readonly ComprModeType: { readonly none: unknown };
  readonly CoeffModulus: { Create(degree: number, bits: Int32Array): Handle };
  EncryptionParameters(scheme: unknown): Handle & {
    readonly coeffModulus: BigUint64Array;
    setPolyModulusDegree(degree: number): void;
    setCoeffModulus(modulus: Handle): void;
  };
  Context(parameters: Handle, expand: boolean, security: unknown): Handle & { parametersSet(): boolean };
  CipherText(): Ciphertext6;
  PlainText(): Plaintext6;
  SecretKey(): Stored;
  GaloisKeys(): Stored;
  RelinKeys(): Stored;
  CKKSEncoder(context: Handle): Handle & {
    encode(values: Float64Array, scale: number, destination: Handle): void;
    decode(plaintext: Handle): Float64Array;
  };
  Evaluator(context: Handle): Evaluator6;
  KeyGenerator(
    context: Handle,
    secret?: Handle,
  ): Handle & {
    secretKey(): Stored;
    createPublicKey(): Handle;
    createRelinKeysSerializable(): Serializable6;
    createGaloisKeysSerializable(steps: Int32Array): Serializable6;
  };
  Encryptor(
    context: Handle,
    publicKey: Handle,
    secret: Handle,
  ): Handle & { encryptSymmetricSerializable(plaintext: Handle): Serializable6 };
  Decryptor(context: Handle, secret: Handle): Handle & { decrypt(ciphertext: Handle, destination: Handle): void };
}

function contextOf(seal: Version6, parameters: ParametersWithPrimes): SealContext {
  const { degree, bits } = parameters;
  const none = seal.ComprModeType.none;
  const settings = seal.EncryptionParameters(seal.SchemeType.ckks);
  settings.setPolyModulusDegree(degree);
  const modulus = seal.CoeffModulus.Create(degree, Int32Array.from(bits));
  settings.setCoeffModulus(modulus);
  modulus.delete();
  const primes = [...settings.coeffModulus];
  const context = seal.Context(settings, true, seal.SecurityLevel.tc128);
  settings.delete();
  if (!context.parametersSet()) {
    context.delete();
    throw new PlanError(`SEAL refuses N = ${degree} with primes of ${bits.join(', ')} bits`);
  }
  checkPrimes(primes, parameters);
  const encoder = seal.CKKSEncoder(context);
  const evaluator = seal.Evaluator(context);

  /** What `fill` writes; deleted if it fails. */
  function made<T extends Handle>(handle: T, fill: (handle: T) => void): T {
    try {
      fill(handle);
    } catch (error) {
      handle.delete();
      throw error;
    }
    return handle;
  }
  const ciphertext = (fill: (handle: Ciphertext6) => void) => made(seal.CipherText(), fill);
  const stored = (handle: Stored, bytes: Uint8Array) => made(handle, (each) => each.loadArray(context, bytes));
  function bytesOf(handle: Serializable6): Uint8Array {
    const bytes = handle.saveArray(none);
    handle.delete();
    return bytes;
  }
  /** What `create` makes with a generator of the keys that belong to the secret. */
  function generated<T>(secret: Handle, create: (generator: ReturnType<Version6['KeyGenerator']>) => T): T {
    const generator = seal.KeyGenerator(context, secret);
    try {
      return create(generator);
    } finally {
      generator.delete();
    }
  }

  const kept = new KeptEncryptor((secret: Handle) => {
    const publicKey = generated(secret, (keys) => keys.createPublicKey());
    try {
      return seal.Encryptor(context, publicKey, secret);
    } finally {
      publicKey.delete();
    }
  });

  return {
    primes,
    encode: (values, scale) => made(seal.PlainText(), (to) => encoder.encode(values, scale, to)),
    decode: (plaintext) => encoder.decode(plaintext),
    shortenPlaintext(plaintext, limbs) {
      for (let drop = primes.length - 1 - limbs; drop > 0; drop--) evaluator.plainModSwitchToNext(plaintext, plaintext);
    },
    loadPlaintext: (bytes) => stored(seal.PlainText(), bytes),
    loadCiphertext: (bytes) => stored(seal.CipherText(), bytes),
    saveCiphertext: (handle) => (handle as Ciphertext6).saveArray(none),
    limbsOf: (handle) => (handle as Ciphertext6).coeffModulusSize,
    scaleOf: (handle) => (handle as Ciphertext6).scale,
    setScale: (handle, scale) => (handle as Ciphertext6).setScale(scale),
    loadRelinearizationKeys: (bytes) => stored(seal.RelinKeys(), bytes),
    loadGaloisKeys: (bytes) => stored(seal.GaloisKeys(), bytes),
    copy: (handle) => (handle as Ciphertext6).clone(),
    add: (a, b) => ciphertext((to) => evaluator.add(a, b, to)),
    addInPlace: (a, b) => evaluator.add(a, b, a),
    addPlainInPlace: (a, b) => evaluator.addPlain(a, b, a),
    multiplyPlain: (a, b) => ciphertext((to) => evaluator.multiplyPlain(a, b, to)),
    multiply: (a, b) => ciphertext((to) => evaluator.multiply(a, b, to)),
    square: (a) => ciphertext((to) => evaluator.square(a, to)),
    relinearizeInPlace: (a, keys) => evaluator.relinearize(a, keys, a),
    rotate: (a, steps, keys) => ciphertext((to) => evaluator.rotateVector(a, steps, keys, to)),
    rescaleInPlace: (a) => evaluator.rescaleToNext(a, a),
    dropInPlace: (a) => evaluator.cipherModSwitchToNext(a, a),
    createSecretKey() {
      const generator = seal.KeyGenerator(context);
      try {
        return generator.secretKey();
      } finally {
        generator.delete();
      }
    },
    saveSecretKey: (key) => (key as Stored).saveArray(none),
    loadSecretKey: (bytes) => stored(seal.SecretKey(), bytes),
    createRelinearizationKeys: (secret) => generated(secret, (keys) => bytesOf(keys.createRelinKeysSerializable())),
    createGaloisKeys: (secret, steps) =>
      generated(secret, (keys) => bytesOf(keys.createGaloisKeysSerializable(Int32Array.from(steps)))),
    encrypt: (plaintext, secret) => bytesOf(kept.of(secret).encryptSymmetricSerializable(plaintext)),
    decrypt(handle, secret) {
      const decryptor = seal.Decryptor(context, secret);
      try {
        return made(seal.PlainText(), (to) => decryptor.decrypt(handle, to));
      } finally {
        decryptor.delete();
      }
    },
    delete() {
      kept.delete();
      evaluator.delete();
      encoder.delete();
      context.delete();
    },
  };
}

/** node-seal 6 as a library of this package. */
export function openVersion6(seal: Version6): SealLibrary {
  return { version: 6, context: (parameters) => contextOf(seal, parameters) };
}
