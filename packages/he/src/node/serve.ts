import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import { ArgumentError } from '@pnn/nn';
import { compileWideObstacle } from '@pnn/nn/node';
import { BatchPlan } from '../batch/plan.js';
import { checkChoice } from '../check-choice.js';
import { MalformedError, PlanError } from '../errors.js';
import { PlatformError } from '../evaluator/kernels.js';
import type { Plan } from '../plan/plan.js';
import { ciphertextsOf, joined, type Lengths, lengthsOf, partsOf } from '../protocol/lengths.js';
import { type Piece, piecesOf } from '../protocol/pieces.js';
import { MAX_PLAN_BYTES } from '../protocol/plan-limits.js';
import { SERVER_TIMING, writeServerTiming } from '../protocol/server-timing.js';
import { Session, SessionLost, type SessionResult } from './session.js';
import { wideModule } from './wide-evaluator.js';

/** How a server is run. */
export interface ServeOptions {
  /**
   * The port on loopback; 0 for any that is free.
   *
   * @default 0
   */
  readonly port?: number;
  /**
   * What computes: SEAL, or kernels of this package.
   *
   * @default 'wasm'
   */
  readonly evaluator?: 'seal' | 'wasm';
  /**
   * Threads that compute for each session. Those of SEAL have copies of the keys, and 350 MB besides. Results have the same bits
   * whatever their number.
   *
   * @default 1
   */
  readonly workers?: number;
  /**
   * Clients whose keys are kept at a time; each takes the memory that the plan says.
   *
   * @default 4
   */
  readonly maxSessions?: number;
  /**
   * Milliseconds after which the keys of a client that asks nothing are forgotten.
   *
   * @default 600000
   */
  readonly idleTime?: number;
  /**
   * Milliseconds that a client has for a refresh, for plans that have some, or for the next part of a batch; its run is over then.
   *
   * @default 60000
   */
  readonly refreshTime?: number;
  /**
   * Milliseconds after which the keys of a client that asks nothing make room for those of another one, where there are
   * `maxSessions`: a client that was killed says no good-bye.
   *
   * @default 30000
   */
  readonly yieldTime?: number;
  /**
   * Names by which requests may ask for the server, besides those of loopback: what a proxy in front of it passes on as `Host`. Under
   * another name asks a page whose name was pointed at this machine (DNS rebinding). A name has neither a scheme nor a port.
   *
   * @default none
   */
  readonly hosts?: readonly string[];
  /**
   * Whether answers say how often each operation was done, and how long that took. It tells clients more of the network than its
   * plan does.
   *
   * @default false
   */
  readonly timings?: boolean;
  /**
   * Is told why a request was refused, a session lost; clients are told less.
   *
   * @default nobody is told
   */
  readonly log?: (message: string) => void;
}

/** A server that is running. */
export interface EncryptedServer {
  /** Such as http://127.0.0.1:41234 */
  readonly url: string;
  /** Ends all sessions and the server. */
  close(): Promise<void>;
}

const DEFAULT_SESSIONS = 4;
const DEFAULT_IDLE_TIME = 600_000;
const DEFAULT_REFRESH_TIME = 60_000;
const DEFAULT_YIELD_TIME = 30_000;
/** The upload of keys takes seconds, in which no answer comes: Node's own 5 s would break it off. */
const KEEP_ALIVE = 65_000;
const REQUEST_TIME = 300_000;
/** A client that waits for a batch hears so often that it is being computed. */
const PATIENCE = 60_000;

/** An answer to a request. */
interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const BUSY = 'the session computes already: wait for its answer';

const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** The name in `Host` or `Origin`, without a port; undefined where there is none. */
const hostnameOf = (text: string): string | undefined => urlOf(text)?.hostname;

/** A name of the server as `hostnameOf` finds it in requests. */
function allowedHost(host: string): string {
  const url = urlOf(`http://${host}`);
  // The port 80 is not in the address that is made of it.
  const hasPort = /:\d*$/.test(host);
  if (url && !hasPort && /^[\w.-]+$|^\[.*\]$/.test(url.hostname) && url.href === `http://${url.hostname}/`) {
    return url.hostname;
  }
  throw new ArgumentError(
    `serve: hosts are names without scheme and port, such as example.org, not ${JSON.stringify(host)}`,
  );
}

/** Kernels with 256 bits for sessions, where they can be had; undefined for the usual ones. */
function sessionModule({ evaluator }: ServeOptions): WebAssembly.Module | undefined {
  if (evaluator === 'seal') return undefined;
  const obstacle = compileWideObstacle();
  if (obstacle === undefined) return wideModule();
  if (process.env.PNN_SIMD !== '256') return undefined;
  throw new PlatformError(`serve: PNN_SIMD is 256, and kernels cannot compute with 256 bits: ${obstacle}`);
}

/** An answer that is not a result. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The body of a request, which must have exactly so many bytes. */
async function bodyOf(request: IncomingMessage, length: number): Promise<Uint8Array> {
  const declared = request.headers['content-length'];
  if (declared !== String(length)) {
    throw new Refusal(
      declared === undefined ? 411 : 413,
      `the body must have ${length} bytes, not ${declared ?? 'an unknown number'}`,
    );
  }
  const body = new Uint8Array(length);
  let at = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    body.set(part, at);
    at += part.length;
  }
  if (at !== length) throw new Refusal(400, `${at} bytes came instead of ${length}`);
  return body;
}

class Server {
  readonly #plan: Plan | BatchPlan;
  readonly #options: ServeOptions;
  readonly #clientPlan: string;
  readonly #lengths: Lengths;
  /** How many ciphertexts clients send in each stage of a run, or in each piece of a batch. */
  readonly #ciphertexts: readonly number[];
  /** The pieces of a batch; undefined for a plan of single inputs. */
  readonly #pieces: readonly Piece[] | undefined;
  readonly #hosts: ReadonlySet<string | undefined>;
  readonly #sessions = new Map<string, Session>();
  /** The kernels of sessions, where they are not the usual ones. */
  readonly #module: WebAssembly.Module | undefined;
  #starting = 0;

  constructor(plan: Plan | BatchPlan, options: ServeOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#hosts = new Set([...LOOPBACK, ...(options.hosts ?? []).map(allowedHost)]);
    this.#module = sessionModule(options);
    const own = plan.client();
    this.#clientPlan = JSON.stringify(own);
    if (this.#clientPlan.length > MAX_PLAN_BYTES) {
      throw new PlanError(`the plan has ${this.#clientPlan.length} bytes, and clients take ${MAX_PLAN_BYTES} at most`);
    }
    this.#lengths = lengthsOf(plan.parameters, own);
    if (own.layout === 'batch') {
      this.#pieces = piecesOf(own.elements.length, this.#lengths.upload);
      this.#ciphertexts = this.#pieces.map(({ count }) => count);
    } else this.#ciphertexts = ciphertextsOf(own);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, body, headers } = await this.#route(request);
      response.writeHead(status, {
        'content-type': 'application/octet-stream',
        'content-length': body.length,
        ...headers,
      });
      response.end(body);
    } catch (error) {
      const [status, message] = refusalOf(error);
      this.#options.log?.(`${request.method} ${status}: ${error instanceof Error ? error.message : error}`);
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
      response.end(message);
      this.#discard(request);
    }
  }

  /**
   * Throws away what is left of a refused body, up to the longest that a client sends: if the connection ended while it sends, it
   * would see a reset instead of the reason.
   */
  #discard(request: IncomingMessage): void {
    const { relinearization, galois, upload } = this.#lengths;
    let left = Math.max(relinearization + galois, ...this.#ciphertexts.map((count) => count * upload));
    request.on('data', ({ length }: Uint8Array) => {
      left -= length;
      if (left < 0) request.destroy();
    });
  }

  /** Pages of other sites may make a browser send requests: it says for which name, and from which page. */
  #checkHost({ headers: { host, origin } }: IncomingMessage): void {
    if (!this.#hosts.has(hostnameOf(`http://${host}`))) {
      throw new Refusal(421, 'the server is not known by this name: allow it with hosts');
    }
    if (origin !== undefined && !this.#hosts.has(hostnameOf(origin))) {
      throw new Refusal(421, 'pages of this origin may not ask: allow its name with hosts');
    }
  }

  async #route(request: IncomingMessage): Promise<Answer> {
    this.#checkHost(request);
    const path = request.url ?? '';
    const [, first, id = '', last, ...rest] = path.split('/');
    if (request.method === 'GET' && path === '/plan') return { status: 200, body: Buffer.from(this.#clientPlan) };
    if (first !== 'sessions') throw new Refusal(400, 'there is nothing here');
    if (request.method === 'POST' && last === undefined) {
      return { status: 201, body: Buffer.from(await this.#startSession(id, request)) };
    }
    const session = this.#sessions.get(id);
    if (!session) throw new Refusal(404, 'the server has no keys of this session: send them again');
    if (request.method === 'DELETE' && last === undefined) {
      await session.end();
      return { status: 200, body: new Uint8Array() };
    }
    if (request.method !== 'POST' || last !== (this.#pieces ? 'batch' : 'run')) {
      throw new Refusal(400, 'there is nothing here');
    }
    if (!this.#pieces) return this.#run(session, request, rest);
    return rest.length === 0 ? this.#runBatch(session, request) : this.#load(session, rest.join('/'), request);
  }

  async #startSession(hash: string, request: IncomingMessage): Promise<string> {
    const { maxSessions = DEFAULT_SESSIONS, evaluator = 'wasm', workers = 1, timings = false } = this.#options;
    if (hash !== this.#plan.hash)
      throw new Refusal(403, 'these keys are for another plan: ask for that of this server');
    const full = new Refusal(503, `there are ${maxSessions} sessions, which is all that there may be: try again later`);
    if (this.#sessions.size + this.#starting - this.#yielding().length >= maxSessions) throw full;
    this.#starting++;
    try {
      const { relinearization, galois } = this.#lengths;
      const body = await bodyOf(request, relinearization + galois);
      const id = randomBytes(16).toString('hex');
      const session = await Session.start(
        {
          plan: this.#plan.runnable(),
          evaluator,
          workers,
          module: this.#module,
          timings,
          relinearization: body.slice(0, relinearization),
          galois: body.slice(relinearization),
        },
        () => this.#sessions.delete(id),
      );
      if (request.socket.destroyed) {
        await session.end();
        throw new Refusal(408, 'the client is gone');
      }
      // Others lose their keys to nothing but keys.
      if (this.#sessions.size >= maxSessions && !this.#makeRoom()) {
        await session.end();
        throw full;
      }
      this.#sessions.set(id, session);
      return id;
    } finally {
      this.#starting--;
    }
  }

  async #run(session: Session, request: IncomingMessage, rest: readonly string[]): Promise<Answer> {
    const { run, stage } = this.#stageOf(rest);
    const inputs = await this.#inputs(session, request, this.#ciphertexts[stage]!, () => {
      if (run !== undefined && stage > 0 && !session.waitsFor(run, stage)) {
        throw new Refusal(409, 'the session does not wait for this refresh: begin the run again');
      }
    });
    return resultAnswer(await session.run(inputs, run, stage));
  }

  /** Takes a piece of a batch. */
  async #load(session: Session, place: string, request: IncomingMessage): Promise<Answer> {
    const piece = this.#pieces!.find(({ first }) => String(first) === place);
    if (!piece) throw new Refusal(400, 'no piece of a batch begins there');
    await session.load(piece.first, await this.#inputs(session, request, piece.count));
    return { status: 200, body: new Uint8Array() };
  }

  /** Computes a batch, or goes on waiting for it. */
  async #runBatch(session: Session, request: IncomingMessage): Promise<Answer> {
    await bodyOf(request, 0);
    if (session.busy && !session.hasBatch) throw new Refusal(429, BUSY);
    const result = await session.runBatch(PATIENCE);
    return result ? resultAnswer(result) : { status: 202, body: new Uint8Array() };
  }

  /** So many ciphertexts of a session that is free, before they come and after. */
  async #inputs(
    session: Session,
    request: IncomingMessage,
    count: number,
    check: () => void = () => {},
  ): Promise<Uint8Array[]> {
    const checkAll = () => {
      if (session.busy) throw new Refusal(429, BUSY);
      check();
    };
    checkAll();
    const { upload } = this.#lengths;
    // Of all that a client sends at a time, one body has memory.
    if (session.isReceiving) throw new Refusal(429, 'the session receives a request already: wait for its answer');
    session.isReceiving = true;
    try {
      const body = await bodyOf(request, upload * count);
      checkAll();
      return partsOf(body, upload);
    } finally {
      session.isReceiving = false;
    }
  }

  /** What a path names behind `run`: nothing, or, for plans with refreshes, the run and its stage. */
  #stageOf(rest: readonly string[]): { readonly run: string | undefined; readonly stage: number } {
    if (this.#ciphertexts.length === 1 && rest.length === 0) return { run: undefined, stage: 0 };
    const [run = '', stage = ''] = rest;
    const isStage = /^\d{1,3}$/.test(stage) && Number(stage) < this.#ciphertexts.length;
    if (rest.length !== 2 || !/^[0-9a-f]{32}$/.test(run) || !isStage || this.#ciphertexts.length === 1) {
      throw new Refusal(400, 'there is no such stage of a run');
    }
    return { run, stage: Number(stage) };
  }

  /** Sessions that have asked nothing for so many milliseconds, the longest idle first. */
  #idleFor(time: number): [id: string, session: Session][] {
    const before = Date.now() - time;
    return [...this.#sessions]
      .filter(([, session]) => session.usedAt <= before && !session.busy)
      .sort(([, a], [, b]) => a.usedAt - b.usedAt);
  }

  /** Sessions that make room for another one where there are too many. */
  #yielding(): [id: string, session: Session][] {
    return this.#idleFor(this.#options.yieldTime ?? DEFAULT_YIELD_TIME);
  }

  /** Ends the session that has been idle for longest; false where all are in use. */
  #makeRoom(): boolean {
    const [longest] = this.#yielding();
    if (!longest) return false;
    const [id, session] = longest;
    this.#sessions.delete(id);
    void session.end();
    return true;
  }

  endIdle(): void {
    const waiting = Date.now() - (this.#options.refreshTime ?? DEFAULT_REFRESH_TIME);
    for (const session of this.#sessions.values()) session.dropRunBefore(waiting);
    for (const [, session] of this.#idleFor(this.#options.idleTime ?? DEFAULT_IDLE_TIME)) void session.end();
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.end()));
  }
}

function resultAnswer({ results, times }: SessionResult): Answer {
  return {
    status: 200,
    body: joined(results),
    ...(times && { headers: { [SERVER_TIMING]: writeServerTiming(times) } }),
  };
}

/** Status and sentence of an error; what happened inside of the server is its own affair. */
function refusalOf(error: unknown): readonly [status: number, message: string] {
  if (error instanceof Refusal) return [error.status, error.message];
  if (error instanceof MalformedError) return [400, error.message];
  if (error instanceof SessionLost) return [404, 'the session has ended: send the keys again'];
  return [500, 'the server could not compute this'];
}

function checkMemory(plan: Plan | BatchPlan): void {
  if (!(plan instanceof BatchPlan)) return;
  const available = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  if (plan.memoryBytes <= available) return;
  const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  throw new PlanError(
    `a batch takes ${gibibytes(plan.memoryBytes)} GiB of ciphertexts, and this machine has ${gibibytes(available)} GiB: ` +
      'take the layout single, or a smaller network',
  );
}

/**
 * Serves a plan on loopback. The server has the weights and, for each client, keys to compute with in a thread of their own:
 * it can decrypt nothing. Whatever comes is checked, to the byte, before anything is made of it.
 *
 * @throws PlanError where the port is taken, a batch takes more memory than the machine has, a plan is longer than clients take, or
 *   there is no such evaluator
 * @throws ArgumentError where one of `hosts` is no name, or the environment variable PNN_SIMD is neither 128 nor 256
 * @throws PlatformError where PNN_SIMD is 256 and kernels of this package cannot compute with 256 bits, with the reason
 */
export async function serve(plan: Plan | BatchPlan, options: ServeOptions = {}): Promise<EncryptedServer> {
  if (options.evaluator !== undefined) checkChoice('evaluator', options.evaluator, ['seal', 'wasm']);
  checkMemory(plan);
  const own = new Server(plan, options);
  const server = createServer((request, response) => void own.answer(request, response));
  server.keepAliveTimeout = KEEP_ALIVE;
  server.headersTimeout = KEEP_ALIVE + 1000;
  server.requestTimeout = REQUEST_TIME;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new PlanError(`port ${options.port} cannot be had: ${error.code}: name another one, or 0 for any`));
    });
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const watch = setInterval(() => own.endIdle(), 1000);
  watch.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      clearInterval(watch);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await own.endAll();
      await closed;
    },
  };
}
