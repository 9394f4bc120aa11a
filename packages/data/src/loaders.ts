import { ArrayDataset, DataLoader, normalizeChannels, type Shape } from '@pnn/nn';
import { type ChannelStatistics, channelStatistics, type DatasetSplits, type ImageDataset } from './statistics.js';

/** How images are put into batches. */
export interface ImageLoaderOptions {
  readonly batchSize: number;
  /** Images evaluated at a time; 500 where nothing is said. */
  readonly testBatchSize?: number;
}

/** The batches of a data set for training (shuffled) and for testing. */
export interface ImageLoaders {
  readonly train: DataLoader;
  readonly test: DataLoader;
  /** What both were normalised with: mean and deviation of the training images. */
  readonly statistics: ChannelStatistics;
  /** The shape of an image: [channels, height, width]. */
  readonly inputShape: Shape;
}

/**
 * Loaders of normalised images. Training images that do not fill the last batch are left out of the epoch (others in
 * each), since BatchNorm cannot learn from a single one.
 *
 * @throws ArgumentError where there are no images or the batch size is not a positive integer
 */
export function imageLoaders(
  splits: DatasetSplits,
  { batchSize, testBatchSize = 500 }: ImageLoaderOptions,
): ImageLoaders {
  const statistics = channelStatistics(splits.train);
  const { channels, height, width } = splits.train;
  const inputShape = [channels, height, width];
  const transforms = [normalizeChannels(statistics.mean, statistics.std)];
  const dataset = ({ images, labels, classes }: ImageDataset) =>
    new ArrayDataset({ inputs: images, inputShape, labels, classes });
  return {
    train: new DataLoader(dataset(splits.train), {
      batchSize,
      transforms,
      shuffle: true,
      dropLast: splits.train.count > batchSize,
    }),
    test: new DataLoader(dataset(splits.test), { batchSize: testBatchSize, transforms }),
    statistics,
    inputShape,
  };
}
