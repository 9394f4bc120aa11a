export { ArrayDataset, type ArrayDatasetContent } from './array-dataset.js';
export { Batch, DataLoader, type DataLoaderOptions, type DataLoaderState } from './data-loader.js';
export type { Dataset, InputArrays, LabelArrays } from './dataset.js';
export { type ChannelStatistics, normalizeChannels } from './normalize-channels.js';
export { type RandomAffineOptions, randomAffine } from './random-affine.js';
export { randomCrop } from './random-crop.js';
export { randomHorizontalFlip } from './random-horizontal-flip.js';
export type { Transform } from './transform.js';
