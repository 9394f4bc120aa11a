import { customOperator } from '@pnn/autograd';
import { DTypeError, formatShape, ShapeError, type Tensor, where, zeros } from '@pnn/tensor';
import { checkAlike, type LossOptions, reduce } from './reduction.js';

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

/** Options of the binary cross-entropy of logits. */
export interface LogitLossOptions extends LossOptions {
  /** How much positive targets count beside negative ones, as negatives/positives where those are rare: [C] or []. */
  readonly posWeight?: Tensor;
}

/** A share of a loss, which costs nothing where the share is 0, not even where the loss is infinite. */
function shareOf(share: Tensor, loss: Tensor): Tensor {
  return where(share.equal(0), zeros([], loss), share.mul(loss));
}

/**
 * Binary cross-entropy of sigmoid(logit), exact for logits of any size: w·y·softplus(−x) + (1 − y)·softplus(x), where w is
 * `posWeight`, or 1.
 *
 * @throws ShapeError where the shapes differ, or the weight does not broadcast to them
 * @throws DTypeError where the types differ
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, target: Tensor, options: LogitLossOptions = {}): Tensor {
  checkAlike('binaryCrossEntropyWithLogits', logits, target);
  const { posWeight } = options;
  if (!posWeight) return reduce(logisticLoss([logits, target]), options);
  checkPositiveWeight(posWeight, logits);
  const positive = shareOf(target.mul(posWeight), logits.neg().softplus());
  return reduce(positive.add(shareOf(complement(target), logits.softplus())), options);
}

function checkPositiveWeight({ shape, dtype }: Tensor, logits: Tensor): void {
  const missing = logits.rank - shape.length;
  if (missing < 0 || shape.some((length, i) => length !== 1 && length !== logits.shape[missing + i])) {
    throw new ShapeError(
      `binaryCrossEntropyWithLogits: logits ${formatShape(logits.shape)}, posWeight ${formatShape(shape)}: it must ` +
        'broadcast to the logits, as [C] does to [N,C]',
    );
  }
  if (dtype !== logits.dtype) {
    throw new DTypeError(
      `binaryCrossEntropyWithLogits: logits ${logits.dtype}, posWeight ${dtype}: make the types equal with cast()`,
    );
  }
}
