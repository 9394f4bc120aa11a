import { ArgumentError, DTypeError, formatShape, full, ShapeError, type Tensor, where } from '@pnn/tensor';
import { type LossOptions, reduce } from './reduction.js';

/** Options of the losses that compare scores of classes with labels. */
export interface ClassLossOptions extends LossOptions {
  /** How much each class counts: [C]. The mean is over the weights, as in PyTorch. */
  readonly weight?: Tensor;
  /** The label of samples, or places, that do not count: any integer, also one that is no class. */
  readonly ignoreIndex?: number;
}

/**
 * Checks that scores are [N,C,…], labels [N,…] and the weights of the classes [C].
 *
 * @throws ShapeError or DTypeError where they are not
 */
export function checkLabels(name: string, scores: Tensor, labels: Tensor, { weight }: ClassLossOptions): void {
  const [samples, classes, ...places] = scores.shape;
  const expected = [samples, ...places];
  if (!classes || labels.rank !== expected.length || labels.shape.some((length, i) => length !== expected[i])) {
    throw new ShapeError(
      `${name}: ${formatShape(scores.shape)} and labels ${formatShape(labels.shape)}: they must be [N,C] and [N], or ` +
        '[N,C,…] and [N,…]',
    );
  }
  if (labels.dtype !== 'int32') {
    throw new DTypeError(`${name}: labels are ${labels.dtype}: cast() them to int32`);
  }
  if (weight) checkClassWeights(name, weight, scores);
}

/**
 * @throws ShapeError where there is not one weight for each class
 * @throws DTypeError where the weights are of another type than the scores
 */
export function checkClassWeights(name: string, weight: Tensor, scores: Tensor): void {
  const classes = scores.shape[1]!;
  if (weight.rank !== 1 || weight.size !== classes) {
    throw new ShapeError(
      `${name}: weight ${formatShape(weight.shape)}: it must be [${classes}], one number for each class`,
    );
  }
  if (weight.dtype !== scores.dtype) {
    throw new DTypeError(`${name}: weight ${weight.dtype}, scores ${scores.dtype}: make the types equal with cast()`);
  }
}

/** Labels that all are classes, and how much each counts. */
export interface CountedLabels {
  readonly labels: Tensor;
  /** Whether a label counts at all (bool); undefined where all do. */
  readonly counts: Tensor | undefined;
  /** The weight of each label's class, 0 for those that do not count; undefined where all count alike. */
  readonly weights: Tensor | undefined;
}

/**
 * Puts class 0 in the places that do not count, and looks up weights.
 *
 * @throws ArgumentError where the ignored label is not an integer
 */
export function countLabels(
  name: string,
  scores: Tensor,
  labels: Tensor,
  { weight, ignoreIndex }: ClassLossOptions,
): CountedLabels {
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex)) {
    throw new ArgumentError(`${name}: ignoreIndex must be an integer, not ${ignoreIndex}`);
  }
  const counts = ignoreIndex === undefined ? undefined : labels.notEqual(ignoreIndex);
  const classes = counts ? where(counts, labels, full([], 0, labels)) : labels;
  const ofClass = weight?.take(0, classes.flatten()).reshape(classes.shape);
  const weights = counts && ofClass ? withoutIgnored(ofClass, counts) : (ofClass ?? counts?.cast(scores.dtype));
  return { labels: classes, counts, weights };
}

/** 0 in place of the losses that do not count, whatever they are. */
export function withoutIgnored(losses: Tensor, counts: Tensor | undefined): Tensor {
  return counts ? where(counts, losses, full([], 0, losses)) : losses;
}

/** The losses as the option asks for; a mean is the sum divided by the sum of the weights. */
export function reduceByWeight(losses: Tensor, weights: Tensor | undefined, options: LossOptions): Tensor {
  const isMean = (options.reduction ?? 'mean') === 'mean';
  return isMean && weights ? losses.sum().div(weights.sum()) : reduce(losses, options);
}
