import { ShapeError } from '../errors.js';
import type { Operand } from '../kernels.js';
import { checkFloat, checkSameType, inputGradient, type Overwriting, operator } from '../operator.js';
import { formatShape } from '../shape.js';

/** Normalization by the statistics of the batch (Ioffe & Szegedy, arXiv 1502.03167). */
export const normalizationOperators = {
  batchNorm: operator<readonly [Operand, Operand | undefined, Operand | undefined], { readonly epsilon: number }>({
    name: 'batchNorm',
    infer: ([x, gamma, beta]) => {
      checkFloat('batchNorm', x);
      const channels = x.shape[1];
      if (channels === undefined) {
        throw new ShapeError(`batchNorm: ${formatShape(x.shape)}: the input must be [N,C,…]`);
      }
      if (x.size === 0 || x.size === channels) {
        throw new ShapeError(
          `batchNorm: ${formatShape(x.shape)}: the statistics of a channel need two values or more: use a larger batch`,
        );
      }
      for (const operand of [gamma, beta]) {
        if (!operand) continue;
        checkSameType('batchNorm', x, operand);
        if (operand.shape.length !== 1 || operand.shape[0] !== channels) {
          throw new ShapeError(`batchNorm: γ or β ${formatShape(operand.shape)} for ${channels} channels`);
        }
      }
      return [
        { shape: x.shape, dtype: x.dtype },
        { shape: [channels], dtype: x.dtype },
        { shape: [channels], dtype: x.dtype },
      ];
    },
    launch: (kernels, [x, gamma, beta], [out, mean, variance], { epsilon }) =>
      kernels.batchNorm(x, gamma, beta, out!, mean!, variance!, epsilon),
  }),

  batchNormGradient: operator<
    readonly [Operand, Operand, Operand | undefined, Operand, Operand],
    Overwriting & { readonly epsilon: number }
  >({
    name: 'batchNormGradient',
    infer: ([, x, , mean], attributes) => [
      inputGradient(x, attributes),
      { shape: mean.shape, dtype: x.dtype },
      { shape: mean.shape, dtype: x.dtype },
    ],
    launch: (kernels, [gradient, x, gamma, mean, variance], [out, gammaGradient, betaGradient], { epsilon }) =>
      kernels.batchNormGradient(gradient, x, gamma, mean, variance, out!, gammaGradient!, betaGradient!, epsilon),
  }),
};
