import initialize from 'node-seal';

/** What is used of node-seal 6 that the adapter does not offer: objects without seeds, and parameters. */
interface Saved {
  saveArray(compression: unknown): Uint8Array;
  delete(): void;
}
type Loaded = Saved & { loadArray(context: unknown, bytes: Uint8Array): void };
interface Library {
  readonly ComprModeType: { readonly none: unknown };
  readonly SchemeType: { readonly ckks: unknown };
  readonly SecurityLevel: { readonly none: unknown };
  readonly CoeffModulus: { Create(degree: number, bits: Int32Array): unknown };
  EncryptionParameters(
    scheme: unknown,
  ): Saved & { setPolyModulusDegree(degree: number): void; setCoeffModulus(primes: unknown): void };
  Context(parameters: unknown, expand: boolean, security: unknown): unknown;
  KeyGenerator(context: unknown): {
    secretKey(): unknown;
    createPublicKey(): unknown;
    createRelinKeys(): Saved;
    createRelinKeysSerializable(): Saved;
    createGaloisKeys(steps: Int32Array): Saved;
    createGaloisKeysSerializable(steps: Int32Array): Saved;
  };
  CKKSEncoder(context: unknown): { encode(values: Float64Array, scale: number): Saved };
  Encryptor(
    context: unknown,
    publicKey: unknown,
    secret: unknown,
  ): { encryptSymmetricSerializable(plaintext: unknown): Saved; encryptSymmetric(plaintext: unknown): Saved };
  Evaluator(context: unknown): { square(ciphertext: unknown): Saved; rescaleToNext(ciphertext: unknown): Saved };
  CipherText(): Loaded;
  PlainText(): Loaded;
  RelinKeys(): Loaded;
  GaloisKeys(): Loaded;
}

/** Kinds of objects that a server reads. */
export type Kind = 'ciphertext' | 'plaintext' | 'relinearization' | 'galois';

/** An object that SEAL saved. */
export interface Sample {
  readonly name: string;
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

/** Objects of every kind, and SEAL to try bytes. */
export interface Samples {
  readonly parameters: Uint8Array;
  readonly all: readonly Sample[];
  /** Loads bytes by SEAL: whether it took them. Malformed ones may crash it. */
  loads(kind: Kind, bytes: Uint8Array): boolean;
}

/** The steps of the rotations that there are keys of. */
export const steps = [1, -8];

/** Has SEAL make one object of each kind. */
export async function sealSamples(degree: number, bits: readonly number[]): Promise<Samples> {
  const seal = (await (initialize as unknown as () => Promise<unknown>)()) as Library;
  const { none } = seal.ComprModeType;
  const parameters = seal.EncryptionParameters(seal.SchemeType.ckks);
  parameters.setPolyModulusDegree(degree);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(degree, Int32Array.from(bits)));
  const context = seal.Context(parameters, true, seal.SecurityLevel.none);
  const generator = seal.KeyGenerator(context);
  const encoder = seal.CKKSEncoder(context);
  const encryptor = seal.Encryptor(context, generator.createPublicKey(), generator.secretKey());
  const evaluator = seal.Evaluator(context);
  const plaintext = encoder.encode(
    Float64Array.from({ length: degree / 2 }, (_, i) => Math.sin(i)),
    2 ** 20,
  );
  const ciphertext = encryptor.encryptSymmetric(plaintext);
  const square = evaluator.square(ciphertext);
  const rotations = Int32Array.from(steps);
  const objects: readonly [string, Kind, Saved][] = [
    ['plaintext', 'plaintext', plaintext],
    ['ciphertext', 'ciphertext', ciphertext],
    ['ciphertext with a seed', 'ciphertext', encryptor.encryptSymmetricSerializable(plaintext)],
    ['product', 'ciphertext', square],
    ['rescaled product', 'ciphertext', evaluator.rescaleToNext(square)],
    ['relinearization keys', 'relinearization', generator.createRelinKeys()],
    ['relinearization keys with seeds', 'relinearization', generator.createRelinKeysSerializable()],
    ['Galois keys', 'galois', generator.createGaloisKeys(rotations)],
    ['Galois keys with seeds', 'galois', generator.createGaloisKeysSerializable(rotations)],
  ];
  const make: Readonly<Record<Kind, () => Loaded>> = {
    ciphertext: () => seal.CipherText(),
    plaintext: () => seal.PlainText(),
    relinearization: () => seal.RelinKeys(),
    galois: () => seal.GaloisKeys(),
  };
  return {
    parameters: parameters.saveArray(none),
    all: objects.map(([name, kind, object]) => ({ name, kind, bytes: object.saveArray(none) })),
    loads: (kind, bytes) => {
      const object = make[kind]();
      try {
        object.loadArray(context, bytes);
        return true;
      } catch {
        return false;
      } finally {
        object.delete();
      }
    },
  };
}
