import {
  type ChannelStatistics,
  type DatasetSplits,
  type ImageLoaders,
  imageLoaders,
  normalize,
  slice,
} from '@pnn/data';
import { buildNetwork, checkSettings, type ExperimentSettings, type ImageShape, type LambdaPolicy } from '@pnn/models';
import {
  AdamW,
  getDevice,
  noGrad,
  type Optimizer,
  ReduceLROnPlateau,
  type Sequential,
  scope,
  setSeed,
  tensor,
} from '@pnn/nn';
import {
  type CalibratedLayer,
  constantLambda,
  dualAscent,
  evaluate,
  type Lambda,
  type PolynomialActivation,
  polynomialActivations,
  type StepRecord,
  suspendTraining,
  Trainer,
  targetFunction,
} from '@pnn/pnn';
import type { CurvePoint, EpochRecord, LayerRecord, RunRecord, SampleRecord, SettingValue } from '../report/record.js';

const HISTOGRAM_BINS = 128;
const CURVE_POINTS = 161;
/** How far beyond ±B curves are drawn, in units of B. */
const CURVE_REACH = 1.15;

/** What an experiment tells on the way. */
export interface ExperimentEvents {
  readonly onStep?: (step: StepRecord) => void;
  readonly onCalibration?: (layers: readonly CalibratedLayer[]) => void;
}

function optimizerOf(settings: ExperimentSettings, network: Sequential): Optimizer {
  const { lr, weightDecay, maxNorm, clipping } = settings;
  const groups = network.parameterGroups().map((group) => (clipping === 'plain' ? { ...group, clipped: true } : group));
  return new AdamW(groups, { lr, weightDecay, ...(maxNorm !== null && { maxNorm }) });
}

function lambdaOf(policy: LambdaPolicy): Lambda | undefined {
  if (policy.kind === 'dual') return dualAscent({ initial: policy.initial });
  return policy.lambda === 0 ? undefined : constantLambda(policy.lambda);
}

/** One network on its data: training, test and record. */
export class Experiment {
  readonly settings: ExperimentSettings;
  readonly network: Sequential;
  readonly trainer: Trainer;
  /** The records of the complete epochs. */
  readonly epochs: EpochRecord[] = [];
  readonly #data: DatasetSplits;
  readonly #loaders: ImageLoaders;

  /** Seeds the random streams of the program and makes the network. */
  constructor(settings: ExperimentSettings, data: DatasetSplits, events: ExperimentEvents = {}) {
    checkSettings(settings);
    setSeed(settings.seed);
    this.settings = settings;
    this.#data = data;
    this.network = buildNetwork(settings, data.train);
    this.#loaders = imageLoaders(data, { batchSize: settings.batchSize });
    const optimizer = optimizerOf(settings, this.network);
    const lambda = settings.activation && lambdaOf(settings.activation.lambda);
    const bound = settings.activation?.bound;
    this.trainer = new Trainer(this.network, {
      optimizer,
      scheduler: new ReduceLROnPlateau(optimizer, { factor: 0.1, patience: 5, threshold: 0.1 }),
      plateau: 'training',
      ...(lambda && { lambda }),
      ...(bound?.kind === 'calibrated' && { calibration: { ...bound, steps: this.#warmUpSteps } }),
      ...(events.onStep && { onStep: events.onStep }),
      ...(events.onCalibration && { onCalibration: events.onCalibration }),
    });
  }

  /** The polynomial activations with their names. */
  get activations(): readonly (readonly [name: string, activation: PolynomialActivation])[] {
    return polynomialActivations(this.network);
  }

  /** The shape of the images and the names of their classes. */
  get shape(): ImageShape {
    const { channels, height, width, classes } = this.#data.train;
    return { channels, height, width, classes };
  }

  /** What the images are normalised with. */
  get statistics(): ChannelStatistics {
    return this.#loaders.statistics;
  }

  /** Optimiser steps in an epoch. */
  get stepsPerEpoch(): number {
    return this.#loaders.train.length;
  }

  /** Steps with the targets instead of the polynomials: the warm-up takes a quarter of the training at most. */
  get #warmUpSteps(): number {
    const bound = this.settings.activation?.bound;
    if (bound?.kind !== 'calibrated') return 0;
    return Math.min(bound.steps, Math.floor((this.settings.epochs * this.stepsPerEpoch) / 4));
  }

  /** Trains to the end (or the signal, or divergence) and yields the record of every epoch. */
  async *run(signal?: AbortSignal): AsyncGenerator<EpochRecord, void, void> {
    const { epochs } = this.settings;
    const options = { epochs, validation: this.#loaders.test, ...(signal && { signal }) };
    for await (const epoch of this.trainer.fit(this.#loaders.train, options)) {
      this.epochs.push(epoch);
      yield epoch;
    }
  }

  /** The record of the run so far, with a test of the network as it is: that of the last epoch where nothing came after. */
  async record(name: string): Promise<RunRecord> {
    const { settings, trainer } = this;
    const progress = trainer.progress();
    const start = performance.now();
    const test = trainer.validation ?? (await evaluate(this.network, this.#loaders.test));
    const testSeconds = (performance.now() - start) / 1000;
    const layers = await Promise.all(
      test.tracker.activations.map(
        async ([layer, activation], i): Promise<LayerRecord> => ({
          name: layer,
          target: activation.fit.target,
          degree: activation.fit.degree,
          bound: activation.bound,
          alpha: activation.alpha,
          curve: await this.#curve(activation),
          histogram: test.tracker.histogram(i, HISTOGRAM_BINS),
        }),
      ),
    );
    return {
      name,
      role: settings.activation ? 'polynomial' : 'twin',
      settings: describeSettings(settings, this.#warmUpSteps),
      device: getDevice().description ?? getDevice().name,
      seed: settings.seed,
      parameters: this.network.parameterCount(),
      clipNorm: settings.maxNorm,
      epochs: [...this.epochs],
      layers,
      final: {
        epoch: progress.epoch,
        testLoss: test.loss,
        testMetrics: test.metrics,
        layers: test.ranges,
        seconds: this.epochs.reduce((sum, { seconds }) => sum + seconds, progress.sums.seconds) + testSeconds,
      },
      stopped: trainer.stopped ?? null,
    };
  }

  /** The polynomial as the network evaluates it, learned coefficients included, beside its target. */
  async #curve(activation: PolynomialActivation): Promise<CurvePoint[]> {
    const target = targetFunction(activation.options.target ?? 'relu');
    const xs = Array.from(
      { length: CURVE_POINTS },
      (_, k) => CURVE_REACH * activation.bound * ((2 * k) / (CURVE_POINTS - 1) - 1),
    );
    const resumeTraining = suspendTraining(activation);
    const values = scope(() => noGrad(() => activation.approximate(tensor(Float32Array.from(xs)))));
    resumeTraining();
    const polynomial = await values.data();
    values.dispose();
    return xs.map((x, k) => ({ x, target: target(x), polynomial: polynomial[k]! }));
  }

  /** The class probabilities of the first `count` test images. */
  async predictions(count: number): Promise<number[][]> {
    const split = slice(this.#data.test, 0, Math.min(count, this.#data.test.count));
    const inputs = normalize(split, this.#loaders.statistics);
    const resumeTraining = suspendTraining(this.network);
    const probabilities = scope(() =>
      noGrad(() =>
        this.network
          .forward(tensor(inputs, { shape: [split.count, split.channels, split.height, split.width] }))
          .softmax(),
      ),
    );
    resumeTraining();
    const rows = Array.from(await probabilities.data());
    const [, classes] = probabilities.shape as [number, number];
    probabilities.dispose();
    return Array.from({ length: split.count }, (_, i) => rows.slice(i * classes, (i + 1) * classes));
  }

  /** Frees everything that the experiment keeps. */
  dispose(): void {
    this.trainer.options.optimizer.zeroGrad();
    this.trainer.options.optimizer.dispose();
    this.network.dispose();
  }
}

/** The settings as a report shows them, with the steps that the warm-up really takes. */
function describeSettings(settings: ExperimentSettings, warmUpSteps: number): Record<string, SettingValue> {
  const { model, widths, order, epochs, batchSize, lr, weightDecay, maxNorm, clipping, activation } = settings;
  const common = {
    model: model === 'cnn' || model === 'mlp' ? `${model} ${widths.join('-')}` : model,
    order,
    epochs,
    'batch size': batchSize,
    'learning rate': lr,
    'weight decay': weightDecay,
    clipping: maxNorm === null ? 'none' : `${clipping}, norm ${maxNorm}`,
  };
  if (!activation) return { ...common, activation: settings.target };
  const { bound, lambda, penalty } = activation;
  const byDensity = bound.kind === 'calibrated' && bound.density;
  return {
    ...common,
    activation: `${settings.target}, degree ${activation.degree}, ${byDensity ? 'density' : activation.method}`,
    bound:
      bound.kind === 'fixed'
        ? bound.bound
        : `calibrated after ${warmUpSteps} steps: quantile ${bound.quantile} times ${bound.margin}`,
    alpha: activation.alpha,
    'outside while training': activation.outside,
    penalty: penalty.form === 'max-norm' ? penalty.form : `${penalty.form}, linear beyond ${penalty.cap}`,
    lambda: lambda.kind === 'constant' ? lambda.lambda : `dual ascent from ${lambda.initial}`,
    basis: activation.basis,
    learnable: activation.learnable,
  };
}

/**
 * Test images with what the networks make of them, for a report.
 *
 * @param predictions of each network, as `Experiment.predictions` gives them
 */
export function sampleRecords(
  { test }: DatasetSplits,
  predictions: readonly (readonly (readonly number[])[])[],
): SampleRecord[] {
  const { images, labels, channels, height, width } = test;
  const area = height * width;
  const count = Math.min(...predictions.map(({ length }) => length));
  return Array.from({ length: count }, (_, i) => ({
    image: Array.from(
      { length: area * channels },
      (__, k) => images[(i * channels + (k % channels)) * area + Math.floor(k / channels)]!,
    ),
    height,
    width,
    channels: channels === 3 ? 3 : 1,
    label: labels[i]!,
    predictions: predictions.map((rows) => rows[i]!),
  }));
}
