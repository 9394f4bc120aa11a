import { JournalWriter } from '../journal/journal.js';
import { version } from '../version.js';
import { type Claim, Claims } from './claims.js';
import type { TrialEvent, TrialStates } from './events.js';
import type { Outcome } from './messages.js';
import type { TrialResult } from './result.js';
import type { StudyFolder } from './study-folder.js';
import type { Trial } from './trial.js';
import { WorkerProcess } from './worker-process.js';

/** How trials are run. */
export interface RunnerOptions {
  /** Worker processes side by side. */
  readonly jobs: number;
  /** Threads of each of them; null for as many as the device takes by itself. */
  readonly threads: number | null;
  /** Absolute paths of modules that register data sets and models of the user's own. */
  readonly imports: readonly string[];
  /** Seconds from one checkpoint to the next. */
  readonly checkpointSeconds: number;
  /** Whether the networks of all trials are kept, or only those that others begin with. */
  readonly keepNetworks: boolean;
}

/** What a runner tells on the way. */
export interface RunnerListener {
  /** A trial begins, or goes on after a step of so many. */
  begun(trial: Trial, step: number, steps: number): void;
  step(trial: Trial, step: number): void;
  finished(trial: Trial, result: TrialResult): void;
  /** It failed; if not for the last time, it is tried again. */
  failed(trial: Trial, reason: string, isLast: boolean): void;
  note(trial: Trial, text: string): void;
  /** There is nothing to do but to wait for trials that other processes train. */
  waiting(trials: readonly Trial[]): void;
}

/** How often a trial is tried. */
const ATTEMPTS = 2;

/** Milliseconds after which to look again whether other processes have finished or died. */
const POLL = 500;

/** A promise that a timer or the signal resolves, whichever comes first. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}

/**
 * Runs trials side by side, each in a process of its own. What is finished is never done again; what others work on in the
 * same folder is left to them, and taken over if they die.
 */
export class TrialRunner {
  readonly #folder: StudyFolder;
  readonly #trials: readonly Trial[];
  readonly #options: RunnerOptions;
  readonly #listener: RunnerListener;
  readonly #journal: JournalWriter;
  readonly #claims: Claims;
  readonly #running = new Map<string, Promise<void>>();
  readonly #workers = new Set<WorkerProcess>();
  /** Trials that have failed for the last time in this call. */
  readonly #failed = new Set<string>();
  #error: { readonly cause: unknown } | undefined;

  /** @param trials those to run, with all that they begin with */
  constructor(folder: StudyFolder, trials: readonly Trial[], options: RunnerOptions, listener: RunnerListener) {
    this.#folder = folder;
    this.#trials = trials;
    this.#options = options;
    this.#listener = listener;
    this.#journal = new JournalWriter(folder.journal);
    this.#claims = new Claims(folder.claims);
  }

  /**
   * Runs until every trial has finished or failed, here or elsewhere, or the signal ends it.
   *
   * @throws FileError or FormatError if the folder cannot be used; workers are stopped before
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => {
      for (const worker of this.#workers) worker.stop();
    };
    signal.addEventListener('abort', stop);
    try {
      await this.#removeLeftCheckpoints();
      while (!signal.aborted && !this.#error && (await this.#advance(signal)));
    } catch (cause) {
      this.#error ??= { cause };
    }
    if (this.#error) stop();
    await Promise.all(this.#running.values());
    signal.removeEventListener('abort', stop);
    await this.#journal.close();
    if (this.#error) throw this.#error.cause;
  }

  /** Whoever was killed behind the last line of a trial has left its checkpoint. */
  async #removeLeftCheckpoints(): Promise<void> {
    const { results } = await this.#folder.states();
    for (const id of results.keys()) await this.#folder.removeCheckpoint(id);
  }

  /** Starts what can be started and waits for a change; false if nothing is left. */
  async #advance(signal: AbortSignal): Promise<boolean> {
    const states = await this.#folder.states();
    const open = this.#trials.filter(({ id }) => !states.results.has(id) && !this.#isHopeless(id));
    if (open.length === 0) return false;
    const idle = open.filter(({ id }) => !this.#running.has(id));
    for (const trial of idle) {
      if (this.#running.size >= this.#options.jobs || signal.aborted) break;
      await this.#startIfFree(trial, states, signal);
    }
    if (this.#running.size === 0 && !signal.aborted) this.#listener.waiting(idle);
    const ends = [...this.#running.values()];
    const isFull = ends.length >= this.#options.jobs;
    await Promise.race(isFull ? ends : [pause(POLL, signal), ...ends]);
    return true;
  }

  /** Whether it has failed, or what it begins with has. */
  #isHopeless(id: string): boolean {
    const start = this.#trials.find((trial) => trial.id === id)?.spec.start?.trial;
    return this.#failed.has(id) || (start !== undefined && this.#isHopeless(start));
  }

  async #startIfFree(trial: Trial, states: TrialStates, signal: AbortSignal): Promise<void> {
    const { start } = trial.spec;
    if (start && !states.results.has(start.trial)) return;
    let worker: WorkerProcess | undefined;
    const claim = await this.#claims.take(trial.id, () => worker?.kill());
    if (!claim) return;
    // Whoever had it before may have finished it meanwhile.
    if ((await this.#folder.states()).results.has(trial.id)) {
      await claim.release();
      return;
    }
    const run = this.#train(trial, claim, signal, (started) => {
      worker = started;
    })
      .catch((cause: unknown) => {
        this.#error ??= { cause };
      })
      .finally(() => this.#running.delete(trial.id));
    this.#running.set(trial.id, run);
  }

  async #train(
    trial: Trial,
    claim: Claim,
    signal: AbortSignal,
    onStart: (worker: WorkerProcess) => void,
  ): Promise<void> {
    try {
      for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt++) {
        const outcome = await this.#attempt(trial, attempt, claim, signal, onStart);
        if (outcome.kind === 'finished') {
          const { result } = outcome;
          await this.#record({ kind: 'finished', trial: trial.id, software: `@pnn/lab ${version}`, result });
          await this.#folder.removeCheckpoint(trial.id);
          this.#listener.finished(trial, result);
          return;
        }
        if (signal.aborted || this.#error || claim.isLost) return;
        const reason = outcome.kind === 'failed' ? outcome.reason : 'its process stopped without being told to';
        const isLast = attempt === ATTEMPTS;
        if (isLast) {
          this.#failed.add(trial.id);
          await this.#record({ kind: 'failed', trial: trial.id, reason });
        }
        this.#listener.failed(trial, reason, isLast);
      }
    } finally {
      await claim.release();
    }
  }

  #record(event: TrialEvent): Promise<void> {
    return this.#journal.append(event);
  }

  async #attempt(
    trial: Trial,
    attempt: number,
    claim: Claim,
    signal: AbortSignal,
    onStart: (worker: WorkerProcess) => void,
  ): Promise<Outcome> {
    const { threads, imports, checkpointSeconds, keepNetworks } = this.#options;
    const { start } = trial.spec;
    const isKept = keepNetworks || this.#trials.some(({ spec }) => spec.start?.trial === trial.id);
    const worker = new WorkerProcess(
      {
        kind: 'train',
        trial,
        files: {
          checkpoint: this.#folder.checkpoint(trial.id),
          network: isKept ? this.#folder.network(trial.id) : null,
          start: start && this.#folder.network(start.trial),
        },
        device: { name: trial.spec.device, threads },
        imports,
        checkpointSeconds,
      },
      (message) => {
        if (message.kind === 'step') this.#listener.step(trial, message.step);
        else if (message.kind === 'note') this.#listener.note(trial, message.text);
        else {
          this.#record({ kind: 'started', trial: trial.id, attempt, step: message.step }).catch((cause: unknown) => {
            this.#error ??= { cause };
            worker.stop();
          });
          this.#listener.begun(trial, message.step, message.steps);
        }
      },
    );
    onStart(worker);
    this.#workers.add(worker);
    try {
      if (worker.pid !== undefined) await claim.include(worker.pid);
      if (signal.aborted || this.#error) worker.stop();
      return await worker.outcome;
    } finally {
      this.#workers.delete(worker);
    }
  }
}
