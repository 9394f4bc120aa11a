import { resolve } from 'node:path';
import { datasets } from '@pnn/data';
import { makeFolder, makeNewFolder, timestamp } from '../folder.js';
import type { OptionSpecs, Options } from '../options.js';
import { importModules, modulesOf, ownName } from '../own-modules.js';
import type { SampleSpec } from '../trained-files.js';
import { settingsFrom, settingsOption } from './data.js';

const splits = ['test', 'train'] as const;

/** The samples that a trained network is looked at with. */
export function sampleOptions(split: (typeof splits)[number] = 'test'): OptionSpecs {
  return {
    dataset: {
      value: 'NAME|FILE',
      description: `the data that the network was trained for: ${datasets.names().join(', ')}`,
    },
    data: { value: 'DIR', description: 'folder with the files of the data set in their official form' },
    ...settingsOption(),
    split: { value: 'NAME', description: `which of its samples: ${splits.join(' or ')} (default ${split})` },
    samples: { value: 'N', description: 'the first N samples only' },
  };
}

/** What loads modules of the user's own, and the folder of what is written. */
export function outputOptions(command: string): OptionSpecs {
  return {
    import: {
      value: 'FILE,…',
      description: 'modules that register data sets, models or targets of your own, loaded before all else',
    },
    out: { value: 'DIR', description: `folder for what is written (default runs/${command}-TIME)` },
  };
}

/** Loads the modules that the options name. */
export function importFrom(options: Options): Promise<void> {
  return importModules(modulesOf(options));
}

/**
 * The samples that the options name; undefined if they name none.
 *
 * @throws UsageError if options do not fit
 */
export function sampleSpecFrom(options: Options, defaultSplit: SampleSpec['split'] = 'test'): SampleSpec | undefined {
  const dataset = ownName(options, 'dataset', datasets);
  const given = options.text('data');
  if (dataset === undefined) {
    const other = ['data', 'data-options', 'split', 'samples'].find((name) => options.has(name));
    if (other) options.refuse(`--${other} goes with --dataset NAME`);
    return undefined;
  }
  const { files } = datasets.get(dataset);
  if (files !== undefined && given === undefined) {
    options.refuse(`--dataset ${dataset} needs --data DIR, a folder with ${files}`);
  }
  if (files === undefined && given !== undefined) options.refuse(`--data does not go with --dataset ${dataset}`);
  return {
    dataset,
    folder: given === undefined ? null : resolve(given),
    settings: settingsFrom(options, dataset),
    split: options.choice('split', splits) ?? defaultSplit,
    samples: options.integer('samples', 1) ?? null,
  };
}

/** @throws UsageError if the options name no samples */
export function requiredSampleSpecFrom(options: Options, defaultSplit?: SampleSpec['split']): SampleSpec {
  return sampleSpecFrom(options, defaultSplit) ?? options.refuse('--dataset NAME is missing');
}

/** @throws UsageError if there is no word at this place */
export function positionalFrom(options: Options, index: number, what: string): string {
  return options.positionals[index] ?? options.refuse(`${what} is missing`);
}

/** The folder of a command's results, made if need be: that of `--out`, or a new one. */
export async function outputFolderFrom(options: Options, command: string): Promise<string> {
  const given = options.text('out');
  if (given === undefined) return makeNewFolder(resolve('runs', `${command}-${timestamp(new Date())}`));
  const out = resolve(given);
  await makeFolder(out);
  return out;
}
