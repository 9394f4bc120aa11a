import type { EpochRecord, InputRange } from './records.js';

/** One step of training in numbers. */
export interface StepRecord {
  /** Counted from 1 since the start of the run. */
  readonly step: number;
  readonly samples: number;
  /** The mean loss of the samples without the boundary loss. */
  readonly loss: number;
  /** The boundary loss as it is added, λ included. */
  readonly boundary: number;
  /** The mean of each metric over the samples. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The norm of the gradients that clipping looks at, before clipping. */
  readonly norm: number;
  readonly clipped: boolean;
  readonly seconds: number;
}

/** Sums over the steps of an epoch as plain data, which a checkpoint holds. */
export interface EpochSumsState {
  readonly steps: number;
  readonly samples: number;
  /** Sums over samples, as those of the metrics. */
  readonly loss: number;
  readonly boundary: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of every step so far: their median needs them all. */
  readonly norms: readonly number[];
  readonly clipped: number;
  readonly seconds: number;
}

const emptySums: EpochSumsState = {
  steps: 0,
  samples: 0,
  loss: 0,
  boundary: 0,
  metrics: {},
  norms: [],
  clipped: 0,
  seconds: 0,
};

/** Each sum divided by a count. */
export function meansOf(sums: Readonly<Record<string, number>>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What the validation of an epoch found. */
export interface ValidationResult {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly ranges: readonly InputRange[];
}

/** What is added up over the steps of an epoch, at the same cost for each of them. */
export class EpochSums {
  #sums: Omit<EpochSumsState, 'norms'>;
  /** Has room for more than the steps so far. */
  #norms: Float64Array;

  /** Goes on from the state. */
  constructor({ norms, ...sums }: EpochSumsState = emptySums) {
    this.#sums = sums;
    this.#norms = Float64Array.from(norms);
  }

  /** The steps so far. */
  get steps(): number {
    return this.#sums.steps;
  }

  /** The time that these steps took. */
  get seconds(): number {
    return this.#sums.seconds;
  }

  /** The mean loss over the samples so far, without the boundary loss. */
  get loss(): number {
    return this.#sums.loss / this.#sums.samples;
  }

  /**
   * Adds a step. Losses weigh as much as there are samples.
   *
   * @param metricSums the sums over its samples that the means of the step come from
   */
  add(step: StepRecord, metricSums: Readonly<Record<string, number>>): void {
    const sums = this.#sums;
    if (sums.steps === this.#norms.length) {
      const larger = new Float64Array(Math.max(64, 2 * sums.steps));
      larger.set(this.#norms);
      this.#norms = larger;
    }
    this.#norms[sums.steps] = step.norm;
    const metrics = { ...sums.metrics };
    for (const [name, sum] of Object.entries(metricSums)) metrics[name] = (metrics[name] ?? 0) + sum;
    this.#sums = {
      steps: sums.steps + 1,
      samples: sums.samples + step.samples,
      loss: sums.loss + step.samples * step.loss,
      boundary: sums.boundary + step.samples * step.boundary,
      metrics,
      clipped: sums.clipped + (step.clipped ? 1 : 0),
      seconds: sums.seconds + step.seconds,
    };
  }

  /** The record of the epoch. */
  record(
    epoch: number,
    learningRate: number,
    layers: readonly { readonly lambda: number; readonly train: InputRange }[],
    validation: ValidationResult | undefined,
    validationSeconds: number,
  ): EpochRecord {
    const { steps, samples, boundary, metrics, clipped, seconds } = this.#sums;
    const norms = this.#norms.subarray(0, steps);
    return {
      epoch,
      steps,
      trainLoss: this.loss,
      boundaryLoss: boundary / samples,
      trainMetrics: meansOf(metrics, samples),
      validationLoss: validation?.loss ?? null,
      validationMetrics: validation?.metrics ?? null,
      learningRate,
      seconds: seconds + validationSeconds,
      gradientNorm: { median: median(norms), max: norms.reduce((a, b) => Math.max(a, b)) },
      clippedShare: clipped / steps,
      layers: layers.map((layer, i) => ({ ...layer, validation: validation?.ranges[i] ?? null })),
    };
  }

  /** A copy as plain data. */
  state(): EpochSumsState {
    return { ...this.#sums, norms: Array.from(this.#norms.subarray(0, this.#sums.steps)) };
  }
}
