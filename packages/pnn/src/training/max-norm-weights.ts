import { type Batch, noGrad, type ShardDrawing, scope, type Tensor } from '@pnn/nn';
import { readTensors } from '../range/read-tensors.js';
import type { StepContext, StepPlan } from './step.js';

/**
 * The penalty `max-norm` is that of the largest input of the whole batch, and only the shard that has it (the first, where
 * several do) gets a gradient. Which one that is, is known once every shard has gone through a forward: so there is one
 * more, without gradients. Its weight is then S·λ, so that the mean over S shards is λ times the penalty, and 0 elsewhere.
 *
 * @returns for each own shard and each batch the weights of all activations; undefined where no activation has this penalty
 */
export async function weightsOf(
  context: StepContext,
  { batches, warmingUp }: StepPlan,
  drawing: ShardDrawing,
): Promise<number[][][] | undefined> {
  const { lambda, tracker, communicator, shards } = context;
  const { activations } = tracker;
  const isWanted = activations.some(([, { options }]) => options.penalty?.form === 'max-norm');
  if (!lambda || warmingUp || !isWanted) return undefined;
  const ranges: Tensor[] = [];
  const own: readonly (readonly Batch[])[] = [...batches];
  for (let i = 0; i < shards.own; i++) {
    drawing.run(shards.first + i, () => {
      for (const shard of own) ranges.push(...rangesIn(context, shard[i]!));
    });
    context.backup.restore();
  }
  const read = (await readTensors({ ranges })).ranges.map((range) => range[0]!);
  for (const range of ranges) range.dispose();
  const largest = (await communicator.gather([read])).flatMap(([each]) => Array.from(each!));

  const lambdas = lambda.values(activations.length);
  const perShard = own.length * activations.length;
  return Array.from({ length: shards.own }, (_, i) =>
    own.map((_, batch) =>
      activations.map(([, { options }], layer) => {
        if (options.penalty?.form !== 'max-norm') return lambdas[layer]!;
        const place = batch * activations.length + layer;
        const found = Array.from({ length: shards.count }, (_, shard) => largest[shard * perShard + place]!);
        return found.indexOf(Math.max(...found)) === shards.first + i ? shards.count * lambdas[layer]! : 0;
      }),
    ),
  );
}

/** The range of the inputs of every activation. */
function rangesIn({ network, tracker }: StepContext, { inputs }: Batch): Tensor[] {
  return scope(() =>
    noGrad(() => {
      network.forward(inputs);
      return tracker.activations.map(([, activation]) => activation.range!.detach());
    }),
  );
}
