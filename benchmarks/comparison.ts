import { setTimeout } from 'node:timers/promises';
import { difference } from './check.js';
import { floorOf, type Pass, streamSizeOf } from './floor.js';
import { median, summarize } from './measurement.js';
import type { Participant } from './participant.js';
import type { Adapter } from './protocol.js';
import type { GpuResult, MeasuredFloor, PeerResult, Result } from './results.js';
import { type Pace, Runner } from './runner.js';
import type { Workload } from './workload.js';

/** Enough for medians that repeat. */
export const thorough: Pace = { warmUpSeconds: 0.25, stepWarmUpSeconds: 2, turnSeconds: 0.1, rounds: 9 };

/** Shows that everything runs. */
export const quick: Pace = { warmUpSeconds: 0, stepWarmUpSeconds: 0, turnSeconds: 0, rounds: 3 };

/** A peer, or a mode of the GPU device, whose one run takes longer cannot do the work; the first compiles for it too. */
const MAX_RUN_SECONDS = 20;

/** A network on encrypted images is planned before its first run, keys are made and weights encoded, by every participant. */
const MAX_PLANNED_SECONDS = 180;

/** Ours may take longer, as on the device `reference`. */
const OUR_LONGEST_RUN_SECONDS = 600;

const PROBE_SECONDS = 60;

/** Threads of some libraries go on spinning for so long behind their work: those of OpenBLAS for 2^26 cycles. */
const SETTLE_SECONDS = 0.04;

/** Waits until nobody's threads use the processor any more. */
async function settle(threads: number): Promise<void> {
  if (threads > 1) await setTimeout(1000 * SETTLE_SECONDS);
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
  const seconds = summarize(peer.durations);
  return { name, seconds, ratio: seconds.median / median(ours.durations) };
}

function gpuResult(gpu: Runner, adapter: Adapter, ours: Runner): GpuResult {
  const { name } = gpu.participant;
  if (gpu.failure !== undefined) return { name, absent: gpu.failure };
  const kernel = summarize(gpu.durations);
  return { name, adapter, kernel, ratio: kernel.median / median(ours.durations), ...gpu.transfers };
}

/** Everyone who takes part. */
export interface Participants {
  readonly ours: Participant;
  readonly peers: readonly Participant[];
  /** This library on the device `gpu`, in some of its modes. */
  readonly gpu: readonly { readonly participant: Participant; readonly adapter: Adapter }[];
}

/**
 * Has everyone do the same work turn by turn, so that a machine that slows down slows down all of them; nobody uses the
 * processor while it is another's turn. Peers and modes of the GPU device whose results differ from ours are not measured.
 *
 * @throws MeasurementError where this library fails
 */
export async function compare(
  workload: Workload,
  threads: number,
  participants: Participants,
  pace: Pace,
): Promise<Result> {
  const ours = new Runner(participants.ours, OUR_LONGEST_RUN_SECONDS);
  const most = workload.work.kind === 'encrypted network' ? MAX_PLANNED_SECONDS : MAX_RUN_SECONDS;
  const peers = participants.peers.map((peer) => new Runner(peer, most));
  const gpu = participants.gpu.map(({ participant, adapter }) => ({
    runner: new Runner(participant, MAX_RUN_SECONDS),
    adapter,
  }));
  const runners = [ours, ...peers, ...gpu.map(({ runner }) => runner)];
  for (const runner of runners) {
    await runner.prepare(workload, pace);
    if (runner === ours || runner.failure !== undefined) continue;
    const differs = difference(ours.checks, runner.checks);
    if (differs !== undefined) runner.failure = `its result differs: ${differs}`;
  }
  const roofline = new Roofline(participants.ours, workload.passes, threads);
  for (let round = 0; round < pace.rounds && ours.failure === undefined; round++) {
    await roofline.run();
    for (const runner of runners) {
      await runner.run();
      await settle(threads);
    }
  }
  if (ours.failure !== undefined) throw new MeasurementError(`${workload.name}: ${ours.failure}`);
  const seconds = summarize(ours.durations);
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
    gpu: gpu.map(({ runner, adapter }) => gpuResult(runner, adapter, ours)),
  };
}
