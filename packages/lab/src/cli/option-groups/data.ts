import { resolve } from 'node:path';
import {
  type AugmentationSpec,
  augmentationOf,
  augmentations,
  checkSettings,
  type DatasetSettings,
  datasets,
} from '@pnn/data';
import { ArgumentError } from '@pnn/nn';
import type { DataSpec } from '../../experiment/specs.js';
import type { OptionSpecs, Options } from '../options.js';
import { ownName } from '../own-modules.js';

const DEFAULT_DATASET = 'digits';

/** As many samples as an option takes. */
const MAX_SAMPLES = 1_000_000_000;

/** What to train on. */
export function dataOptions(): OptionSpecs {
  return {
    dataset: {
      value: 'NAME|FILE',
      description: `${datasets.names().join(', ')}, or a module that exports a dataset (default ${DEFAULT_DATASET}, which the program draws itself)`,
    },
    data: { value: 'DIR', description: 'folder with the files of the data set in their official form' },
    ...settingsOption(),
    augment: {
      value: 'NAME=N,…',
      description: `change training samples at random: ${describeAugmentations()}; none for no change (default: what suits the data set)`,
    },
    'train-samples': { value: 'N', description: 'train on the first N samples only' },
    'test-samples': { value: 'N', description: 'test on the first N samples only' },
    import: {
      value: 'FILE,…',
      description: 'modules that register or export data sets, models or targets of your own, loaded before all else',
    },
  };
}

/** What can be chosen about a data set: the names of the options of all that have some. */
export function settingsOption(): OptionSpecs {
  const known = datasets
    .entries()
    .flatMap(({ name, options }) => (options ? [`${name} ${Object.keys(options).join(', ')}`] : []));
  return {
    'data-options': {
      value: 'NAME=VALUE,…',
      description: `what can be chosen about a data set: ${known.join('; ')}`,
    },
  };
}

/** What was chosen about the data set; a value may have commas where no `NAME=` follows. */
export function settingsFrom(options: Options, dataset: string): DatasetSettings {
  const text = options.text('data-options');
  if (text === undefined) return {};
  const settings = Object.fromEntries(
    text.split(/,(?=[\w-]+=)/).map((each) => {
      const [name = '', value] = [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)];
      if (!each.includes('=') || name === '' || value === '') {
        return options.refuse(`--data-options ${text} is not of the form NAME=VALUE,NAME=VALUE`);
      }
      return [name, value];
    }),
  );
  try {
    checkSettings(datasets.get(dataset), settings);
  } catch (error) {
    if (error instanceof ArgumentError) options.refuse(error.message);
    throw error;
  }
  return settings;
}

/** The random changes as help shows them, with the number that each has unless another is given. */
function describeAugmentations(): string {
  return augmentations
    .entries()
    .map(({ name, amount }) => `${name}=${amount}`)
    .join(', ');
}

/** What training samples are changed by; null if nothing is said. */
function augmentationFrom(options: Options, dataset: string): readonly AugmentationSpec[] | null {
  const text = options.text('augment');
  if (text === undefined) return null;
  if (text === 'none') return [];
  const specs = text.split(',').map((each) => {
    const [name = '', amount] = each.split('=', 2);
    if (!augmentations.has(name)) {
      options.refuse(`--augment ${text}: '${name}' is none of ${augmentations.names().join(', ')}`);
    }
    const number = amount === undefined ? augmentations.get(name).amount : Number(amount || Number.NaN);
    if (!Number.isFinite(number)) options.refuse(`--augment ${text}: ${each} is not of the form NAME or NAME=NUMBER`);
    return { name, amount: number };
  });
  const { inputShape } = datasets.get(dataset);
  try {
    if (inputShape) augmentationOf(specs, inputShape);
  } catch (error) {
    if (error instanceof ArgumentError) options.refuse(`--augment ${text}: ${error.message}`);
    throw error;
  }
  return specs;
}

/** @throws UsageError if options do not fit */
export function dataSpecFrom(options: Options): DataSpec {
  const dataset = ownName(options, 'dataset', datasets) ?? DEFAULT_DATASET;
  const folder = options.text('data');
  const { files } = datasets.get(dataset);
  if (files !== undefined && folder === undefined) {
    options.refuse(`--dataset ${dataset} needs --data DIR, a folder with ${files}`);
  }
  if (files === undefined && folder !== undefined) {
    const withFiles = datasets.entries().filter((entry) => entry.files !== undefined);
    options.refuse(`--data goes with --dataset ${withFiles.map(({ name }) => name).join(', ')}`);
  }
  return {
    dataset,
    folder: folder === undefined ? null : resolve(folder),
    settings: settingsFrom(options, dataset),
    augmentation: augmentationFrom(options, dataset),
    // BatchNorm cannot learn from a single sample.
    train: options.integer('train-samples', 2, MAX_SAMPLES) ?? null,
    test: options.integer('test-samples', 1, MAX_SAMPLES) ?? null,
  };
}

/** A default that some data sets have a value of their own for, as help shows it: `2; digits 4`. */
export function defaultByDataset(common: unknown, of: (entry: ReturnType<typeof datasets.get>) => unknown): string {
  const own = datasets.entries().flatMap((entry) => {
    const value = of(entry);
    return value === undefined ? [] : [`; ${entry.name} ${value}`];
  });
  return `default ${common}${own.join('')}`;
}
