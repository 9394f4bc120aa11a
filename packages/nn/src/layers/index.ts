export * from './activation.js';
export * from './attention.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch-norm.js';
export * from './bilinear.js';
export * from './container.js';
export { Conv1d, Conv2d, Conv3d, type ConvolutionLayerOptions } from './convolution.js';
export { Dropout, Dropout1d, Dropout2d, Dropout3d } from './dropout.js';
export * from './embedding.js';
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormOptions } from './instance-norm.js';
export * from './linear.js';
export * from './module-collections.js';
export * from './normalization.js';
export * from './padding.js';
export * from './piecewise-activation.js';
export * from './polynomial.js';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  GlobalAvgPool,
  GlobalMaxPool,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
} from './pooling.js';
export * from './recurrent/index.js';
export * from './resampling.js';
export * from './shape.js';
export * from './smooth-activation.js';
export {
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer.js';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type TransposedConvolutionLayerOptions,
} from './transposed-convolution.js';
export * from './unfold.js';
