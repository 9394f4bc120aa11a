import { AdamW, ArgumentError, type Module, type Optimizer, ReduceLROnPlateau, type Scheduler } from '@pnn/nn';
import { dualAscent, type Lambda } from '../boundary/lambda.js';
import type { LambdaSpec } from './method-spec.js';
import type { TrainingSpec } from './training-spec.js';

/**
 * The optimizer of a training: AdamW on the groups of the network's parameters.
 *
 * @throws ArgumentError if a number is out of its range
 */
export function optimizerOf({ lr, weightDecay, maxNorm, clipping }: TrainingSpec, network: Module): Optimizer {
  const groups = network.parameterGroups().map((group) => (clipping === 'plain' ? { ...group, clipped: true } : group));
  return new AdamW(groups, { lr, weightDecay, ...(maxNorm !== null && { maxNorm }) });
}

/**
 * The scheduler of a training.
 *
 * @throws ArgumentError if a number is out of its range
 */
export function schedulerOf({ scheduler }: TrainingSpec, optimizer: Optimizer): Scheduler {
  return new ReduceLROnPlateau(optimizer, scheduler);
}

/**
 * The weights of the boundary loss, as a `Trainer` takes them.
 *
 * @throws ArgumentError if a number is out of its range
 */
export function lambdaOf(spec: LambdaSpec): number | Lambda {
  return spec.kind === 'dual' ? dualAscent({ initial: spec.initial }) : spec.lambda;
}

/** @throws ArgumentError if a number that nobody else checks is out of its range */
export function checkTraining({ epochs, batchSize, lr }: TrainingSpec): void {
  for (const [name, value] of Object.entries({ epochs, 'batch size': batchSize })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ArgumentError(`training: ${name} must be a positive integer, not ${value}`);
  }
  if (!(lr > 0 && Number.isFinite(lr))) {
    throw new ArgumentError(`training: the learning rate must be positive, not ${lr}`);
  }
}
