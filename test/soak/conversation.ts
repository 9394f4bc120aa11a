import {
  type CompileOptions,
  compile,
  EncryptedClient,
  type EncryptedResult,
  MalformedError,
  programOf,
  runProgram,
} from '@pnn/he';
import { type EncryptedServer, serve } from '@pnn/he/node';
import { mlp } from '@pnn/models';
import { ArrayDataset, type Generator } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import type { CountingSeal } from '../../packages/he/test/counting-seal.js';
import { requestBytes, sendAndVanish } from '../../packages/he/test/node/cut-connections.js';
import { bytes, RecordedServer } from '../../packages/he/test/node/recorded-server.js';
import type { Mutation } from '../../packages/tensor/test/mutations.js';
import { SoakFailure } from './part.js';

/** What is changed, or becomes of it. */
export type Outcome =
  | 'refused by the server'
  | 'computed by the server'
  | 'refused by the client'
  | 'doubted by the client'
  | 'harmless'
  | 'connections cut';

/** A request of a run with its answer; the path is that behind the session. */
interface Exchange {
  readonly path: string;
  readonly body: Uint8Array;
  readonly answer: Uint8Array;
}

/** The network of a conversation. */
export interface Subject {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly degree: number;
  readonly options: Partial<CompileOptions>;
}

const SAMPLES = 20;
/** Answers of a server to what it cannot use, or not now. */
const REFUSALS: readonly number[] = [400, 404, 409, 413, 429];

const planOf = async ({ inputs: size, hidden, degree, options }: Subject) => {
  const activation = () => new PolynomialActivation({ degree, bound: 6 });
  const network = mlp({ inputs: size, hidden, classes: 3, activation });
  const inputs = Float32Array.from({ length: SAMPLES * size }, (_, i) => (1 + Math.sin(1.7 * i)) / 2);
  const calibrate = new ArrayDataset({ inputs, inputShape: [size], labels: new Int32Array(SAMPLES) });
  const plan = await compile(network, { input: [size], calibrate, ...options });
  const sample = inputs.slice(0, size);
  return { plan, sample, logits: runProgram(await programOf(network, [size]), sample).logits };
};
type Planned = Awaited<ReturnType<typeof planOf>>;

/**
 * A client and a server of one plan, what they said to each other in a run, and the same again with changes: to the server, and by a
 * server that says what it is told to the client.
 */
export class Conversation {
  #session = '';
  #keys: Uint8Array = new Uint8Array();
  readonly #exchanges: Exchange[] = [];

  private constructor(
    private readonly planned: Planned,
    private readonly seal: CountingSeal,
    private readonly server: EncryptedServer,
    private readonly client: EncryptedClient,
    private readonly recorded: RecordedServer,
    private readonly reader: EncryptedClient,
  ) {}

  static async open(subject: Subject, seal: CountingSeal): Promise<Conversation> {
    const planned = await planOf(subject);
    const { plan } = planned;
    const server = await serve(plan, { maxSessions: 2, yieldTime: 0 });
    const recorded = await RecordedServer.start(plan.client());
    const client = await EncryptedClient.connect(server.url, { seal, refresh: true });
    const reader = await EncryptedClient.connect(recorded.url, { seal, refresh: true });
    const own = new Conversation(planned, seal, server, client, recorded, reader);
    await own.#record();
    return own;
  }

  /** Of the server that computes. */
  get url(): string {
    return this.server.url;
  }

  /** Changes what a client sends on the way of a run. */
  async changeRequest(change: Mutation, random: Generator): Promise<Outcome> {
    const at = random.integer(this.#exchanges.length);
    for (const { path, body } of this.#exchanges.slice(0, at)) {
      if ((await this.#send(path, body)) === 'refused by the server') return 'refused by the server';
    }
    const { path, body } = this.#exchanges[at]!;
    return this.#send(path, change(body));
  }

  /** Changes the keys that a client sends. */
  changeKeys(change: Mutation): Promise<Outcome> {
    return this.#post(`/sessions/${this.planned.plan.hash}`, change(this.#keys));
  }

  /** Changes what a server answers on the way of a run. */
  async changeAnswer(change: Mutation, random: Generator): Promise<Outcome> {
    const changed = random.integer(this.#exchanges.length);
    let next = 0;
    this.recorded.result = (response, path) => {
      const { answer } = this.#exchanges[next]!;
      bytes(next++ === changed ? change(answer) : answer)(response, path);
    };
    let found: EncryptedResult;
    try {
      found = await this.reader.run(this.planned.sample);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return 'refused by the client';
    }
    if (found.warnings.length > 0) return 'doubted by the client';
    // What is not doubted is right, but for the lowest bits.
    this.#expectRight(found, 16);
    return 'harmless';
  }

  /** Changes the plan that a server sends. */
  async changePlan(change: Mutation): Promise<Outcome> {
    const { plan } = this.recorded;
    this.recorded.plan = bytes(change(Buffer.from(JSON.stringify(this.planned.plan.client()))));
    try {
      const { seal } = this;
      (await EncryptedClient.connect(this.recorded.url, { seal, refresh: true })).dispose();
      return 'harmless';
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return 'refused by the client';
    } finally {
      this.recorded.plan = plan;
    }
  }

  /** Breaks off a connection in the middle of a message, which may be a changed one. */
  async vanish(change: Mutation, random: Generator): Promise<Outcome> {
    const { path, body } = this.#exchanges[random.integer(this.#exchanges.length)]!;
    const run = requestBytes('POST', `/sessions/${this.#session}/${path}`, body);
    const keys = requestBytes('POST', `/sessions/${this.planned.plan.hash}`, this.#keys);
    const requests = [requestBytes('GET', '/plan'), keys, run, change(run)];
    const { port } = new URL(this.server.url);
    await sendAndVanish(Number(port), requests[random.integer(requests.length)]!, random);
    return 'connections cut';
  }

  /** A client that means well gets the right result, after a while at most. Keys of others may have taken the place of its own. */
  async expectWell(): Promise<void> {
    const isOneOf = (error: unknown, ...parts: readonly string[]) =>
      error instanceof Error && parts.some((part) => error.message.includes(part));
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        const found = await this.client.run(this.planned.sample);
        if (found.warnings.length > 0) throw new SoakFailure(found.warnings[0]!.message);
        this.#expectRight(found, 1);
        return;
      } catch (error) {
        // What a cut connection has asked of the session is still being computed, or another client has its place.
        if (!isOneOf(error, 'wait for its answer', 'send them again', 'send the keys again')) throw error;
      }
      try {
        await this.#sendKeys();
      } catch (error) {
        if (!isOneOf(error, 'try again later')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new SoakFailure('the server takes no keys any more');
  }

  async close(): Promise<void> {
    this.client.dispose();
    this.reader.dispose();
    await this.recorded.close();
    await this.server.close();
  }

  /** A whole run, message by message. */
  async #record(): Promise<void> {
    const secret = this.client.makeSecretKey();
    for (const each of [this.client, this.reader]) each.useSecretKey(secret);
    await this.reader.sendKeys();
    await this.#sendKeys();
    await listening(
      () => this.client.run(this.planned.sample),
      (path, body, answer) => {
        const [, , , ...rest] = path.split('/');
        this.#exchanges.push({ path: rest.join('/'), body, answer });
      },
    );
  }

  async #sendKeys(): Promise<void> {
    await listening(
      () => this.client.sendKeys(),
      (_, body, answer) => {
        this.#keys = body;
        this.#session = Buffer.from(answer).toString();
      },
    );
  }

  #send(path: string, body: Uint8Array): Promise<Outcome> {
    return this.#post(`/sessions/${this.#session}/${path}`, body);
  }

  async #post(path: string, body: Uint8Array): Promise<Outcome> {
    const response = await fetch(`${this.server.url}${path}`, { method: 'POST', body: body as BodyInit });
    const text = await response.text();
    if (response.ok) return 'computed by the server';
    if (!REFUSALS.includes(response.status)) {
      throw new SoakFailure(`the server answers with ${response.status}: ${text.slice(0, 200)}`);
    }
    return 'refused by the server';
  }

  #expectRight({ logits }: EncryptedResult, bounds: number): void {
    logits.forEach((logit, i) => {
      if (!(Math.abs(logit - this.planned.logits[i]!) <= bounds * this.planned.plan.errorBound)) {
        throw new SoakFailure(`logit ${i} is ${logit} instead of ${this.planned.logits[i]}`);
      }
    });
  }
}

/** Hears what is asked and answered meanwhile. */
async function listening(
  action: () => Promise<unknown>,
  hear: (path: string, body: Uint8Array, answer: Uint8Array) => void,
): Promise<void> {
  const { fetch } = globalThis;
  globalThis.fetch = async (url, options) => {
    const response = await fetch(url, options);
    const answer = new Uint8Array(await response.clone().arrayBuffer());
    if (response.ok) hear(new URL(String(url)).pathname, options!.body as Uint8Array, answer);
    return response;
  };
  try {
    await action();
  } finally {
    globalThis.fetch = fetch;
  }
}
