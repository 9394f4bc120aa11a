export * from './activation.js';
export { type AttentionOptions, scaledDotProductAttention } from './attention.js';
export * from './embedding.js';
export * from './gumbel-softmax.js';
export {
  groupNorm,
  instanceNorm,
  type LocalResponseOptions,
  layerNorm,
  localResponseNorm,
  rmsNorm,
} from './normalization.js';
export * from './vectors.js';
