export { Adam, type AdamOptions, AdamW } from './adam.js';
export {
  Optimizer,
  type OptimizerHyperparameters,
  type OptimizerOptions,
  type OptimizerSettings,
  type OptimizerState,
  type ParameterUpdate,
} from './optimizer.js';
export { SGD, type SGDOptions } from './sgd.js';
