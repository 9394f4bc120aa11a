import {
  ArgumentError,
  type Batch,
  type Communicator,
  crossEntropy,
  DataLoader,
  type Module,
  noGrad,
  oneProcess,
  scope,
  shareText,
} from '@pnn/nn';
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
  /**
   * Connects processes that have replicas of the network and the same batches, which they deal out among them. All of them
   * get what one process would have found alone, to the bit.
   *
   * @default oneProcess
   */
  readonly communicator?: Communicator;
  /** Is told what the network made of every batch, in order; of several processes, each of its own batches. */
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

/** The batches that fall to this process; the others are disposed of where they had to be made. */
function* dealt(batches: Iterable<Batch>, communicator: Communicator): Generator<Batch, void, void> {
  if (batches instanceof DataLoader) {
    yield* batches.dealt(communicator);
    return;
  }
  let position = 0;
  for (const batch of batches) {
    if (position++ % communicator.size === communicator.rank) yield batch;
    else batch.dispose();
  }
}

/** What was found on one batch: the number of its samples, its mean loss, the sums of its metrics. */
type Row = readonly number[];

/** The rows of all processes in the order of the batches that were dealt out. */
async function inOrder(rows: readonly Row[], communicator: Communicator): Promise<Row[]> {
  const sizes = await communicator.gather([[rows.length, rows[0]?.length ?? 0]]);
  const [length, columns] = [0, 1].map((i) => Math.max(...sizes.map(([each]) => each![i]!))) as [number, number];
  // Every process gives as many numbers.
  const padded = new Float64Array(length * columns);
  padded.set(rows.flat());
  const all = await communicator.gather([padded]);
  return Array.from({ length: length * communicator.size }, (_, batch) => {
    const [rank, row] = [batch % communicator.size, Math.floor(batch / communicator.size)];
    const isThere = row < sizes[rank]![0]![0]!;
    return isThere ? Array.from(all[rank]![0]!).slice(row * columns, (row + 1) * columns) : [];
  }).filter((row) => row.length > 0);
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
  { loss: lossOf = crossEntropy, metrics, onBatch, communicator = oneProcess }: EvaluationOptions = {},
): Promise<Evaluation> {
  const tracker = new RangeTracker(network);
  const resumeTraining = suspendTraining(network);
  const own: Row[] = [];
  let names: readonly string[] = [];
  try {
    for (const batch of dealt(batches, communicator)) {
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
        names = Object.keys(results.metrics);
        own.push([batch.size, values.loss[0]![0]!, ...values.measured.map((each) => each[0]!)]);
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
  let [samples, loss] = [0, 0];
  const sums: Record<string, number> = {};
  // A process without a batch has not seen the names.
  if (communicator.size > 1) names = JSON.parse(await shareText(communicator, JSON.stringify(names)));
  for (const [size, mean, ...measured] of await inOrder(own, communicator)) {
    samples += size!;
    loss += size! * mean!;
    for (const [i, name] of names.entries()) sums[name] = (sums[name] ?? 0) + measured[i]!;
  }
  if (samples === 0) throw new ArgumentError('evaluate: there are no batches to evaluate on');
  await tracker.combine(communicator);
  return { loss: loss / samples, metrics: meansOf(sums, samples), ranges: tracker.ranges(), tracker };
}
