import { ArgumentError, type Batch, crossEntropy, type Module, noGrad, scope, type Tensor } from '@pnn/nn';
import { RangeTracker } from '../range/range-tracker.js';
import { letEventsIn } from './events.js';
import type { InputRange } from './records.js';

/** How well a network does on data that it does not learn from. */
export interface Evaluation {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** The share of samples whose most likely class is the right one. */
  readonly accuracy: number;
  /** The range of the inputs of each polynomial activation. */
  readonly ranges: readonly InputRange[];
  /** What these come from; holds the distributions. */
  readonly tracker: RangeTracker;
}

/** The number of rows of the logits whose largest entry is the label: a scalar. */
export function countCorrect(logits: Tensor, labels: Tensor): Tensor {
  return noGrad(() => logits.argmax(1).equal(labels).cast('int32').sum());
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
 * during a warm-up). The batches are disposed of; the mode of every module is restored.
 *
 * @throws ArgumentError where there are no batches
 */
export async function evaluate(network: Module, batches: Iterable<Batch>): Promise<Evaluation> {
  const tracker = new RangeTracker(network);
  const resumeTraining = suspendTraining(network);
  let loss = 0;
  let correct = 0;
  let count = 0;
  try {
    for (const { inputs, labels } of batches) {
      const [losses, hits] = scope(() =>
        noGrad(() => {
          const logits = network.forward(inputs);
          return [crossEntropy(logits, labels, { reduction: 'sum' }), countCorrect(logits, labels)] as const;
        }),
      );
      await tracker.collect();
      tracker.accept();
      loss += await losses.item();
      correct += await hits.item();
      count += labels.size;
      for (const tensor of [inputs, labels, losses, hits]) tensor.dispose();
      await letEventsIn();
    }
  } finally {
    tracker.detach();
    resumeTraining();
  }
  if (count === 0) throw new ArgumentError('evaluate: there are no batches to evaluate on');
  return { loss: loss / count, accuracy: correct / count, ranges: tracker.ranges(), tracker };
}
