import { apply } from '../apply.js';
import { operators } from '../operators/index.js';
import type { Tensor } from '../tensor.js';

/**
 * −Σ_c q_c ln softmax(logits)_c of each sample, with q = 1 − ε + ε/C for the label and ε/C for the other classes:
 * logits [N,C], labels int32 [N] → [N].
 *
 * @param labelSmoothing ε from 0 to 1 (Szegedy et al., arXiv 1512.00567, section 7)
 * @throws ArgumentError where a label is not a class
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, labelSmoothing = 0): Tensor {
  return apply(operators.crossEntropy, [logits, labels], { labelSmoothing })[0]!;
}
