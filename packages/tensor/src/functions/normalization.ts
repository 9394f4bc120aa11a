import { apply } from '../apply.js';
import { operators } from '../operators/index.js';
import type { Tensor } from '../tensor.js';

/** The normalized batch, and the statistics of each channel that it was normalized with (the variance is biased). */
export interface NormalizedBatch {
  readonly output: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * (x − mean)/√(variance + ε)·γ + β with the statistics of the batch for each channel: x [N,C,…], γ and β [C].
 *
 * Source: Ioffe & Szegedy, "Batch Normalization" (arXiv 1502.03167), algorithm 1.
 *
 * @throws ShapeError where a channel has fewer than two values
 */
export function batchNorm(x: Tensor, gamma?: Tensor, beta?: Tensor, epsilon = 1e-5): NormalizedBatch {
  const [output, mean, variance] = apply(operators.batchNorm, [x, gamma, beta], { epsilon }) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  return { output, mean, variance };
}
