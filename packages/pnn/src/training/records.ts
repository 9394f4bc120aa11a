/**
 * What a training tells about itself: plain data that survives JSON.
 *
 * - losses are means per sample (in nats, if they are cross-entropies), shares are fractions in [0, 1], times are seconds;
 * - a measurement that was not made is `null`; one that was made and overflowed is `NaN` or `±Infinity`;
 * - lists "per layer" follow the order of the polynomial activations in the network.
 */

/** One pass over the training data and the validation after it. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Number of optimizer steps in this epoch. */
  readonly steps: number;
  /** Mean loss of the task over the samples, without the boundary loss. */
  readonly trainLoss: number;
  /** Mean boundary loss over the samples as it is added to the loss, λ included; 0 without polynomials. */
  readonly boundaryLoss: number;
  /** Mean of each metric over the samples, such as `accuracy`. */
  readonly trainMetrics: Readonly<Record<string, number>>;
  /** Mean loss of the task on the validation data; `null` without validation. */
  readonly validationLoss: number | null;
  /** Mean of each metric on the validation data; `null` without validation. */
  readonly validationMetrics: Readonly<Record<string, number>> | null;
  /** At the end of the epoch. */
  readonly learningRate: number;
  /** Training and validation together. */
  readonly seconds: number;
  /** Norm of the gradient before clipping, over the steps of the epoch. */
  readonly gradientNorm: { readonly median: number; readonly max: number };
  /** Share of the steps in which the gradient was clipped. */
  readonly clippedShare: number;
  /** Per polynomial activation. */
  readonly layers: readonly EpochLayerRecord[];
  /** Whether it was the best epoch so far, the last of which is the best of all; missing where nothing was kept of it. */
  readonly best?: boolean;
}

/** What one epoch saw at the input of one polynomial activation. */
export interface EpochLayerRecord {
  /** Weight of this layer's boundary loss at the end of the epoch. */
  readonly lambda: number;
  /** Over all training batches of the epoch. */
  readonly train: InputRange;
  /** Over the validation data; `null` without validation. */
  readonly validation: InputRange | null;
}

/** How far the inputs x of an activation reach, compared with the range [-B, B] of its polynomial. */
export interface InputRange {
  /** max |x|. */
  readonly maxAbs: number;
  /** The 0.999 quantile of |x|. */
  readonly q999: number;
  /** Share of the inputs that are not in [−B, B], NaN among them. */
  readonly shareOutside: number;
}

/** Bin i holds `counts[i]` values of [edges[i], edges[i + 1]); `edges` ascends and has one entry more than `counts`. */
export interface HistogramRecord {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Where and why a run stopped before its end. */
export interface StopRecord {
  /** Name of the layer where it showed first; `null` if it is none's fault (such as an interrupt). */
  readonly layer: string | null;
  /** What the layer is, such as `PolynomialActivation`; `null` if there is no layer, or it is not known. */
  readonly kind: string | null;
  /** Optimizer steps since the start of the run. */
  readonly step: number;
  /** One sentence, such as `the polynomial overflowed: |x| = 3.1e+9, B = 6`. */
  readonly reason: string;
}

/** The layer of a stop as it is shown, such as `layer 6 (PolynomialActivation)`; `null` if it is none's fault. */
export function stoppedLayer({ layer, kind }: StopRecord): string | null {
  if (layer === null) return null;
  const name = layer === '' ? 'the network' : `layer ${layer}`;
  return kind === null ? name : `${name} (${kind})`;
}
