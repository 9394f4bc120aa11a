import { count, type Decoder, nullable, number, object, oneOf } from '../codec/index.js';

/** How a network is trained: AdamW, clipping and a plateau scheduler. Plain data that survives JSON. */
export interface TrainingSpec {
  /** Passes over the training data. */
  readonly epochs: number;
  readonly batchSize: number;
  /** Learning rate of AdamW. */
  readonly lr: number;
  /** Weight decay of AdamW. */
  readonly weightDecay: number;
  /** What gradients are clipped to; null for no clipping. */
  readonly maxNorm: number | null;
  /** Whether BatchNorm's γ and β are left out of clipping (the method), or clipped like everything else. */
  readonly clipping: 'selective' | 'plain';
  /** ReduceLROnPlateau: the learning rate times `factor` after `patience` epochs without a gain of `threshold`. */
  readonly scheduler: { readonly factor: number; readonly patience: number; readonly threshold: number };
  /** The seed of everything random. */
  readonly seed: number;
}

/** Decodes a {@link TrainingSpec}. */
export const trainingSpec: Decoder<TrainingSpec> = object<TrainingSpec>({
  epochs: count,
  batchSize: count,
  lr: number,
  weightDecay: number,
  maxNorm: nullable(number),
  clipping: oneOf('selective', 'plain'),
  scheduler: object<TrainingSpec['scheduler']>({ factor: number, patience: count, threshold: number }),
  seed: count,
});
