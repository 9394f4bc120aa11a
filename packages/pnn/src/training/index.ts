export * from './checkpoint.js';
export { CHECKPOINT_VERSION, type CheckpointState } from './checkpoint-state.js';
export { divergenceOf, type StepHealth } from './divergence.js';
export type { EpochSumsState, StepRecord } from './epoch-statistics.js';
export {
  type EvaluatedBatch,
  type Evaluation,
  type EvaluationOptions,
  evaluate,
  suspendTraining,
} from './evaluation.js';
export { accuracy, defaultMetrics, type Loss, type Metric, type Metrics } from './metrics.js';
export type { EarlyStoppingOptions, MonitorOptions, MonitorState } from './monitor.js';
export * from './records.js';
export { shareCheckpoint } from './share-checkpoint.js';
export * from './trainer.js';
