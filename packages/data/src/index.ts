export { decodeIdx, encodeIdx, type IdxArray, type IdxData } from './formats/idx.js';
export { type ImageLoaderOptions, type ImageLoaders, imageLoaders } from './loaders.js';
export { type DigitsOptions, digitCounts, digits } from './sets/digits/digits.js';
export {
  type ChannelStatistics,
  channelStatistics,
  type DatasetSplits,
  type ImageDataset,
  normalize,
  slice,
} from './statistics.js';
