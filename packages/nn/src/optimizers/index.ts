export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { Adamax } from './adamax.js';
export type { MomentOptions } from './betas.js';
export { Lion, type LionOptions } from './lion.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export {
  Optimizer,
  type OptimizerHyperparameters,
  type OptimizerOptions,
  type OptimizerSettings,
  type OptimizerState,
  type ParameterUpdate,
} from './optimizer.js';
export { RAdam } from './radam.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { SGD, type SGDOptions } from './sgd.js';
