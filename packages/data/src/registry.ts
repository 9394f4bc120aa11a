import { ArgumentError, type Dataset, Registry } from '@pnn/nn';
import type { DatasetEntry, SampleCounts } from './dataset-entry.js';
import { checkSettings, type DatasetSettings } from './dataset-options.js';
import type { FileSource } from './file-source.js';
import { capture24Dataset } from './sets/capture24/capture24.js';
import { cifar10Dataset } from './sets/cifar/cifar10.js';
import { cifar100Dataset } from './sets/cifar/cifar100.js';
import { csvDataset } from './sets/csv.js';
import { digitsDataset } from './sets/digits/digits.js';
import { fsddDataset } from './sets/fsdd.js';
import { harDataset, harFeaturesDataset } from './sets/har.js';
import { imagesDataset } from './sets/images.js';
import { fashionMnistDataset, mnistDataset } from './sets/mnist.js';
import { npyDataset } from './sets/npy.js';
import { optdigitsDataset } from './sets/optdigits.js';
import { speechCommandsDataset } from './sets/speech-commands.js';
import type { DatasetSplits } from './splits.js';
import { Subset } from './subset.js';

/** The data sets that can be chosen by name. `datasets.register(entry)` adds one of your own. */
export const datasets = new Registry<DatasetEntry>('data set', [
  digitsDataset,
  mnistDataset,
  fashionMnistDataset,
  cifar10Dataset,
  cifar100Dataset,
  optdigitsDataset,
  fsddDataset,
  speechCommandsDataset,
  harDataset,
  harFeaturesDataset,
  capture24Dataset,
  csvDataset,
  npyDataset,
  imagesDataset,
]);

/** What stands for the folder of data sets that have none. */
const nowhere: FileSource = {
  description: 'a data set without files',
  pathOf: (name) => name,
  read: async () => undefined,
};

function checkCount(split: string, count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count > 0)) return;
  throw new ArgumentError(`loadDataset: ${split} must be an integer above 0, not ${count}`);
}

function first(dataset: Dataset, count: number | undefined, split: string): Dataset {
  if (count === undefined || count === dataset.length) return dataset;
  if (count > dataset.length) {
    throw new ArgumentError(
      `loadDataset: ${count} samples of ${split} are wanted, and there are only ${dataset.length}`,
    );
  }
  return new Subset(
    dataset,
    Int32Array.from({ length: count }, (_, i) => i),
  );
}

/**
 * Loads a data set by name, the first samples of each split if not all are wanted.
 *
 * @param options.source where its files are; not needed for data sets without files
 * @param options.settings what is chosen about it, by the names of its options
 * @throws ArgumentError if the data set is unknown, has no such option, needs files and gets no source, a file is missing, or more samples
 *   are wanted than there are
 * @throws FormatError if a file is damaged
 */
export async function loadDataset(
  name: string,
  options: SampleCounts & {
    readonly source?: FileSource | undefined;
    readonly settings?: DatasetSettings | undefined;
  } = {},
): Promise<DatasetSplits> {
  const entry = datasets.get(name);
  const { source, train, test, settings = {} } = options;
  checkSettings(entry, settings);
  checkCount('train', train);
  checkCount('test', test);
  if (entry.files !== undefined && !source) {
    throw new ArgumentError(`loadDataset: the data set ${name} needs a source of its files: ${entry.files}`);
  }
  const splits = await entry.load(source ?? nowhere, { train, test }, settings);
  const { groups } = splits;
  return {
    ...splits,
    train: first(splits.train, train, `${splits.name}/train`),
    ...(groups && { groups: groups.subarray(0, train) }),
    test: first(splits.test, test, `${splits.name}/test`),
  };
}
