import {
  type Batch,
  type Communicator,
  clipGradientNorm,
  type Module,
  type Optimizer,
  scope,
  type Tensor,
  totalNorm,
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
}

/** Which step is made. */
export interface StepPlan {
  readonly batch: Batch;
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

/** What a step computes on the device, unread. */
interface Computed {
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
  backup.save();
  try {
    const computed = compute(context, plan);
    await synchronize(context);
    norm = clipGradientNorm(optimizer.groups, Number.POSITIVE_INFINITY);
    const measured = await read(context, plan, computed, norm);
    const stop = judge(context, plan, measured);
    if (stop) return stop;
    update(context, plan, measured, norm);
    made = true;
    return resultOf(context, plan, measured, (performance.now() - start) / 1000);
  } finally {
    norm?.dispose();
    if (!made) {
      backup.restore();
      tracker.discard();
      optimizer.zeroGrad();
    }
  }
}

/** Forward, losses and backward: the only forward that the ranges of the epoch are taken from. */
function compute({ network, optimizer, loss, metrics, lambda, tracker }: StepContext, plan: StepPlan): Computed {
  const { inputs, labels } = plan.batch;
  optimizer.zeroGrad();
  return scope(() => {
    tracker.following = true;
    try {
      const outputs = network.forward(inputs);
      tracker.following = false;
      const task = loss(outputs, labels);
      const lambdas = lambda?.values(tracker.activations.length);
      const boundary = lambdas && !plan.warmingUp ? boundaryLoss(network, { lambda: lambdas }) : undefined;
      (boundary ? task.add(boundary) : task).backward();
      return { loss: task.detach(), boundary: boundary?.detach(), metrics: measure(metrics, outputs, labels) };
    } finally {
      tracker.following = false;
    }
  });
}

/** Gradients and running statistics become those of all processes. */
function synchronize({ optimizer, backup, communicator }: StepContext): Promise<void> {
  const gradients = optimizer.groups.flatMap(({ parameters }) => parameters.flatMap(({ grad }) => grad ?? []));
  return communicator.average([...gradients, ...backup.changed]);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value);

/** The norm of the gradients that clipping leaves out, which tells whether they are finite. */
function unclippedNorm({ groups }: Optimizer): Tensor[] {
  const parameters = groups.flatMap((group) => (group.clipped === false ? group.parameters : []));
  const gradients = parameters.flatMap(({ grad }) => grad ?? []);
  return gradients.length > 0 ? [totalNorm(gradients, gradients[0]!)] : [];
}

/** The one wait for the device: everything that is to be known of a step is read together. */
async function read(context: StepContext, { batch }: StepPlan, computed: Computed, norm: Tensor): Promise<Measured> {
  const { optimizer, backup, tracker, communicator } = context;
  const { loss, boundary } = computed;
  const names = Object.keys(computed.metrics);
  const ofBatch = [loss, ...(boundary ? [boundary] : []), ...Object.values(computed.metrics)];
  const [unclipped, buffers] = [unclippedNorm(optimizer), backup.norms()];
  const values = await readTensors({ ofBatch, norm: [norm], unclipped, buffers, ranges: tracker.unread });
  for (const tensor of [...ofBatch, ...unclipped, ...buffers]) tensor[Symbol.dispose]();

  if (!boundary) values.ofBatch.splice(1, 0, [0]);
  const processes = await communicator.gather([[batch.size], ...values.ofBatch, ...values.ranges]);
  const column = (index: number) => processes.map((each) => each[index]![0]!);
  const sizes = column(0);
  const samples = sumOf(sizes);
  const mean = (index: number) => sumOf(column(index).map((value, rank) => value * sizes[rank]!)) / samples;
  return {
    samples,
    loss: mean(1),
    boundary: mean(2),
    metricSums: Object.fromEntries(names.map((name, i) => [name, sumOf(column(3 + i))])),
    norm: values.norm[0]![0]!,
    unclipped: values.unclipped[0]?.[0] ?? 0,
    buffers: values.buffers.every((each) => Number.isFinite(each[0])) ? [] : await backup.notFinite(),
    ranges: tracker.receive(...processes.map((each) => each.slice(3 + names.length))),
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
function update({ optimizer, lambda, tracker }: StepContext, plan: StepPlan, measured: Measured, norm: Tensor): void {
  optimizer.step(norm);
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
