import {
  ArgumentError,
  type Batch,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  backwardInSteps,
  keep,
  LastingScope,
  PausableForward,
  type ShardDrawing,
  type Tensor,
  tensor,
} from '@pnn/nn';
import { readTensors } from '../range/read-tensors.js';
import { type Computed, forwardOf, tensorsOf } from './forward.js';
import type { StepContext, StepPlan } from './step.js';
import { TreeSum } from './tree-sum.js';

/** A shard on its way through the network. */
interface Traveler {
  readonly shard: number;
  readonly scope: LastingScope;
  readonly forward: PausableForward;
}

/** What the shards of all processes have found, in their order, as one. */
type Combine = (parts: readonly ArrayLike<number>[]) => Float64Array[];

/** Where a shard waits: its part in what it waits for; undefined at the end. */
type Waiting = readonly Tensor[] | undefined;

/**
 * What `compute` does, with BatchNorm by the statistics of the whole batch: all shards go through the network together. At
 * each BatchNorm they exchange the means and variances of their values, and in backward the sums that gradients need; both
 * are combined in double precision, in the order of shards. The own shards take memory at the same time.
 *
 * @throws ArgumentError where another layer keeps running statistics
 */
export async function computeTogether(
  context: StepContext,
  plan: StepPlan,
  computed: Computed[][],
  drawing: ShardDrawing,
): Promise<void> {
  const { optimizer, shards } = context;
  const [batch] = plan.batches;
  const travelers = Array.from(
    { length: shards.own },
    (_, i): Traveler => ({
      shard: shards.first + i,
      scope: new LastingScope(),
      // All shards have the same statistics: they change the running ones once.
      forward: new PausableForward(shards.count, i === 0),
    }),
  );
  using sums = new TreeSum();
  optimizer.zeroGrad();
  try {
    const totals = await forwards(context, plan, batch!, travelers, computed, drawing);
    checkBuffers(context);
    await backwards(context, totals, travelers, sums);
  } finally {
    for (const { scope, forward } of travelers) {
      forward[Symbol.dispose]();
      scope[Symbol.dispose]();
    }
  }
}

/** The forwards of all own shards, whose losses are returned. */
async function forwards(
  context: StepContext,
  plan: StepPlan,
  batch: readonly Batch[],
  travelers: readonly Traveler[],
  computed: Computed[][],
  drawing: ShardDrawing,
): Promise<Tensor[]> {
  const totals: Tensor[] = [];
  let answers: Tensor[][] | undefined;
  do {
    const waiting = travelers.map(({ shard, scope, forward }, i): Waiting => {
      const run = () => forward.run(() => forwardOf(context, plan, batch[i]!), answers?.[i]);
      const reached = scope.run(() => drawing.run(shard, run, answers !== undefined));
      if ('own' in reached) return reached.own;
      tensorsOf([reached.result.computed]).forEach(keep);
      computed.push([reached.result.computed]);
      totals.push(reached.result.total);
      return undefined;
    });
    answers = await exchanged(context, travelers, waiting, wholeStatistics);
  } while (answers);
  return totals;
}

/** The backwards of all own shards; the gradients of the parameters are the sums over them. */
async function backwards(
  { optimizer, shards, ...context }: StepContext,
  totals: readonly Tensor[],
  travelers: readonly Traveler[],
  sums: TreeSum,
): Promise<void> {
  const parameters = optimizer.groups.flatMap((group) => group.parameters);
  const steps = totals.map((total) => backwardInSteps(total));
  let answers: Tensor[][] | undefined;
  do {
    const waiting = travelers.map(({ scope }, i): Waiting => {
      // The first call of a generator takes no value.
      const reached = scope.run(() => steps[i]!.next(answers?.[i]?.[0] as Tensor));
      if (!reached.done) return [reached.value];
      const isLast = i + 1 === shards.own;
      for (const parameter of parameters) {
        const { grad } = parameter;
        if (!grad) continue;
        sums.join(parameter, i, grad);
        if (!isLast) sums.keep(parameter, grad.detach());
      }
      if (!isLast) optimizer.zeroGrad();
      return undefined;
    });
    answers = await exchanged({ ...context, optimizer, shards }, travelers, waiting, sumsOf);
  } while (answers);
}

/**
 * Gives every own shard what it waits for.
 *
 * @returns undefined where all have come to the end
 */
async function exchanged(
  { communicator }: StepContext,
  travelers: readonly Traveler[],
  waiting: readonly Waiting[],
  combine: Combine,
): Promise<Tensor[][] | undefined> {
  if (waiting.every((own) => !own)) return undefined;
  if (waiting.some((own) => !own)) {
    throw new ArgumentError(
      'Trainer: shards of one batch went through different layers: syncBatchNorm needs the same ones',
    );
  }
  const groups = Object.fromEntries(waiting.map((own, i) => [String(i), own!]));
  const read = await readTensors(groups);
  const own = waiting.map((_, i) => read[String(i)]!.flatMap((each) => Array.from(each)));
  const processes = await communicator.gather(own);
  const combined = combine(processes.flat());
  return travelers.map(({ scope }, i) => {
    const { dtype, device } = waiting[i]![0]!;
    const type = dtype === 'float64' ? Float64Array : Float32Array;
    return scope.run(() => combined.map((each) => tensor(type.from(each), { device })));
  });
}

/** Mean and variance of equal shards, around the mean of the first, so that no digits are lost where it is large. */
const wholeStatistics: Combine = (parts) => {
  const channels = parts[0]!.length / 2;
  const means = new Float64Array(channels);
  const variances = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    const center = parts[0]![c]!;
    const shift = parts.reduce((sum, part) => sum + (part[c]! - center), 0) / parts.length;
    means[c] = center + shift;
    const spread = parts.reduce((sum, part) => sum + (part[channels + c]! + (part[c]! - center - shift) ** 2), 0);
    variances[c] = spread / parts.length;
  }
  return [means, variances];
};

const sumsOf: Combine = (parts) => [
  Float64Array.from(parts[0]!, (_, i) => parts.reduce((sum, part) => sum + part[i]!, 0)),
];

/** @throws ArgumentError where buffers have changed that shards do not have in common */
function checkBuffers({ network, backup }: StepContext): void {
  const shared = new Set<Tensor | undefined>();
  for (const [, module] of network.namedModules()) {
    if (module instanceof BatchNorm1d || module instanceof BatchNorm2d || module instanceof BatchNorm3d) {
      shared.add(module.runningMean);
      shared.add(module.runningVariance);
    }
  }
  if (backup.changed.every((buffer) => shared.has(buffer))) return;
  throw new ArgumentError(
    'Trainer: syncBatchNorm: a layer other than BatchNorm keeps running statistics, of each shard',
  );
}
