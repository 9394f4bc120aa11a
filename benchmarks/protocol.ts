import { createInterface } from 'node:readline';
import { type Check, checkOf } from './check.js';
import type { Work } from './work.js';

/** The first line of a participant. */
export type Greeting = { readonly version: string } | { readonly absent: string };

/** A line to a participant. */
export type Request =
  /** Makes the inputs, does the work once, and answers with what came out; forgets the work before. */
  | { readonly prepare: Work }
  /** Does the work so many times. */
  | { readonly repeat: number }
  /** Measures the machine itself: operations per second without `bytes`, else bytes per second over as many. */
  | { readonly probe: { readonly threads: number; readonly bytes?: number } };

/** A line from a participant, one for every request. */
export type Answer =
  | { readonly checks: readonly Check[]; readonly seconds: number }
  /** The duration of each repetition. */
  | { readonly seconds: readonly number[] }
  | { readonly rate: number }
  /** Why it cannot do this work, in words. */
  | { readonly cannot: string }
  /** What went wrong. */
  | { readonly error: string };

/** Work with its inputs. */
export interface Prepared {
  /** Does the work once. What is returned is only used for the check. */
  readonly run: () => unknown;
  /** Does the work once and gives everything that came out. */
  readonly outputs: () => Promise<readonly ArrayLike<number>[]> | readonly ArrayLike<number>[];
  /** Frees the inputs. */
  readonly dispose?: () => void;
}

/** Says in words why a participant cannot do some work. */
export class CannotError extends Error {}

/** Someone who does the work. */
export interface Subject {
  readonly version: string;
  /** @throws CannotError where it cannot */
  prepare(work: Work): Prepared | Promise<Prepared>;
  probe?(threads: number, bytes: number | undefined): Promise<number>;
}

function say(line: Greeting | Answer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function durations(run: () => unknown, repetitions: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const start = performance.now();
    const pending = run();
    if (pending instanceof Promise) await pending;
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

class Server {
  readonly #subject: Subject;
  #prepared: Prepared | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async answer(request: Request): Promise<Answer> {
    if ('prepare' in request) {
      this.#prepared?.dispose?.();
      this.#prepared = undefined;
      const prepared = await this.#subject.prepare(request.prepare);
      this.#prepared = prepared;
      const start = performance.now();
      const outputs = await prepared.outputs();
      return { seconds: (performance.now() - start) / 1000, checks: outputs.map(checkOf) };
    }
    if ('repeat' in request) {
      if (!this.#prepared) throw new Error('nothing was prepared');
      return { seconds: await durations(this.#prepared.run, request.repeat) };
    }
    if (!this.#subject.probe) throw new CannotError('it does not measure the machine');
    return { rate: await this.#subject.probe(request.probe.threads, request.probe.bytes) };
  }
}

/** Whether a library is missing, by Node's code for it. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** Serves one participant on standard input and output until the input ends. */
export async function serve(load: () => Promise<Subject>): Promise<void> {
  // Standard output belongs to the protocol, whatever a library may print.
  console.log = console.info = console.debug = console.warn = console.error;
  let subject: Subject;
  try {
    subject = await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    say({ absent: 'not installed: npm ci --prefix benchmarks' });
    return;
  }
  say({ version: subject.version });
  const server = new Server(subject);
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await server.answer(JSON.parse(line) as Request));
    } catch (error) {
      const { message } = error as Error;
      say(error instanceof CannotError ? { cannot: message } : { error: message });
    }
  }
  // Threads of a library may not end by themselves.
  process.exit();
}
