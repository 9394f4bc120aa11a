export {
  type ChannelStatistics,
  channelStatistics,
  type DatasetSplits,
  type ImageDataset,
  normalize,
  slice,
} from './dataset.js';
export { type DigitsOptions, digits } from './digits.js';
export { decodeIdx, encodeIdx, type IdxArray, type IdxData } from './idx.js';
export { type ImageLoaderOptions, type ImageLoaders, imageLoaders } from './loaders.js';
