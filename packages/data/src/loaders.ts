import { type ChannelStatistics, DataLoader, normalizeChannels, type Transform } from '@pnn/nn';
import type { DatasetSplits } from './splits.js';
import { channelStatistics } from './statistics.js';

/** How samples are put into batches. */
export interface DataLoadersOptions {
  readonly batchSize: number;
  /**
   * Samples evaluated at a time.
   *
   * @default 500
   */
  readonly testBatchSize?: number;
  /**
   * Whether every channel gets mean 0 and deviation 1, by the statistics of the training data.
   *
   * @default true
   */
  readonly normalize?: boolean;
  /**
   * Changes to every training sample, such as `randomCrop(4)`.
   *
   * @default those that come with the data set
   */
  readonly augmentation?: readonly Transform[];
}

/** The batches of a data set for training (shuffled) and for testing. */
export interface DataLoaders {
  readonly train: DataLoader;
  readonly test: DataLoader;
  /** What both are normalized with; undefined if they are not. */
  readonly statistics: ChannelStatistics | undefined;
}

/**
 * Loaders of a data set of any kind: images, recordings, windows, rows. Samples stay as they are kept until a batch is
 * made of them, so that bytes take a quarter of what numbers would. Training samples that do not fill the last batch are
 * left out of the epoch (others in each), since BatchNorm cannot learn from a single one.
 *
 * @throws ArgumentError if the batch size is not a positive integer
 */
export function dataLoaders(splits: DatasetSplits, options: DataLoadersOptions): DataLoaders {
  const { train, test } = splits;
  const { batchSize, testBatchSize = 500, normalize = true, augmentation = splits.augmentation ?? [] } = options;
  const statistics = normalize ? channelStatistics(train) : undefined;
  const normalization = statistics ? [normalizeChannels(statistics.mean, statistics.std)] : [];
  return {
    train: new DataLoader(train, {
      batchSize,
      shuffle: true,
      dropLast: train.length > batchSize,
      transforms: [...augmentation, ...normalization],
    }),
    test: new DataLoader(test, { batchSize: testBatchSize, transforms: normalization }),
    statistics,
  };
}
