import {
  type Batch,
  type Communicator,
  clipGradientNorm,
  type ExponentialMovingAverage,
  full,
  type Module,
  type Optimizer,
  scope,
  type Tensor,
  totalNorm,
  updateInPlace,
} from '@pnn/nn';
import { boundaryLoss } from '../boundary/boundary-loss.js';
import type { Lambda } from '../boundary/lambda.js';
import type { BufferBackup } from '../range/buffer-backup.js';
import type { BatchRange, RangeTracker } from '../range/range-tracker.js';
import { readTensors } from '../range/read-tensors.js';
import { divergenceOf } from './divergence.js';
import { meansOf, type StepRecord } from './epoch-statistics.js';
import { type Loss, type Metrics, measure } from './metrics.js';
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
  /** How many batches make a step; the last one of an epoch may have fewer. */
  readonly accumulate: number;
  /** The average of the weights, which learns of every step. */
  readonly average: ExponentialMovingAverage | undefined;
}

/** Which step is made. */
export interface StepPlan {
  /** One after the other: a batch may be let go when the next is asked for. */
  readonly batches: Iterable<Batch>;
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

/** What a step computes of one batch on the device, unread. */
interface Computed {
  readonly samples: number;
  readonly loss: Tensor;
  readonly boundary: Tensor | undefined;
  readonly metrics: Readonly<Record<string, Tensor>>;
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
  const { optimizer, backup, tracker } = context;
  const start = performance.now();
  let made = false;
  let norm: Tensor | undefined;
  const computed: Computed[] = [];
  backup.save();
  try {
    compute(context, plan, computed);
    await synchronize(context);
    norm = clipGradientNorm(optimizer.groups, Number.POSITIVE_INFINITY);
    const measured = await read(context, computed, norm);
    const stop = judge(context, plan, measured);
    if (stop) return stop;
    update(context, plan, measured, norm);
    made = true;
    return resultOf(context, plan, measured, (performance.now() - start) / 1000);
  } finally {
    norm?.dispose();
    for (const tensor of tensorsOf(computed)) tensor[Symbol.dispose]();
    if (!made) {
      backup.restore();
      tracker.discard();
      optimizer.zeroGrad();
    }
  }
}

/**
 * The gradients of the mean over the samples of all batches.
 *
 * @param computed where each batch is added, so that it can be freed even if the next one fails
 */
function compute(context: StepContext, plan: StepPlan, computed: Computed[]): void {
  const { optimizer, accumulate } = context;
  optimizer.zeroGrad();
  for (const batch of plan.batches) computed.push(computeBatch(context, plan, batch));
  if (accumulate > 1) scale(gradientsOf(optimizer), 1 / sumOf(computed.map(({ samples }) => samples)));
}

/** Multiplies tensors by a number, in place. */
function scale(tensors: readonly Tensor[], by: number): void {
  for (const each of tensors) {
    scope(() => {
      const factor = full([], by, each);
      updateInPlace(each, (kernels) => kernels.scale(each, factor));
    });
  }
}

/** Of each batch its loss, its boundary loss if there is one, and its metrics. */
function tensorsOf(computed: readonly Computed[]): Tensor[] {
  return computed.flatMap(({ loss, boundary, metrics }) => [
    loss,
    ...(boundary ? [boundary] : []),
    ...Object.values(metrics),
  ]);
}

/** Forward, losses and backward: the only forward that the ranges of the epoch are taken from. */
function computeBatch(
  { network, loss, metrics, lambda, tracker, accumulate }: StepContext,
  { warmingUp }: StepPlan,
  { inputs, labels, size }: Batch,
): Computed {
  return scope(() => {
    tracker.following = true;
    try {
      const outputs = network.forward(inputs);
      tracker.following = false;
      const task = loss(outputs, labels);
      const lambdas = lambda?.values(tracker.activations.length);
      const boundary = lambdas && !warmingUp ? boundaryLoss(network, { lambda: lambdas }) : undefined;
      const total = boundary ? task.add(boundary) : task;
      // A sum over the samples, since another batch may have another number of them.
      (accumulate > 1 ? total.mul(size) : total).backward();
      const measured = measure(metrics, outputs, labels);
      return { samples: size, loss: task.detach(), boundary: boundary?.detach(), metrics: measured };
    } finally {
      tracker.following = false;
    }
  });
}

function gradientsOf({ groups }: Optimizer): Tensor[] {
  return groups.flatMap(({ parameters }) => parameters.flatMap(({ grad }) => grad ?? []));
}

/** Gradients and running statistics become the means over all processes. */
async function synchronize({ optimizer, backup, communicator }: StepContext): Promise<void> {
  if (communicator.size === 1) return;
  const tensors = [...gradientsOf(optimizer), ...backup.changed];
  await communicator.sum(tensors);
  scale(tensors, 1 / communicator.size);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value);

/** The norm of the gradients that clipping leaves out, which tells whether they are finite. */
function unclippedNorm({ groups }: Optimizer): Tensor[] {
  const parameters = groups.flatMap((group) => (group.clipped === false ? group.parameters : []));
  const gradients = parameters.flatMap(({ grad }) => grad ?? []);
  return gradients.length > 0 ? [totalNorm(gradients, gradients[0]!)] : [];
}

/** The one wait for the device: everything that is to be known of a step is read together. */
async function read(context: StepContext, computed: readonly Computed[], norm: Tensor): Promise<Measured> {
  const { optimizer, backup, tracker, communicator } = context;
  const names = Object.keys(computed[0]!.metrics);
  const ofBatches = tensorsOf(computed);
  const [unclipped, buffers] = [unclippedNorm(optimizer), backup.norms()];
  const values = await readTensors({ ofBatches, norm: [norm], unclipped, buffers, ranges: tracker.unread });
  for (const tensor of [...unclipped, ...buffers]) tensor[Symbol.dispose]();

  const parts = computed.map(({ samples, boundary }) => {
    const [loss, ...rest] = values.ofBatches.splice(0, 1 + (boundary ? 1 : 0) + names.length).map((each) => each[0]!);
    return { samples, loss: loss!, boundary: boundary ? rest.shift()! : 0, sums: rest };
  });
  const own = totalOf(parts);
  const processes = await communicator.gather([
    [own.samples],
    [own.loss],
    [own.boundary],
    ...own.sums.map((sum) => [sum]),
    ...values.ranges,
  ]);
  const total = totalOf(
    processes.map((each) => {
      const [samples, loss, boundary, ...sums] = each.slice(0, 3 + names.length).map((numbers) => numbers[0]!);
      return { samples: samples!, loss: loss!, boundary: boundary!, sums };
    }),
  );
  return {
    samples: total.samples,
    loss: total.loss,
    boundary: total.boundary,
    metricSums: Object.fromEntries(names.map((name, i) => [name, total.sums[i]!])),
    norm: values.norm[0]![0]!,
    unclipped: values.unclipped[0]?.[0] ?? 0,
    buffers: values.buffers.every((each) => Number.isFinite(each[0])) ? [] : await backup.notFinite(),
    ranges: tracker.receive(...processes.map((each) => each.slice(3 + names.length))),
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
