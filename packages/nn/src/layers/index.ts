export * from './activation.js';
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.js';
export * from './container.js';
export { Conv1d, Conv2d, type ConvolutionLayerOptions } from './convolution.js';
export * from './dropout.js';
export * from './linear.js';
export * from './polynomial.js';
export { AvgPool1d, AvgPool2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d } from './pooling.js';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  type TransposedConvolutionLayerOptions,
} from './transposed-convolution.js';
