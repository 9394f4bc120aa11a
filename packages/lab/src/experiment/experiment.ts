import { type DataLoaders, type DatasetSplits, dataLoaders, holdOut, Subset } from '@pnn/data';
import { buildModel, type DescribedNetwork } from '@pnn/models';
import {
  ArgumentError,
  type Communicator,
  crossEntropy,
  DataLoader,
  DTypeError,
  type Module,
  normalizeChannels,
  oneProcess,
  Generator as RandomGenerator,
  setSeed,
  sizeOf,
  type Tensor,
} from '@pnn/nn';
import {
  activationFactory,
  averageOf,
  type CalibratedLayer,
  checkTraining,
  type EpochRecord,
  lambdaOf,
  optimizerOf,
  type PolynomialActivation,
  polynomialActivations,
  type StepRecord,
  schedulerOf,
  Trainer,
} from '@pnn/pnn';
import type { RunRecord } from '../report/record.js';
import { checkNetwork } from './check-network.js';
import { predict } from './predictions.js';
import { testedRunRecord } from './report-of.js';
import { describeSettings } from './settings.js';
import type { ExperimentSpec } from './specs.js';
import { squaredError } from './squared-error.js';
import { beginWith, type StartingPoint } from './starting-point.js';

/** What an experiment tells on the way. */
export interface ExperimentEvents {
  readonly onStep?: (step: StepRecord) => unknown;
  readonly onCalibration?: (layers: readonly CalibratedLayer[]) => void;
}

/** Processes that make one experiment together. */
export interface ExperimentProcesses {
  readonly communicator: Communicator;
  /**
   * See `TrainerOptions.overlap`.
   *
   * @default true
   */
  readonly overlap?: boolean;
}

/** Networks compute in single precision, and whole numbers may be classes or not. */
function checkData({ name, train, test, validation }: DatasetSplits): void {
  for (const { inputType, labelType, classes } of [train, test, ...(validation ? [validation] : [])]) {
    if (inputType === 'float64' || labelType === 'float64') {
      throw new DTypeError(`the data set ${name} is of float64, networks are of float32: put it into Float32Arrays`);
    }
    if (labelType === 'int32' && !classes) {
      throw new DTypeError(
        `the data set ${name} has labels of int32 and names no classes: give classes, or numbers in a Float32Array`,
      );
    }
  }
}

/** What to learn from and what to choose by: the published validation data, or a tenth of the training samples. */
function splitForChoice({ train, validation, groups }: DatasetSplits, seed: number) {
  return validation ? { train, heldOut: validation } : holdOut(train, { seed, groups });
}

/** Batches of training samples, at most, that averaged weights take their running statistics from. */
const STATISTICS_BATCHES = 50;

/** One network on its data: training, test and record. */
export class Experiment {
  readonly spec: ExperimentSpec;
  readonly network: Module;
  readonly trainer: Trainer;
  /** The records of the complete epochs. */
  readonly epochs: EpochRecord[] = [];
  readonly #data: DatasetSplits;
  readonly #loaders: DataLoaders;
  /** What is held out of training to choose the best epoch and the end by, if there is anything to choose. */
  readonly #heldOut: DataLoader | undefined;

  /**
   * Seeds the random streams of the program and makes the network. Classes are learned by cross-entropy, numbers by the
   * mean squared error.
   *
   * @param start what the training begins with instead of random weights
   * @param processes those that make the same experiment together
   * @throws ArgumentError if a number is out of its range, the model does not take the samples, or its network has no
   *   polynomial activation and the method wants one
   * @throws ShapeError if the network does not take the samples, or gives other outputs than the data have
   * @throws DTypeError if samples or labels are in double precision, or labels are int32 without names of classes
   * @throws StateDictError if it is to begin with the tensors of another network
   */
  constructor(
    spec: ExperimentSpec,
    data: DatasetSplits,
    events: ExperimentEvents = {},
    start?: StartingPoint,
    { communicator, overlap = true }: ExperimentProcesses = { communicator: oneProcess },
  ) {
    const { model, method, training } = spec;
    checkTraining(training);
    checkData(data);
    setSeed(training.seed);
    this.spec = spec;
    this.#data = data;
    const { inputShape } = data.train;
    this.network = buildModel(model, { inputShape, outputs: this.#outputs, activation: activationFactory(method) });
    checkNetwork(this.network, spec, data.train, this.#outputs);
    if (start) beginWith(this.network, start);
    const chooses = training.keepBest || training.patience !== null;
    const { train, heldOut } = chooses ? splitForChoice(data, training.seed) : { train: data.train };
    this.#loaders = dataLoaders({ ...data, train }, { batchSize: training.batchSize });
    if (training.shards > 1 && train.length < training.batchSize) {
      throw new ArgumentError(
        `training: ${train.length} samples do not fill a batch of ${training.batchSize}, which is to be cut into ` +
          `${training.shards} shards: take smaller batches`,
      );
    }
    const { statistics } = this.#loaders;
    this.#heldOut =
      heldOut &&
      new DataLoader(heldOut, {
        batchSize: this.#loaders.test.batchSize,
        transforms: statistics ? [normalizeChannels(statistics.mean, statistics.std)] : [],
      });
    const optimizer = optimizerOf(training, this.network);
    const average = averageOf(training, this.network);
    const bound = method.polynomial?.bound;
    this.trainer = new Trainer(this.network, {
      optimizer,
      scheduler: schedulerOf(training, optimizer),
      plateau: heldOut ? 'validation' : 'training',
      accumulate: training.accumulate,
      communicator,
      overlap,
      shards: training.shards,
      syncBatchNorm: training.syncBatchNorm,
      ...(average && { average, averageInputs: () => this.#inputsForStatistics() }),
      ...(training.keepBest && { best: {} }),
      ...(training.patience !== null && { earlyStopping: { patience: training.patience } }),
      loss: data.train.classes ? crossEntropy : squaredError,
      lambda: method.polynomial ? lambdaOf(method.polynomial.lambda) : 0,
      ...(bound?.kind === 'calibrated' && { calibration: { ...bound, steps: this.#warmUpSteps } }),
      ...(events.onStep && { onStep: events.onStep }),
      ...(events.onCalibration && { onCalibration: events.onCalibration }),
    });
  }

  /** Numbers that come out of a sample: one for each class, or one for each number to predict. */
  get #outputs(): number {
    const { classes, labelShape } = this.#data.train;
    return classes?.length ?? sizeOf(labelShape);
  }

  /** The polynomial activations with their names. */
  get activations(): readonly (readonly [name: string, activation: PolynomialActivation])[] {
    return polynomialActivations(this.network);
  }

  /** The network with what must be known to use it, as `saveNetwork` takes it. */
  get described(): DescribedNetwork {
    const { model, method } = this.spec;
    const { inputShape, inputType, classes } = this.#data.train;
    return {
      network: this.network,
      model,
      method,
      inputShape,
      inputType,
      normalization: this.#loaders.statistics ?? null,
      outputs: this.#outputs,
      classes: classes ?? null,
    };
  }

  /** Optimizer steps in an epoch. */
  get stepsPerEpoch(): number {
    return Math.ceil(this.#loaders.train.length / this.spec.training.accumulate);
  }

  /** Steps with the targets instead of the polynomials: the warm-up takes a quarter of the training at most. */
  get #warmUpSteps(): number {
    const bound = this.spec.method.polynomial?.bound;
    if (bound?.kind !== 'calibrated') return 0;
    return Math.min(bound.steps, Math.floor((this.spec.training.epochs * this.stepsPerEpoch) / 4));
  }

  /** What the epochs are validated on: the test data, unless samples of the training data are held out. */
  get validation(): 'test' | 'held out' {
    return this.#heldOut ? 'held out' : 'test';
  }

  /** Trains to the end (or the signal, or divergence) and yields the record of every epoch. */
  async *run(signal?: AbortSignal): AsyncGenerator<EpochRecord, void, void> {
    const { epochs } = this.spec.training;
    const options = { epochs, validation: this.#heldOut ?? this.#loaders.test, ...(signal && { signal }) };
    for await (const epoch of this.trainer.fit(this.#loaders.train, options)) {
      this.epochs.push(epoch);
      yield epoch;
    }
  }

  /** The record of the run so far, with a test of the network as it is: that of the last epoch if nothing came after. */
  record(name: string): Promise<RunRecord> {
    const { trainer, spec, epochs } = this;
    const { augmentation = [], augmentationName = 'what comes with the data set' } = this.#data;
    const settings = {
      ...describeSettings(spec, this.#warmUpSteps),
      ...(augmentation.length > 0 && { augmentation: augmentationName }),
    };
    const { seed } = spec.training;
    return testedRunRecord(
      trainer,
      { name, settings, seed, epochs, test: this.#loaders.test },
      this.validation === 'test',
    );
  }

  /**
   * Ends the training: the network gets the weights of the best epoch, or their average, if the spec says so. Averaged
   * weights get running statistics of their own.
   */
  finish(): Promise<void> {
    return this.trainer.finish();
  }

  /** Training samples without augmentation, the same for the same seed, in batches as they are trained on. */
  *#inputsForStatistics(): Generator<Tensor, void, void> {
    const { dataset, batchSize } = this.#loaders.train;
    const { statistics } = this.#loaders;
    const { seed } = this.spec.training;
    const order = new RandomGenerator(seed, 'batch norm').permutation(dataset.length);
    const loader = new DataLoader(new Subset(dataset, order.slice(0, STATISTICS_BATCHES * batchSize)), {
      batchSize,
      dropLast: dataset.length > batchSize,
      transforms: statistics ? [normalizeChannels(statistics.mean, statistics.std)] : [],
    });
    for (const batch of loader) {
      try {
        yield batch.inputs;
      } finally {
        batch.dispose();
      }
    }
  }

  /** The class probabilities of the first `count` test samples; nothing if there are no classes. */
  async predictions(count: number): Promise<number[][]> {
    return (await predict(this.network, this.#loaders.test, count)).probabilities;
  }

  /** Frees everything that the experiment keeps. */
  dispose(): void {
    const { optimizer, average } = this.trainer.options;
    optimizer.zeroGrad();
    optimizer.dispose();
    average?.dispose();
    this.trainer.dispose();
    this.network.dispose();
  }
}
