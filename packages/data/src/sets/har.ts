import { ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type FileSource, readDataFile } from '../file-source.js';
import { readNumberRows } from '../formats/number-rows.js';
import type { PublishedFile } from '../published-file.js';
import type { DatasetSplits } from '../splits.js';

const classes = ['walking', 'walking upstairs', 'walking downstairs', 'sitting', 'standing', 'lying'];
const SUBJECTS = 30;
const FEATURES = 561;
const STEPS = 128;

/** The channels of a window, in the order of the published code and of most others. */
const signals = ['body_acc', 'body_gyro', 'total_acc'].flatMap((signal) =>
  ['x', 'y', 'z'].map((axis) => `${signal}_${axis}`),
);

/** The folder that the archive is unpacked to. */
const FOLDER = 'UCI HAR Dataset';

const FILES =
  "the folders train and test of the UCI HAR data set, with 'Inertial Signals' in them, from https://archive.ics.uci.edu/dataset/240";

type SplitName = 'train' | 'test';

/** What the samples of UCI HAR are. */
export interface HarOptions {
  /**
   * The windows of the sensors, [9,128], or the 561 features that were computed from each, [561].
   *
   * @default 'windows'
   */
  readonly inputs?: 'windows' | 'features';
}

async function readRows(dataset: string, source: FileSource, name: string, columns: number) {
  const { path, bytes } = await readDataFile({
    dataset,
    source,
    names: [name],
    folders: [FOLDER],
    advice: `put ${FILES} there`,
  });
  return { path, numbers: readNumberRows(bytes, columns, `${dataset}: ${path}`) };
}

function checkCount(dataset: string, path: string, rows: number, count: number): void {
  if (rows === count) return;
  throw new FormatError(
    `${dataset}: ${path} has ${rows} rows, and there are ${count} labels: they do not belong together`,
  );
}

/** Whole numbers from 1 on, as positions from 0 on. */
async function readPositions(dataset: string, source: FileSource, name: string, most: number): Promise<Int32Array> {
  const { path, numbers } = await readRows(dataset, source, name, 1);
  const wrong = numbers.findIndex((number) => !(Number.isInteger(number) && number >= 1 && number <= most));
  if (wrong >= 0) {
    throw new FormatError(
      `${dataset}: ${path} has ${numbers[wrong]} in row ${wrong + 1}, and they go from 1 to ${most}`,
    );
  }
  return Int32Array.from(numbers, (number) => number - 1);
}

async function readFeatures(
  dataset: string,
  source: FileSource,
  split: SplitName,
  count: number,
): Promise<Float32Array> {
  const { path, numbers } = await readRows(dataset, source, `${split}/X_${split}.txt`, FEATURES);
  checkCount(dataset, path, numbers.length / FEATURES, count);
  return numbers;
}

async function readWindows(
  dataset: string,
  source: FileSource,
  split: SplitName,
  count: number,
): Promise<Float32Array> {
  const windows = new Float32Array(count * signals.length * STEPS);
  for (const [channel, signal] of signals.entries()) {
    const name = `${split}/Inertial Signals/${signal}_${split}.txt`;
    const { path, numbers } = await readRows(dataset, source, name, STEPS);
    checkCount(dataset, path, numbers.length / STEPS, count);
    for (let i = 0; i < count; i++) {
      windows.set(numbers.subarray(i * STEPS, (i + 1) * STEPS), (i * signals.length + channel) * STEPS);
    }
  }
  return windows;
}

async function readSplit(source: FileSource, inputs: 'windows' | 'features', split: SplitName) {
  const dataset = nameOf(inputs);
  const labels = await readPositions(dataset, source, `${split}/y_${split}.txt`, classes.length);
  const subjects = await readPositions(dataset, source, `${split}/subject_${split}.txt`, SUBJECTS);
  checkCount(dataset, source.pathOf(`${split}/subject_${split}.txt`), subjects.length, labels.length);
  const [read, inputShape] =
    inputs === 'windows' ? ([readWindows, [signals.length, STEPS]] as const) : ([readFeatures, [FEATURES]] as const);
  const values = await read(dataset, source, split, labels.length);
  return { samples: new ArrayDataset({ inputs: values, inputShape, labels, classes }), subjects };
}

const nameOf = (inputs: 'windows' | 'features') => (inputs === 'windows' ? 'har' : 'har-features');

/**
 * UCI HAR: six activities of 30 people with a smartphone at the waist, 2.56 s at 50 Hz in each sample, 7,352 for training
 * and 2,947 of other people for testing (Anguita et al., "A Public Domain Dataset for Human Activity Recognition Using
 * Smartphones", 2013). Windows are acceleration without gravity, angular velocity and acceleration, each along x, y, z.
 *
 * @param source holds the folders `train` and `test` of the archive, itself or in `UCI HAR Dataset`
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is damaged, or the files do not belong together
 */
export async function har(source: FileSource, options: HarOptions = {}): Promise<DatasetSplits<ArrayDataset>> {
  const { inputs = 'windows' } = options;
  const train = await readSplit(source, inputs, 'train');
  const test = await readSplit(source, inputs, 'test');
  return { name: nameOf(inputs), train: train.samples, test: test.samples, groups: train.subjects };
}

const published: readonly PublishedFile[] = [
  {
    name: 'har.zip',
    addresses: ['https://archive.ics.uci.edu/static/public/240/human+activity+recognition+using+smartphones.zip'],
    sha256: 'c00b803081a5c797cd5e4b83700a9810b38d53d9d84e01917e090e1fdbc81031',
    archive: {
      format: 'zip',
      maxBytes: 200_000_000,
      inner: {
        name: 'UCI HAR Dataset.zip',
        sha256: '2045e435c955214b38145fb5fa00776c72814f01b203fec405152dac7d5bfeb0',
        archive: { format: 'zip', maxBytes: 600_000_000 },
      },
    },
  },
];

/** The windows of {@link har} by name. */
export const harDataset: DatasetEntry = {
  name: 'har',
  summary: "10,299 windows of a smartphone's sensors, six activities, 128 steps",
  inputShape: [signals.length, STEPS],
  files: FILES,
  published,
  training: { epochs: 5, averageDecay: 0.99 },
  // On people held out of the training data, inputs of degree 2 reach 1.9 B with a margin of 2.5 and α = 0.7, and half of B with
  // these, at the same accuracy.
  margin: 5,
  alpha: 0.35,
  model: 'resnet1d',
  widths: { resnet1d: [16, 32, 64] },
  load: (source) => har(source),
};

/** The features of {@link har} by name. */
export const harFeaturesDataset: DatasetEntry = {
  name: 'har-features',
  summary: 'the same windows as 561 features each',
  inputShape: [FEATURES],
  files: FILES,
  published,
  training: { epochs: 6, averageDecay: 0.99 },
  // Where a third of the people of the training data is held out, features reach up to 3.9 times as far as those of the others.
  margin: 5,
  model: 'mlp',
  load: (source) => har(source, { inputs: 'features' }),
};
