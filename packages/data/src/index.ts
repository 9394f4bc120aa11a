export { type AugmentationEntry, type AugmentationSpec, augmentationOf, augmentations } from './augmentation.js';
export type { DatasetEntry, SampleCounts } from './dataset-entry.js';
export { checkSettings, type DatasetOption, type DatasetSettings } from './dataset-options.js';
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
export { type DecodedImage, type FileSource, filesInMemory, type LendMemory } from './file-source.js';
export { type CsvOptions, type CsvRecord, csvRecords } from './formats/csv.js';
export { decodeIdx, encodeIdx, type IdxArray, type IdxData } from './formats/idx.js';
export { readTable, type Table, type TableOptions } from './formats/table.js';
export { decodeWav, encodeWav, mixToMono, type WavEncoding, type WavSound } from './formats/wav.js';
export { type HeldOut, type HoldOutOptions, holdOut } from './hold-out.js';
export { type DataLoaders, type DataLoadersOptions, dataLoaders } from './loaders.js';
export type { PublishedArchive, PublishedFile } from './published-file.js';
export { datasets, loadDataset } from './registry.js';
export { type Capture24Options, capture24 } from './sets/capture24/capture24.js';
export { cifar10 } from './sets/cifar/cifar10.js';
export { type Cifar100Options, cifar100 } from './sets/cifar/cifar100.js';
export { type CsvDatasetOptions, csv } from './sets/csv.js';
export { type DigitsOptions, digits } from './sets/digits/digits.js';
export { type FsddOptions, fsdd } from './sets/fsdd.js';
export { type HarOptions, har } from './sets/har.js';
export { type ImagesOptions, images, planesOf } from './sets/images.js';
export { fashionMnist, mnist } from './sets/mnist.js';
export { npy } from './sets/npy.js';
export { optdigits } from './sets/optdigits.js';
export { type SpeechCommandsOptions, speechCommands } from './sets/speech-commands.js';
export type { DatasetSplits } from './splits.js';
export { channelStatistics } from './statistics.js';
export { Subset } from './subset.js';
