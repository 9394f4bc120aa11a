export { activationFactory } from './activations.js';
export { defaultMethod, defaultPolynomial, defaultTraining } from './defaults.js';
export type { BoundSpec, LambdaSpec, MethodSpec, PolynomialSpec } from './method-spec.js';
export { checkTraining, lambdaOf, optimizerOf, schedulerOf } from './optimization.js';
export type { TrainingSpec } from './training-spec.js';
