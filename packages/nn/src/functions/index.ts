export * from './activation.js';
export * from './embedding.js';
export {
  groupNorm,
  instanceNorm,
  type LocalResponseOptions,
  layerNorm,
  localResponseNorm,
  rmsNorm,
} from './normalization.js';
