export { decodeImage } from './decode-image.js';
export {
  DownloadError,
  type Downloaded,
  type DownloadOptions,
  type DownloadProgress,
  downloadFile,
  type Verification,
} from './download.js';
export { folder } from './folder-source.js';
export { type GetDatasetOptions, type GotFile, getDataset } from './get-dataset.js';
export { type UnpackedFile, type UnpackOptions, unpackArchive } from './unpack.js';
