import type { Dataset } from '@pnn/nn';
import { type EvaluatedBatch, evaluate } from '@pnn/pnn';
import { layerRecords } from '../experiment/run-record.js';
import type { InputRange, LayerRecord } from '../report/record.js';
import { batchesFor, lossOf, type TrainedNetwork } from './trained-network.js';

/** How well a network does on samples. */
export interface EvaluationRecord {
  readonly model: string;
  /** The data set and the part of it, such as `mnist/test`. */
  readonly data: string;
  readonly samples: number;
  /** The mean over the samples. */
  readonly loss: number;
  /** The share of the samples that is right; null if there are no classes. */
  readonly accuracy: number | null;
  /** The names of the classes; empty if there are none. */
  readonly classes: readonly string[];
  /** Samples by their class (rows) and the class that they were taken for (columns). */
  readonly confusion: readonly (readonly number[])[];
  /** The polynomial activations, from input to output, with the distribution of their inputs. */
  readonly layers: readonly (LayerRecord & InputRange)[];
}

/** The position of the largest number; the first of several, and the first one where all are NaN. */
export function largestOf(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}

/** Counts what samples are taken for. */
class Confusion {
  readonly counts: number[][];

  constructor(classes: number) {
    this.counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  add({ outputs, labels, size }: EvaluatedBatch): void {
    const classes = this.counts.length;
    for (let row = 0; row < size; row++) {
      const counts = this.counts[labels[row]!];
      if (counts) counts[largestOf(outputs, row * classes, classes)]!++;
    }
  }
}

/**
 * Runs a network over samples.
 *
 * @param data what the record calls the samples
 * @param onProgress is told how many samples are done
 */
export async function evaluateTrained(
  trained: TrainedNetwork,
  dataset: Dataset,
  data: string,
  onProgress?: (samples: number) => void,
): Promise<EvaluationRecord> {
  const { classes } = trained.description;
  const confusion = new Confusion(classes?.length ?? 0);
  let done = 0;
  const { loss, metrics, ranges, tracker } = await evaluate(trained.network, batchesFor(trained, dataset), {
    loss: lossOf(trained),
    onBatch(batch) {
      confusion.add(batch);
      done += batch.size;
      onProgress?.(done);
    },
  });
  const layers = await layerRecords(tracker);
  return {
    model: trained.path,
    data,
    samples: dataset.length,
    loss,
    accuracy: metrics.accuracy ?? null,
    classes: classes ?? [],
    confusion: confusion.counts,
    layers: layers.map((layer, i) => ({ ...layer, ...ranges[i]! })),
  };
}
