export * from './checkpoint.js';
export { divergenceOf, type StepHealth } from './divergence.js';
export type { StepRecord } from './epoch-statistics.js';
export { countCorrect, type Evaluation, evaluate } from './evaluation.js';
export type * from './records.js';
export * from './trainer.js';
