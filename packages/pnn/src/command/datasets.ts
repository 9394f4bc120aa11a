import { type DatasetSplits, digits, slice } from '../data/index.js';
import { cifar10 } from '../node/cifar10.js';
import { fashionMnist, mnist } from '../node/mnist.js';
import type { DataSettings } from './train-options.js';

/** Embedded digits where no number is given. */
const DIGITS = { train: 6000, test: 1000 };
/** The digits stay the same whatever the seed of the training, so that runs compare. */
const DIGITS_SEED = 1;

const readers = { mnist, 'fashion-mnist': fashionMnist, cifar10 } as const;

/**
 * The images that the settings ask for.
 *
 * @throws PnnError of many kinds where the files are missing or damaged
 */
export async function loadDataset({ dataset, folder, train, test }: DataSettings): Promise<DatasetSplits> {
  if (dataset === 'digits') {
    return digits({ train: train ?? DIGITS.train, test: test ?? DIGITS.test, seed: DIGITS_SEED });
  }
  const splits = await readers[dataset](folder!);
  return {
    train: train === undefined ? splits.train : slice(splits.train, 0, train),
    test: test === undefined ? splits.test : slice(splits.test, 0, test),
  };
}
