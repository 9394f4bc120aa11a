import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { MalformedError } from '../errors.js';
import type { OperationTimes } from '../run/timed-evaluator.js';
import type { SessionAnswer, SessionData, SessionRequest } from './session-worker.js';
import { startWorker } from './start-worker.js';

/** What a session's thread was lost by: the session is over, and others go on. */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}

/** What a session has computed. */
export interface SessionResult {
  readonly results: readonly Uint8Array[];
  /** Of operations, where they are measured. */
  readonly times: OperationTimes | undefined;
}

function resultOf(answer: SessionAnswer): SessionResult {
  if (answer.kind === 'result' || answer.kind === 'refresh') return answer;
  throw new SessionLost('the session answers out of turn');
}

/** A client's keys in a thread of their own, which is thrown away with them. */
export class Session {
  readonly #worker: Worker;
  #waiting: { resolve: (answer: SessionAnswer) => void; reject: (error: Error) => void } | undefined;
  /** The run that waits for a refresh, and its next stage. */
  #pending: { readonly run: string; readonly stage: number } | undefined;
  /** Whether a part of a batch was loaded. */
  #isLoading = false;
  #batch: Promise<SessionResult> | undefined;
  #ended = false;
  /** Whether the body of a request is on its way. */
  isReceiving = false;
  /** When it was last used, in milliseconds. */
  usedAt = Date.now();

  private constructor(data: SessionData, onEnd: () => void) {
    const transferred = [data.relinearization.buffer, data.galois.buffer] as ArrayBuffer[];
    this.#worker = startWorker(new URL('./session-worker.js', import.meta.url), {
      workerData: data,
      transferList: [...new Set(transferred)],
    });
    this.#worker.on('message', (answer: SessionAnswer) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    });
    const end = (reason: string) => {
      if (this.#ended) return;
      this.#ended = true;
      this.#waiting?.reject(new SessionLost(reason));
      this.#waiting = undefined;
      onEnd();
    };
    this.#worker.on('error', ({ message }) => end(`the session has ended: ${message}`));
    this.#worker.on('exit', () => end('the session has ended'));
  }

  /**
   * Starts a session.
   *
   * @throws MalformedError where its keys are not those of the plan
   */
  static async start(data: SessionData, onEnd: () => void): Promise<Session> {
    const session = new Session(data, onEnd);
    const answer = await session.#answer();
    if (answer.kind === 'ready') return session;
    await session.end();
    throw answer.kind === 'malformed'
      ? new MalformedError(answer.message)
      : new SessionLost(String('message' in answer && answer.message));
  }

  /** Whether a request is being computed. */
  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * Computes a run, or its next stage.
   *
   * @param run what the client calls it; undefined for plans without refreshes
   * @param stage 0 begins a run and ends one that was not continued; later ones take what was refreshed
   * @throws MalformedError where the ciphertexts are not those of the plan; the run is over then
   */
  async run(inputs: readonly Uint8Array[], run?: string, stage = 0): Promise<SessionResult> {
    this.#pending = undefined;
    const answer = await this.#ask({ kind: 'run', stage, inputs });
    if (answer.kind === 'refresh' && run !== undefined) this.#pending = { run, stage: stage + 1 };
    return resultOf(answer);
  }

  /**
   * Takes ciphertexts of a batch, behind so many that came before.
   *
   * @throws MalformedError where they are not those of the plan, or others are missing
   */
  async load(first: number, inputs: readonly Uint8Array[]): Promise<void> {
    // A result that nobody has asked for is not that of the next batch.
    this.#batch = undefined;
    await this.#ask({ kind: 'load', first, inputs });
    this.#isLoading = true;
  }

  /**
   * Computes the batch that was loaded, or goes on waiting for it.
   *
   * @returns undefined where it is not there after so many milliseconds
   * @throws MalformedError where ciphertexts are missing
   */
  async runBatch(patience: number): Promise<SessionResult | undefined> {
    if (!this.#batch) {
      this.#isLoading = false;
      this.#batch = this.#ask({ kind: 'runBatch' }).then(resultOf);
      // A client may be gone before it fails.
      this.#batch.catch(() => {});
    }
    const batch = this.#batch;
    const stop = new AbortController();
    try {
      const late = setTimeout(patience, undefined, { signal: stop.signal }).catch(() => undefined);
      const result = await Promise.race([batch, late]);
      this.usedAt = Date.now();
      if (result) this.#batch = undefined;
      return result;
    } catch (error) {
      this.#batch = undefined;
      throw error;
    } finally {
      stop.abort();
    }
  }

  /** Whether a batch is being computed, or its result waits to be asked for. */
  get hasBatch(): boolean {
    return this.#batch !== undefined;
  }

  /** Whether this is the stage that the session waits for. */
  waitsFor(run: string, stage: number): boolean {
    return this.#pending?.run === run && this.#pending.stage === stage;
  }

  /** Ends a run or a batch that was not continued since a time, and frees its ciphertexts. */
  dropRunBefore(time: number): void {
    if (!(this.#pending || this.#isLoading) || this.busy || this.usedAt >= time) return;
    this.#pending = undefined;
    this.#isLoading = false;
    this.#worker.postMessage({ kind: 'drop' } satisfies SessionRequest);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** What a request gives. */
  async #ask(request: SessionRequest): Promise<Exclude<SessionAnswer, { readonly kind: 'malformed' | 'failed' }>> {
    this.usedAt = Date.now();
    const waiting = this.#answer();
    this.#worker.postMessage(request);
    const answer = await waiting;
    this.usedAt = Date.now();
    if (answer.kind === 'malformed') throw new MalformedError(answer.message);
    if (answer.kind === 'failed') throw new SessionLost(answer.message);
    return answer;
  }

  #answer(): Promise<SessionAnswer> {
    if (this.#ended) return Promise.reject(new SessionLost('the session has ended'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}
