export * from './checkpoint.js';
export { divergenceOf, type StepHealth } from './divergence.js';
export type { StepRecord } from './epoch-statistics.js';
export { countCorrect, type Evaluation, evaluate, suspendTraining } from './evaluation.js';
export type * from './records.js';
export * from './trainer.js';
