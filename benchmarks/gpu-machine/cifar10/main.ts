import { channelStatistics, cifar10, Subset } from '@pnn/data';
import { folder } from '@pnn/data/node';
import { resnet8, resnet18 } from '@pnn/models';
import {
  AdamW,
  crossEntropy,
  DataLoader,
  type Dataset,
  type Device,
  type Module,
  normalizeChannels,
  type Optimizer,
  ReLU,
  randomCrop,
  randomHorizontalFlip,
  SGD,
  setDevice,
  setSeed,
  type Tensor,
  wasm,
} from '@pnn/nn';
import {
  dualAscent,
  type EpochRecord,
  type Evaluation,
  evaluate,
  type InputRange,
  PolynomialActivation,
  polynomialActivations,
  Trainer,
} from '@pnn/pnn';
import { webgpu } from '@pnn/tensor/webgpu';
import { Report } from '../report.js';
import { PrefetchingLoader } from './prefetching-loader.js';
import { oneCycle } from './schedule.js';
import { type Settings, settingsOf } from './settings.js';

/** Images of one batch of an evaluation. */
const TESTED_TOGETHER = 500;
/** Seconds for the end: what the last evaluation took, so many times, and a little more. */
const EVALUATIONS_RESERVED = 1.5;
const SECONDS_RESERVED = 3;
/** How often a training that diverges goes on, at half the learning rate each time. */
const MOST_RETRIES = 6;

const MOST_EPOCHS = 2 ** 20;

const seconds = (): number => performance.now() / 1000;

async function deviceOf({ device }: Settings): Promise<{ device: Device; description: string }> {
  if (device === 'wasm') return { device: wasm(), description: 'wasm' };
  const opened = await webgpu({ software: process.env.GPU_MACHINE_SOFTWARE !== undefined });
  return { device: opened, description: opened.description };
}

function first(dataset: Dataset, samples: number | undefined): Dataset {
  if (samples === undefined) return dataset;
  return new Subset(
    dataset,
    Array.from({ length: samples }, (_, i) => i),
  );
}

function networkOf({ model, degree, alpha }: Settings): Module {
  const activation = () =>
    degree === null ? new ReLU() : new PolynomialActivation({ target: 'relu', degree, bound: 10, alpha });
  return (model === 'resnet8' ? resnet8 : resnet18)({ channels: 3, classes: 10, activation });
}

function optimizerOf({ optimizer, lr, weightDecay, maxNorm }: Settings, network: Module): Optimizer {
  const options = { lr, weightDecay, maxNorm };
  return optimizer === 'adamw'
    ? new AdamW(network.parameterGroups(), options)
    : new SGD(network.parameterGroups(), { ...options, momentum: 0.9, nesterov: true });
}

/** How far the inputs of the layers reach, in multiples of B, and the largest share of a layer that is not in [−B, B]. */
function rangesOf(network: Module, ranges: readonly InputRange[]) {
  const activations = polynomialActivations(network);
  const reach = ranges.map(({ maxAbs }, i) => maxAbs / activations[i]![1].bound);
  return {
    reach: Math.max(0, ...reach),
    shareOutside: Math.max(0, ...ranges.map(({ shareOutside }) => shareOutside)),
    meanShareOutside: ranges.reduce((sum, { shareOutside }) => sum + shareOutside, 0) / Math.max(1, ranges.length),
    reaches: reach.map((each) => Number(each.toPrecision(4))),
  };
}

function tested(network: Module, { loss, metrics, ranges }: Pick<Evaluation, 'loss' | 'metrics' | 'ranges'>) {
  return { testLoss: loss, testAccuracy: metrics.accuracy, test: rangesOf(network, ranges) };
}

/** Trains a residual network on CIFAR-10 as long as it is told, and leaves its results behind after every epoch. */
async function main(): Promise<void> {
  const settings = settingsOf(process.argv.slice(2));
  const report = new Report(settings.out, 'cifar10');
  const { device, description } = await deviceOf(settings);
  setDevice(device);
  setSeed(settings.seed);
  const { train, test } = await cifar10(folder(settings.data));
  const images = first(train, settings.samples);
  const { mean, std } = channelStatistics(images);
  const normalize = normalizeChannels(mean, std);
  const loader = new PrefetchingLoader(images, {
    batchSize: settings.batchSize,
    shuffle: true,
    dropLast: true,
    transforms: [randomCrop(4), randomHorizontalFlip(), normalize],
  });
  const testImages = first(test, settings.testSamples);
  const testLoader = new DataLoader(testImages, { batchSize: TESTED_TOGETHER, transforms: [normalize] });
  const network = networkOf(settings);
  const optimizer = optimizerOf(settings, network);
  report.add({ device: description, settings, images: images.length, test: testImages.length, ready: seconds() });

  const begin = seconds();
  const controller = new AbortController();
  let steps = 0;
  let evaluationSeconds = 0;
  let share = 1;
  const plannedSteps = settings.epochs === undefined ? undefined : settings.epochs * loader.length;
  const end = (): number => settings.seconds - SECONDS_RESERVED - EVALUATIONS_RESERVED * evaluationSeconds;
  const progress = (): number =>
    plannedSteps === undefined ? (seconds() - begin) / (end() - begin) : steps / plannedSteps;
  const followSchedule = (): void => {
    optimizer.lr = settings.lr * share * oneCycle(Math.min(1, progress()));
  };
  const stepTimes: number[] = [];
  const losses: number[] = [];
  const trainer = new Trainer(network, {
    optimizer,
    loss: (outputs: Tensor, labels: Tensor) =>
      crossEntropy(outputs, labels, { labelSmoothing: settings.labelSmoothing }),
    lambda: settings.lambda === 'dual' ? dualAscent() : settings.lambda,
    ...(settings.degree !== null && {
      calibration: { steps: settings.warmUp ?? loader.length, margin: settings.margin },
    }),
    onCalibration: (layers) =>
      report.add({
        calibratedAt: seconds(),
        step: steps + 1,
        bounds: layers.map(({ bound }) => Number(bound.toPrecision(4))),
      }),
    onStep: (step) => {
      steps++;
      stepTimes.push(step.seconds * 1000);
      losses.push(step.loss);
      if (steps === 3 || steps === 100) {
        report.add({ step: steps, at: seconds(), losses: losses.slice(-5), medianMs: medianOf(stepTimes.slice(-97)) });
      }
      followSchedule();
      if (seconds() > end()) controller.abort();
    },
  });
  followSchedule();

  const epochLine = (record: EpochRecord, start: number): Record<string, unknown> => {
    const { epoch, trainLoss, trainMetrics, validationLoss, validationMetrics, layers } = record;
    const { boundaryLoss, gradientNorm, clippedShare, learningRate } = record;
    const line = {
      epoch,
      at: seconds(),
      seconds: seconds() - start,
      steps,
      trainLoss,
      boundaryLoss,
      trainAccuracy: trainMetrics.accuracy,
      learningRate,
      gradientNorm,
      clippedShare,
      train: rangesOf(
        network,
        layers.map((layer) => layer.train),
      ),
      lambdas: layers.map(({ lambda }) => Number(lambda.toPrecision(3))),
      medianStepMs: medianOf(stepTimes),
      askingMs: loader.asking / stepTimes.length,
      dataMs: loader.making / stepTimes.length,
      prefetched: loader.prefetched / stepTimes.length,
    };
    if (validationLoss === null || validationMetrics === null) return line;
    const ranges = layers.flatMap(({ validation }) => validation ?? []);
    return { ...line, ...tested(network, { loss: validationLoss, metrics: validationMetrics, ranges }) };
  };

  for (let epoch = 1, retries = 0; !controller.signal.aborted; ) {
    const start = seconds();
    const isDue = epoch % settings.evaluateEvery === 0 || epoch === settings.epochs;
    stepTimes.length = 0;
    loader.resetCounts();
    const options = {
      epochs: settings.epochs ?? MOST_EPOCHS,
      signal: controller.signal,
      ...(isDue && { validation: testLoader }),
    };
    let trained: number | undefined;
    for await (const record of trainer.fit(loader, options)) {
      const took = record.seconds - stepTimes.reduce((sum, each) => sum + each, 0) / 1000;
      if (isDue) evaluationSeconds = took;
      report.add({ ...epochLine(record, start), evaluationSeconds: took });
      trained = record.epoch;
      break;
    }
    if (trained !== undefined) {
      if (trained === settings.epochs) break;
      epoch = trained + 1;
    } else if (trainer.stopped) {
      retries++;
      share /= 2;
      report.add({ stopped: trainer.stopped, at: seconds(), retries, share });
      if (retries > MOST_RETRIES) break;
    }
  }
  const atEnd = seconds();
  const final = await evaluate(network, testLoader);
  report.add({ final: true, steps, at: seconds(), seconds: seconds() - atEnd, ...tested(network, final) });
  process.exit(0);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
