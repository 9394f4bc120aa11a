import { ArgumentError, formatShape, full, ShapeError, sameShape, type Tensor, where } from '@pnn/tensor';
import { checkOption } from '../options.js';
import { checkAlike, type LossOptions, type LossReduction, reduce } from './reduction.js';

/** Options of the Kullback–Leibler divergence. */
export interface KlDivergenceOptions {
  /**
   * `batchMean` is the sum divided by the number of samples, which is the divergence; `mean` divides by the number of
   * elements.
   *
   * @default 'mean'
   */
  readonly reduction?: LossReduction | 'batchMean';
  /**
   * Whether the target has logarithms of probabilities.
   *
   * @default false
   */
  readonly logTarget?: boolean;
}

/** x·ln x, and 0 for 0. */
function timesLogarithm(x: Tensor): Tensor {
  return x.mul(where(x.greater(0), x, full([], 1, x)).log());
}

/**
 * Kullback–Leibler divergence, element by element: q·(ln q − ln p) for logarithms ln p and probabilities q.
 *
 * @throws ShapeError where the shapes differ
 * @throws ArgumentError where there is no such reduction
 */
export function klDivergence(logProbabilities: Tensor, target: Tensor, options: KlDivergenceOptions = {}): Tensor {
  checkAlike('klDivergence', logProbabilities, target);
  const { reduction = 'mean', logTarget = false } = options;
  const isReduction = ['mean', 'sum', 'none', 'batchMean'].includes(reduction);
  checkOption(isReduction, 'klDivergence', 'reduction', 'mean, sum, none or batchMean', reduction);
  const terms = logTarget
    ? target.exp().mul(target.sub(logProbabilities))
    : timesLogarithm(target).sub(target.mul(logProbabilities));
  if (reduction !== 'batchMean') return reduce(terms, { reduction });
  const samples = target.shape[0];
  if (samples === undefined) throw new ShapeError('klDivergence: a scalar has no samples for the mean over a batch');
  return terms.sum().div(samples);
}

/** Options of the Gaussian negative log-likelihood. */
export interface GaussianOptions extends LossOptions {
  /**
   * Whether the constant ½·ln 2π is added.
   *
   * @default false
   */
  readonly full?: boolean;
  /**
   * The smallest variance that is divided by; smaller ones get its gradient.
   *
   * @default 1e-6
   */
  readonly epsilon?: number;
}

/**
 * Negative log-likelihood of a normal distribution: ½·(ln v + (mean − target)²/v).
 *
 * @param variance v in the shape of the mean, or with a last axis of length 1
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where epsilon is not positive
 */
export function gaussianNegativeLogLikelihood(
  mean: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianOptions = {},
): Tensor {
  const { full: complete = false, epsilon = 1e-6 } = options;
  checkAlike('gaussianNegativeLogLikelihood', mean, target);
  const shared = [...mean.shape.slice(0, -1), 1];
  if (!sameShape(variance.shape, mean.shape) && !sameShape(variance.shape, shared)) {
    throw new ShapeError(
      `gaussianNegativeLogLikelihood: variance ${formatShape(variance.shape)}: it must be ` +
        `${formatShape(mean.shape)} or ${formatShape(shared)}`,
    );
  }
  if (!(epsilon > 0)) {
    throw new ArgumentError(`gaussianNegativeLogLikelihood: epsilon must be positive, not ${epsilon}`);
  }
  // The gradient passes as if the variance were that large, so that one that is too small can grow.
  const known = variance.detach();
  const lifted = known.clamp(epsilon, Number.POSITIVE_INFINITY).add(variance.sub(known));
  const losses = mean.sub(target).square().div(lifted).add(lifted.log()).mul(0.5);
  return reduce(complete ? losses.add(Math.log(2 * Math.PI) / 2) : losses, options);
}

/** Options of the Poisson negative log-likelihood. */
export interface PoissonOptions extends LossOptions {
  /**
   * Whether the prediction is the logarithm of the rate.
   *
   * @default true
   */
  readonly logInput?: boolean;
  /**
   * Whether ln(target!) is added, for targets above 1 by Stirling's formula t·ln t − t + ½·ln(2πt).
   *
   * @default false
   */
  readonly full?: boolean;
  /**
   * Added to a rate before its logarithm is taken.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
}

/**
 * Negative log-likelihood of a Poisson distribution: e^x − t·x for the logarithm x of the rate, x − t·ln x for the rate x.
 *
 * @throws ShapeError where the shapes differ
 */
export function poissonNegativeLogLikelihood(prediction: Tensor, target: Tensor, options: PoissonOptions = {}): Tensor {
  const { logInput = true, full: complete = false, epsilon = 1e-8 } = options;
  checkAlike('poissonNegativeLogLikelihood', prediction, target);
  const losses = logInput
    ? prediction.exp().sub(target.mul(prediction))
    : prediction.sub(target.mul(prediction.add(epsilon).log()));
  return reduce(complete ? losses.add(logarithmOfFactorial(target)) : losses, options);
}

function logarithmOfFactorial(t: Tensor): Tensor {
  const above = t.greater(1);
  const safe = where(above, t, full([], 1, t));
  const stirling = safe
    .mul(safe.log())
    .sub(safe)
    .add(
      safe
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return where(above, stirling, full([], 0, t));
}
