import { customOperator } from '@pnn/autograd';
import { formatShape, ShapeError, sameShape, softmaxCrossEntropy, type Tensor } from '@pnn/tensor';

/** What becomes of the losses of the samples: their mean, their sum, or a tensor of them. */
export type LossReduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** @default 'mean' */
  readonly reduction?: LossReduction;
}

function reduce(losses: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}

function checkAlike(name: string, prediction: Tensor, target: Tensor): void {
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `${name}: prediction ${formatShape(prediction.shape)}, target ${formatShape(target.shape)}: the shapes differ`,
    );
  }
}

/**
 * Cross-entropy of softmax(logits) against labels: logits [N,C], labels int32 [N].
 *
 * @param options.labelSmoothing the share ε of the target that is spread evenly over all classes (arXiv 1512.00567); 0 by
 *   default
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where a label is not a class
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: LossOptions & { readonly labelSmoothing?: number } = {},
): Tensor {
  return reduce(softmaxCrossEntropy(logits, labels, options.labelSmoothing ?? 0), options);
}

/**
 * Negative log-likelihood: logarithms of probabilities [N,C], labels int32 [N].
 *
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where a label is not a class
 */
export function negativeLogLikelihood(logProbabilities: Tensor, labels: Tensor, options: LossOptions = {}): Tensor {
  if (logProbabilities.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logProbabilities.shape[0]) {
    throw new ShapeError(
      `negativeLogLikelihood: ${formatShape(logProbabilities.shape)} and labels ${formatShape(labels.shape)}: ` +
        'they must be [N,C] and [N]',
    );
  }
  return reduce(logProbabilities.gather(1, labels.unsqueeze(1)).squeeze(1).neg(), options);
}

/**
 * Squared differences.
 *
 * @throws ShapeError where the shapes differ
 */
export function meanSquaredError(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('meanSquaredError', prediction, target);
  return reduce(prediction.sub(target).square(), options);
}

const SMALLEST_LOGARITHM = -100;
const SMALLEST_DIVISOR = 1e-12;

/** max(ln p, −100) with the derivative 1/max(p, 10⁻¹²), which are finite for p = 0 and large enough to leave it. */
const boundedLogarithm = customOperator({
  name: 'binaryCrossEntropy',
  forward: ([p]) => p!.log().clamp(SMALLEST_LOGARITHM, 0),
  vjps: [(gradient, call) => gradient.div(call.input(0).clamp(SMALLEST_DIVISOR, Number.POSITIVE_INFINITY))],
});

/**
 * −(y·ln p + (1 − y)·ln(1 − p)) for probabilities p. For p = 0 and 1 losses and gradients stay finite: as in PyTorch,
 * logarithms are cut off at −100, and what the gradient divides by at 10⁻¹².
 *
 * @throws ShapeError where the shapes differ
 */
export function binaryCrossEntropy(probability: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('binaryCrossEntropy', probability, target);
  const complement = (p: Tensor) => p.neg().add(1);
  const yes = target.mul(boundedLogarithm([probability]));
  const no = complement(target).mul(boundedLogarithm([complement(probability)]));
  return reduce(yes.add(no).neg(), options);
}

/**
 * Binary cross-entropy of sigmoid(logit), without overflow: softplus(x) − x·y.
 *
 * @throws ShapeError where the shapes differ
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('binaryCrossEntropyWithLogits', logits, target);
  return reduce(logits.softplus().sub(logits.mul(target)), options);
}
