import { customOperator } from '@pnn/autograd';
import type { Tensor } from '@pnn/tensor';
import { checkAlike, type LossOptions, reduce } from './reduction.js';

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
