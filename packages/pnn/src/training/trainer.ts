import {
  ArgumentError,
  type Batch,
  type Communicator,
  crossEntropy,
  type DataLoader,
  type DataLoaderState,
  type ExponentialMovingAverage,
  type HostArray,
  type Module,
  type Optimizer,
  oneProcess,
  randomState,
  restoreRandomState,
  type Scheduler,
  type Shards,
  StateDictError,
  shardsOf,
  shareText,
  type Tensor,
  updateBatchNorm,
} from '@pnn/nn';
import { PolynomialActivation } from '../activation/polynomial-activation.js';
import { constantLambda, DEFAULT_LAMBDA, type Lambda } from '../boundary/lambda.js';
import { BufferBackup } from '../range/buffer-backup.js';
import { type CalibratedLayer, CalibrationError, type CalibrationOptions, calibrate } from '../range/calibration.js';
import { RangeTracker } from '../range/range-tracker.js';
import { BestWeights } from './best-weights.js';
import { EpochSums, type EpochSumsState, type StepRecord } from './epoch-statistics.js';
import { type Evaluation, evaluate, suspendTraining } from './evaluation.js';
import { yieldToEventLoop } from './events.js';
import type { Loss, Metrics } from './metrics.js';
import { type EarlyStoppingOptions, Monitor, type MonitorOptions, type MonitorState } from './monitor.js';
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
  /** Stepped as `scheduling` says; a plateau scheduler gets the loss that `plateau` says. */
  readonly scheduler?: Scheduler;
  /**
   * Whether the scheduler is stepped after each epoch, or after each step of the optimizer, with its loss.
   *
   * @default 'epoch'
   */
  readonly scheduling?: 'epoch' | 'step';
  /**
   * Which loss a plateau scheduler gets: of the validation (of the training where there is none), or of the training, so
   * that data that are kept for the judgment have no say in it.
   *
   * @default 'validation'
   */
  readonly plateau?: 'validation' | 'training';
  /**
   * How many batches make one step of the optimizer: the gradient is the mean over all their samples, as of one large
   * batch, except that BatchNorm sees one batch after the other.
   *
   * @default 1
   */
  readonly accumulate?: number;
  /**
   * Takes in the weights after every step. Validation is of the network with the average. It begins anew when the
   * polynomials are fitted after a warm-up.
   */
  readonly average?: ExponentialMovingAverage;
  /**
   * Inputs of training samples, some batches of them, that the running statistics of averaged weights are taken from: for
   * every validation, for the best weights and for `finish`, where those of the last steps would belong to other weights.
   *
   * @default running statistics of the last steps
   */
  readonly averageInputs?: () => Iterable<Tensor>;
  /** Keeps the weights of the epoch that is best by this number, for `finish`. Epochs of the warm-up do not count. */
  readonly best?: MonitorOptions;
  /** Ends the training when this number has not become better for a while. Epochs of the warm-up do not count. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /**
   * Connects the processes that train replicas of this network together, each on its own shards of every batch. All of them
   * make the same trainer and fit it to the same data.
   *
   * @default oneProcess
   */
  readonly communicator?: Communicator;
  /**
   * How many equal shards every batch is cut into, a power of two. Each is computed by itself: BatchNorm normalizes by the
   * statistics of a shard, and running statistics are the means over all. Any number of processes that divides the number of
   * shards gives the same bits; another number of shards gives others, and so does 1, the batch in one piece. The penalty
   * `max-norm` costs one more forward, by which shards learn whose input is the largest.
   *
   * @default the number of processes
   */
  readonly shards?: number;
  /**
   * Whether gradients are sent to the other processes while backward still computes those of earlier layers, where the
   * communicator can (`beginSum`). The bits are the same.
   *
   * @default true
   */
  readonly overlap?: boolean;
  /**
   * Whether BatchNorm normalizes by the statistics of the whole batch instead of those of a shard: all shards then go through
   * the network together, and exchange numbers at each of these layers, forward and backward. Calibration is by the
   * statistics of shards.
   *
   * @default false
   */
  readonly syncBatchNorm?: boolean;
  /** Called after every step. A promise is awaited, so that a checkpoint can be taken before the next one. */
  readonly onStep?: (step: StepRecord) => unknown;
}

/** How long to train, and what is measured on the way. */
export interface TrainingOptions {
  /** The epoch after which to stop, counted from the start of the training (also of one that was resumed). */
  readonly epochs: number;
  /** Data to evaluate on after each epoch; several processes deal its batches out among them. */
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
  /** How many shards a batch is cut into, which the random streams go with. */
  readonly shards: number;
  /** Of the epoch in progress. */
  readonly sums: EpochSumsState;
  readonly ranges: ReturnType<RangeTracker['state']>;
  readonly lambda: readonly number[];
  /** The order of the samples and the position in it; undefined before the first epoch. */
  readonly loader: DataLoaderState | undefined;
  /** What `best` has seen; null without it. */
  readonly best: MonitorState | null;
  /** What `earlyStopping` has seen; null without it. */
  readonly earlyStopping: MonitorState | null;
}

function lambdaFrom(lambda: number | Lambda = DEFAULT_LAMBDA): Lambda | undefined {
  if (typeof lambda !== 'number') return lambda;
  return lambda === 0 ? undefined : constantLambda(lambda);
}

/** @throws ArgumentError where an option does not go with `syncBatchNorm` */
function checkSynchronized({ activations }: RangeTracker, accumulate: number): void {
  if (accumulate > 1) {
    throw new ArgumentError('Trainer: syncBatchNorm makes a step of each batch: leave accumulate out');
  }
  if (activations.some(([, { options }]) => options.penalty?.form === 'max-norm')) {
    throw new ArgumentError('Trainer: syncBatchNorm does not go with the penalty max-norm: take another form');
  }
}

function free(shards: readonly Batch[]): void {
  for (const shard of shards) shard.dispose();
}

/** The shards of a batch and of those that follow, `count` in all; each is disposed of before the next one is made. */
function* oneByOne(
  first: readonly Batch[],
  following: Iterator<readonly Batch[]>,
  count: number,
): Generator<readonly Batch[], void, void> {
  yield first;
  for (let i = 1; i < count; i++) {
    const next = following.next();
    if (next.done) return;
    try {
      yield next.value;
    } finally {
      free(next.value);
    }
  }
}

/** Lets everything else in the program have its turn between batches. */
async function* inTurns(batches: Iterable<Tensor>): AsyncGenerator<Tensor, void, void> {
  for (const batch of batches) {
    yield batch;
    await yieldToEventLoop();
  }
}

/** Steps of an epoch whose distributions of inputs are taken. */
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
  readonly #shards: Shards;
  readonly #tracker: RangeTracker;
  #epoch = 0;
  #step = 0;
  #sums = new EpochSums();
  #validation: Evaluation | undefined;
  #loader: DataLoader | undefined;
  /** Where the epoch in progress goes on; undefined between epochs. */
  #resumeFrom: DataLoaderState | undefined;
  readonly #accumulate: number;
  readonly #best: Monitor | undefined;
  readonly #bestWeights = new BestWeights();
  readonly #earlyStopping: Monitor | undefined;
  /** The epoch whose weights `finish` has put into the network. */
  #finished: number | undefined;
  /** The end of the training, once it was asked for. */
  #end: Promise<void> | undefined;
  #disposed = false;

  /**
   * @throws ArgumentError where the steps of the warm-up are not an integer of 0 or more, another option is out of range, λ
   *   is negative, or the processes cannot share the shards
   */
  constructor(network: Module, options: TrainerOptions) {
    const warmUp = options.calibration?.steps ?? 0;
    if (!Number.isSafeInteger(warmUp) || warmUp < 0) {
      throw new ArgumentError(`Trainer: the steps of the warm-up must be an integer of 0 or more, not ${warmUp}`);
    }
    const { accumulate = 1, best, earlyStopping, scheduling = 'epoch' } = options;
    if (scheduling !== 'epoch' && scheduling !== 'step') {
      throw new ArgumentError(`Trainer: scheduling must be epoch or step, not ${scheduling as string}`);
    }
    const isCount = (value: number) => Number.isSafeInteger(value) && value > 0;
    if (!isCount(accumulate)) {
      throw new ArgumentError(`Trainer: accumulate must be an integer above 0, not ${accumulate}`);
    }
    if (earlyStopping && !isCount(earlyStopping.patience)) {
      throw new ArgumentError(
        `Trainer: earlyStopping.patience must be an integer above 0, not ${earlyStopping.patience}`,
      );
    }
    this.#accumulate = accumulate;
    this.#best = best && new Monitor('Trainer: best', best);
    this.#earlyStopping = earlyStopping && new Monitor('Trainer: earlyStopping', earlyStopping);
    this.#communicator = options.communicator ?? oneProcess;
    this.#shards = shardsOf(this.#communicator, options.shards ?? this.#communicator.size);
    this.network = network;
    this.options = options;
    this.#loss = options.loss ?? crossEntropy;
    const lambda = lambdaFrom(options.lambda);
    this.#tracker = new RangeTracker(network);
    this.#lambda = this.#tracker.activations.length > 0 ? lambda : undefined;
    if (options.syncBatchNorm) checkSynchronized(this.#tracker, accumulate);
    this.#tracker.following = false;
  }

  /** λ of each activation now. */
  get lambdas(): readonly number[] {
    return this.#lambda?.values(this.#tracker.activations.length) ?? this.#tracker.activations.map(() => 0);
  }

  /**
   * What the validation after the last epoch has found: of the network as it is now, with the average in place of its
   * weights if there is one. Undefined without one, and as soon as another step is tried or `restore` is called.
   */
  get validation(): Evaluation | undefined {
    return this.#validation;
  }

  /**
   * Trains epoch after epoch and yields the record of each. It ends early if
   *
   * - the training diverges: `stopped` tells the layer and the step;
   * - no bound can be based on the inputs after a warm-up: likewise;
   * - early stopping is due: `endedEarly`;
   * - the signal is aborted.
   *
   * A step that was stopped, or in which something threw, has changed neither parameters nor buffers. Another call of
   * `fit` tries it again.
   *
   * @throws ArgumentError where the number of epochs is not a positive integer, the warm-up takes all of them, the trainer
   *   was finished or disposed of, or there is no metric of the name that is to be watched
   */
  async *fit(loader: DataLoader, options: TrainingOptions): AsyncGenerator<EpochRecord, void, void> {
    if (this.#disposed) throw new ArgumentError('Trainer.fit: the trainer was disposed of: make another');
    if (this.#finished !== undefined) {
      throw new ArgumentError('Trainer.fit: the trainer was finished: make another to train on from these weights');
    }
    if (!Number.isInteger(options.epochs) || options.epochs < 1) {
      throw new ArgumentError(`Trainer.fit: epochs must be a positive integer, not ${options.epochs}`);
    }
    const warmUp = this.options.calibration?.steps ?? 0;
    const steps = options.epochs * this.#stepsPerEpoch(loader);
    if (warmUp >= steps) {
      throw new ArgumentError(
        `Trainer.fit: a warm-up of ${warmUp} steps leaves none of the ${steps} steps of the training to the polynomials`,
      );
    }
    this.stopped = undefined;
    await this.#shareStart(loader);
    const backup = new BufferBackup(this.network);
    try {
      while (this.#epoch < options.epochs && !this.endedEarly && !(await this.#isAborted(options.signal))) {
        const finished = await this.#trainEpoch(loader, backup, options.signal);
        if (!finished) return;
        yield await this.#finishEpoch(options.validation, backup);
      }
    } finally {
      backup.dispose();
    }
  }

  #stepsPerEpoch(loader: DataLoader): number {
    return Math.ceil(loader.length / this.#accumulate);
  }

  /** Has all processes begin with the network, the random streams and the order of samples of the first. */
  async #shareStart(loader: DataLoader): Promise<void> {
    if (this.#communicator.size === 1) return;
    const state = this.network.stateDict();
    await this.#communicator.broadcast([...state.values()]);
    // Modules keep things worked out from their tensors.
    this.network.loadStateDict(state);
    const own = { loader: this.#resumeFrom ?? loader.state(), random: randomState() };
    const first: typeof own = JSON.parse(await shareText(this.#communicator, JSON.stringify(own)));
    loader.restore(first.loader);
    if (this.#resumeFrom) this.#resumeFrom = first.loader;
    restoreRandomState(first.random);
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
    const steps = this.#stepsPerEpoch(loader);
    const every = Math.max(1, Math.floor(steps / HISTOGRAMS_PER_EPOCH));
    const { scheduler, scheduling, onStep } = this.options;
    this.network.train();
    const batches = loader.shards(this.#shards);
    try {
      for (let next = batches.next(); !next.done; next = batches.next()) {
        const { position, ...state } = loader.state();
        this.#resumeFrom = { ...state, position: position - 1 };
        this.#tracker.takeHistograms = this.#sums.steps % every === 0;
        const count = Math.min(this.#accumulate, loader.length - position + 1);
        const result = await this.#trainStep(next.value, batches, count, backup);
        if ('reason' in result) {
          this.stopped = result;
          return false;
        }
        this.#step++;
        this.#resumeFrom = loader.state();
        this.#sums.add(result.record, result.metricSums);
        if (scheduling === 'step') scheduler?.step(result.record.loss);
        await onStep?.(result.record);
        await yieldToEventLoop();
        if ((await this.#isAborted(signal)) && this.#sums.steps < steps) return false;
      }
    } finally {
      batches.return?.();
    }
    return true;
  }

  /** @param count how many batches make the step; all of them are disposed of */
  async #trainStep(
    first: readonly Batch[],
    following: Iterator<readonly Batch[]>,
    count: number,
    backup: BufferBackup,
  ): Promise<StepResult | StopRecord> {
    this.#validation = undefined;
    // Shards take turns at a batch, and the batch in one piece is needed once.
    const isStreamed = this.#shards.count === 1;
    const held: (readonly Batch[])[] = [first];
    try {
      const warmingUp = await this.#calibrateWhenDue(first.map(({ inputs }) => inputs));
      while (!isStreamed && held.length < count) {
        const next = following.next();
        if (next.done) break;
        held.push(next.value);
      }
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
          shards: this.#shards,
          overlap: this.options.overlap ?? true,
          syncBatchNorm: this.options.syncBatchNorm ?? false,
          accumulate: this.#accumulate,
          average: this.options.average,
        },
        { batches: isStreamed ? oneByOne(first, following, count) : held, step: this.#step + 1, warmingUp },
      );
    } catch (error) {
      if (!(error instanceof CalibrationError)) throw error;
      const { layer, reason } = error;
      return { layer, kind: PolynomialActivation.name, step: this.#step + 1, reason };
    } finally {
      for (const shards of held) free(shards);
    }
  }

  /** Whether this step is to be made with the targets; fits the polynomials when the warm-up is over. */
  async #calibrateWhenDue(inputs: readonly Tensor[]): Promise<boolean> {
    const { calibration, onCalibration, average } = this.options;
    if (!calibration || this.#step > calibration.steps) return false;
    this.#approximate(false);
    if (this.#step < calibration.steps) return true;
    const processes = { communicator: this.#communicator, shards: this.#shards };
    const layers = await calibrate(this.network, inputs, calibration, processes);
    this.#approximate(true);
    average?.restart();
    this.#tracker.reset();
    this.#tracker.takeHistograms = true;
    onCalibration?.(layers);
    return false;
  }

  #approximate(approximating: boolean): void {
    for (const [, activation] of this.#tracker.activations) activation.approximating = approximating;
  }

  /** Validates, with the average of the weights if there is one, and keeps the weights if they are the best so far. */
  async #finishEpoch(validation: DataLoader | undefined, backup: BufferBackup): Promise<EpochRecord> {
    const start = performance.now();
    const { optimizer, scheduler, scheduling, plateau, metrics, average } = this.options;
    const lambdas = this.lambdas;
    const train = this.#tracker.ranges();
    const measures = { loss: this.#loss, ...(metrics && { metrics }), communicator: this.#communicator };
    const takeBack = average?.apply();
    backup.save();
    try {
      if (validation || this.#best) await this.#updateStatistics();
      const result = validation && (await evaluate(this.network, validation, measures));
      this.#validation = result;
      this.#tracker.reset();
      this.#epoch++;
      const sums = this.#sums;
      this.#sums = new EpochSums();
      this.#resumeFrom = undefined;
      const layers = train.map((range, i) => ({ lambda: lambdas[i]!, train: range }));
      const record = sums.record(this.#epoch, optimizer.lr, layers, result, (performance.now() - start) / 1000);
      const metric = plateau === 'training' ? sums.loss : (result?.loss ?? sums.loss);
      if (scheduling !== 'step') scheduler?.step(metric);
      return this.#judged(record);
    } finally {
      backup.restore();
      takeBack?.();
    }
  }

  /** Takes running statistics of the average, which is applied, anew. Random streams go on as if that had not been. */
  async #updateStatistics(): Promise<void> {
    const { average, averageInputs } = this.options;
    if (!averageInputs || !average || average.updates === 0) return;
    const random = randomState();
    const resumeMode = suspendTraining(this.network);
    try {
      // All layers track, as they do in the steps of an epoch.
      await updateBatchNorm(this.network.train(), inTurns(averageInputs()));
    } finally {
      resumeMode();
      restoreRandomState(random);
    }
  }

  /** The record, with whether it is the best so far. What a network does in a warm-up tells nothing of its polynomials. */
  #judged(record: EpochRecord): EpochRecord {
    const { calibration } = this.options;
    const isWarmUp = calibration !== undefined && this.#step <= calibration.steps;
    if (!isWarmUp) this.#earlyStopping?.observe(record);
    if (!this.#best) return record;
    const best = !isWarmUp && this.#best.observe(record);
    if (best) this.#bestWeights.take(this.network);
    return { ...record, best };
  }

  /** The best epoch so far and the value that it is best by; undefined before there is one, and without `best`. */
  get best(): { readonly epoch: number; readonly value: number } | undefined {
    const { value = null, epoch = 0 } = this.#best?.state ?? {};
    return value === null ? undefined : { epoch, value };
  }

  /** The weights of the best epoch by the names of the network's state dict; none where there is no best epoch. */
  get bestWeights(): ReadonlyMap<string, Tensor> {
    return this.#bestWeights.tensors;
  }

  /** Whether early stopping has ended the training: `fit` makes no more epochs. */
  get endedEarly(): boolean {
    const { earlyStopping } = this.options;
    return earlyStopping !== undefined && this.#earlyStopping!.state.since >= earlyStopping.patience;
  }

  /** The epoch whose weights the network has. */
  get weightsOfEpoch(): number {
    return this.#finished ?? this.#epoch;
  }

  /**
   * Ends the training with the network that it has led to: with the weights of the best epoch where `best` has kept some,
   * else with the average where there is one, else as it is. Running statistics are those of the best epoch, or of the
   * average where there are `averageInputs` and the training did not diverge, or of the last steps. It ends once, however
   * often this is called.
   */
  finish(): Promise<void> {
    this.#end ??= this.#finish();
    return this.#end;
  }

  async #finish(): Promise<void> {
    const { best } = this;
    this.#finished = best?.epoch ?? this.#epoch;
    if (best) {
      if (best.epoch !== this.#epoch) this.#validation = undefined;
      this.network.loadStateDict(this.#bestWeights.tensors);
    } else {
      const { average } = this.options;
      if (average && average.updates > 0) {
        this.network.loadStateDict(average.stateDict().tensors, { strict: false });
        if (!this.stopped) await this.#updateStatistics();
      }
    }
  }

  /** Where the training stands. */
  progress(): TrainerProgress {
    return {
      epoch: this.#epoch,
      step: this.#step,
      shards: this.#shards.count,
      sums: this.#sums.state(),
      ranges: this.#tracker.state(),
      lambda: this.#lambda?.state() ?? [],
      loader: this.#resumeFrom ?? this.#loader?.state(),
      best: this.#best?.state ?? null,
      earlyStopping: this.#earlyStopping?.state ?? null,
    };
  }

  /**
   * Continues where `progress` was taken.
   *
   * @param bestWeights the weights of the best epoch at that time
   * @throws StateDictError where a batch was cut into another number of shards
   */
  restore(progress: TrainerProgress, bestWeights: ReadonlyMap<string, HostArray> = new Map()): void {
    if (progress.shards !== this.#shards.count) {
      throw new StateDictError(
        `Trainer.restore: the training had ${progress.shards} shards in a batch, this one has ${this.#shards.count}: pass ` +
          `shards: ${progress.shards}`,
      );
    }
    this.#epoch = progress.epoch;
    this.#step = progress.step;
    this.#sums = new EpochSums(progress.sums);
    this.#validation = undefined;
    this.#tracker.restore(progress.ranges);
    this.#lambda?.restore(progress.lambda);
    this.#resumeFrom = progress.loader;
    if (progress.best) this.#best?.restore(progress.best);
    if (progress.earlyStopping) this.#earlyStopping?.restore(progress.earlyStopping);
    this.#bestWeights.restore(this.network, bestWeights);
    this.#finished = undefined;
    this.#end = undefined;
    const { calibration } = this.options;
    if (calibration) this.#approximate(progress.step === 0 || progress.step > calibration.steps);
  }

  /** Lets go of the network, which is left as it is, like the optimizer; there is no training with this trainer any more. */
  dispose(): void {
    this.#disposed = true;
    this.#tracker.detach();
    this.#bestWeights.dispose();
  }

  /** `using trainer = new Trainer(…)` lets go at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
