import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EncryptedClient, type EncryptedResult, KeyError, MalformedError, openSeal, type Plan } from '@pnn/he';
import { type EncryptedServer, serve } from '@pnn/he/node';
import { Generator } from '@pnn/nn';
import fc from 'fast-check';
import { CountingSeal } from '../../packages/he/test/counting-seal.js';
import { requestBytes, sendAndVanish } from '../../packages/he/test/node/cut-connections.js';
import { bytes, RecordedServer } from '../../packages/he/test/node/recorded-server.js';
import { sample, smallPlan } from '../../packages/he/test/node/small-network.js';
import { mutations } from '../../packages/tensor/test/mutations.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

const MUTATIONS = fc.array(mutations, { minLength: 1, maxLength: 3 });
/** One case in so many sends keys, or vanishes, and in so many kills a process; the others change a message. */
const KEYS_EVERY = 50;
const KILL_EVERY = 500;
/** A request that takes longer hangs, for all that its user can tell. */
const MAX_SECONDS = 30;
const phases = ['plan', 'keys', 'run'] as const;
const program = fileURLToPath(new URL('./encrypted-client.ts', import.meta.url));

/**
 * Encrypted inference under attack: inputs and keys with a few bytes changed at the server, changed results at the client, connections
 * cut at any byte, clients killed in every phase. What is computed must be right or doubted, and the server must go on for others.
 */
export class EncryptedMessages implements Part {
  readonly name = 'encrypted';
  readonly unit = 'messages and clients of encrypted inference';
  done = 0;
  readonly #counts: Record<string, number> = {};
  #session = '';
  #keys: Uint8Array = new Uint8Array();
  #input: Uint8Array = new Uint8Array();
  #result: Uint8Array = new Uint8Array();

  private constructor(
    private readonly plan: Plan,
    private readonly logits: Float64Array,
    private readonly seal: CountingSeal,
    private readonly server: EncryptedServer,
    private readonly client: EncryptedClient,
    private readonly recorded: RecordedServer,
    private readonly reader: EncryptedClient,
  ) {}

  static async open(): Promise<EncryptedMessages> {
    const { plan, logits } = await smallPlan();
    const seal = new CountingSeal(await openSeal());
    const server = await serve(plan, { maxSessions: 2, yieldTime: 0 });
    const recorded = await RecordedServer.start(plan.client());
    const client = await EncryptedClient.connect(server.url, { seal });
    const reader = await EncryptedClient.connect(recorded.url, { seal });
    const own = new EncryptedMessages(plan, logits, seal, server, client, recorded, reader);
    await own.#record();
    return own;
  }

  get figures(): Readonly<Record<string, number>> {
    return { ...this.#counts, 'handles of SEAL': this.seal.live };
  }

  /** What the client sends, and what it gets. */
  async #record(): Promise<void> {
    const { fetch } = globalThis;
    globalThis.fetch = async (url, options) => {
      const response = await fetch(url, options);
      const path = new URL(String(url)).pathname;
      if (path.endsWith('/run')) {
        this.#session = path.split('/')[2]!;
        this.#input = options!.body as Uint8Array;
        this.#result = new Uint8Array(await response.clone().arrayBuffer());
      } else if (String(url).startsWith(this.server.url)) this.#keys = options!.body as Uint8Array;
      return response;
    };
    const secret = this.client.makeSecretKey();
    for (const each of [this.client, this.reader]) {
      each.useSecretKey(secret);
      await each.sendKeys();
    }
    await this.client.run(sample);
    globalThis.fetch = fetch;
  }

  async run(from: CaseSeed): Promise<void> {
    const random = new Generator(seedOf(from), 'encrypted');
    const [changes] = fc.sample(MUTATIONS, { seed: seedOf(from), numRuns: 1 });
    const changed = (message: Uint8Array) => changes!.reduce((each, mutate) => mutate(each), message);
    const handles = this.seal.live;
    const start = performance.now();
    if (from.case % KILL_EVERY === KILL_EVERY - 1) await this.#kill(random);
    else if (from.case % KEYS_EVERY === KEYS_EVERY - 1) await this.#disturb(random, changed);
    else if (random.uniform() < 0.5) await this.#send(`/sessions/${this.#session}/run`, changed(this.#input));
    else await this.#read(changed(this.#result));
    const seconds = (performance.now() - start) / 1000;
    if (seconds > MAX_SECONDS) throw new SoakFailure(`it took ${seconds.toFixed(1)} s`);
    if (from.case % KEYS_EVERY === KEYS_EVERY - 1) await this.#expectWell();
    if (this.seal.live !== handles) throw new SoakFailure(`${this.seal.live} handles of SEAL instead of ${handles}`);
    this.done++;
  }

  async close(): Promise<void> {
    this.client.dispose();
    this.reader.dispose();
    await this.recorded.close();
    await this.server.close();
  }

  #count(outcome: string): void {
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
  }

  async #send(path: string, body: Uint8Array): Promise<void> {
    const response = await fetch(`${this.server.url}${path}`, { method: 'POST', body: body as BodyInit });
    await response.arrayBuffer();
    if (![200, 201, 400, 404, 413].includes(response.status)) {
      throw new SoakFailure(`the server answers with ${response.status}`);
    }
    this.#count(response.ok ? 'changed messages computed' : 'refused by the server');
  }

  async #read(result: Uint8Array): Promise<void> {
    this.recorded.result = bytes(result);
    let found: EncryptedResult;
    try {
      found = await this.reader.run(sample);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#count('refused by the client');
      return;
    }
    this.#count(found.warnings.length > 0 ? 'doubted by the client' : 'harmless');
    // What is not doubted is right, but for the lowest bits.
    if (found.warnings.length === 0) this.#expectRight(found, 16);
  }

  #expectRight({ logits }: EncryptedResult, bounds: number): void {
    logits.forEach((logit, i) => {
      if (!(Math.abs(logit - this.logits[i]!) <= bounds * this.plan.errorBound)) {
        throw new SoakFailure(`logit ${i} is ${logit} instead of ${this.logits[i]}`);
      }
    });
  }

  async #disturb(random: Generator, changed: (message: Uint8Array) => Uint8Array): Promise<void> {
    const path = `/sessions/${this.plan.hash}`;
    if (random.uniform() < 0.5) {
      await this.#send(path, changed(this.#keys));
      return;
    }
    const requests = [
      requestBytes('GET', '/plan'),
      requestBytes('POST', path, this.#keys),
      requestBytes('POST', `/sessions/${this.#session}/run`, this.#input),
      changed(requestBytes('POST', `/sessions/${this.#session}/run`, this.#input)),
    ];
    const request = requests[Math.floor(random.uniform() * requests.length)]!;
    await sendAndVanish(Number(new URL(this.server.url).port), request, random);
    this.#count('connections cut');
  }

  /** Kills a client that is a process, a random time after it has come to a random phase. */
  async #kill(random: Generator): Promise<void> {
    const phase = phases[Math.floor(random.uniform() * phases.length)]!;
    const options = ['--import', import.meta.resolve('tsx'), '--conditions=@pnn/source'];
    const child = spawn(process.execPath, [...options, program, this.server.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    // It goes on to write until it is killed.
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.split('\n').includes(phase)) resolve();
      });
      void exit.then(() => resolve());
    });
    await setTimeout(500 * random.uniform());
    child.kill('SIGKILL');
    const [, signal] = (await exit) as [number | null, NodeJS.Signals | null];
    if (signal !== 'SIGKILL') throw new SoakFailure('a client ended before it was killed');
    this.#count('clients killed');
  }

  /** Keys of others may have taken the place of its own, or be on their way to it. */
  async #expectWell(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        const found = await this.client.run(sample);
        if (found.warnings.length > 0) throw new SoakFailure(found.warnings[0]!.message);
        this.#expectRight(found, 1);
        return;
      } catch (error) {
        // What a cut connection has asked of the session is still being computed.
        const isBusy = error instanceof MalformedError && error.message.includes('wait for its answer');
        if (!isBusy && !(error instanceof KeyError)) throw error;
      }
      try {
        await this.#sendKeysAgain();
      } catch (error) {
        const isFull = error instanceof MalformedError && error.message.includes('try again later');
        if (!isFull && !(error instanceof KeyError)) throw error;
        await setTimeout(100);
      }
    }
    throw new SoakFailure('the server takes no keys any more');
  }

  async #sendKeysAgain(): Promise<void> {
    await this.client.sendKeys();
    // Names the session.
    const { fetch } = globalThis;
    globalThis.fetch = (url, options) => {
      if (String(url).endsWith('/run')) this.#session = new URL(String(url)).pathname.split('/')[2]!;
      return fetch(url, options);
    };
    try {
      await this.client.run(sample);
    } finally {
      globalThis.fetch = fetch;
    }
  }
}
