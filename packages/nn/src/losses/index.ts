export * from './binary-cross-entropy.js';
export * from './cross-entropy.js';
export type { LossOptions, LossReduction } from './reduction.js';
export * from './regression.js';
