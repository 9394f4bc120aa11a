import { dataLoaders, datasets, loadDataset } from '@pnn/data';
import {
  AdamW,
  ArrayDataset,
  BatchNorm1d,
  Conv1d,
  Generator,
  GlobalAvgPool,
  Linear,
  Module,
  setSeed,
  type Tensor,
} from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

const CHANNELS = 3;
const STEPS = 64;
const classes = ['at rest', 'walking', 'running'];

/** Windows of an accelerometer that somebody carries: the faster the steps, the faster and wider it swings. */
function windows(count: number, stream: string): ArrayDataset {
  const generator = new Generator(1, stream);
  const inputs = new Float32Array(count * CHANNELS * STEPS);
  const labels = Int32Array.from({ length: count }, () => generator.integer(classes.length));
  for (let i = 0; i < inputs.length; i++) {
    const step = i % STEPS;
    const axis = Math.floor(i / STEPS) % CHANNELS;
    const speed = labels[Math.floor(i / (CHANNELS * STEPS))]!;
    inputs[i] = 9.81 * axis + speed * Math.sin(0.4 * speed * step + axis) + 0.5 * generator.normal();
  }
  return new ArrayDataset({ inputs, inputShape: [CHANNELS, STEPS], labels, classes });
}

datasets.register({
  name: 'motion',
  summary: 'made-up windows of an accelerometer, three axes by 64 steps',
  inputShape: [CHANNELS, STEPS],
  load: async () => ({ name: 'motion', train: windows(600, 'train'), test: windows(200, 'test') }),
});

class MotionNetwork extends Module {
  readonly convolution = new Conv1d(CHANNELS, 8, 7, { padding: 3 });
  readonly normalization = new BatchNorm1d(8);
  readonly activation = new PolynomialActivation({ target: 'relu', degree: 4, bound: 6, alpha: 0.8 });
  readonly pool = new GlobalAvgPool();
  readonly linear = new Linear(8, classes.length);

  override forward(x: Tensor): Tensor {
    const features = this.activation.forward(this.normalization.forward(this.convolution.forward(x)));
    return this.linear.forward(this.pool.forward(features));
  }
}

setSeed(7);
const { train, test } = dataLoaders(await loadDataset('motion'), { batchSize: 50 });
const network = new MotionNetwork();
const optimizer = new AdamW(network.parameterGroups(), { lr: 0.02, maxNorm: 1 });
const trainer = new Trainer(network, { optimizer, lambda: 10 });

for await (const { epoch, trainLoss, validationMetrics } of trainer.fit(train, { epochs: 6, validation: test })) {
  const accuracy = 100 * validationMetrics!.accuracy!;
  console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}, test accuracy ${accuracy.toFixed(1)}%`);
}
