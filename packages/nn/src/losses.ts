import { customOperator } from '@pnn/autograd';
import { formatShape, ShapeError, sameShape, softmaxCrossEntropy, type Tensor, where, zeros } from '@pnn/tensor';

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

/** 1 − x. */
const complement = (x: Tensor): Tensor => x.neg().add(1);

const bounded = (logarithm: Tensor): Tensor => logarithm.clamp(SMALLEST_LOGARITHM, 0);
const divisor = (p: Tensor): Tensor => p.clamp(SMALLEST_DIVISOR, Number.POSITIVE_INFINITY);

/** max(ln p, −100) with the derivative 1/max(p, 10⁻¹²), which are finite for p = 0 and large enough to leave it. */
const boundedLogarithm = customOperator({
  name: 'binaryCrossEntropy',
  forward: ([p]) => bounded(p!.log()),
  vjps: [(gradient, call) => gradient.div(divisor(call.input(0)))],
});

/** The same of 1 − p, which keeps the digits of a small p. */
const boundedLogarithmOfComplement = customOperator({
  name: 'binaryCrossEntropy',
  forward: ([p]) => bounded(p!.neg().log1p()),
  vjps: [(gradient, call) => gradient.div(divisor(complement(call.input(0)))).neg()],
});

/**
 * −(y·ln p + (1 − y)·ln(1 − p)) for probabilities p. For p = 0 and 1 losses and gradients stay finite: as in PyTorch,
 * logarithms are cut off at −100, and what the gradient divides by at 10⁻¹².
 *
 * @throws ShapeError where the shapes differ
 */
export function binaryCrossEntropy(probability: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('binaryCrossEntropy', probability, target);
  const yes = target.mul(boundedLogarithm([probability]));
  const no = complement(target).mul(boundedLogarithmOfComplement([probability]));
  return reduce(yes.add(no).neg(), options);
}

/**
 * y·softplus(−x) + (1 − y)·softplus(x), as softplus(−|x|) and |x| times the share of the target on the other side of 0.
 * Where that share is 0, an infinite logit costs nothing.
 */
const logisticLoss = customOperator({
  name: 'binaryCrossEntropyWithLogits',
  forward: ([x, y]) => {
    const size = x!.abs();
    const opposite = where(x!.greater(0), complement(y!), y!);
    const beyond = where(opposite.equal(0), zeros([], x), opposite.mul(size));
    return size.neg().softplus().add(beyond);
  },
  vjps: [
    (gradient, call) => {
      // sigmoid(x) − y, whose terms would cancel for certain logits of the fitting label.
      const [x, y] = [call.input(0), call.input(1)];
      return gradient.mul(complement(y).mul(x.sigmoid()).sub(y.mul(x.neg().sigmoid())));
    },
    (gradient, call) => gradient.mul(call.input(0)).neg(),
  ],
});

/**
 * Binary cross-entropy of sigmoid(logit), exact for logits of any size: y·softplus(−x) + (1 − y)·softplus(x).
 *
 * @throws ShapeError where the shapes differ
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('binaryCrossEntropyWithLogits', logits, target);
  return reduce(logisticLoss([logits, target]), options);
}
