// A data set and a model of your own for the command, from files train.csv and test.csv in a folder:
//   npx pnn train --import examples/windows.mjs --dataset windows --data DIR --model window-net
// Every line is a window: its class, then 64 values of x, 64 of y, 64 of z.
import { datasets } from '@pnn/data';
import { models } from '@pnn/models';
import {
  ArgumentError,
  ArrayDataset,
  BatchNorm1d,
  Conv1d,
  FormatError,
  GlobalAvgPool,
  Linear,
  Sequential,
} from '@pnn/nn';

const CHANNELS = 3;
const STEPS = 64;
const classes = ['at rest', 'walking', 'running'];
const FILES = 'train.csv and test.csv, a window in each line';
const MAX_BYTES = 1e8;

async function read(source, name) {
  const bytes = await source.read(name, MAX_BYTES);
  if (!bytes) throw new ArgumentError(`windows: ${source.description} has no ${name}: put ${FILES} there`);
  const lines = new TextDecoder().decode(bytes).trim().split('\n');
  const labels = new Int32Array(lines.length);
  const inputs = new Float32Array(lines.length * CHANNELS * STEPS);
  for (const [i, line] of lines.entries()) {
    const [label, ...values] = line.split(',').map(Number);
    if (values.length !== CHANNELS * STEPS) {
      throw new FormatError(
        `windows: ${source.pathOf(name)}: line ${i + 1} has ${values.length} values, not ${CHANNELS * STEPS}`,
      );
    }
    labels[i] = label;
    inputs.set(values, i * CHANNELS * STEPS);
  }
  return new ArrayDataset({ inputs, inputShape: [CHANNELS, STEPS], labels, classes });
}

datasets.register({
  name: 'windows',
  summary: 'windows of an accelerometer, three axes by 64 steps',
  inputShape: [CHANNELS, STEPS],
  files: FILES,
  training: { epochs: 6, batchSize: 50, lr: 0.02 },
  load: async (source) => ({
    name: 'windows',
    train: await read(source, 'train.csv'),
    test: await read(source, 'test.csv'),
  }),
});

models.register({
  name: 'window-net',
  summary: 'a convolution over time and a linear layer',
  widths: [8],
  dropout: false,
  make: ({ inputShape: [channels], outputs, activation, widths: [width] }) =>
    new Sequential(
      new Conv1d(channels, width, 7, { padding: 3 }),
      new BatchNorm1d(width),
      activation(),
      new GlobalAvgPool(),
      new Linear(width, outputs),
    ),
});
