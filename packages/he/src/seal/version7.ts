import type { ParametersWithPrimes } from '../ckks/parameters.js';
import { PlanError } from '../errors.js';
import { checkPrimes } from './check-primes.js';
import type { Handle, SealContext, SealLibrary } from './context.js';
import { KeptEncryptor } from './kept-encryptor.js';

interface Stored extends Handle {
  saveToArray(compression: unknown): Uint8Array;
  loadFromArray(context: Handle, bytes: Uint8Array): void;
}

interface Ciphertext7 extends Stored {
  coeffModulusSize(): number;
  scale(): number;
  setScale(scale: number): void;
  copy(): Ciphertext7;
}

interface Serializable7 extends Handle {
  saveToArray(compression: unknown): Uint8Array;
}

interface KeyGenerator7 extends Handle {
  secretKey(): Stored;
  createPublicKey(): Handle;
  createRelinKeysSerializable(): Serializable7;
  createGaloisKeysSerializableWithSteps(steps: Int32Array): Serializable7;
}

interface Evaluator7 extends Handle {
  add(a: Handle, b: Handle, destination: Handle): void;
  addInplace(a: Handle, b: Handle): void;
  addPlainInplace(a: Handle, b: Handle): void;
  multiplyPlain(a: Handle, b: Handle, destination: Handle): void;
  multiply(a: Handle, b: Handle, destination: Handle): void;
  square(a: Handle, destination: Handle): void;
  relinearizeInplace(a: Handle, keys: Handle): void;
  rotateVector(a: Handle, steps: number, keys: Handle, destination: Handle): void;
  rescaleToNextInplace(a: Handle): void;
  cipherModSwitchToNextInplace(a: Handle): void;
  plainModSwitchToNextInplace(a: Handle): void;
}

/** What is used of node-seal 7. */
export interface Version7 {
  readonly SchemeType: { readonly ckks: unknown };
  readonly SecLevelType: { readonly tc128: unknown };
  readonly ComprModeType: { readonly none: unknown };
  readonly CoeffModulus: { Create(degree: number, bits: Int32Array): Handle };
  readonly EncryptionParameters: new (
    scheme: unknown,
  ) => Handle & {
    setPolyModulusDegree(degree: number): void;
    setCoeffModulus(modulus: Handle): void;
  };
  readonly SEALContext: new (
    parameters: Handle,
    expand: boolean,
    security: unknown,
  ) => Handle & { parametersSet(): boolean };
  readonly Ciphertext: new () => Ciphertext7;
  readonly Plaintext: new () => Stored;
  readonly SecretKey: new () => Stored;
  readonly GaloisKeys: new () => Stored;
  readonly RelinKeys: new () => Stored;
  readonly CKKSEncoder: new (
    context: Handle,
  ) => Handle & {
    encode(values: Float64Array, scale: number, destination: Handle): void;
    decodeFloat64(plaintext: Handle): Float64Array;
  };
  readonly Evaluator: new (context: Handle) => Evaluator7;
  readonly KeyGenerator: new (context: Handle, secret?: Handle) => KeyGenerator7;
  readonly Encryptor: new (
    context: Handle,
    publicKey: Handle,
    secret: Handle,
  ) => Handle & { encryptSymmetricSerializable(plaintext: Handle): Serializable7 };
  readonly Decryptor: new (
    context: Handle,
    secret: Handle,
  ) => Handle & { decrypt(ciphertext: Handle, destination: Handle): void };
  jsArrayFromVecModulus(modulus: Handle): ArrayLike<bigint>;
  getExceptionMessage(error: unknown): readonly [type: string, message: string];
}

function contextOf(seal: Version7, parameters: ParametersWithPrimes): SealContext {
  const { degree, bits } = parameters;
  const none = seal.ComprModeType.none;

  /** Errors of SEAL are objects of WebAssembly without a message. */
  function guarded<T>(compute: () => T): T {
    try {
      return compute();
    } catch (error) {
      if (error instanceof Error && !('is' in error)) throw error;
      throw new Error(`SEAL: ${seal.getExceptionMessage(error)[1]}`);
    }
  }
  const settings = new seal.EncryptionParameters(seal.SchemeType.ckks);
  settings.setPolyModulusDegree(degree);
  const modulus = guarded(() => seal.CoeffModulus.Create(degree, Int32Array.from(bits)));
  settings.setCoeffModulus(modulus);
  const primes = Array.from(seal.jsArrayFromVecModulus(modulus), BigInt);
  modulus.delete();
  const context = new seal.SEALContext(settings, true, seal.SecLevelType.tc128);
  settings.delete();
  if (!context.parametersSet()) {
    context.delete();
    throw new PlanError(`SEAL refuses N = ${degree} with primes of ${bits.join(', ')} bits`);
  }
  checkPrimes(primes, parameters);
  const encoder = new seal.CKKSEncoder(context);
  const evaluator = new seal.Evaluator(context);

  /** What `fill` writes; deleted if it fails. */
  function made<T extends Handle>(handle: T, fill: (handle: T) => void): T {
    try {
      guarded(() => fill(handle));
    } catch (error) {
      handle.delete();
      throw error;
    }
    return handle;
  }
  const ciphertext = (fill: (handle: Ciphertext7) => void) => made(new seal.Ciphertext(), fill);
  const stored = (handle: Stored, bytes: Uint8Array) => made(handle, (each) => each.loadFromArray(context, bytes));
  function bytesOf(handle: Serializable7): Uint8Array {
    const bytes = handle.saveToArray(none);
    handle.delete();
    return bytes;
  }
  /** What `create` makes with a generator of the keys that belong to the secret. */
  function generated<T>(secret: Handle, create: (generator: KeyGenerator7) => T): T {
    const generator = new seal.KeyGenerator(context, secret);
    try {
      return guarded(() => create(generator));
    } finally {
      generator.delete();
    }
  }

  const kept = new KeptEncryptor((secret: Handle) => {
    const publicKey = generated(secret, (keys) => keys.createPublicKey());
    try {
      return new seal.Encryptor(context, publicKey, secret);
    } finally {
      publicKey.delete();
    }
  });

  return {
    primes,
    encode: (values, scale) => made(new seal.Plaintext(), (to) => encoder.encode(values, scale, to)),
    decode: (plaintext) => guarded(() => encoder.decodeFloat64(plaintext)),
    shortenPlaintext(plaintext, limbs) {
      for (let drop = primes.length - 1 - limbs; drop > 0; drop--) {
        guarded(() => evaluator.plainModSwitchToNextInplace(plaintext));
      }
    },
    loadPlaintext: (bytes) => stored(new seal.Plaintext(), bytes),
    loadCiphertext: (bytes) => stored(new seal.Ciphertext(), bytes),
    saveCiphertext: (handle) => (handle as Ciphertext7).saveToArray(none),
    limbsOf: (handle) => (handle as Ciphertext7).coeffModulusSize(),
    scaleOf: (handle) => (handle as Ciphertext7).scale(),
    setScale: (handle, scale) => (handle as Ciphertext7).setScale(scale),
    loadRelinearizationKeys: (bytes) => stored(new seal.RelinKeys(), bytes),
    loadGaloisKeys: (bytes) => stored(new seal.GaloisKeys(), bytes),
    copy: (handle) => (handle as Ciphertext7).copy(),
    add: (a, b) => ciphertext((to) => evaluator.add(a, b, to)),
    addInPlace: (a, b) => guarded(() => evaluator.addInplace(a, b)),
    addPlainInPlace: (a, b) => guarded(() => evaluator.addPlainInplace(a, b)),
    multiplyPlain: (a, b) => ciphertext((to) => evaluator.multiplyPlain(a, b, to)),
    multiply: (a, b) => ciphertext((to) => evaluator.multiply(a, b, to)),
    square: (a) => ciphertext((to) => evaluator.square(a, to)),
    relinearizeInPlace: (a, keys) => guarded(() => evaluator.relinearizeInplace(a, keys)),
    rotate: (a, steps, keys) => ciphertext((to) => evaluator.rotateVector(a, steps, keys, to)),
    rescaleInPlace: (a) => guarded(() => evaluator.rescaleToNextInplace(a)),
    dropInPlace: (a) => guarded(() => evaluator.cipherModSwitchToNextInplace(a)),
    createSecretKey() {
      const generator = new seal.KeyGenerator(context);
      try {
        return generator.secretKey();
      } finally {
        generator.delete();
      }
    },
    saveSecretKey: (key) => (key as Stored).saveToArray(none),
    loadSecretKey: (bytes) => stored(new seal.SecretKey(), bytes),
    createRelinearizationKeys: (secret) => generated(secret, (keys) => bytesOf(keys.createRelinKeysSerializable())),
    createGaloisKeys: (secret, steps) =>
      generated(secret, (keys) => bytesOf(keys.createGaloisKeysSerializableWithSteps(Int32Array.from(steps)))),
    encrypt: (plaintext, secret) => guarded(() => bytesOf(kept.of(secret).encryptSymmetricSerializable(plaintext))),
    decrypt(handle, secret) {
      const decryptor = new seal.Decryptor(context, secret);
      try {
        return made(new seal.Plaintext(), (to) => decryptor.decrypt(handle, to));
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

/** node-seal 7 as a library of this package. */
export function openVersion7(seal: Version7): SealLibrary {
  return { version: 7, context: (parameters) => contextOf(seal, parameters) };
}
