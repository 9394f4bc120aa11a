import { setTimeout } from 'node:timers/promises';
import { type Check, difference } from './check.js';
import { floorOf, type Pass, streamSizeOf } from './floor.js';
import { median, summarise } from './measurement.js';
import type { Participant } from './participant.js';
import type { MeasuredFloor, PeerResult, Result } from './results.js';
import type { Workload } from './workload.js';

/** How thoroughly to measure. */
export interface Pace {
  /** How long everyone works before the first repetition that counts, for the sake of compilers and caches. */
  readonly warmUpSeconds: number;
  /** How long everyone works in one turn, at least one repetition. */
  readonly turnSeconds: number;
  readonly rounds: number;
}

/** Enough for medians that repeat. */
export const thorough: Pace = { warmUpSeconds: 0.25, turnSeconds: 0.1, rounds: 9 };

/** Shows that everything runs. */
export const quick: Pace = { warmUpSeconds: 0, turnSeconds: 0, rounds: 3 };

/** A peer whose one run takes longer cannot do the work. */
const LONGEST_RUN_SECONDS = 20;

/** Ours may take longer, as on the device `reference`. */
const OUR_LONGEST_RUN_SECONDS = 600;

const PROBE_SECONDS = 60;

/** Nobody gets another turn after so long. */
const LONGEST_SECONDS = 10;

const LONGEST_TURN = 1000;

/** Threads of some libraries go on spinning for so long behind their work: those of OpenBLAS for 2^26 cycles. */
const SETTLE_SECONDS = 0.04;

/** Waits until nobody's threads use the processor any more. */
async function settle(threads: number): Promise<void> {
  if (threads > 1) await setTimeout(1000 * SETTLE_SECONDS);
}

const total = (durations: readonly number[]): number => durations.reduce((sum, each) => sum + each, 0);

/** One participant with the work in its hands. */
class Runner {
  readonly durations: number[] = [];
  failure: string | undefined;
  checks: readonly Check[] = [];
  #repetitions = 1;
  #spent = 0;

  constructor(
    readonly participant: Participant,
    private readonly limitSeconds: number,
  ) {}

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
    for (let spent = 0; spent < pace.warmUpSeconds && this.failure === undefined; ) {
      const seconds = await this.#repeat(this.#repetitions);
      spent += total(seconds);
      const perRun = Math.min(...seconds);
      this.#repetitions = Math.min(LONGEST_TURN, Math.max(1, Math.round(pace.turnSeconds / perRun)));
    }
  }

  /** One turn. */
  async run(): Promise<void> {
    if (this.failure !== undefined || this.#spent >= LONGEST_SECONDS) return;
    const durations = await this.#repeat(this.#repetitions);
    this.#spent += total(durations);
    this.durations.push(...durations);
  }

  async #repeat(repetitions: number): Promise<readonly number[]> {
    const answer = await this.participant.ask({ repeat: repetitions }, this.limitSeconds);
    if ('seconds' in answer && typeof answer.seconds !== 'number') return answer.seconds;
    this.failure = 'failure' in answer ? answer.failure : 'it answered something else';
    return [];
  }
}

/** Measures the machine, in our own process. */
class Roofline {
  readonly #peaks: number[] = [];
  readonly #bandwidths: ReadonlyMap<number, number[]>;

  constructor(
    private readonly ours: Participant,
    private readonly passes: readonly Pass[],
    private readonly threads: number,
  ) {
    this.#bandwidths = new Map(passes.map((pass) => [streamSizeOf(pass), []]));
  }

  async run(): Promise<void> {
    this.#peaks.push(await this.#rate());
    for (const [bytes, rates] of this.#bandwidths) rates.push(await this.#rate(bytes));
  }

  floor(): MeasuredFloor {
    const peak = median(this.#peaks);
    const bandwidths = new Map([...this.#bandwidths].map(([bytes, rates]) => [bytes, median(rates)]));
    return {
      ...floorOf(this.passes, { peak, bandwidths }),
      peak,
      bandwidths: [...bandwidths].map(([bytes, bytesPerSecond]) => ({ bytes, bytesPerSecond })),
    };
  }

  async #rate(bytes?: number): Promise<number> {
    const probe = { threads: this.threads, ...(bytes !== undefined && { bytes }) };
    const answer = await this.ours.ask({ probe }, PROBE_SECONDS);
    if ('rate' in answer) return answer.rate;
    throw new MeasurementError(`the machine cannot be measured: ${'failure' in answer ? answer.failure : ''}`);
  }
}

/** This library could not do its own work: there is nothing to compare with. */
export class MeasurementError extends Error {}

function peerResult(peer: Runner, ours: Runner): PeerResult {
  const { name } = peer.participant;
  if (peer.failure !== undefined) return { name, absent: peer.failure };
  const seconds = summarise(peer.durations);
  return { name, seconds, ratio: seconds.median / median(ours.durations) };
}

/**
 * Has everyone do the same work turn by turn, so that a machine that slows down slows down all of them; nobody uses the
 * processor while it is another's turn. Peers whose results differ from ours are not measured.
 *
 * @throws MeasurementError where this library fails
 */
export async function compare(
  workload: Workload,
  threads: number,
  participants: { readonly ours: Participant; readonly peers: readonly Participant[] },
  pace: Pace,
): Promise<Result> {
  const ours = new Runner(participants.ours, OUR_LONGEST_RUN_SECONDS);
  const peers = participants.peers.map((peer) => new Runner(peer, LONGEST_RUN_SECONDS));
  for (const runner of [ours, ...peers]) {
    await runner.prepare(workload, pace);
    if (runner === ours || runner.failure !== undefined) continue;
    const differs = difference(ours.checks, runner.checks);
    if (differs !== undefined) runner.failure = `its result differs: ${differs}`;
  }
  const roofline = new Roofline(participants.ours, workload.passes, threads);
  for (let round = 0; round < pace.rounds && ours.failure === undefined; round++) {
    await roofline.run();
    for (const runner of [ours, ...peers]) {
      await runner.run();
      await settle(threads);
    }
  }
  if (ours.failure !== undefined) throw new MeasurementError(`${workload.name}: ${ours.failure}`);
  const seconds = summarise(ours.durations);
  const floor = roofline.floor();
  return {
    name: workload.name,
    threads,
    operations: workload.passes.reduce((sum, { operations }) => sum + operations, 0),
    bytes: workload.passes.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds,
    floor,
    share: floor.seconds / seconds.median,
    peers: peers.map((peer) => peerResult(peer, ours)),
  };
}
