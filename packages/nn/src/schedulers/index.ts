export { CosineAnnealingLR, type CosineAnnealingLROptions } from './cosine-annealing-lr.js';
export {
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './cosine-annealing-warm-restarts.js';
export { LinearWarmup, type LinearWarmupOptions } from './linear-warmup.js';
export { MultiStepLR, type MultiStepLROptions } from './multi-step-lr.js';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduce-lr-on-plateau.js';
export { EpochScheduler, type Scheduler, type SchedulerState } from './scheduler.js';
export { StepLR, type StepLROptions } from './step-lr.js';
