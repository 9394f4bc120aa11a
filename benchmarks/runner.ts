import type { Check } from './check.js';
import { type Measurement, summarize } from './measurement.js';
import type { Participant } from './participant.js';
import { type TransferName, transferNames } from './protocol.js';
import type { Workload } from './workload.js';

/** How thoroughly to measure. */
export interface Pace {
  /** How long everyone works before the first repetition that counts, for the sake of compilers and caches. */
  readonly warmUpSeconds: number;
  /** The same for steps of a training, which has thousands: compilers are done with their code after hundreds. */
  readonly stepWarmUpSeconds: number;
  /** How long everyone works in one turn, at least one repetition. */
  readonly turnSeconds: number;
  readonly rounds: number;
}

/** Nobody gets another turn after so long. */
const MAX_SECONDS = 10;

const MAX_TURN = 1000;

const total = (durations: readonly number[]): number => durations.reduce((sum, each) => sum + each, 0);

/** One participant with the work in its hands. */
export class Runner {
  /** Of the work alone. */
  readonly durations: number[] = [];
  failure: string | undefined;
  checks: readonly Check[] = [];
  readonly #transfers: Record<TransferName, number[]> = { upload: [], wait: [], readback: [] };
  #repetitions = 1;
  #spent = 0;

  constructor(
    readonly participant: Participant,
    private readonly limitSeconds: number,
  ) {}

  /** How long each part beside the work took; asked for only where there are such parts. */
  get transfers(): Readonly<Record<TransferName, Measurement>> {
    const { upload, wait, readback } = this.#transfers;
    return { upload: summarize(upload), wait: summarize(wait), readback: summarize(readback) };
  }

  /** Makes the inputs, runs once, and warms up. */
  async prepare(workload: Workload, pace: Pace): Promise<void> {
    const prepared = await this.participant.ask({ prepare: workload.work }, this.limitSeconds);
    if ('failure' in prepared) {
      this.failure = prepared.failure;
      return;
    }
    if (!('checks' in prepared)) {
      this.failure = 'it answered something else';
      return;
    }
    this.checks = prepared.checks;
    const warmUp = workload.work.kind === 'training step' ? pace.stepWarmUpSeconds : pace.warmUpSeconds;
    for (let spent = 0; spent < warmUp && this.failure === undefined; ) {
      const seconds = await this.#repeat(this.#repetitions, false);
      spent += total(seconds);
      const perRun = Math.min(...seconds);
      this.#repetitions = Math.min(MAX_TURN, Math.max(1, Math.round(pace.turnSeconds / perRun)));
    }
  }

  /** One turn. */
  async run(): Promise<void> {
    if (this.failure !== undefined || this.#spent >= MAX_SECONDS) return;
    this.#spent += total(await this.#repeat(this.#repetitions, true));
  }

  /** @returns the duration of each repetition, with all its parts */
  async #repeat(repetitions: number, counts: boolean): Promise<readonly number[]> {
    const answer = await this.participant.ask({ repeat: repetitions }, this.limitSeconds);
    if (!('seconds' in answer) || 'checks' in answer) {
      this.failure = 'failure' in answer ? answer.failure : 'it answered something else';
      return [];
    }
    const { seconds, transfers } = answer;
    if (counts) {
      this.durations.push(...seconds);
      for (const name of transferNames) this.#transfers[name].push(...(transfers?.[name] ?? []));
    }
    return seconds.map((each, i) => each + total(transferNames.map((name) => transfers?.[name][i] ?? 0)));
  }
}
