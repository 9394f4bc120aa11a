import { type DatasetSplits, digitCounts, digits, type ImageDataset, slice } from '@pnn/data';
import { cifar10, fashionMnist, mnist } from '@pnn/data/node';
import { UsageError } from './options.js';
import type { DataSettings } from './train-options.js';

/** The digits stay the same whatever the seed of the training, so that runs compare. */
const DIGITS_SEED = 1;

const readers = { mnist, 'fashion-mnist': fashionMnist, cifar10 } as const;

/** The first images of a split, all of them where no number is given. */
function first(split: ImageDataset, count: number | undefined, option: string): ImageDataset {
  if (count === undefined) return split;
  if (count > split.count) throw new UsageError(`pnn train: --${option} ${count}: there are only ${split.count}`);
  return slice(split, 0, count);
}

/**
 * The images that the settings ask for.
 *
 * @throws UsageError where more are asked for than there are
 * @throws PnnError of many kinds where the files are missing or damaged
 */
export async function loadDataset({ dataset, folder, train, test }: DataSettings): Promise<DatasetSplits> {
  if (dataset === 'digits') {
    return digits({ train: train ?? digitCounts.train, test: test ?? digitCounts.test, seed: DIGITS_SEED });
  }
  const splits = await readers[dataset](folder!);
  return { train: first(splits.train, train, 'train-images'), test: first(splits.test, test, 'test-images') };
}
