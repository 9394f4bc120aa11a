import { type AugmentationSpec, augmentationOf, type DatasetSplits, loadDataset } from '@pnn/data';
import { folder } from '@pnn/data/node';
import type { DataSpec } from '../experiment/specs.js';

/** As the option `--augment` takes it. */
export function augmentationName(augmentation: readonly AugmentationSpec[]): string {
  return augmentation.map(({ name, amount }) => `${name} ${amount}`).join(', ') || 'none';
}

/**
 * The data of a spec; throws as `loadDataset` does.
 *
 * @throws ArgumentError if the data set is unknown, a file is missing, more samples are wanted than there are, or they cannot be
 *   changed as the spec says
 * @throws FormatError if a file is damaged
 */
export async function loadData(spec: DataSpec): Promise<DatasetSplits> {
  const { dataset, folder: files, settings, augmentation, train, test } = spec;
  const splits = await loadDataset(dataset, {
    source: files === null ? undefined : folder(files),
    settings,
    train: train ?? undefined,
    test: test ?? undefined,
  });
  if (augmentation === null) return splits;
  return {
    ...splits,
    augmentation: augmentationOf(augmentation, splits.train.inputShape),
    augmentationName: augmentationName(augmentation),
  };
}
