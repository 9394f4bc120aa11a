import { ArgumentError, type Batch, crossEntropy, type Module, noGrad, scope } from '@pnn/nn';
import { RangeTracker } from '../range/range-tracker.js';
import { readTensors } from '../range/read-tensors.js';
import { meansOf } from './epoch-statistics.js';
import { yieldToEventLoop } from './events.js';
import { type Loss, type Metrics, measure } from './metrics.js';
import type { InputRange } from './records.js';

/** What is measured in an evaluation. */
export interface EvaluationOptions {
  /** @default crossEntropy */
  readonly loss?: Loss;
  /** @default `{ accuracy }` where labels are classes, otherwise none: see `defaultMetrics` */
  readonly metrics?: Metrics;
  /** Is told what the network made of every batch, in order. */
  readonly onBatch?: (batch: EvaluatedBatch) => void;
}

/** A batch that a network was evaluated on. */
export interface EvaluatedBatch {
  /** The positions of the samples in the data set. */
  readonly indices: ArrayLike<number>;
  /** What came out, row by row. */
  readonly outputs: ArrayLike<number>;
  /** What should have come out. */
  readonly labels: ArrayLike<number>;
  /** Samples in the batch. */
  readonly size: number;
}

/** How well a network does on data that it does not learn from. */
export interface Evaluation {
  /** The mean loss over the samples. */
  readonly loss: number;
  /** The mean of each metric over the samples, such as the accuracy. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The range of the inputs of each polynomial activation. */
  readonly ranges: readonly InputRange[];
  /** What these come from; holds the distributions. */
  readonly tracker: RangeTracker;
}

/** Puts a network into evaluation mode and returns what puts each of its modules back into its own mode. */
export function suspendTraining(network: Module): () => void {
  const modes = Array.from(network.namedModules(), ([, module]) => [module, module.training] as const);
  network.eval();
  return () => {
    for (const [module, training] of modes) module.training = training;
  };
}

/**
 * Runs the network over the batches in evaluation mode, where activations are the polynomials themselves (the targets
 * during a warm-up). Every sample weighs the same, however large its batch. The batches are disposed of; the mode of
 * every module is restored.
 *
 * @throws ArgumentError where there are no batches
 */
export async function evaluate(
  network: Module,
  batches: Iterable<Batch>,
  { loss: lossOf = crossEntropy, metrics, onBatch }: EvaluationOptions = {},
): Promise<Evaluation> {
  const tracker = new RangeTracker(network);
  const resumeTraining = suspendTraining(network);
  let loss = 0;
  const sums: Record<string, number> = {};
  let samples = 0;
  try {
    for (const batch of batches) {
      try {
        const { inputs, labels } = batch;
        const results = scope(() =>
          noGrad(() => {
            const outputs = network.forward(inputs);
            return {
              loss: lossOf(outputs, labels),
              metrics: measure(metrics, outputs, labels),
              outputs: onBatch ? [outputs] : [],
            };
          }),
        );
        const measured = Object.values(results.metrics);
        const values = await readTensors({
          loss: [results.loss],
          measured,
          ranges: tracker.unread,
          outputs: results.outputs,
          labels: onBatch ? [labels] : [],
        });
        tracker.receive(values.ranges);
        tracker.accept();
        loss += batch.size * values.loss[0]![0]!;
        for (const [i, name] of Object.keys(results.metrics).entries()) {
          sums[name] = (sums[name] ?? 0) + values.measured[i]![0]!;
        }
        samples += batch.size;
        const { indices, size } = batch;
        onBatch?.({ indices, size, outputs: values.outputs[0]!, labels: values.labels[0]! });
        for (const result of [results.loss, ...measured, ...results.outputs]) result[Symbol.dispose]();
      } finally {
        batch.dispose();
      }
      await yieldToEventLoop();
    }
  } finally {
    tracker.detach();
    resumeTraining();
  }
  if (samples === 0) throw new ArgumentError('evaluate: there are no batches to evaluate on');
  return { loss: loss / samples, metrics: meansOf(sums, samples), ranges: tracker.ranges(), tracker };
}
