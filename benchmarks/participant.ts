import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Answer, Greeting, Request } from './protocol.js';

/** How a participant is started. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** How it computes here and why, in words. */
  readonly remarks?: readonly string[];
}

/** A line of JSON; libraries may print something of their own in its place. */
function parsed<T>(text: string, otherwise: (reason: string) => T): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return otherwise(`printed '${text.slice(0, 80)}' in the place of an answer`);
  }
}

const REPORT_LENGTH = 10_000;
const ERROR_LENGTH = 300;

/** How long a process that was asked to end may take for it. */
const FAREWELL_SECONDS = 2;

/** What can be asked: a request is answered, fails in words, or takes too long and ends the process. */
export type Outcome<T> = T | { readonly failure: string };

/** The line of an error report that names the error, as the reports of Node and Python have it, or else the last one. */
function summaryOf(report: string): string {
  const lines = report.trim().split('\n');
  const line = lines.findLast((each) => /^\w*Error\b/.test(each)) ?? lines.at(-1) ?? '';
  return line.trim().slice(0, ERROR_LENGTH);
}

/** The lines of one process, one at a time; undefined once there are no more. */
class Lines {
  readonly #iterator: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.#iterator = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  async next(): Promise<string | undefined> {
    const { done, value } = await this.#iterator.next();
    return done === true ? undefined : (value as string);
  }
}

/** A child process that speaks the protocol. It waits without using the processor while it is not asked. */
export class Participant {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: Lines;
  #errors = '';
  #ended: string | undefined;

  private constructor(program: Program) {
    this.name = program.name;
    this.#child = spawn(program.command, program.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...program.environment },
    });
    // What is written to a process that has ended is lost; that it ended shows in its output.
    this.#child.stdin!.on('error', () => {});
    this.#child.on('error', (error) => {
      this.#ended = `cannot be started: ${error.message}`;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-REPORT_LENGTH);
    });
    this.#lines = new Lines(this.#child);
  }

  /** Starts a participant and waits for its greeting, which has its version or says why it is absent. */
  static async start(
    program: Program,
    timeoutSeconds: number,
  ): Promise<{ readonly participant: Participant; readonly greeting: Greeting }> {
    const participant = new Participant(program);
    const line = await participant.#read(timeoutSeconds, 'starting');
    const greeting =
      'failure' in line ? { absent: line.failure } : parsed<Greeting>(line.text, (reason) => ({ absent: reason }));
    if ('absent' in greeting) await participant.stop();
    return { participant, greeting };
  }

  /** Whether it can be asked. */
  get running(): boolean {
    return this.#ended === undefined;
  }

  /** Asks; an answer that is an error, an end of the process, or one that takes too long is a failure in words. */
  async ask<T extends Answer>(request: Request, timeoutSeconds: number): Promise<Outcome<T>> {
    if (this.#ended !== undefined) return { failure: this.#ended };
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    // The first run includes what some compile for it.
    const line = await this.#read(timeoutSeconds, 'prepare' in request ? 'the first run' : 'one run');
    if ('failure' in line) return line;
    const answer = parsed<Answer>(line.text, (reason) => ({ cannot: reason }));
    if ('cannot' in answer) return { failure: answer.cannot };
    if ('error' in answer) return { failure: `error: ${answer.error}` };
    return answer as T;
  }

  /** Ends it, and lets it end what it has started itself. */
  async stop(): Promise<void> {
    this.#ended ??= 'it was stopped';
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 1000 * FAREWELL_SECONDS);
    await exit;
    clearTimeout(timer);
  }

  async #read(timeoutSeconds: number, what: string): Promise<Outcome<{ readonly text: string }>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), 1000 * timeoutSeconds);
    });
    const line = await Promise.race([this.#lines.next(), late]);
    clearTimeout(timer);
    if (line === 'late') {
      await this.stop();
      this.#ended = `${what} takes more than ${timeoutSeconds} s`;
      return { failure: this.#ended };
    }
    if (line !== undefined) return { text: line };
    await this.stop();
    if (this.#ended === 'it was stopped') this.#ended = `it ended: ${summaryOf(this.#errors)}`;
    return { failure: this.#ended! };
  }
}
