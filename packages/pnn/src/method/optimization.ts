import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ArgumentError,
  ExponentialMovingAverage,
  Lion,
  type Module,
  NAdam,
  type Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type ParameterRole,
  RAdam,
  ReduceLROnPlateau,
  RMSprop,
  type Scheduler,
  SGD,
} from '@pnn/nn';
import { dualAscent, type Lambda } from '../boundary/lambda.js';
import type { LambdaSpec } from './method-spec.js';
import type { TrainingSpec } from './training-spec.js';

type Groups = readonly ParameterGroup[];
type Rate = OptimizerOptions & { readonly lr: number };

const optimizers: Readonly<Record<TrainingSpec['optimizer'], (groups: Groups, options: Rate) => Optimizer>> = {
  adamw: (groups, options) => new AdamW(groups, options),
  adam: (groups, options) => new Adam(groups, options),
  radam: (groups, options) => new RAdam(groups, options),
  nadam: (groups, options) => new NAdam(groups, options),
  adamax: (groups, options) => new Adamax(groups, options),
  adagrad: (groups, options) => new Adagrad(groups, options),
  adadelta: (groups, options) => new Adadelta(groups, options),
  rmsprop: (groups, options) => new RMSprop(groups, { ...options, momentum: 0.9 }),
  sgd: (groups, options) => new SGD(groups, { ...options, momentum: 0.9 }),
  lion: (groups, options) => new Lion(groups, options),
};

const ofCoefficients: ParameterRole = 'polynomial';

/**
 * The optimizer of a training, on the groups of the network's parameters.
 *
 * @throws ArgumentError if a number is out of its range
 */
export function optimizerOf(
  { optimizer, lr, coefficientRate, weightDecay, maxNorm, clipping }: TrainingSpec,
  network: Module,
): Optimizer {
  const groups = network.parameterGroups().map((group) => ({
    ...group,
    ...(clipping === 'plain' && { clipped: true }),
    ...(group.name === ofCoefficients && { lrScale: (group.lrScale ?? 1) * coefficientRate }),
  }));
  return optimizers[optimizer](groups, { lr, weightDecay, ...(maxNorm !== null && { maxNorm }) });
}

/**
 * The average of the network's weights that a training has; undefined if it has none. Trainings are short, so that it
 * forgets their beginning.
 *
 * @throws ArgumentError if the decay is out of its range
 */
export function averageOf({ averageDecay }: TrainingSpec, network: Module): ExponentialMovingAverage | undefined {
  return averageDecay === null
    ? undefined
    : new ExponentialMovingAverage(network, { decay: averageDecay, warmUp: true });
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
export function checkTraining({ epochs, batchSize, shards, lr }: TrainingSpec): void {
  for (const [name, value] of Object.entries({ epochs, 'batch size': batchSize })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ArgumentError(`training: ${name} must be a positive integer, not ${value}`);
  }
  if (batchSize % shards !== 0) {
    throw new ArgumentError(`training: ${shards} shards do not divide a batch of ${batchSize} equally`);
  }
  if (!(lr > 0 && Number.isFinite(lr))) {
    throw new ArgumentError(`training: the learning rate must be positive, not ${lr}`);
  }
}
