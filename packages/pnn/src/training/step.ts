import {
  type Batch,
  type Communicator,
  clipGradientNorm,
  type ExponentialMovingAverage,
  type Module,
  type Optimizer,
  ShardDrawing,
  type Shards,
  type Tensor,
  totalNorm,
} from '@pnn/nn';
import type { Lambda } from '../boundary/lambda.js';
import type { BufferBackup } from '../range/buffer-backup.js';
import type { BatchRange, RangeTracker } from '../range/range-tracker.js';
import { readTensors } from '../range/read-tensors.js';
import { compute, gradientsOf, scale } from './compute.js';
import { divergenceOf } from './divergence.js';
import { meansOf, type StepRecord } from './epoch-statistics.js';
import { type Computed, tensorsOf } from './forward.js';
import type { Loss, Metrics } from './metrics.js';
import { OutgoingGradients } from './outgoing-gradients.js';
import type { StopRecord } from './records.js';

/** What all steps of a training have in common. */
export interface StepContext {
  readonly network: Module;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metrics: Metrics | undefined;
  readonly lambda: Lambda | undefined;
  readonly tracker: RangeTracker;
  readonly backup: BufferBackup;
  readonly communicator: Communicator;
  /** Which shards of every batch this process computes. */
  readonly shards: Shards;
  /** Whether gradients are sent to the other processes while backward goes on. */
  readonly overlap: boolean;
  /** Whether BatchNorm normalizes by the statistics of the whole batch. */
  readonly syncBatchNorm: boolean;
  /** How many batches make a step; the last one of an epoch may have fewer. */
  readonly accumulate: number;
  /** The average of the weights, which learns of every step. */
  readonly average: ExponentialMovingAverage | undefined;
}

/** Which step is made. */
export interface StepPlan {
  /** The own shards of each batch. A batch in one piece may be let go when the next is asked for. */
  readonly batches: Iterable<readonly Batch[]>;
  /** Counted from 1 since the start of the training. */
  readonly step: number;
  /** Whether the targets stand for the polynomials. */
  readonly warmingUp: boolean;
}

/** A step that was made. */
export interface StepResult {
  readonly record: StepRecord;
  /** The sums over the samples that the metrics of the record come from. */
  readonly metricSums: Readonly<Record<string, number>>;
}

/** A step in numbers: those of all processes together. */
interface Measured {
  readonly samples: number;
  readonly loss: number;
  readonly boundary: number;
  readonly metricSums: Readonly<Record<string, number>>;
  /** The norm of the gradients that clipping looks at, before clipping. */
  readonly norm: number;
  readonly unclipped: number;
  /** The names of the buffers that are not finite any more. */
  readonly buffers: readonly string[];
  /** Of the inputs of each activation. */
  readonly ranges: readonly BatchRange[];
}

/**
 * One step of training: compute → synchronize → read → judge → update. Where it is judged to diverge, or something
 * fails, there was none: parameters, buffers and sums are as before, only random streams have gone on.
 *
 * @returns the step, or why there must be none
 */
export async function trainStep(context: StepContext, plan: StepPlan): Promise<StepResult | StopRecord> {
  const { optimizer, backup, tracker, communicator, overlap } = context;
  const start = performance.now();
  let made = false;
  let norm: Tensor | undefined;
  const computed: Computed[][] = [];
  const drawing = new ShardDrawing();
  const outgoing = overlap && communicator.beginSum ? new OutgoingGradients(communicator) : undefined;
  backup.save();
  try {
    await compute(context, plan, computed, drawing, outgoing);
    await synchronize(context, outgoing);
    norm = clipGradientNorm(optimizer.groups, Number.POSITIVE_INFINITY);
    const measured = await read(context, computed, norm, drawing);
    const stop = judge(context, plan, measured);
    if (stop) return stop;
    update(context, plan, measured, norm);
    made = true;
    return resultOf(context, plan, measured, (performance.now() - start) / 1000);
  } finally {
    norm?.dispose();
    for (const tensor of computed.flatMap(tensorsOf)) tensor[Symbol.dispose]();
    if (!made) {
      await outgoing?.abandon();
      backup.restore();
      tracker.discard();
      optimizer.zeroGrad();
    }
  }
}

/** Gradients and running statistics become the means over all shards. */
async function synchronize(
  { optimizer, backup, communicator, shards, syncBatchNorm }: StepContext,
  outgoing: OutgoingGradients | undefined,
): Promise<void> {
  if (shards.count === 1) return;
  const parameters = optimizer.groups.flatMap((group) => group.parameters);
  await outgoing?.finish();
  const rest = parameters.flatMap((parameter) => (outgoing?.has(parameter) ? [] : (parameter.grad ?? [])));
  // Statistics of the whole batch are the same everywhere.
  const buffers = syncBatchNorm ? [] : backup.changed;
  await communicator.sum([...rest, ...buffers]);
  scale([...gradientsOf(optimizer), ...buffers], 1 / shards.count);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value);

/** The norm of the gradients that clipping leaves out, which tells whether they are finite. */
function unclippedNorm({ groups }: Optimizer): Tensor[] {
  const parameters = groups.flatMap((group) => (group.clipped === false ? group.parameters : []));
  const gradients = parameters.flatMap(({ grad }) => grad ?? []);
  return gradients.length > 0 ? [totalNorm(gradients, gradients[0]!)] : [];
}

/** The one wait for the device: everything that is to be known of a step is read together. */
async function read(
  context: StepContext,
  computed: readonly (readonly Computed[])[],
  norm: Tensor,
  drawing: ShardDrawing,
): Promise<Measured> {
  const { optimizer, backup, tracker, communicator } = context;
  const names = Object.keys(computed[0]![0]!.metrics);
  const ofBatches = computed.flatMap(tensorsOf);
  const [unclipped, buffers] = [unclippedNorm(optimizer), backup.norms()];
  const values = await readTensors({ ofBatches, norm: [norm], unclipped, buffers, ranges: tracker.unread });
  for (const tensor of [...unclipped, ...buffers]) tensor[Symbol.dispose]();

  const own = computed.map((batches) =>
    totalOf(
      batches.map(({ samples, boundary }) => {
        const count = 1 + (boundary ? 1 : 0) + names.length;
        const [loss, ...rest] = values.ofBatches.splice(0, count).map((each) => each[0]!);
        return { samples, loss: loss!, boundary: boundary ? rest.shift()! : 0, sums: rest };
      }),
    ),
  );
  const processes = await communicator.gather([
    ...own.map(({ samples, loss, boundary, sums }) => [samples, loss, boundary, ...sums]),
    drawing.ends,
    ...values.ranges,
  ]);
  const total = totalOf(
    processes.flatMap((each) =>
      each.slice(0, own.length).map((numbers) => {
        const [samples, loss, boundary, ...sums] = Array.from(numbers);
        return { samples: samples!, loss: loss!, boundary: boundary!, sums };
      }),
    ),
  );
  drawing.finish(drawing.ends.map((_, i) => Math.max(...processes.map((each) => each[own.length]![i]!))));
  return {
    samples: total.samples,
    loss: total.loss,
    boundary: total.boundary,
    metricSums: Object.fromEntries(names.map((name, i) => [name, total.sums[i]!])),
    norm: values.norm[0]![0]!,
    unclipped: values.unclipped[0]?.[0] ?? 0,
    buffers: values.buffers.every((each) => Number.isFinite(each[0])) ? [] : await backup.notFinite(),
    ranges: tracker.receive(...processes.map((each) => each.slice(own.length + 1))),
  };
}

/** What was measured on some samples: means of the losses, sums of the metrics. */
interface Part {
  readonly samples: number;
  readonly loss: number;
  readonly boundary: number;
  readonly sums: readonly number[];
}

/** What that is on all samples together. */
function totalOf(parts: readonly Part[]): Part {
  const samples = sumOf(parts.map((part) => part.samples));
  const mean = (of: (part: Part) => number) => sumOf(parts.map((part) => of(part) * (part.samples / samples)));
  return {
    samples,
    loss: mean(({ loss }) => loss),
    boundary: mean(({ boundary }) => boundary),
    sums: parts[0]!.sums.map((_, i) => sumOf(parts.map(({ sums }) => sums[i]!))),
  };
}

/** Why the step must not be made; undefined where all is well. Every process comes to the same conclusion. */
function judge({ network, tracker }: StepContext, plan: StepPlan, measured: Measured): StopRecord | undefined {
  const { loss, boundary, norm, unclipped, buffers, ranges } = measured;
  const stop = divergenceOf({
    step: plan.step,
    loss: loss + boundary,
    norm,
    unclipped,
    buffers,
    layers: tracker.activations.map(([name, activation], i) => ({
      name,
      // While targets are in use there is no polynomial to blame.
      bound: plan.warmingUp ? Number.POSITIVE_INFINITY : activation.bound,
      range: ranges[i]!,
    })),
  });
  if (!stop) return undefined;
  const layer = [...network.namedModules()].find(([name]) => name === stop.layer);
  return { ...stop, kind: layer ? layer[1].constructor.name : null };
}

/** Clips and moves the parameters; the ranges count, and λ learns from them. */
function update(
  { optimizer, average, lambda, tracker }: StepContext,
  plan: StepPlan,
  measured: Measured,
  norm: Tensor,
): void {
  optimizer.step(norm);
  average?.update();
  tracker.accept();
  if (plan.warmingUp) return;
  lambda?.update(tracker.activations.map(([, { bound }], i) => measured.ranges[i]!.maxAbs / bound));
}

function resultOf({ optimizer }: StepContext, plan: StepPlan, measured: Measured, seconds: number): StepResult {
  const { samples, loss, boundary, metricSums, norm } = measured;
  const clipped = norm > (optimizer.maxNorm ?? Number.POSITIVE_INFINITY);
  const metrics = meansOf(metricSums, samples);
  return { record: { step: plan.step, samples, loss, boundary, metrics, norm, clipped, seconds }, metricSums };
}
