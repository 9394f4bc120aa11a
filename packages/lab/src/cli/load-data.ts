import { type DatasetSplits, loadDataset } from '@pnn/data';
import { folder } from '@pnn/data/node';
import type { DataSpec } from '../experiment/specs.js';

/**
 * The data of a spec; throws as `loadDataset` does.
 *
 * @throws ArgumentError if the data set is unknown, a file is missing, or more samples are wanted than there are
 * @throws FormatError if a file is damaged
 */
export function loadData({ dataset, folder: files, settings, train, test }: DataSpec): Promise<DatasetSplits> {
  return loadDataset(dataset, {
    source: files === null ? undefined : folder(files),
    settings,
    train: train ?? undefined,
    test: test ?? undefined,
  });
}
