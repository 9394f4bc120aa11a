import { boolean, count, type Decoder, nullable, number, object, oneOf } from '../codec/index.js';

/** The names of the optimizers that a training may have; `sgd` and `rmsprop` have a momentum of 0.9. */
export const optimizerNames = [
  'adamw',
  'adam',
  'radam',
  'nadam',
  'adamax',
  'adagrad',
  'adadelta',
  'rmsprop',
  'sgd',
  'lion',
] as const;

/** How a network is trained: optimizer, clipping and a plateau scheduler. Plain data that survives JSON. */
export interface TrainingSpec {
  /** Passes over the training data. */
  readonly epochs: number;
  readonly batchSize: number;
  /** How many batches make a step of the optimizer. */
  readonly accumulate: number;
  /** Into how many shards a batch is cut: see `TrainerOptions.shards`. */
  readonly shards: number;
  /** Whether BatchNorm looks at all shards of a batch: see `TrainerOptions.syncBatchNorm`. */
  readonly syncBatchNorm: boolean;
  readonly optimizer: (typeof optimizerNames)[number];
  readonly lr: number;
  /** The learning rate of learned coefficients of polynomials, as a multiple of `lr`. */
  readonly coefficientRate: number;
  readonly weightDecay: number;
  /** What gradients are clipped to; null for no clipping. */
  readonly maxNorm: number | null;
  /** Whether BatchNorm's γ and β are left out of clipping (the method), or clipped like everything else. */
  readonly clipping: 'selective' | 'plain';
  /** ReduceLROnPlateau: the learning rate times `factor` after `patience` epochs without a gain of `threshold`. */
  readonly scheduler: { readonly factor: number; readonly patience: number; readonly threshold: number };
  /** The decay of a moving average of the weights, which the network has in the end; null for the weights themselves. */
  readonly averageDecay: number | null;
  /** Whether the network has the weights of its best epoch in the end, by the loss of samples that are held out. */
  readonly keepBest: boolean;
  /** The epochs without a better one, by the same loss, after which the training ends; null to make all of them. */
  readonly patience: number | null;
  /** The seed of everything random. */
  readonly seed: number;
}

/** Decodes a {@link TrainingSpec}. */
export const trainingSpec: Decoder<TrainingSpec> = object<TrainingSpec>({
  epochs: count,
  batchSize: count,
  accumulate: count,
  shards: count,
  syncBatchNorm: boolean,
  optimizer: oneOf(...optimizerNames),
  lr: number,
  coefficientRate: number,
  weightDecay: number,
  maxNorm: nullable(number),
  clipping: oneOf('selective', 'plain'),
  scheduler: object<TrainingSpec['scheduler']>({ factor: number, patience: count, threshold: number }),
  averageDecay: nullable(number),
  keepBest: boolean,
  patience: nullable(count),
  seed: count,
});
