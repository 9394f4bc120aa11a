export { activationFactory } from './activations.js';
export { defaultMethod, defaultPolynomial, defaultTraining } from './defaults.js';
export type { BoundSpec, LambdaSpec, MethodSpec, PolynomialSpec } from './method-spec.js';
export { averageOf, checkTraining, lambdaOf, optimizerOf, schedulerOf } from './optimization.js';
export { optimizerNames, type TrainingSpec } from './training-spec.js';
