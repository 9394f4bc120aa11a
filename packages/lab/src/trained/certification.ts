import { ArgumentError, type Dataset, Generator, noGrad, scope, sizeOf, tensor } from '@pnn/nn';
import {
  type Box,
  clopperPearsonUpper,
  encloseNetwork,
  farthestInputs,
  type ParetoTail,
  paretoTail,
  suspendTraining,
} from '@pnn/pnn';
import { samplewiseReach } from './reach.js';
import { batchesFor, type TrainedNetwork } from './trained-network.js';

/** The confidence of statistical statements. */
export const CONFIDENCE = 0.99;

/** What held-out samples say of how often a range is left. */
export interface StatisticalRecord {
  /** Samples that were looked at. */
  readonly samples: number;
  /** Samples that left the range. */
  readonly outside: number;
  /** With 99% confidence at most this share of samples of the distribution leaves the range. */
  readonly upper: number;
  /** The tail of max |x| / B, and what it says of the same share; null where there are too few samples for a tail. */
  readonly tail: ParetoTail | null;
}

/** What is known of the inputs of one polynomial activation. */
export interface CertifiedLayer {
  readonly name: string;
  readonly bound: number;
  /** The largest |x| that is possible, by interval arithmetic; in units of B, as all that follow. */
  readonly byIntervals: number;
  /** The largest |x| that is possible, by affine and interval arithmetic together. */
  readonly proven: number;
  /** The largest |x| that a search has reached. */
  readonly reached: number;
  /** `inside`: no input of the box leaves the range. `leaves`: one that does was found. `open`: neither is known. */
  readonly verdict: 'inside' | 'leaves' | 'open';
  readonly statistics: StatisticalRecord | null;
}

/** What is known of the inputs of the polynomials of a network. */
export interface CertificationRecord {
  readonly model: string;
  /** The ends of the box of inputs, before normalization. */
  readonly box: readonly [low: number, high: number];
  /** Inputs that were searched, for each layer. */
  readonly searches: number;
  readonly layers: readonly CertifiedLayer[];
  /** Whether any layer is left. */
  readonly network: StatisticalRecord | null;
  /** The held-out data; null without. */
  readonly data: string | null;
}

/** What is told on the way. */
export type Progress = (label: string, done: number, total: number) => void;

/**
 * The box of all samples as the network gets them, after normalization, rounded outward.
 *
 * @throws ArgumentError where samples are indices
 */
export function inputBox({ path, description }: TrainedNetwork, [low, high]: readonly [number, number]): Box {
  const { inputShape, inputType, normalization } = description;
  if (inputType === 'int32') {
    throw new ArgumentError(`pnn certify: ${path} takes indices (int32), which have no box: certify is for numbers`);
  }
  const size = sizeOf(inputShape);
  const area = size / (normalization?.mean.length ?? size);
  const ends = (end: number, outward: number) =>
    Float64Array.from({ length: size }, (_, i) => {
      const channel = Math.floor(i / area);
      const value = normalization ? (end - normalization.mean[channel]!) / normalization.std[channel]! : end;
      return value + outward * 2 ** -22 * (Math.abs(value) + 2 ** -100);
    });
  return { low: ends(low, -1), high: ends(high, 1) };
}

/** Half of the starts of a search are corners of the box, the others lie anywhere in it. */
function startsIn({ low, high }: Box, count: number): Float32Array {
  const generator = new Generator(0, 'adversarial starts');
  return Float32Array.from({ length: count * low.length }, (_, k) => {
    const [i, row] = [k % low.length, Math.floor(k / low.length)];
    const share = row % 2 === 0 ? generator.uniform() : Math.round(generator.uniform());
    return low[i]! + share * (high[i]! - low[i]!);
  });
}

/** max |x| / B of each sample, for each activation. */
async function reachesOf(trained: TrainedNetwork, dataset: Dataset, progress: Progress): Promise<Float64Array[]> {
  const { network, activations } = trained;
  const reaches = activations.map(() => new Float64Array(dataset.length));
  const reach = samplewiseReach(activations);
  const resume = suspendTraining(network);
  try {
    for (const batch of batchesFor(trained, dataset)) {
      scope(() => noGrad(() => void network.forward(batch.inputs)));
      for (const [i, values] of (await reach.take()).entries()) {
        for (let row = 0; row < batch.size; row++) {
          reaches[i]![batch.indices[row]!] = values[row]! / activations[i]![1].bound;
        }
      }
      progress('held-out samples', batch.indices[batch.size - 1]! + 1, dataset.length);
      batch.dispose();
    }
  } finally {
    reach.stop();
    resume();
  }
  return reaches;
}

/** The tail, or null where there are too few values for one. */
function tailOf(reaches: Float64Array): ParetoTail | null {
  try {
    return paretoTail(reaches, 1);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return null;
  }
}

function statisticsOf(reaches: Float64Array): StatisticalRecord {
  const outside = reaches.reduce((count, reach) => count + (reach <= 1 ? 0 : 1), 0);
  return {
    samples: reaches.length,
    outside,
    upper: clopperPearsonUpper(outside, reaches.length, CONFIDENCE),
    tail: tailOf(reaches),
  };
}

/**
 * Finds out how far the inputs of the polynomials of a network can reach: what is proven for every input of a box, what a
 * search has reached there, and what held-out samples say of others of their kind.
 *
 * @param heldOut samples that the network was not trained on, if there are any
 */
export async function certifyTrained(
  trained: TrainedNetwork,
  ends: readonly [number, number],
  searches: number,
  heldOut: { readonly dataset: Dataset; readonly data: string } | null,
  progress: Progress,
): Promise<CertificationRecord> {
  const { path, network, description, activations } = trained;
  const { inputShape } = description;
  const box = inputBox(trained, ends);
  const proven = await encloseNetwork(network, inputShape, box, {
    onProgress: (done, total) => progress('bounds', done, total),
  });
  const starts = tensor(startsIn(box, searches), { shape: [searches, ...inputShape] });
  const found = await farthestInputs(network, starts, box, {
    onProgress: (done, total) => progress('search', done, total),
  });
  starts.dispose();
  const reaches = heldOut && (await reachesOf(trained, heldOut.dataset, progress));
  const worst = reaches && Float64Array.from(reaches[0]!, (_, i) => Math.max(...reaches.map((layer) => layer[i]!)));
  const layers = activations.map(([name, { bound }], i): CertifiedLayer => {
    const enclosure = proven.find((layer) => layer.name === name)!;
    const reached = Math.max(...found[i]!.reached, 0) / bound;
    const most = enclosure.largest / bound;
    return {
      name,
      bound,
      byIntervals: enclosure.byIntervals / bound,
      proven: most,
      reached,
      verdict: most <= 1 ? 'inside' : reached > 1 ? 'leaves' : 'open',
      statistics: reaches && statisticsOf(reaches[i]!),
    };
  });
  return {
    model: path,
    box: ends,
    searches,
    layers,
    network: worst && statisticsOf(worst),
    data: heldOut?.data ?? null,
  };
}
