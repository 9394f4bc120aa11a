import { type Dataset, noGrad, scope } from '@pnn/nn';
import { suspendTraining } from '@pnn/pnn';
import { largestOf } from './evaluation.js';
import { samplewiseReach } from './reach.js';
import { batchesFor, type TrainedNetwork } from './trained-network.js';

/** What a network makes of one sample. */
export interface PredictionRecord {
  readonly file: string;
  /** The place of the sample in its file, from 0 on. */
  readonly index: number;
  /** The most probable class; null for a network that predicts numbers. */
  readonly class: string | null;
  /** The probability of each class, or the numbers that are predicted. */
  readonly outputs: readonly number[];
  /** max |x| / B of every polynomial activation: above 1 the polynomial is not what it was fitted to be. */
  readonly reach: readonly number[];
}

/** What a network makes of samples. */
export interface PredictionsRecord {
  readonly model: string;
  /** The names of the classes; empty if there are none. */
  readonly classes: readonly string[];
  /** The polynomial activations, from input to output. */
  readonly layers: readonly { readonly name: string; readonly bound: number }[];
  readonly predictions: readonly PredictionRecord[];
}

/** What a network makes of the samples of a file. */
export async function predictSamples(
  trained: TrainedNetwork,
  dataset: Dataset,
  file: string,
): Promise<PredictionRecord[]> {
  const { network, description, activations } = trained;
  const { classes, outputs: width } = description;
  const records: PredictionRecord[] = [];
  const resumeTraining = suspendTraining(network);
  const reach = samplewiseReach(activations);
  try {
    for (const batch of batchesFor(trained, dataset)) {
      const outputs = scope(() =>
        noGrad(() => {
          const raw = network.forward(batch.inputs);
          return classes ? raw.softmax() : raw;
        }),
      );
      const values = await outputs.data();
      const reaches = await reach.take();
      for (let row = 0; row < batch.size; row++) {
        const own = Array.from(values.subarray(row * width, (row + 1) * width));
        records.push({
          file,
          index: batch.indices[row]!,
          class: classes ? classes[largestOf(own, 0, width)]! : null,
          outputs: own,
          reach: reaches.map((layer, i) => layer[row]! / activations[i]![1].bound),
        });
      }
      outputs.dispose();
      batch.dispose();
    }
  } finally {
    reach.stop();
    resumeTraining();
  }
  return records;
}
