import { getDevice, noGrad, scope, tensor } from '@pnn/nn';
import {
  type EpochRecord,
  type Evaluation,
  type PolynomialActivation,
  type RangeTracker,
  suspendTraining,
  type Trainer,
  targetFunction,
} from '@pnn/pnn';
import type { CurvePoint, LayerRecord, RunRecord, SettingValue } from '../report/record.js';

const HISTOGRAM_BINS = 128;
const CURVE_POINTS = 161;
/** How far beyond ±B curves are drawn, in units of B. */
const CURVE_REACH = 1.15;

/** What a record of a training needs besides the trainer. */
export interface RunRecordOptions {
  /** Such as `polynomial, degree 8`; unique within a report. */
  readonly name: string;
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly seed: number;
  /** The records of the complete epochs, as `trainer.fit` gave them. */
  readonly epochs: readonly EpochRecord[];
  /** The test of the network as it is, and how long it took. */
  readonly test: Evaluation;
  readonly testSeconds: number;
}

/**
 * The polynomial as the network evaluates it, learned coefficients included, beside its target; that of the first channel
 * if every channel has its own.
 */
async function curveOf(activation: PolynomialActivation): Promise<CurvePoint[]> {
  const { target: name = 'relu', channels = 1 } = activation.options;
  const target = targetFunction(name);
  const xs = Array.from(
    { length: CURVE_POINTS },
    (_, k) => CURVE_REACH * activation.bound * ((2 * k) / (CURVE_POINTS - 1) - 1),
  );
  const resumeTraining = suspendTraining(activation);
  const inputs = Float32Array.from({ length: CURVE_POINTS * channels }, (_, i) => xs[Math.floor(i / channels)]!);
  const values = scope(() => noGrad(() => activation.approximate(tensor(inputs, { shape: [CURVE_POINTS, channels] }))));
  resumeTraining();
  const polynomial = await values.data();
  values.dispose();
  return xs.map((x, k) => ({ x, target: target(x), polynomial: polynomial[k * channels]! }));
}

/** Every polynomial activation with its curve and the inputs that a tracker has seen. */
export function layerRecords(tracker: RangeTracker): Promise<LayerRecord[]> {
  return Promise.all(
    tracker.activations.map(
      async ([name, activation], i): Promise<LayerRecord> => ({
        name,
        target: activation.fit.target,
        degree: activation.fit.degree,
        bound: activation.bound,
        alpha: activation.alpha,
        curve: await curveOf(activation),
        histogram: tracker.histogram(i, HISTOGRAM_BINS),
      }),
    ),
  );
}

/** The record of a training so far, of any network: what every report is made of; see `reportOf`. */
export async function runRecord(trainer: Trainer, options: RunRecordOptions): Promise<RunRecord> {
  const { name, settings, seed, epochs, test, testSeconds } = options;
  const { network, stopped } = trainer;
  const progress = trainer.progress();
  const layers = await layerRecords(test.tracker);
  return {
    name,
    role: layers.length > 0 ? 'polynomial' : 'twin',
    settings,
    device: getDevice().description ?? getDevice().name,
    seed,
    parameters: network.parameterCount(),
    clipNorm: trainer.options.optimizer.maxNorm ?? null,
    epochs: [...epochs],
    layers,
    final: {
      epoch: trainer.weightsOfEpoch,
      testLoss: test.loss,
      testMetrics: test.metrics,
      layers: test.ranges,
      seconds: epochs.reduce((sum, epoch) => sum + epoch.seconds, progress.sums.seconds) + testSeconds,
    },
    stopped: stopped ?? null,
  };
}
