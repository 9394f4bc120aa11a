import {
  AdamW,
  ArrayDataset,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  DataLoader,
  type Device,
  Dropout,
  Flatten,
  Generator,
  getDevice,
  Linear,
  MaxPool2d,
  type Optimizer,
  Sequential,
  SGD,
  setDevice,
  setSeed,
} from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';
import { expectWithin } from '../../packages/tensor/test/gpu/cases/kernel-case.js';
import { boundsOfErrors } from './disturbed-reference.js';

const SIZE = 8;
const COUNT = 48;

/** Noisy images of horizontal (class 0) and vertical (class 1) stripes. */
function stripes(): ArrayDataset {
  const generator = new Generator(7);
  const inputs = new Float32Array(COUNT * SIZE * SIZE);
  const labels = Int32Array.from({ length: COUNT }, () => generator.integer(2));
  inputs.forEach((_, i) => {
    const [row, column] = [Math.floor(i / SIZE) % SIZE, i % SIZE];
    const across = labels[Math.floor(i / SIZE ** 2)] === 0 ? row : column;
    inputs[i] = (across % 4 < 2 ? 1 : -1) + 0.5 * generator.normal();
  });
  return new ArrayDataset({ inputs, inputShape: [1, SIZE, SIZE], labels, classes: 2 });
}

const activation = () =>
  new PolynomialActivation({
    target: 'relu',
    degree: 8,
    bound: 6,
    alpha: 0.5,
    outside: 'tangent',
    learnable: true,
  });

/** What a training has shown: the losses of its steps, and the inputs' largest sizes at its end. */
export interface TrainingResult {
  readonly losses: readonly number[];
  readonly boundaries: readonly number[];
  readonly ranges: readonly number[];
}

/**
 * Trains a small convolutional network of degree 8 on a device, with everything that a training uses: convolutions,
 * both poolings, BatchNorm, dropout, learnable coefficients, boundary loss, clipping and an optimizer.
 */
export async function train(
  device: Device,
  optimizerName: 'AdamW' | 'SGD' = 'AdamW',
  onStep: () => void = () => {},
): Promise<TrainingResult> {
  const before = getDevice();
  setDevice(device);
  try {
    setSeed(7);
    const network = new Sequential(
      new Conv2d(1, 4, 3, { padding: 1 }),
      new BatchNorm2d(4),
      activation(),
      new MaxPool2d(2),
      new Conv2d(4, 6, 3, { padding: 1 }),
      new BatchNorm2d(6),
      activation(),
      new AvgPool2d(2),
      new Flatten(),
      new Dropout(0.2),
      new Linear(24, 2),
    );
    const groups = network.parameterGroups();
    const optimizer: Optimizer =
      optimizerName === 'AdamW'
        ? new AdamW(groups, { lr: 0.005, maxNorm: 1 })
        : new SGD(groups, { lr: 0.02, momentum: 0.9, nesterov: true, weightDecay: 1e-4, maxNorm: 1 });
    const losses: number[] = [];
    const boundaries: number[] = [];
    const trainer = new Trainer(network, {
      optimizer,
      lambda: 10,
      onStep: ({ loss, boundary }) => {
        losses.push(loss);
        boundaries.push(boundary);
        onStep();
      },
    });
    const ranges: number[] = [];
    const loader = new DataLoader(stripes(), { batchSize: 16, shuffle: true });
    for await (const epoch of trainer.fit(loader, { epochs: 2 })) {
      ranges.splice(0, ranges.length, ...epoch.layers.map(({ train: { maxAbs } }) => maxAbs));
    }
    trainer[Symbol.dispose]();
    return { losses, boundaries, ranges };
  } finally {
    setDevice(before);
  }
}

/** Throws where a training on a device differs, in any step, by more than errors of its kernels can explain. */
export async function compareTrainings(
  device: Device,
  reference: Device,
  optimizerName: 'AdamW' | 'SGD',
): Promise<TrainingResult> {
  const numbersOf = ({ losses, boundaries, ranges }: TrainingResult) => [...losses, ...boundaries, ...ranges];
  const actual = await train(device, optimizerName);
  if (actual.losses.length !== 6) throw new Error(`${actual.losses.length} steps instead of 6`);
  const expected = numbersOf(await train(reference, optimizerName));
  const bounds = await boundsOfErrors(expected, async (disturbed) => numbersOf(await train(disturbed, optimizerName)));
  expectWithin(numbersOf(actual), expected, (_, i) => bounds[i]!);
  return actual;
}
