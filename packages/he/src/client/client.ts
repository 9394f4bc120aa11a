import type { BatchClientPlan } from '../batch/plan.js';
import { checkChoice } from '../check-choice.js';
import { isSecure, MODULUS_BITS, modulusBits, type Security, withPrimes } from '../ckks/parameters.js';
import { KeyError, MalformedError, PlanError, RangeWarning } from '../errors.js';
import type { At } from '../plan/activation.js';
import type { ClientPlan } from '../plan/plan.js';
import { decodeClientPlan } from '../protocol/client-plan.js';
import { joined, type Lengths, lengthsOf, partsOf } from '../protocol/lengths.js';
import { piecesOf } from '../protocol/pieces.js';
import { readServerTiming, SERVER_TIMING } from '../protocol/server-timing.js';
import { type OperationTimes, sumOfTimes } from '../run/timed-evaluator.js';
import type { Handle, SealContext, SealLibrary } from '../seal/context.js';
import { openSeal } from '../seal/library.js';
import { checkSecretKey, ModulusChain, readCiphertext } from '../seal-format/index.js';
import { type Answer, Connection } from './connection.js';
import { disagreementLimit, disagreementOf, disagreementOfBatch } from './copies.js';
import { logitsOf } from './logits.js';

/** What one input took, in milliseconds; its share where it was one of a batch. */
export interface RunTimes {
  readonly encrypt: number;
  /** Decrypting results inside of the network and encrypting them again; 0 for plans without refreshes. */
  readonly refresh: number;
  /** Waiting for the server: from the first byte that is sent to the last one that comes back. */
  readonly answer: number;
  readonly decrypt: number;
  /** What the server says of its operations; undefined where it says nothing. */
  readonly operations: OperationTimes | undefined;
}

/** Bytes of the messages of a plan: each is exactly so long. */
export interface MessageBytes {
  /** The keys to compute with, once for each session. */
  readonly keys: number;
  /** One encrypted input, or one batch of them. */
  readonly request: number;
  /** One encrypted result, or those of a batch. */
  readonly answer: number;
  /** For each refresh what the server sends, and what comes back. */
  readonly refreshes: readonly { readonly answer: number; readonly request: number }[];
}

/** How a client connects. */
export interface ClientOptions {
  /**
   * Whether the plan may have refreshes: the client then decrypts what the server asks for, and sends it encrypted again.
   *
   * @default false
   */
  readonly refresh?: boolean;
  /**
   * By what the parameters of the plan must be 128-bit secure; see `CompileOptions`.
   *
   * @default 'standard'
   */
  readonly security?: Security;
  /**
   * The library for keys, encryption and decryption.
   *
   * @default loaded
   */
  readonly seal?: SealLibrary;
  /**
   * Milliseconds in which an answer must be complete.
   *
   * @default 300000
   */
  readonly timeout?: number;
}

/** What a server's network says of one input. */
export interface EncryptedResult {
  readonly logits: Float64Array;
  /** What makes the result doubtful; empty if nothing does. */
  readonly warnings: readonly RangeWarning[];
  readonly times: RunTimes;
}

/** Beyond so many times the largest logit of the calibration, a result is not one of a working network. */
const IMPLAUSIBLE = 4;

/** A server takes as long to give up a request. */
const DEFAULT_TIMEOUT = 300_000;

/** Milliseconds until a server says that it still computes: one that says so at once would be asked without end. */
const LEAST_PATIENCE = 1000;

/** What one of many inputs takes of operations on all of them. */
function sharesOf(operations: OperationTimes, share: number): OperationTimes {
  const entries = Object.entries(operations);
  return Object.fromEntries(
    entries.map(([name, { count, milliseconds }]) => [
      name,
      { count: share * count, milliseconds: share * milliseconds },
    ]),
  );
}

/** 32 hexadecimal digits, which name a run of several stages. */
function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The side that has the data: encrypts, asks a server, decrypts. The secret key stays here; the server gets keys to compute with,
 * and ciphertexts. What was decrypted is never sent, but for refreshes, which send it encrypted again.
 */
export class EncryptedClient implements Disposable {
  /** The plan of the server: its architecture, without weights. */
  readonly plan: ClientPlan | BatchClientPlan;
  readonly #connection: Connection;
  readonly #context: SealContext;
  readonly #chain: ModulusChain;
  readonly #lengths: Lengths;
  #secret: Handle | undefined;
  #session: string | undefined;

  private constructor(connection: Connection, plan: ClientPlan | BatchClientPlan, seal: SealLibrary) {
    const parameters = withPrimes(plan);
    this.plan = plan;
    this.#connection = connection;
    this.#chain = new ModulusChain(parameters);
    this.#lengths = lengthsOf(parameters, plan);
    this.#context = seal.context(parameters);
  }

  /**
   * Asks a server for its plan.
   *
   * @param url of the server, such as http://127.0.0.1:8080
   * @throws MalformedError where there is no such server, or it answers with something else
   * @throws PlanError where its plan has refreshes, and these were not allowed, or is less secure than asked; or `security` is neither table
   */
  static async connect(
    url: string,
    { seal, timeout = DEFAULT_TIMEOUT, refresh = false, security = 'standard' }: ClientOptions = {},
  ): Promise<EncryptedClient> {
    checkChoice('security', security, Object.keys(MODULUS_BITS));
    const connection = new Connection(url, timeout);
    const { body } = await connection.ask('/plan');
    const plan = decodeClientPlan(new TextDecoder().decode(body));
    if (plan.refreshes.length > 0 && !refresh) {
      throw new PlanError(
        `the server asks its clients to decrypt and encrypt again ${plan.refreshes.length} times on the way: allow it with ` +
          'refresh (--refresh) if you trust it to ask for that alone',
      );
    }
    if (!isSecure(plan, security)) {
      throw new PlanError(
        `the primes of the server's plan have ${modulusBits(plan)} bits, and N = ${plan.degree} is secure up to ` +
          `${MODULUS_BITS[security][plan.degree]} by the ${security}: serve a plan that was compiled with that security`,
      );
    }
    return new EncryptedClient(connection, plan, seal ?? (await openSeal()));
  }

  /** How long the messages are. */
  get messages(): MessageBytes {
    const { relinearization, galois, upload, download } = this.#lengths;
    const { plan } = this;
    const [inputs, outputs] =
      plan.layout === 'batch' ? [plan.elements.length, plan.logits] : [plan.gathers.length, plan.output.ciphertexts];
    return {
      keys: relinearization + galois,
      request: inputs * upload,
      answer: outputs * download,
      refreshes: plan.refreshes.map(({ ciphertexts }, i) => ({
        answer: ciphertexts * this.#lengths.refreshes[i]!,
        request: ciphertexts * upload,
      })),
    };
  }

  /** Makes the bytes of a secret key: whoever has them can decrypt. It is not used until `useSecretKey` takes it. */
  makeSecretKey(): Uint8Array {
    const secret = this.#context.createSecretKey();
    try {
      return this.#context.saveSecretKey(secret);
    } finally {
      secret.delete();
    }
  }

  /**
   * Takes a secret key that was made for the same parameters. Keys that were sent before belong to another one.
   *
   * @throws KeyError where the bytes are no such key
   */
  useSecretKey(bytes: Uint8Array): void {
    try {
      checkSecretKey(bytes, this.#chain);
    } catch (error) {
      throw new KeyError(error instanceof Error ? error.message : String(error), { cause: error });
    }
    const secret = this.#context.loadSecretKey(bytes);
    this.#secret?.delete();
    this.#secret = secret;
    this.#session = undefined;
  }

  /**
   * Makes keys to compute with and sends them: once for each start of a server.
   *
   * @throws KeyError where there is no secret key, or the server has another plan by now
   */
  async sendKeys(): Promise<void> {
    const secret = this.#secretKey();
    const { rotations, hash } = this.plan;
    const keys = [this.#context.createRelinearizationKeys(secret)];
    if (rotations.length > 0) keys.push(this.#context.createGaloisKeys(secret, rotations));
    const { body } = await this.#connection.ask(`/sessions/${hash}`, { method: 'POST', body: joined(keys) });
    const session = new TextDecoder().decode(body);
    if (!/^[0-9a-f]{32}$/.test(session)) throw new MalformedError('the server names no session');
    this.#session = session;
  }

  /**
   * Has the network computed for one input. Where the server computes batches, it takes the time of a batch.
   *
   * @param input as many numbers as the plan says; pixels from 0 to 1 where it was calibrated with bytes
   * @throws RangeWarning where a number is not finite
   * @throws KeyError where keys were not sent, or the server has forgotten them
   * @throws MalformedError where the server answers with something else than a result, or with what is to be refreshed
   */
  async run(input: ArrayLike<number>): Promise<EncryptedResult> {
    const { plan } = this;
    if (plan.layout === 'batch') return (await this.runMany([input]))[0]!;
    const warnings = this.#checkInput(input);
    const secret = this.#secretKey();
    const start = performance.now();
    let uploads = plan.gathers.map((gather) => {
      const values = Float64Array.from(gather, (place) => (place < 0 ? 0 : input[place]!));
      return this.#encrypted(values, secret);
    });
    const encrypted = performance.now();
    const run = randomName();
    const operations: OperationTimes[] = [];
    const stage = async (bytes: number): Promise<Uint8Array> => {
      const path = refreshes.length > 0 ? `run/${run}/${operations.length}` : 'run';
      const { body, headers } = await this.#post(path, uploads, bytes);
      operations.push(readServerTiming(headers.get(SERVER_TIMING)) ?? {});
      return body;
    };
    const { refreshes } = plan;
    let [refresh, largestShare] = [0, 0];
    for (const [i, { answer }] of this.messages.refreshes.entries()) {
      const body = await stage(answer);
      const begin = performance.now();
      const own = refreshes[i]!;
      // Whatever the numbers are, they are encrypted again: the server must not learn anything of them by what is done here.
      const values = partsOf(body, this.#lengths.refreshes[i]!).map((bytes) => this.#decrypted(bytes, own, secret));
      uploads = values.map((each) => this.#encrypted(each, secret));
      for (const each of values) {
        for (const value of each) largestShare = Math.max(largestShare, Math.abs(value) / own.largest);
      }
      refresh += performance.now() - begin;
    }
    const body = await stage(this.messages.answer);
    const answered = performance.now();
    const results = partsOf(body, this.#lengths.download).map((bytes) => this.#decrypted(bytes, plan.output, secret));
    const logits = logitsOf(plan, results);
    const times = {
      encrypt: encrypted - start,
      refresh,
      answer: answered - encrypted - refresh,
      decrypt: performance.now() - answered,
      operations: sumOfTimes(operations),
    };
    if (largestShare > IMPLAUSIBLE) {
      warnings.push(
        new RangeWarning(
          `a result inside of the network is ${largestShare.toPrecision(3)} times as large as any of the calibration: the input ` +
            'left the range of the polynomials, and the result means nothing',
        ),
      );
    }
    const implausible = this.#implausible(logits);
    warnings.push(...(implausible.length > 0 ? implausible : this.#doubts(disagreementOf(plan, results, logits))));
    return { logits, warnings, times };
  }

  /**
   * Has the network computed for many inputs: one after the other, or, where the server computes batches, as many at once as
   * its ciphertexts have slots. Fewer take as long as a whole batch.
   *
   * @throws RangeWarning where a number is not finite
   * @throws KeyError where keys were not sent, or the server has forgotten them
   * @throws MalformedError where the server answers with something else than results
   */
  async runMany(inputs: readonly ArrayLike<number>[]): Promise<EncryptedResult[]> {
    const { plan } = this;
    const results: EncryptedResult[] = [];
    if (plan.layout === 'single') {
      for (const input of inputs) results.push(await this.run(input));
      return results;
    }
    const slots = plan.degree / 2;
    for (let first = 0; first < inputs.length; first += slots) {
      results.push(...(await this.#runBatch(plan, inputs.slice(first, first + slots))));
    }
    return results;
  }

  async #runBatch(plan: BatchClientPlan, inputs: readonly ArrayLike<number>[]): Promise<EncryptedResult[]> {
    const warnings = inputs.map((input) => this.#checkInput(input));
    const secret = this.#secretKey();
    const slots = plan.degree / 2;
    const start = performance.now();
    let encrypting = 0;
    for (const { first, count } of piecesOf(plan.elements.length, this.#lengths.upload)) {
      const begun = performance.now();
      const uploads = plan.elements.slice(first, first + count).map((element) => {
        // Slots that are left repeat the inputs: a damaged result shows by its copies.
        const values = Float64Array.from({ length: slots }, (_, slot) => inputs[slot % inputs.length]![element]!);
        return this.#encrypted(values, secret);
      });
      encrypting += performance.now() - begun;
      await this.#post(`batch/${first}`, uploads, 0);
    }
    const answer = await this.#result();
    const answered = performance.now();
    const results = partsOf(answer.body, this.#lengths.download).map((bytes) =>
      this.#decrypted(bytes, plan.output, secret),
    );
    const damage = this.#doubts(disagreementOfBatch(results, inputs.length));
    const operations = readServerTiming(answer.headers.get(SERVER_TIMING));
    const share = 1 / inputs.length;
    const times = {
      encrypt: share * encrypting,
      refresh: 0,
      answer: share * (answered - start - encrypting),
      decrypt: share * (performance.now() - answered),
      operations: operations && sharesOf(operations, share),
    };
    return inputs.map((_, i) => {
      const logits = Float64Array.from(results, (values) => values[i]!);
      const implausible = this.#implausible(logits);
      return { logits, warnings: [...warnings[i]!, ...(implausible.length > 0 ? implausible : damage)], times };
    });
  }

  /** The answer to a batch, which takes longer than connections live: a server that computes says so from time to time. */
  async #result() {
    for (;;) {
      const asked = performance.now();
      const answer = await this.#post('batch', [], this.messages.answer);
      if (!answer.isComputing) return answer;
      if (performance.now() - asked < LEAST_PATIENCE) {
        throw new MalformedError('the server says that it computes, and does not let the client wait for it');
      }
    }
  }

  /** A warning where logits are not those of a working network. */
  #implausible(logits: Float64Array): RangeWarning[] {
    const largest = logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
    if (largest <= IMPLAUSIBLE * this.plan.largestLogit) return [];
    return [
      new RangeWarning(
        `the largest logit is ${largest.toPrecision(3)}, where ${this.plan.largestLogit.toPrecision(3)} was the largest of ` +
          'the calibration: the input left the range of the polynomials, and the result means nothing',
      ),
    ];
  }

  /** A warning where copies of logits differ by more than errors of computing do. */
  #doubts(disagreement: number): RangeWarning[] {
    const limit = disagreementLimit(this.plan);
    if (disagreement <= limit) return [];
    return [
      new RangeWarning(
        `the copies of a logit differ by ${disagreement.toPrecision(2)}, where errors of computing stay below ${limit.toPrecision(2)}: ` +
          'the input left the range of the polynomials, or the result was damaged; it means nothing',
      ),
    ];
  }

  /** Asks in the session. */
  #post(path: string, ciphertexts: readonly Uint8Array[], exactly: number): Promise<Answer> {
    if (!this.#session) throw new KeyError('keys to compute with were not sent: call createKeys or useKeys first');
    const options = { method: 'POST', body: joined(ciphertexts) };
    return this.#connection.ask(`/sessions/${this.#session}/${path}`, options, exactly);
  }

  /** Has the server forget the keys that were sent. */
  async endSession(): Promise<void> {
    if (!this.#session) return;
    const session = this.#session;
    this.#session = undefined;
    await this.#connection.ask(`/sessions/${session}`, { method: 'DELETE' });
  }

  dispose(): void {
    this.#secret?.delete();
    this.#secret = undefined;
    this.#context.delete();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #secretKey(): Handle {
    if (!this.#secret) throw new KeyError('there is no secret key: call createKeys or useKeys first');
    return this.#secret;
  }

  #checkInput(input: ArrayLike<number>): RangeWarning[] {
    const { inputShape, box } = this.plan;
    const size = inputShape.reduce((product, length) => product * length, 1);
    if (input.length !== size) {
      throw new RangeWarning(`the input has ${input.length} numbers, and the network takes [${inputShape}]`);
    }
    const [low, high] = box;
    let beyond = 0;
    for (let i = 0; i < size; i++) {
      const value = input[i]!;
      if (!Number.isFinite(value)) throw new RangeWarning(`number ${i} of the input is ${value}: all must be finite`);
      if (value < low || value > high) beyond++;
    }
    if (beyond === 0) return [];
    return [
      new RangeWarning(
        `${beyond} numbers of the input are not from ${low} to ${high}, as all of the calibration were: ` +
          'the polynomials may leave their range',
      ),
    ];
  }

  #encrypted(values: Float64Array, secret: Handle): Uint8Array {
    const plaintext = this.#context.encode(values, this.plan.input.scale);
    try {
      return this.#context.encrypt(plaintext, secret);
    } finally {
      plaintext.delete();
    }
  }

  #decrypted(bytes: Uint8Array, { level, scale }: At, secret: Handle): Float64Array {
    const data = readCiphertext(bytes, this.#chain, { limbs: level + 1, polynomials: 2 });
    if (Math.abs(data.scale / scale - 1) > 1e-9) {
      throw new MalformedError(`a result has the scale ${data.scale} instead of ${scale}`);
    }
    const ciphertext = this.#context.loadCiphertext(bytes);
    try {
      const plaintext = this.#context.decrypt(ciphertext, secret);
      const values = this.#context.decode(plaintext);
      plaintext.delete();
      return values;
    } finally {
      ciphertext.delete();
    }
  }
}
