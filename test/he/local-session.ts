import {
  EncryptedNetwork,
  type EvaluationKeys,
  logitsOf,
  type Plan,
  type SealContext,
  SealEvaluator,
  type SealLibrary,
  WasmEvaluator,
} from '@pnn/he';

/** Client and server of one plan without a connection between them: keys of SEAL, and an evaluator that computes. */
export class LocalSession implements Disposable {
  readonly network: EncryptedNetwork;
  readonly #plan: Plan;
  readonly #context: SealContext;
  readonly #secret: ReturnType<SealContext['createSecretKey']>;

  constructor(plan: Plan, seal: SealLibrary, evaluator: 'seal' | 'wasm', threads = 1) {
    const { parameters, rotations } = plan;
    this.#plan = plan;
    this.#context = seal.context(parameters);
    this.#secret = this.#context.createSecretKey();
    const keys: EvaluationKeys = {
      relinearization: this.#context.createRelinearizationKeys(this.#secret),
      ...(rotations.length > 0 && { galois: this.#context.createGaloisKeys(this.#secret, rotations) }),
    };
    this.network = new EncryptedNetwork(
      plan,
      evaluator === 'wasm'
        ? new WasmEvaluator(parameters, keys, { threads })
        : new SealEvaluator(seal.context(parameters), parameters, keys),
    );
  }

  /** What the client sends for a sample. */
  encrypted(sample: ArrayLike<number>): Uint8Array[] {
    return this.#plan.gathers.map((gather) => {
      const numbers = Float64Array.from(gather, (place) => (place < 0 ? 0 : sample[place]!));
      const plaintext = this.#context.encode(numbers, this.#plan.input.scale);
      const message = this.#context.encrypt(plaintext, this.#secret);
      plaintext.delete();
      return message;
    });
  }

  /** The logits that the client finds in what the server sends. */
  decrypted(results: readonly Uint8Array[]): Float64Array {
    const vectors = results.map((result) => {
      const ciphertext = this.#context.loadCiphertext(result);
      const plaintext = this.#context.decrypt(ciphertext, this.#secret);
      const values = this.#context.decode(plaintext);
      for (const handle of [ciphertext, plaintext]) handle.delete();
      return values;
    });
    return logitsOf(this.#plan.client(), vectors);
  }

  /** The logits of a sample, computed on ciphertexts. */
  logits(sample: ArrayLike<number>): Float64Array {
    return this.decrypted(this.network.run(this.encrypted(sample)));
  }

  dispose(): void {
    this.network.dispose();
    this.#secret.delete();
    this.#context.delete();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
