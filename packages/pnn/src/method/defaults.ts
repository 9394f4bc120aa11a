import { DEFAULT_LAMBDA } from '../boundary/lambda.js';
import { cappedPenalty } from '../boundary/penalty.js';
import type { MethodSpec, PolynomialSpec } from './method-spec.js';
import type { TrainingSpec } from './training-spec.js';

/**
 * Polynomials that train well on data whose ranges nobody knows, which the command takes unless it is told otherwise. α, the
 * penalty and what is done outside [−B, B] are also the defaults of `PolynomialActivation`.
 */
export const defaultPolynomial: PolynomialSpec = {
  degree: 8,
  bound: { kind: 'calibrated', steps: 40, quantile: 0.9999, margin: 2.5, density: true },
  alpha: 0.7,
  method: 'least-squares',
  samples: null,
  basis: 'even-odd',
  learnable: true,
  outside: 'tangent',
  penalty: cappedPenalty({ form: 'exponential' }),
  lambda: { kind: 'constant', lambda: DEFAULT_LAMBDA },
};

/** See {@link defaultPolynomial}. */
export const defaultMethod: MethodSpec = { target: 'relu', polynomial: defaultPolynomial };

/** A short training of a small network. */
export const defaultTraining: TrainingSpec = {
  epochs: 2,
  batchSize: 128,
  accumulate: 1,
  shards: 1,
  syncBatchNorm: false,
  optimizer: 'adamw',
  lr: 1e-3,
  coefficientRate: 1,
  weightDecay: 0.01,
  maxNorm: 1,
  clipping: 'selective',
  scheduler: { factor: 0.1, patience: 5, threshold: 0.1 },
  averageDecay: null,
  keepBest: false,
  patience: null,
  seed: 0,
};
