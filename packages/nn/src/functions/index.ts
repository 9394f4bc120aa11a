export * from './activation.js';
export {
  groupNorm,
  instanceNorm,
  type LocalResponseOptions,
  layerNorm,
  localResponseNorm,
  rmsNorm,
} from './normalization.js';
