export { type ActivationFactory, type NormalizationOrder, normalizationOrders } from './activation-order.js';
export { type SmallCnnOptions, smallCnn } from './cnn.js';
export { type MlpOptions, mlp } from './mlp.js';
export {
  type DescribedNetwork,
  decodeNetworkFile,
  encodeNetworkFile,
  type SavedNetwork,
} from './model-file.js';
export { type ModelEntry, type ModelOptions, type ModelSpec, modelSpec } from './model-spec.js';
export type { ActivationDescription, NetworkDescription } from './network-description.js';
export { buildModel, checkModel, models } from './registry.js';
export { type ResNetOptions, resnet8, resnet18, resnet20 } from './resnet.js';
