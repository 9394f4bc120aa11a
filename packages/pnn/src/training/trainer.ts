import {
  ArgumentError,
  type Batch,
  clipGradientNorm,
  crossEntropy,
  type DataLoader,
  type DataLoaderState,
  type Module,
  type Optimizer,
  type Scheduler,
  scope,
  type Tensor,
} from '@pnn/nn';
import { boundaryLoss } from '../boundary/boundary-loss.js';
import { constantLambda, type Lambda } from '../boundary/lambda.js';
import { BufferBackup } from '../range/buffer-backup.js';
import { type CalibratedLayer, type CalibrationOptions, calibrate } from '../range/calibration.js';
import { RangeTracker } from '../range/range-tracker.js';
import type { EpochRecord, StopRecord } from '../report/record.js';
import { divergenceOf } from './divergence.js';
import { addStep, type EpochSums, epochRecord, noSums, type StepRecord } from './epoch-statistics.js';
import { countCorrect, evaluate } from './evaluation.js';
import { letEventsIn } from './events.js';

/** What a trainer works with. */
export interface TrainerOptions {
  readonly optimizer: Optimizer;
  /** The loss of the task; cross-entropy where nothing is said. */
  readonly loss?: (logits: Tensor, labels: Tensor) => Tensor;
  /** The weight λ of the boundary loss: a number, or a rule such as `dualAscent()`; no boundary loss where it is missing. */
  readonly lambda?: number | Lambda;
  /**
   * Trains the first steps with the targets of the polynomial activations instead of their polynomials, then fits these
   * to the inputs that they get.
   */
  readonly calibration?: CalibrationOptions & { readonly steps: number };
  /** Called with what calibration found. */
  readonly onCalibration?: (layers: readonly CalibratedLayer[]) => void;
  /** Told after each epoch, a plateau scheduler with the loss that `plateau` says. */
  readonly scheduler?: Scheduler;
  /**
   * Which loss a plateau scheduler gets: of the validation where nothing is said (of the training where there is none),
   * or of the training, so that data that are kept for the judgement have no say in it. One that overflowed counts as
   * very large.
   */
  readonly plateau?: 'validation' | 'training';
  /** Called after every step. */
  readonly onStep?: (step: StepRecord) => void;
}

/** How long to train, and what is measured on the way. */
export interface TrainingOptions {
  /** The epoch after which to stop, counted from the start of the training (also of one that was resumed). */
  readonly epochs: number;
  /** Data to evaluate on after each epoch. */
  readonly validation?: DataLoader;
  /** Stops after the step in progress; a checkpoint taken then continues with the next step. */
  readonly signal?: AbortSignal;
}

/** Where a training stands, besides parameters, optimiser and random streams. */
export interface TrainerProgress {
  /** Complete epochs. */
  readonly epoch: number;
  /** Optimiser steps since the start. */
  readonly step: number;
  /** Of the epoch in progress. */
  readonly sums: EpochSums;
  readonly ranges: ReturnType<RangeTracker['state']>;
  readonly lambda: readonly number[];
  /** The order of the samples and the position in it; undefined before the first epoch. */
  readonly loader: DataLoaderState | undefined;
}

/** Batches of an epoch whose distributions of inputs are taken. */
const HISTOGRAMS_PER_EPOCH = 8;

/** The sum of the sizes of the gradients that clipping leaves out, which tells whether all are finite. */
function unclippedNorm(groups: Optimizer['groups']): Tensor | undefined {
  const parameters = groups.flatMap((group) => (group.clipped === false ? group.parameters : []));
  if (parameters.length === 0) return undefined;
  return clipGradientNorm([{ name: 'unclipped', parameters }], Number.POSITIVE_INFINITY, { norm: 1 });
}

/**
 * Trains a network: forward, loss plus boundary loss, backward, clipped optimiser step, and a record of how far the
 * inputs of every polynomial activation reach.
 */
export class Trainer implements Disposable {
  readonly network: Module;
  readonly options: TrainerOptions;
  /** Why the last `fit` ended early; undefined where it did not. */
  stopped: StopRecord | undefined;
  readonly #lambda: Lambda | undefined;
  readonly #loss: (logits: Tensor, labels: Tensor) => Tensor;
  readonly #tracker: RangeTracker;
  #epoch = 0;
  #step = 0;
  #sums: EpochSums = noSums;
  #loader: DataLoader | undefined;
  /** Where the epoch in progress goes on; undefined between epochs. */
  #resumeFrom: DataLoaderState | undefined;
  #disposed = false;

  /** @throws ArgumentError where the steps of the warm-up are not an integer of 0 or more, or λ is negative */
  constructor(network: Module, options: TrainerOptions) {
    const warmUp = options.calibration?.steps ?? 0;
    if (!Number.isSafeInteger(warmUp) || warmUp < 0) {
      throw new ArgumentError(`Trainer: the steps of the warm-up must be an integer of 0 or more, not ${warmUp}`);
    }
    this.network = network;
    this.options = options;
    this.#loss = options.loss ?? crossEntropy;
    this.#lambda = typeof options.lambda === 'number' ? constantLambda(options.lambda) : options.lambda;
    this.#tracker = new RangeTracker(network);
    this.#tracker.following = false;
  }

  /** λ of each activation now. */
  get lambdas(): readonly number[] {
    return this.#lambda?.values(this.#tracker.activations.length) ?? this.#tracker.activations.map(() => 0);
  }

  /**
   * Trains epoch after epoch and yields the record of each. Ends early where the training diverges (`stopped` tells layer
   * and step; parameters and buffers are those before that step, which another call tries again) or the signal is aborted.
   * Where something in a step fails, such as the loss, another call tries that step again, too.
   *
   * @throws ArgumentError where the number of epochs is not a positive integer, the warm-up takes all of them, or the
   *   trainer was disposed of
   */
  async *fit(loader: DataLoader, options: TrainingOptions): AsyncGenerator<EpochRecord, void, void> {
    if (this.#disposed) throw new ArgumentError('Trainer.fit: the trainer was disposed of: make another');
    if (!Number.isInteger(options.epochs) || options.epochs < 1) {
      throw new ArgumentError(`Trainer.fit: epochs must be a positive integer, not ${options.epochs}`);
    }
    const warmUp = this.options.calibration?.steps ?? 0;
    const steps = options.epochs * loader.length;
    if (warmUp >= steps) {
      throw new ArgumentError(
        `Trainer.fit: a warm-up of ${warmUp} steps leaves none of the ${steps} steps of the training to the polynomials`,
      );
    }
    this.stopped = undefined;
    while (this.#epoch < options.epochs && !options.signal?.aborted) {
      const finished = await this.#trainEpoch(loader, options.signal);
      if (!finished) return;
      yield await this.#finishEpoch(options.validation);
    }
  }

  /** Goes through the rest of the epoch; false where it was stopped on the way. */
  async #trainEpoch(loader: DataLoader, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#resumeFrom) loader.restore(this.#resumeFrom);
    this.#loader = loader;
    const every = Math.max(1, Math.floor(loader.length / HISTOGRAMS_PER_EPOCH));
    this.network.train();
    for (const batch of loader) {
      const next = loader.state();
      this.#resumeFrom = { ...next, position: next.position - 1 };
      this.#tracker.takeHistograms = this.#sums.steps % every === 0;
      const record = await this.#trainStep(batch);
      if (!record) return false;
      this.#resumeFrom = next;
      this.#sums = addStep(this.#sums, record);
      this.options.onStep?.(record);
      await letEventsIn();
      if (signal?.aborted && this.#sums.steps < loader.length) return false;
    }
    return true;
  }

  /** One step, or, where it was stopped or fails, none: all but random streams is then as before. */
  async #trainStep(batch: Batch): Promise<StepRecord | undefined> {
    const backup = new BufferBackup(this.network);
    const stepsBefore = this.#step;
    try {
      return await this.#attemptStep(batch, backup);
    } finally {
      if (this.#step === stepsBefore) {
        backup.restore();
        this.#tracker.discard();
        this.options.optimizer.zeroGrad();
      }
      backup.dispose();
      batch.dispose();
    }
  }

  async #attemptStep(batch: Batch, backup: BufferBackup): Promise<StepRecord | undefined> {
    const start = performance.now();
    const { optimizer } = this.options;
    const warmingUp = await this.#calibrateWhenDue(batch.inputs);
    optimizer.zeroGrad();
    const { loss, boundary, correct, norm, unclipped } = await this.#differentiate(batch, warmingUp);
    const ranges = await this.#tracker.collect();
    const layers = this.#tracker.activations.map(([name, { bound }], i) => ({ name, bound, range: ranges[i]! }));
    this.stopped = divergenceOf({
      step: this.#step + 1,
      loss: loss + boundary,
      norm,
      unclipped,
      buffers: await backup.notFinite(),
      // While targets are in use there is no polynomial to blame.
      layers: warmingUp ? layers.map((layer) => ({ ...layer, bound: Number.POSITIVE_INFINITY })) : layers,
    });
    if (this.stopped) return undefined;
    optimizer.step();
    this.#step++;
    this.#tracker.accept();
    if (!warmingUp) this.#lambda?.update(layers.map(({ bound, range }) => range.maxAbs / bound));
    const clipped = norm > (optimizer.maxNorm ?? Number.POSITIVE_INFINITY);
    const seconds = (performance.now() - start) / 1000;
    return { step: this.#step, samples: batch.size, correct, loss, boundary, norm, clipped, seconds };
  }

  /** The only forward that the ranges of the epoch are taken from. */
  #forward(inputs: Tensor): Tensor {
    this.#tracker.following = true;
    try {
      return this.network.forward(inputs);
    } finally {
      this.#tracker.following = false;
    }
  }

  /** Forward, loss and backward; the norm is that of the gradients that clipping looks at, `unclipped` that of others. */
  async #differentiate({ inputs, labels }: Batch, warmingUp: boolean) {
    const { network } = this;
    const results = scope(() => {
      const logits = this.#forward(inputs);
      const task = this.#loss(logits, labels);
      const boundary = this.#lambda && !warmingUp ? boundaryLoss(network, { lambda: this.lambdas }) : undefined;
      (boundary ? task.add(boundary) : task).backward();
      const { groups } = this.options.optimizer;
      const norm = clipGradientNorm(groups, Number.POSITIVE_INFINITY);
      const unclipped = unclippedNorm(groups);
      return [task.detach(), boundary?.detach(), countCorrect(logits, labels), norm, unclipped] as const;
    });
    const [loss, boundary, correct, norm, unclipped] = await Promise.all(results.map((result) => result?.item() ?? 0));
    for (const result of results) result?.dispose();
    return { loss: loss!, boundary: boundary!, correct: correct!, norm: norm!, unclipped: unclipped! };
  }

  /** Whether this step is to be made with the targets; fits the polynomials when the warm-up is over. */
  async #calibrateWhenDue(inputs: Tensor): Promise<boolean> {
    const { calibration, onCalibration } = this.options;
    if (!calibration || this.#step > calibration.steps) return false;
    this.#approximate(false);
    if (this.#step < calibration.steps) return true;
    const layers = await calibrate(this.network, [inputs], calibration);
    this.#approximate(true);
    this.#tracker.reset();
    this.#tracker.takeHistograms = true;
    onCalibration?.(layers);
    return false;
  }

  #approximate(approximating: boolean): void {
    for (const [, activation] of this.#tracker.activations) activation.approximating = approximating;
  }

  async #finishEpoch(validation: DataLoader | undefined): Promise<EpochRecord> {
    const start = performance.now();
    const { optimizer, scheduler } = this.options;
    const lambdas = this.lambdas;
    const train = this.#tracker.ranges();
    const result = validation && (await evaluate(this.network, validation));
    this.#tracker.reset();
    this.#epoch++;
    const { lr } = optimizer;
    const sums = this.#sums;
    this.#sums = noSums;
    this.#resumeFrom = undefined;
    const trainLoss = sums.loss / sums.steps;
    const metric = this.options.plateau === 'training' ? trainLoss : (result?.loss ?? trainLoss);
    scheduler?.step(Number.isFinite(metric) ? metric : Number.MAX_VALUE);
    const layers = train.map((range, i) => ({ lambda: lambdas[i]!, train: range }));
    const seconds = sums.seconds + (performance.now() - start) / 1000;
    return epochRecord(this.#epoch, sums, lr, layers, result, seconds);
  }

  /** Where the training stands. */
  progress(): TrainerProgress {
    return {
      epoch: this.#epoch,
      step: this.#step,
      sums: this.#sums,
      ranges: this.#tracker.state(),
      lambda: this.#lambda?.state() ?? [],
      loader: this.#resumeFrom ?? this.#loader?.state(),
    };
  }

  /** Continues where `progress` was taken. */
  restore(progress: TrainerProgress): void {
    this.#epoch = progress.epoch;
    this.#step = progress.step;
    this.#sums = progress.sums;
    this.#tracker.restore(progress.ranges);
    this.#lambda?.restore(progress.lambda);
    this.#resumeFrom = progress.loader;
  }

  /** Lets go of the network, which is left as it is, like the optimiser; there is no training with this trainer any more. */
  dispose(): void {
    this.#disposed = true;
    this.#tracker.detach();
  }

  /** `using trainer = new Trainer(…)` lets go at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
