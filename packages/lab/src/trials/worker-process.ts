import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { decodeJson, encodeJson } from '@pnn/pnn/codec';
import { type Message, message, type Order, type Outcome } from './messages.js';

const program = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Characters of its error output that are kept of a process that breaks down. */
const ERROR_OUTPUT = 2000;

/** A process that trains one trial. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** How it ended; never rejected. */
  readonly outcome: Promise<Outcome>;

  /** Starts the process. */
  constructor(order: Order, onMessage: (message: Exclude<Message, Outcome>) => void) {
    this.#child = fork(program, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let outcome: Outcome | undefined;
    let errors = '';
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-ERROR_OUTPUT);
    });
    this.#child.on('message', (text) => {
      const told = decodeJson(String(text), message, 'the message of a worker');
      if (told.kind === 'finished' || told.kind === 'interrupted' || told.kind === 'failed') outcome = told;
      else onMessage(told);
    });
    this.outcome = new Promise((resolve) => {
      const fail = (reason: string) => resolve({ kind: 'failed', reason });
      this.#child.on('error', (error) => fail(`its process cannot be started: ${error.message}`));
      this.#child.on('close', (status, signal) => {
        if (outcome) resolve(outcome);
        else if (signal)
          fail(`its process was ended by ${signal}${signal === 'SIGKILL' ? ', as if memory ran out' : ''}`);
        else fail(`its process ended with status ${status}: ${errors.trim() || 'it said nothing'}`);
      });
    });
    this.#tell(order);
  }

  /** The number of the process; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  #tell(order: Order): void {
    // If the process is gone, its outcome tells.
    if (this.#child.connected) this.#child.send(encodeJson(order), () => undefined);
  }

  /** Ends it after the step in progress, with a checkpoint. */
  stop(): void {
    this.#tell({ kind: 'stop' });
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
