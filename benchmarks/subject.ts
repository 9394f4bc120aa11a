import { checkOf } from './check.js';
import type { Answer, Request, TransferName } from './protocol.js';
import type { EncryptedNetworkWork, EncryptedWork, TensorWork, Work } from './work.js';

/** Work with its inputs. */
export interface Prepared {
  /** Does the work once. What is returned is only waited for, where it is a promise. */
  readonly run: () => unknown;
  /** On a device with a memory of its own, what each repetition does before `run` (`upload`) and behind it. */
  readonly transfers?: Readonly<Record<TransferName, () => Promise<void>>>;
  /** Does the work once and gives everything that came out. */
  readonly outputs: () => Promise<readonly ArrayLike<number>[]> | readonly ArrayLike<number>[];
  /** Frees the inputs. */
  readonly dispose?: () => void;
}

/** Says in words why a participant cannot do some work. */
export class CannotError extends Error {}

/** Someone who does the work. */
export interface Subject {
  /** @throws CannotError where it cannot */
  prepare(work: TensorWork): Prepared | Promise<Prepared>;
  /** Likewise, where it computes on ciphertexts. */
  prepareEncrypted?(work: EncryptedWork | EncryptedNetworkWork): Prepared | Promise<Prepared>;
  probe?(threads: number, bytes: number | undefined): Promise<number>;
}

/** Who is asked, wherever the work is done. */
export interface Respondent {
  answer(request: Request): Promise<Answer>;
}

async function secondsOf(run: () => unknown): Promise<number> {
  const start = performance.now();
  const pending = run();
  if (pending instanceof Promise) await pending;
  return (performance.now() - start) / 1000;
}

async function repeat({ run, transfers }: Prepared, repetitions: number): Promise<Answer> {
  const seconds: number[] = [];
  if (!transfers) {
    for (let i = 0; i < repetitions; i++) seconds.push(await secondsOf(run));
    return { seconds };
  }
  const upload: number[] = [];
  const wait: number[] = [];
  const readback: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    upload.push(await secondsOf(transfers.upload));
    seconds.push(await secondsOf(run));
    wait.push(await secondsOf(transfers.wait));
    readback.push(await secondsOf(transfers.readback));
  }
  return { seconds, transfers: { upload, wait, readback } };
}

/** Answers requests by the work of a subject, one after the other. */
export class Performer implements Respondent {
  readonly #subject: Subject;
  #prepared: Prepared | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** What goes wrong is an answer too. */
  async answer(request: Request): Promise<Answer> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const { message } = error as Error;
      return error instanceof CannotError ? { cannot: message } : { error: message };
    }
  }

  async #answer(request: Request): Promise<Answer> {
    if ('prepare' in request) {
      this.#prepared?.dispose?.();
      this.#prepared = undefined;
      const prepared = await this.#prepare(request.prepare);
      this.#prepared = prepared;
      const start = performance.now();
      const outputs = await prepared.outputs();
      return { seconds: (performance.now() - start) / 1000, checks: outputs.map(checkOf) };
    }
    if ('repeat' in request) {
      if (!this.#prepared) throw new Error('nothing was prepared');
      return repeat(this.#prepared, request.repeat);
    }
    if (!this.#subject.probe) throw new CannotError('it does not measure the machine');
    return { rate: await this.#subject.probe(request.probe.threads, request.probe.bytes) };
  }

  #prepare(work: Work): Prepared | Promise<Prepared> {
    if (work.kind !== 'encrypted' && work.kind !== 'encrypted network') return this.#subject.prepare(work);
    if (!this.#subject.prepareEncrypted) throw new CannotError('it does not compute on ciphertexts');
    return this.#subject.prepareEncrypted(work);
  }
}
