import {
  type BackwardProgress,
  type Batch,
  backward,
  full,
  noGrad,
  type Optimizer,
  type Parameter,
  type ShardDrawing,
  scope,
  type Tensor,
  updateInPlace,
} from '@pnn/nn';
import { computeTogether } from './compute-together.js';
import { type Computed, forwardOf } from './forward.js';
import { weightsOf } from './max-norm-weights.js';
import type { OutgoingGradients } from './outgoing-gradients.js';
import type { StepContext, StepPlan } from './step.js';
import { TreeSum } from './tree-sum.js';

/** The gradients of all parameters that the optimizer moves and that have one. */
export function gradientsOf({ groups }: Optimizer): Tensor[] {
  return groups.flatMap(({ parameters }) => parameters.flatMap(({ grad }) => grad ?? []));
}

/** Multiplies tensors by a number, in place. */
export function scale(tensors: readonly Tensor[], by: number): void {
  for (const each of tensors) {
    scope(() => {
      const factor = full([], by, each);
      updateInPlace(each, (kernels) => kernels.scale(each, factor));
    });
  }
}

/**
 * The gradients of the mean over the samples of all batches, and the buffers. Of batches that are cut into shards, the sums
 * over the own ones, by a tree; each shard begins with the same buffers and random streams.
 *
 * @param computed where each shard and each batch is added, so that it can be freed even if the next one fails
 * @param outgoing sends gradients while the last backward goes on
 */
export async function compute(
  context: StepContext,
  plan: StepPlan,
  computed: Computed[][],
  drawing: ShardDrawing,
  outgoing: OutgoingGradients | undefined,
): Promise<void> {
  const { optimizer, accumulate, backup, shards } = context;
  if (shards.count === 1) {
    const whole: Computed[] = [];
    computed.push(whole);
    optimizer.zeroGrad();
    for (const [batch] of plan.batches) whole.push(computeBatch(context, plan, batch!));
    if (accumulate > 1) scale(gradientsOf(optimizer), 1 / whole.reduce((sum, { samples }) => sum + samples, 0));
    return;
  }
  if (context.syncBatchNorm) {
    await computeTogether(context, plan, computed, drawing);
    return;
  }
  const weights = await weightsOf(context, plan, drawing);
  const batches = [...plan.batches];
  const share = 1 / (batches.length * batches[0]![0]!.size);
  const parameters = optimizer.groups.flatMap((group) => group.parameters);
  using sums = new TreeSum();
  for (let i = 0; i < shards.own; i++) {
    const isLast = i + 1 === shards.own;
    const finish = (parameter: Parameter, gradient: Tensor) => {
      if (accumulate > 1) scale([gradient], share);
      sums.join(parameter, i, gradient);
    };
    const progress = isLast ? outgoing?.follow(parameters, finish) : undefined;
    const shard: Computed[] = [];
    computed.push(shard);
    if (i > 0) backup.restore();
    optimizer.zeroGrad();
    drawing.run(shards.first + i, () => {
      for (const [k, parts] of batches.entries()) {
        const isLastBatch = k + 1 === batches.length;
        shard.push(
          computeBatch(context, plan, parts[i]!, {
            weights: weights?.[i]?.[k],
            progress: isLastBatch ? progress : undefined,
          }),
        );
      }
    });
    for (const parameter of parameters) {
      const { grad } = parameter;
      if (!grad || outgoing?.has(parameter)) continue;
      finish(parameter, grad);
      if (!isLast) sums.keep(parameter, grad.detach());
    }
    for (const buffer of backup.changed) {
      sums.join(buffer, i, buffer);
      if (!isLast)
        sums.keep(
          buffer,
          noGrad(() => buffer.clone()),
        );
    }
  }
}

/** How a shard of a batch differs from a batch in one piece. */
interface BatchOptions {
  /** The weights of the boundary losses, where they are not λ. */
  readonly weights?: readonly number[] | undefined;
  /** Is told how backward gets on. */
  readonly progress?: BackwardProgress | undefined;
}

/** Forward, losses and backward. */
function computeBatch(
  context: StepContext,
  plan: StepPlan,
  batch: Batch,
  { weights, progress }: BatchOptions = {},
): Computed {
  return scope(() => {
    const { total, computed } = forwardOf(context, plan, batch, weights);
    // A sum over the samples, since another batch may have another number of them.
    backward(context.accumulate > 1 ? total.mul(batch.size) : total, { ...(progress && { progress }) });
    return computed;
  });
}
