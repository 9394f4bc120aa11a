import { Subset } from '@pnn/data';
import { type DataLoader, type Dataset, type Module, noGrad, scope } from '@pnn/nn';
import { suspendTraining } from '@pnn/pnn';

/** What a network makes of a few samples. */
export interface Predictions {
  readonly samples: Dataset;
  /** The probability of each class, sample by sample; nothing if there are no classes. */
  readonly probabilities: number[][];
}

/** The class probabilities of the first `count` samples that a loader hands out. The mode of every module is restored. */
export async function predict(network: Module, loader: DataLoader, count: number): Promise<Predictions> {
  const classes = loader.dataset.classes?.length ?? 0;
  const indices: number[] = [];
  const probabilities: number[][] = [];
  const resumeTraining = suspendTraining(network);
  try {
    for (const batch of loader) {
      const outputs = scope(() => noGrad(() => (classes > 0 ? network.forward(batch.inputs).softmax() : undefined)));
      indices.push(...batch.indices);
      batch.dispose();
      const values = await outputs?.data();
      outputs?.dispose();
      for (let row = 0; values && row < batch.size; row++) {
        probabilities.push(Array.from(values.subarray(row * classes, (row + 1) * classes)));
      }
      if (indices.length >= count) break;
    }
  } finally {
    resumeTraining();
  }
  return { samples: new Subset(loader.dataset, indices.slice(0, count)), probabilities: probabilities.slice(0, count) };
}
