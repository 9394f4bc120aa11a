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
  tensor,
} from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

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
 * both poolings, BatchNorm, dropout, learnable coefficients, boundary loss, clipping and an optimiser.
 *
 * @param disturbance by which the parameters are multiplied at the start, up or down by chance, to see what rounding does
 */
export async function train(
  device: Device,
  optimizerName: 'AdamW' | 'SGD' = 'AdamW',
  disturbance = 0,
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
    const generator = new Generator(1);
    for (const parameter of network.parameters()) {
      const factors = Float32Array.from(
        { length: parameter.size },
        () => 1 + (generator.uniform() < 0.5 ? -1 : 1) * disturbance,
      );
      const values = await parameter.data();
      parameter.assign(tensor(factors.map((factor, i) => factor * values[i]!)).reshape(parameter.shape));
    }
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

/** Throws where a training on a device differs by more than rounding can explain: 256 roundings in every parameter. */
export async function compareTrainings(
  device: Device,
  reference: Device,
  optimizerName: 'AdamW' | 'SGD',
): Promise<TrainingResult> {
  const actual = await train(device, optimizerName);
  const expected = await train(reference, optimizerName);
  const disturbed = await train(reference, optimizerName, 2 ** -16);
  if (actual.losses.length !== 6) throw new Error(`${actual.losses.length} steps instead of 6`);
  for (const name of ['losses', 'boundaries', 'ranges'] as const) {
    const spread = Math.max(...expected[name].map((value, i) => Math.abs(value - disturbed[name][i]!)));
    expected[name].forEach((value, i) => {
      if (Math.abs(actual[name][i]! - value) <= spread + 2 ** -20 * Math.abs(value)) return;
      throw new Error(`${name}: ${actual[name]} instead of ${expected[name]}, within ${spread}`);
    });
  }
  return actual;
}
