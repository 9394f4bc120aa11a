import type { Batch, Tensor } from '@pnn/nn';
import { boundaryLoss } from '../boundary/boundary-loss.js';
import { measure } from './metrics.js';
import type { StepContext, StepPlan } from './step.js';

/** What a step computes of one batch, or a shard of one, on the device, unread. */
export interface Computed {
  readonly samples: number;
  readonly loss: Tensor;
  readonly boundary: Tensor | undefined;
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** Of each batch its loss, its boundary loss if there is one, and its metrics. */
export function tensorsOf(computed: readonly Computed[]): Tensor[] {
  return computed.flatMap(({ loss, boundary, metrics }) => [
    loss,
    ...(boundary ? [boundary] : []),
    ...Object.values(metrics),
  ]);
}

/** Forward, losses and metrics: the only forward that the ranges of the epoch are taken from. */
export function forwardOf(
  { network, loss, metrics, lambda, tracker }: StepContext,
  { warmingUp }: StepPlan,
  { inputs, labels, size }: Batch,
  weights?: readonly number[],
): { readonly total: Tensor; readonly computed: Computed } {
  tracker.following = true;
  try {
    const outputs = network.forward(inputs);
    tracker.following = false;
    const task = loss(outputs, labels);
    const lambdas = weights ?? lambda?.values(tracker.activations.length);
    const boundary = lambdas && !warmingUp ? boundaryLoss(network, { lambda: lambdas }) : undefined;
    const measured = measure(metrics, outputs, labels);
    return {
      total: boundary ? task.add(boundary) : task,
      computed: { samples: size, loss: task.detach(), boundary: boundary?.detach(), metrics: measured },
    };
  } finally {
    tracker.following = false;
  }
}
