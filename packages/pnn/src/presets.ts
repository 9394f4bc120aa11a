import { ArgumentError } from '@pnn/tensor';
import { defaultPolynomial, defaultTraining } from './method/defaults.js';
import type { MethodSpec } from './method/method-spec.js';
import type { TrainingSpec } from './method/training-spec.js';

/** The settings of one experiment of the paper. */
export interface Preset {
  readonly dataset: string;
  /** Degree of the activation polynomials. */
  readonly degree: number;
  /** B: the activations are fitted on [-B, B]. */
  readonly bound: number;
  /** α: the boundary loss begins at |x| = αB. */
  readonly alpha: number;
  /** Number of equally spaced samples of the least-squares fit. */
  readonly samples: number;
  /** λ: the weight of the boundary loss; 1000 in the paper, 10 or 100 in the published code. */
  readonly lambda: number;
  /** The norm that the gradients of everything but BatchNorm are clipped to; 0.5 to 1 in the paper, 1 in the code. */
  readonly maxNorm: number;
  /** Learning rate of AdamW. */
  readonly lr: number;
  /** Weight decay of AdamW: neither states one, so that it is the 0.01 of the optimizer's authors (arXiv 1711.05101). */
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** ReduceLROnPlateau: the learning rate times `factor` after `patience` epochs without a gain of `threshold`. */
  readonly scheduler: { readonly factor: number; readonly patience: number; readonly threshold: number };
  /** Probability of dropping a value. */
  readonly dropout: number;
}

const METHOD = {
  samples: 100,
  lambda: 1000,
  maxNorm: 1,
  lr: 1e-3,
  weightDecay: 1e-2,
  batchSize: 128,
  epochs: 30,
  scheduler: { factor: 0.1, patience: 5, threshold: 0.1 },
  dropout: 0,
} as const;

type Activations = Readonly<Record<number, { readonly bound: number; readonly alpha: number }>>;

const IMAGES: Activations = {
  2: { bound: 12, alpha: 1 },
  4: { bound: 20, alpha: 0.75 },
  8: { bound: 35, alpha: 0.5 },
  16: { bound: 40, alpha: 0.5 },
  22: { bound: 47, alpha: 0.5 },
};

const DATASETS: Readonly<Record<string, { readonly activations: Activations; readonly dropout?: number }>> = {
  cifar10: { activations: IMAGES },
  mnist: { activations: IMAGES },
  'fashion-mnist': { activations: IMAGES },
  cifar100: {
    activations: {
      2: { bound: 13, alpha: 1 },
      // No α is stated for degree 4: 1 is the definition of the loss, which then begins at the bound itself.
      4: { bound: 30, alpha: 1 },
      8: { bound: 35, alpha: 0.7 },
    },
    dropout: 0.2,
  },
  'speech-commands': {
    activations: {
      2: { bound: 25, alpha: 1 },
      4: { bound: 40, alpha: 0.75 },
      8: { bound: 70, alpha: 1 },
    },
  },
};

/**
 * The settings to reproduce an experiment of Al Hossain and Rahman, "A Training Framework for Optimal and Stable
 * Training of Polynomial Neural Networks", arXiv 2505.11589, and of its published code. For other data calibrate the
 * bound instead.
 *
 * @param dataset 'cifar10', 'mnist', 'fashion-mnist', 'cifar100' or 'speech-commands'
 * @param degree 2, 4 or 8; for the first three data sets also 16 or 22
 * @throws ArgumentError where there is no such experiment, with those that there are
 */
export function preset(dataset: string, degree: number): Preset {
  const settings = Object.hasOwn(DATASETS, dataset) ? DATASETS[dataset] : undefined;
  if (settings === undefined) {
    const known = Object.keys(DATASETS).join(', ');
    throw new ArgumentError(`preset: no settings for the data set '${dataset}'; there are some for ${known}`);
  }
  const { activations, ...overrides } = settings;
  const activation = Object.hasOwn(activations, degree) ? activations[degree] : undefined;
  if (activation === undefined) {
    const known = Object.keys(activations).join(', ');
    throw new ArgumentError(`preset: no settings for degree ${degree} on ${dataset}; there are some for ${known}`);
  }
  return { ...METHOD, ...overrides, ...activation, dataset, degree };
}

/** The method of a preset, as the published code ran it: the polynomial itself outside [−B, B], one B for all layers, fixed coefficients. */
export function methodOf({ degree, bound, alpha, samples, lambda }: Preset): MethodSpec {
  return {
    target: 'relu',
    polynomial: {
      ...defaultPolynomial,
      degree,
      bound: { kind: 'fixed', bound },
      alpha,
      samples,
      learnable: false,
      outside: 'polynomial',
      // Up to this excess, float32 holds the penalty and its gradient as the paper states them.
      penalty: { form: 'exponential', cap: 10 },
      lambda: { kind: 'constant', lambda },
    },
  };
}

/** The training of a preset, with the seed 0. */
export function trainingOf({ epochs, batchSize, lr, weightDecay, maxNorm, scheduler }: Preset): TrainingSpec {
  return { ...defaultTraining, epochs, batchSize, lr, weightDecay, maxNorm, clipping: 'selective', scheduler, seed: 0 };
}
