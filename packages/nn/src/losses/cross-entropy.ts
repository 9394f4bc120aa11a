import { formatShape, ShapeError, softmaxCrossEntropy, type Tensor } from '@pnn/tensor';
import { type LossOptions, reduce } from './reduction.js';

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
