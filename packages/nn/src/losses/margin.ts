import { ArgumentError, full, type Tensor, where } from '@pnn/tensor';
import { checkOption } from '../options.js';
import { type ClassLossOptions, checkLabels } from './class-labels.js';
import { cosineOf, pairwiseDistance } from './distance.js';
import { checkAlike, checkAllAlike, type LossOptions, reduce } from './reduction.js';

/** max(x, 0) with the derivative 1 at 0, as PyTorch's hinges have it. */
function hinge(x: Tensor): Tensor {
  return x.clamp(0, Number.POSITIVE_INFINITY);
}

/** a where the target is 1, b where it is −1, a + b elsewhere. */
function bySign(target: Tensor, a: Tensor, b: Tensor): Tensor {
  const nothing = full([], 0, a);
  return where(target.notEqual(-1), a, nothing).add(where(target.notEqual(1), b, nothing));
}

/**
 * x where the target is 1, max(margin − x, 0) where it is −1: for distances x.
 *
 * @param options.margin 1 by default
 * @throws ShapeError where the shapes differ
 */
export function hingeEmbeddingLoss(
  x: Tensor,
  target: Tensor,
  options: LossOptions & { readonly margin?: number } = {},
): Tensor {
  checkAlike('hingeEmbeddingLoss', x, target);
  return reduce(bySign(target, x, hinge(x.neg().add(options.margin ?? 1))), options);
}

/**
 * max(margin − y·(x1 − x2), 0): the target y is 1 where x1 should be the larger one, −1 where x2 should.
 *
 * @param options.margin 0 by default
 * @throws ShapeError where the shapes differ
 */
export function marginRankingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options: LossOptions & { readonly margin?: number } = {},
): Tensor {
  checkAllAlike('marginRankingLoss', x1, x2, target);
  return reduce(
    hinge(
      x2
        .sub(x1)
        .mul(target)
        .add(options.margin ?? 0),
    ),
    options,
  );
}

/**
 * ln(1 + e^(−y·x)) for targets y of 1 and −1.
 *
 * @throws ShapeError where the shapes differ
 */
export function softMarginLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkAlike('softMarginLoss', x, target);
  return reduce(x.mul(target).neg().softplus(), options);
}

/** Options of the hinge loss of several classes. */
export interface MultiMarginOptions extends LossOptions, Pick<ClassLossOptions, 'weight'> {
  /**
   * The power of every term.
   *
   * @default 1
   */
  readonly p?: 1 | 2;
  /** @default 1 */
  readonly margin?: number;
}

/**
 * Hinge loss of several classes: Σ over c ≠ y of max(margin − x_y + x_c, 0)^p, divided by C; scores [N,C], labels [N].
 *
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where a label is not a class, or p neither 1 nor 2
 */
export function multiMarginLoss(scores: Tensor, labels: Tensor, options: MultiMarginOptions = {}): Tensor {
  const { p = 1, margin = 1, weight } = options;
  checkOption(p === 1 || p === 2, 'multiMarginLoss', 'p', '1 or 2', p);
  checkLabels('multiMarginLoss', scores, labels, options);
  const column = labels.unsqueeze(1);
  const excess = scores.sub(scores.gather(1, column)).add(margin).relu();
  const powers = p === 2 ? excess.square() : excess;
  // The label itself is a term of the sum, too.
  const sums = powers.sum(1).sub(powers.gather(1, column).squeeze(1)).div(scores.shape[1]!);
  return reduce(weight ? sums.mul(weight.take(0, labels.flatten()).reshape(labels.shape)) : sums, options);
}

/**
 * 1 − cos(x1, x2) where the target is 1, max(cos(x1, x2) − margin, 0) where it is −1: x1 and x2 [N,D], target [N].
 *
 * @param options.margin 0 by default
 * @throws ShapeError where the shapes do not fit
 */
export function cosineEmbeddingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options: LossOptions & { readonly margin?: number } = {},
): Tensor {
  const cosine = cosineOf('cosineEmbeddingLoss', x1, x2);
  checkAlike('cosineEmbeddingLoss', cosine, target);
  return reduce(bySign(target, cosine.neg().add(1), hinge(cosine.sub(options.margin ?? 0))), options);
}

/** Options of the triplet loss. */
export interface TripletMarginOptions extends LossOptions {
  /** @default 1 */
  readonly margin?: number;
  /**
   * The power of the norm.
   *
   * @default 2
   */
  readonly p?: number;
  /**
   * Added to every difference, so that the norm has a derivative.
   *
   * @default 1e-6
   */
  readonly epsilon?: number;
  /**
   * Whether the negative's distance from the positive counts where it is less than that from the anchor.
   *
   * @default false
   */
  readonly swap?: boolean;
}

/**
 * max(d(anchor, positive) − d(anchor, negative) + margin, 0) with distances over the last axis.
 *
 * @throws ShapeError where the shapes differ
 * @throws ArgumentError where the margin or the power of the norm is not positive
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  const { margin = 1, swap = false } = options;
  checkAllAlike('tripletMarginLoss', anchor, positive, negative);
  if (!(margin > 0)) throw new ArgumentError(`tripletMarginLoss: margin must be positive, not ${margin}`);
  const toNegative = pairwiseDistance(anchor, negative, options);
  const nearest = swap ? toNegative.minimum(pairwiseDistance(positive, negative, options)) : toNegative;
  return reduce(hinge(pairwiseDistance(anchor, positive, options).sub(nearest).add(margin)), options);
}
