import type { Tensor } from '@pnn/tensor';
import { type ClassLossOptions, checkLabels, countLabels, reduceByWeight, withoutIgnored } from './class-labels.js';

/**
 * Negative log-likelihood: logarithms of probabilities [N,C] or [N,C,…], labels int32 [N] or [N,…].
 *
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where a label is not a class
 */
export function negativeLogLikelihood(
  logProbabilities: Tensor,
  labels: Tensor,
  options: ClassLossOptions = {},
): Tensor {
  checkLabels('negativeLogLikelihood', logProbabilities, labels, options);
  const counted = countLabels('negativeLogLikelihood', logProbabilities, labels, options);
  const losses = logProbabilities.gather(1, counted.labels.unsqueeze(1)).squeeze(1).neg();
  const ofCounted = withoutIgnored(losses, counted.counts);
  return reduceByWeight(options.weight ? ofCounted.mul(counted.weights!) : ofCounted, counted.weights, options);
}
