import { ArgumentError, formatShape, ShapeError, sameShape, softmaxCrossEntropy, type Tensor } from '@pnn/tensor';
import {
  type ClassLossOptions,
  checkClassWeights,
  checkLabels,
  countLabels,
  reduceByWeight,
  withoutIgnored,
} from './class-labels.js';
import { checkAlike } from './reduction.js';

/** Options of cross-entropy. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /**
   * The share ε of the target that is spread evenly over all classes (arXiv 1512.00567).
   *
   * @default 0
   */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy of softmax(logits) over the classes: logits [N,C] or [N,C,…] against labels int32 [N] or [N,…], or
 * against probabilities of the shape of the logits.
 *
 * @throws ShapeError where the shapes do not fit
 * @throws DTypeError where labels are not int32, or probabilities of another type than the logits
 * @throws ArgumentError where a label is not a class, or the smoothing not from 0 to 1
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const labelSmoothing = options.labelSmoothing ?? 0;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: label smoothing must be from 0 to 1, not ${labelSmoothing}`);
  }
  if (logits.rank >= 2 && sameShape(logits.shape, target.shape)) return againstProbabilities(logits, target, options);
  checkLabels('crossEntropy', logits, target, options);
  const counted = countLabels('crossEntropy', logits, target, options);
  if (options.weight && labelSmoothing > 0) return smoothedByWeight(logits, counted, options.weight, options);
  const losses = ofLabels(logits, counted.labels, labelSmoothing);
  const ofCounted = withoutIgnored(losses, counted.counts);
  return reduceByWeight(options.weight ? ofCounted.mul(counted.weights!) : ofCounted, counted.weights, options);
}

/** The losses in the shape of the labels, by the fused kernel, for which each sample is a row. */
function ofLabels(logits: Tensor, labels: Tensor, labelSmoothing: number): Tensor {
  if (logits.rank === 2) return softmaxCrossEntropy(logits, labels, labelSmoothing);
  const classesLast = logits.permute([...logits.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])), 1]);
  const rows = classesLast.reshape([labels.size, logits.shape[1]!]);
  return softmaxCrossEntropy(rows, labels.flatten(), labelSmoothing).reshape(labels.shape);
}

/** The weights of the classes in the shape that broadcasts along axis 1. */
function alongClasses(weight: Tensor, x: Tensor): Tensor {
  return weight.reshape(x.shape.map((_, axis) => (axis === 1 ? -1 : 1)));
}

/** (1 − ε)·w_y·(−ln p_y) + ε/C·Σ_c w_c·(−ln p_c): every class of a smoothed target has a weight of its own. */
function smoothedByWeight(
  logits: Tensor,
  { labels, counts, weights }: ReturnType<typeof countLabels>,
  weight: Tensor,
  options: CrossEntropyOptions,
): Tensor {
  const smoothing = options.labelSmoothing!;
  const logarithms = logits.logSoftmax(1);
  const ofLabel = logarithms.gather(1, labels.unsqueeze(1)).squeeze(1).mul(weights!);
  const ofAll = logarithms.mul(alongClasses(weight, logits)).sum(1);
  const losses = ofLabel.mul(smoothing - 1).sub(ofAll.mul(smoothing / logits.shape[1]!));
  return reduceByWeight(withoutIgnored(losses, counts), weights, options);
}

/** −Σ_c w_c·q_c·ln p_c with probabilities q; the mean is over samples and places, whatever the weights. */
function againstProbabilities(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, ignoreIndex, labelSmoothing = 0 } = options;
  if (ignoreIndex !== undefined) {
    throw new ArgumentError(
      'crossEntropy: ignoreIndex is a label, and the target has probabilities: make those that do not count 0',
    );
  }
  checkAlike('crossEntropy', logits, target);
  const classes = logits.shape[1]!;
  if (classes === 0) throw new ShapeError(`crossEntropy: logits ${formatShape(logits.shape)} have no classes`);
  if (weight) checkClassWeights('crossEntropy', weight, logits);
  const smoothed = labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const terms = logits.logSoftmax(1).mul(weight ? smoothed.mul(alongClasses(weight, logits)) : smoothed);
  return reduceByWeight(terms.sum(1).neg(), undefined, options);
}
