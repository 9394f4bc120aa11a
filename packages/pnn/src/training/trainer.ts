import {
  ArgumentError,
  type Batch,
  type Communicator,
  crossEntropy,
  type DataLoader,
  type DataLoaderState,
  type Module,
  type Optimizer,
  oneProcess,
  type Scheduler,
  type Tensor,
} from '@pnn/nn';
import { PolynomialActivation } from '../activation/polynomial-activation.js';
import { constantLambda, DEFAULT_LAMBDA, type Lambda } from '../boundary/lambda.js';
import { BufferBackup } from '../range/buffer-backup.js';
import { type CalibratedLayer, CalibrationError, type CalibrationOptions, calibrate } from '../range/calibration.js';
import { RangeTracker } from '../range/range-tracker.js';
import { EpochSums, type EpochSumsState, type StepRecord } from './epoch-statistics.js';
import { type Evaluation, evaluate } from './evaluation.js';
import { yieldToEventLoop } from './events.js';
import type { Loss, Metrics } from './metrics.js';
import type { EpochRecord, StopRecord } from './records.js';
import { type StepResult, trainStep } from './step.js';

/** What a trainer works with. */
export interface TrainerOptions {
  readonly optimizer: Optimizer;
  /**
   * The loss of the task, as a mean over the samples of a batch.
   *
   * @default crossEntropy
   */
  readonly loss?: Loss;
  /**
   * What is measured besides, of training and validation.
   *
   * @default `{ accuracy }` where labels are classes, otherwise none: see `defaultMetrics`
   */
  readonly metrics?: Metrics;
  /**
   * The weight λ of the boundary loss: a number, 0 for none, or a rule such as `dualAscent()`.
   *
   * @default 1000, as in the paper
   */
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
   * Which loss a plateau scheduler gets: of the validation (of the training where there is none), or of the training, so
   * that data that are kept for the judgment have no say in it. One that overflowed counts as very large.
   *
   * @default 'validation'
   */
  readonly plateau?: 'validation' | 'training';
  /**
   * Connects the processes that train replicas of this network together, each on its own part of every batch.
   *
   * @default oneProcess
   */
  readonly communicator?: Communicator;
  /** Called after every step. */
  readonly onStep?: (step: StepRecord) => void;
}

/** How long to train, and what is measured on the way. */
export interface TrainingOptions {
  /** The epoch after which to stop, counted from the start of the training (also of one that was resumed). */
  readonly epochs: number;
  /** Data to evaluate on after each epoch; the same in every process, if several train together: a scheduler follows it. */
  readonly validation?: DataLoader;
  /** Stops after the step in progress; a checkpoint taken then continues with the next step. */
  readonly signal?: AbortSignal;
}

/** Where a training stands, besides parameters, optimizer and random streams. */
export interface TrainerProgress {
  /** Complete epochs. */
  readonly epoch: number;
  /** Optimizer steps since the start. */
  readonly step: number;
  /** Of the epoch in progress. */
  readonly sums: EpochSumsState;
  readonly ranges: ReturnType<RangeTracker['state']>;
  readonly lambda: readonly number[];
  /** The order of the samples and the position in it; undefined before the first epoch. */
  readonly loader: DataLoaderState | undefined;
}

function lambdaFrom(lambda: number | Lambda = DEFAULT_LAMBDA): Lambda | undefined {
  if (typeof lambda !== 'number') return lambda;
  return lambda === 0 ? undefined : constantLambda(lambda);
}

/** Batches of an epoch whose distributions of inputs are taken. */
const HISTOGRAMS_PER_EPOCH = 8;

/**
 * Trains a network: forward, loss plus boundary loss, backward, clipped optimizer step, and a record of how far the
 * inputs of every polynomial activation reach.
 */
export class Trainer implements Disposable {
  readonly network: Module;
  readonly options: TrainerOptions;
  /** Why the last `fit` ended early; undefined where it did not. */
  stopped: StopRecord | undefined;
  readonly #lambda: Lambda | undefined;
  readonly #loss: Loss;
  readonly #communicator: Communicator;
  readonly #tracker: RangeTracker;
  #epoch = 0;
  #step = 0;
  #sums = new EpochSums();
  #validation: Evaluation | undefined;
  #loader: DataLoader | undefined;
  /** Where the epoch in progress goes on; undefined between epochs. */
  #resumeFrom: DataLoaderState | undefined;
  #disposed = false;

  /**
   * @throws ArgumentError where the steps of the warm-up are not an integer of 0 or more, λ is negative, or several
   *   processes are to calibrate
   */
  constructor(network: Module, options: TrainerOptions) {
    const warmUp = options.calibration?.steps ?? 0;
    if (!Number.isSafeInteger(warmUp) || warmUp < 0) {
      throw new ArgumentError(`Trainer: the steps of the warm-up must be an integer of 0 or more, not ${warmUp}`);
    }
    this.#communicator = options.communicator ?? oneProcess;
    if (options.calibration && this.#communicator.size > 1) {
      throw new ArgumentError(
        'Trainer: each process would calibrate on inputs of its own: calibrate before, in one process, and train with those bounds',
      );
    }
    this.network = network;
    this.options = options;
    this.#loss = options.loss ?? crossEntropy;
    const lambda = lambdaFrom(options.lambda);
    this.#tracker = new RangeTracker(network);
    this.#lambda = this.#tracker.activations.length > 0 ? lambda : undefined;
    this.#tracker.following = false;
  }

  /** λ of each activation now. */
  get lambdas(): readonly number[] {
    return this.#lambda?.values(this.#tracker.activations.length) ?? this.#tracker.activations.map(() => 0);
  }

  /**
   * What the validation after the last epoch has found: of the network as it is now. Undefined without one, and as soon as
   * another step is tried or `restore` is called.
   */
  get validation(): Evaluation | undefined {
    return this.#validation;
  }

  /**
   * Trains epoch after epoch and yields the record of each. It ends early if
   *
   * - the training diverges: `stopped` tells the layer and the step;
   * - no bound can be based on the inputs after a warm-up: likewise;
   * - the signal is aborted.
   *
   * A step that was stopped, or in which something threw, has changed neither parameters nor buffers. Another call of
   * `fit` tries it again.
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
    await this.#shareNetwork();
    const backup = new BufferBackup(this.network);
    try {
      while (this.#epoch < options.epochs && !(await this.#isAborted(options.signal))) {
        const finished = await this.#trainEpoch(loader, backup, options.signal);
        if (!finished) return;
        yield await this.#finishEpoch(options.validation);
      }
    } finally {
      backup.dispose();
    }
  }

  /** Has all processes begin with the network of the first. */
  async #shareNetwork(): Promise<void> {
    if (this.#communicator.size === 1) return;
    const state = this.network.stateDict();
    await this.#communicator.broadcast([...state.values()]);
    // Modules keep things worked out from their tensors.
    this.network.loadStateDict(state);
  }

  /** Whether any process is to stop; all of them hear it after the same step. */
  async #isAborted(signal: AbortSignal | undefined): Promise<boolean> {
    const flags = await this.#communicator.gather([[signal?.aborted ? 1 : 0]]);
    return flags.some(([flag]) => flag![0] === 1);
  }

  /** Goes through the rest of the epoch; false where it was stopped on the way. */
  async #trainEpoch(loader: DataLoader, backup: BufferBackup, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#resumeFrom) loader.restore(this.#resumeFrom);
    this.#loader = loader;
    const every = Math.max(1, Math.floor(loader.length / HISTOGRAMS_PER_EPOCH));
    this.network.train();
    for (const batch of loader) {
      const next = loader.state();
      this.#resumeFrom = { ...next, position: next.position - 1 };
      this.#tracker.takeHistograms = this.#sums.steps % every === 0;
      const result = await this.#trainStep(batch, backup);
      if ('reason' in result) {
        this.stopped = result;
        return false;
      }
      this.#step++;
      this.#resumeFrom = next;
      this.#sums.add(result.record, result.metricSums);
      this.options.onStep?.(result.record);
      await yieldToEventLoop();
      if ((await this.#isAborted(signal)) && this.#sums.steps < loader.length) return false;
    }
    return true;
  }

  async #trainStep(batch: Batch, backup: BufferBackup): Promise<StepResult | StopRecord> {
    this.#validation = undefined;
    try {
      const warmingUp = await this.#calibrateWhenDue(batch.inputs);
      return await trainStep(
        {
          network: this.network,
          optimizer: this.options.optimizer,
          loss: this.#loss,
          metrics: this.options.metrics,
          lambda: this.#lambda,
          tracker: this.#tracker,
          backup,
          communicator: this.#communicator,
        },
        { batch, step: this.#step + 1, warmingUp },
      );
    } catch (error) {
      if (!(error instanceof CalibrationError)) throw error;
      const { layer, reason } = error;
      return { layer, kind: PolynomialActivation.name, step: this.#step + 1, reason };
    } finally {
      batch.dispose();
    }
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
    const { optimizer, scheduler, plateau, metrics } = this.options;
    const lambdas = this.lambdas;
    const train = this.#tracker.ranges();
    const measures = { loss: this.#loss, ...(metrics && { metrics }) };
    const result = validation && (await evaluate(this.network, validation, measures));
    this.#validation = result;
    this.#tracker.reset();
    this.#epoch++;
    const { lr } = optimizer;
    const sums = this.#sums;
    this.#sums = new EpochSums();
    this.#resumeFrom = undefined;
    const metric = plateau === 'training' ? sums.loss : (result?.loss ?? sums.loss);
    scheduler?.step(Number.isFinite(metric) ? metric : Number.MAX_VALUE);
    const layers = train.map((range, i) => ({ lambda: lambdas[i]!, train: range }));
    return sums.record(this.#epoch, lr, layers, result, (performance.now() - start) / 1000);
  }

  /** Where the training stands. */
  progress(): TrainerProgress {
    return {
      epoch: this.#epoch,
      step: this.#step,
      sums: this.#sums.state(),
      ranges: this.#tracker.state(),
      lambda: this.#lambda?.state() ?? [],
      loader: this.#resumeFrom ?? this.#loader?.state(),
    };
  }

  /** Continues where `progress` was taken. */
  restore(progress: TrainerProgress): void {
    this.#epoch = progress.epoch;
    this.#step = progress.step;
    this.#sums = new EpochSums(progress.sums);
    this.#validation = undefined;
    this.#tracker.restore(progress.ranges);
    this.#lambda?.restore(progress.lambda);
    this.#resumeFrom = progress.loader;
    const { calibration } = this.options;
    if (calibration) this.#approximate(progress.step === 0 || progress.step > calibration.steps);
  }

  /** Lets go of the network, which is left as it is, like the optimizer; there is no training with this trainer any more. */
  dispose(): void {
    this.#disposed = true;
    this.#tracker.detach();
  }

  /** `using trainer = new Trainer(…)` lets go at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
