export * from './binary-cross-entropy.js';
export type { ClassLossOptions } from './class-labels.js';
export * from './cross-entropy.js';
export { type PairwiseDistanceOptions, pairwiseDistance } from './distance.js';
export * from './likelihood.js';
export * from './margin.js';
export * from './negative-log-likelihood.js';
export type { LossOptions, LossReduction } from './reduction.js';
export * from './regression.js';
