export type { DatasetEntry, SampleCounts } from './dataset-entry.js';
export { LogMel, type LogMelOptions } from './features/log-mel.js';
export {
  hzToMel,
  type MelFilterBank,
  type MelFilterBankOptions,
  type MelScale,
  melFilterBank,
  melToHz,
} from './features/mel.js';
export { PowerSpectrum } from './features/power-spectrum.js';
export { type ResampleOptions, resample } from './features/resample.js';
export { type WindowName, windowOf } from './features/window.js';
export { type FileSource, filesInMemory, type LendMemory } from './file-source.js';
export { decodeIdx, encodeIdx, type IdxArray, type IdxData } from './formats/idx.js';
export { decodeWav, encodeWav, mixToMono, type WavEncoding, type WavSound } from './formats/wav.js';
export { type DataLoaders, type DataLoadersOptions, dataLoaders } from './loaders.js';
export { datasets, loadDataset } from './registry.js';
export { cifar10 } from './sets/cifar10.js';
export { type DigitsOptions, digits } from './sets/digits/digits.js';
export { type FsddOptions, fsdd } from './sets/fsdd.js';
export { type HarOptions, har } from './sets/har.js';
export { fashionMnist, mnist } from './sets/mnist.js';
export type { DatasetSplits } from './splits.js';
export { channelStatistics } from './statistics.js';
export { Subset } from './subset.js';
