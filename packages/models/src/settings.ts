import { ArgumentError } from '@pnn/nn';
import type { BoundaryPenalty, FitMethod, TargetName } from '@pnn/pnn';
import type { NormalisationOrder } from './cnn.js';

/** The networks that experiments know. */
export const modelNames = ['cnn', 'mlp', 'resnet8', 'resnet20', 'resnet18'] as const;
export type ModelName = (typeof modelNames)[number];

/** How the range [−B, B] of every activation is chosen: from the data, or the same for all. */
export type BoundPolicy =
  | {
      readonly kind: 'calibrated';
      readonly steps: number;
      readonly quantile: number;
      readonly margin: number;
      readonly density: boolean;
    }
  | { readonly kind: 'fixed'; readonly bound: number };

/** How strongly inputs out of range are held back: λ, or dual ascent from a first λ; 0 for no boundary loss. */
export type LambdaPolicy =
  | { readonly kind: 'constant'; readonly lambda: number }
  | { readonly kind: 'dual'; readonly initial: number };

/** The activations of the polynomial network. */
export interface ActivationSettings {
  readonly degree: number;
  readonly bound: BoundPolicy;
  readonly alpha: number;
  readonly method: Exclude<FitMethod, 'density'>;
  readonly basis: 'even-odd' | 'monomial';
  readonly learnable: boolean;
  readonly outside: 'polynomial' | 'tangent';
  readonly penalty: Required<BoundaryPenalty>;
  readonly lambda: LambdaPolicy;
}

/** Everything that decides an experiment but for its data; survives JSON. */
export interface ExperimentSettings {
  readonly model: ModelName;
  /** Filters of the `cnn`, hidden widths of the `mlp`; the residual networks have theirs. */
  readonly widths: readonly number[];
  readonly order: NormalisationOrder;
  readonly dropout: number;
  /** The activation that the polynomials approximate, and that the twin has. */
  readonly target: TargetName;
  /** The polynomials; null for a network with the target itself. */
  readonly activation: ActivationSettings | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly weightDecay: number;
  /** What gradients are clipped to; null for no clipping. */
  readonly maxNorm: number | null;
  /** Whether BatchNorm's γ and β are left out of clipping (the method), or clipped like everything else. */
  readonly clipping: 'selective' | 'plain';
  readonly seed: number;
}

/** Settings that train well on small images, without knowing anything of their ranges. */
export const defaultActivation: ActivationSettings = {
  degree: 8,
  bound: { kind: 'calibrated', steps: 40, quantile: 0.9999, margin: 1.5, density: true },
  alpha: 0.7,
  method: 'least-squares',
  basis: 'even-odd',
  learnable: false,
  outside: 'tangent',
  penalty: { form: 'exponential', cap: 3 },
  lambda: { kind: 'constant', lambda: 1000 },
};

/** See `defaultActivation`. */
export const defaultSettings: ExperimentSettings = {
  model: 'cnn',
  widths: [16, 32],
  order: 'normalisation-first',
  dropout: 0,
  target: 'relu',
  activation: defaultActivation,
  epochs: 3,
  batchSize: 128,
  lr: 1e-3,
  weightDecay: 0.01,
  maxNorm: 1,
  clipping: 'selective',
  seed: 0,
};

/** The same experiment with the target itself instead of polynomials. */
export function twinOf(settings: ExperimentSettings): ExperimentSettings {
  return { ...settings, activation: null };
}

/** @throws ArgumentError where a number is out of its range */
export function checkSettings(settings: ExperimentSettings): void {
  const positive = { epochs: settings.epochs, 'batch size': settings.batchSize };
  for (const [name, value] of Object.entries(positive)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new ArgumentError(`experiment: ${name} must be a positive integer, not ${value}`);
    }
  }
  if (!(settings.lr > 0 && Number.isFinite(settings.lr))) {
    throw new ArgumentError(`experiment: the learning rate must be positive, not ${settings.lr}`);
  }
}
