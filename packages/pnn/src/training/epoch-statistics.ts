import type { EpochRecord, InputRange } from './records.js';

/** What is added up over the steps of an epoch; plain data, so that a checkpoint can hold it. */
export interface EpochSums {
  readonly steps: number;
  readonly samples: number;
  readonly correct: number;
  readonly loss: number;
  readonly boundary: number;
  readonly norms: readonly number[];
  readonly clipped: number;
  readonly seconds: number;
}

/** One step of training in numbers. */
export interface StepRecord {
  /** Counted from 1 since the start of the run. */
  readonly step: number;
  readonly samples: number;
  readonly correct: number;
  /** Mean loss of the batch without the boundary loss. */
  readonly loss: number;
  /** The boundary loss as it is added, λ included. */
  readonly boundary: number;
  /** The norm of the gradients that clipping looks at, before clipping. */
  readonly norm: number;
  readonly clipped: boolean;
  readonly seconds: number;
}

export const noSums: EpochSums = {
  steps: 0,
  samples: 0,
  correct: 0,
  loss: 0,
  boundary: 0,
  norms: [],
  clipped: 0,
  seconds: 0,
};

/** The sums with one more step. */
export function addStep(sums: EpochSums, step: StepRecord): EpochSums {
  return {
    steps: sums.steps + 1,
    samples: sums.samples + step.samples,
    correct: sums.correct + step.correct,
    loss: sums.loss + step.loss,
    boundary: sums.boundary + step.boundary,
    norms: [...sums.norms, step.norm],
    clipped: sums.clipped + (step.clipped ? 1 : 0),
    seconds: sums.seconds + step.seconds,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What the validation of an epoch found. */
export interface ValidationResult {
  readonly loss: number;
  readonly accuracy: number;
  readonly ranges: readonly InputRange[];
}

/** The record of an epoch from its sums. */
export function epochRecord(
  epoch: number,
  sums: EpochSums,
  learningRate: number,
  layers: readonly { readonly lambda: number; readonly train: InputRange }[],
  validation: ValidationResult | undefined,
  seconds: number,
): EpochRecord {
  return {
    epoch,
    steps: sums.steps,
    trainLoss: sums.loss / sums.steps,
    boundaryLoss: sums.boundary / sums.steps,
    trainAccuracy: sums.correct / sums.samples,
    validationLoss: validation?.loss ?? null,
    validationAccuracy: validation?.accuracy ?? null,
    learningRate,
    seconds,
    gradientNorm: { median: median(sums.norms), max: sums.norms.reduce((a, b) => Math.max(a, b)) },
    clippedShare: sums.clipped / sums.steps,
    layers: layers.map((layer, i) => ({ ...layer, validation: validation?.ranges[i] ?? null })),
  };
}
