export { type ActivationFactory, type NormalizationOrder, normalizationOrders } from './activation-order.js';
export { type SmallCnnOptions, smallCnn } from './cnn.js';
export { type LeNetOptions, lenet } from './lenet.js';
export { type MlpOptions, mlp } from './mlp.js';
export {
  type DescribedNetwork,
  decodeNetworkFile,
  encodeNetworkFile,
  type SavedNetwork,
} from './model-file.js';
export { type ModelEntry, type ModelOptions, type ModelSpec, modelSpec } from './model-spec.js';
export type { ActivationDescription, NetworkDescription } from './network-description.js';
export type { PooledConvolutionsOptions } from './pooled-convolutions.js';
export { buildModel, checkModel, models } from './registry.js';
export type { ResidualOptions } from './residual-network.js';
export { type ResNetOptions, resnet8, resnet18, resnet20 } from './resnet.js';
export { type ResNet1dOptions, resnet1d } from './resnet1d.js';
export { type SpectrogramCnnOptions, spectrogramCnn } from './spectrogram-cnn.js';
export { type VggOptions, vgg } from './vgg.js';
