import { ArgumentError, ShapeError } from '../errors.js';
import type { Operand } from '../kernels.js';
import { checkFloat, checkType, type Operator, operator } from '../operator.js';
import { formatShape } from '../shape.js';

function alongLastAxis(name: 'softmax' | 'logSoftmax'): Operator<readonly [Operand], void> {
  return operator({
    name,
    infer: ([x]) => {
      checkFloat(name, x);
      if (!x.shape.at(-1)) throw new ShapeError(`${name}: ${formatShape(x.shape)} has no elements along the last axis`);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out]) => kernels[name](x, out!),
  });
}

/** Softmax and what is computed together with it. */
export const softmaxOperators = {
  softmax: alongLastAxis('softmax'),
  logSoftmax: alongLastAxis('logSoftmax'),

  crossEntropy: operator<readonly [Operand, Operand], { readonly labelSmoothing: number }>({
    name: 'crossEntropy',
    infer: ([logits, labels], { labelSmoothing }) => {
      checkFloat('crossEntropy', logits);
      checkType('crossEntropy', labels, ['int32']);
      const [rows, classes] = logits.shape;
      if (logits.shape.length !== 2 || labels.shape.length !== 1 || labels.shape[0] !== rows || !classes) {
        throw new ShapeError(
          `crossEntropy: logits ${formatShape(logits.shape)}, labels ${formatShape(labels.shape)}: they must be [N,C] and [N]`,
        );
      }
      if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
        throw new ArgumentError(`crossEntropy: label smoothing must be from 0 to 1, not ${labelSmoothing}`);
      }
      return [
        { shape: [rows!], dtype: logits.dtype },
        { shape: logits.shape, dtype: logits.dtype },
      ];
    },
    launch: (kernels, [logits, labels], [losses, softmax], { labelSmoothing }) =>
      kernels.crossEntropy(logits, labels, losses!, softmax!, labelSmoothing),
  }),

  crossEntropyGradient: operator<readonly [Operand, Operand, Operand], { readonly labelSmoothing: number }>({
    name: 'crossEntropyGradient',
    infer: ([, softmax]) => [{ shape: softmax.shape, dtype: softmax.dtype }],
    launch: (kernels, [gradient, softmax, labels], [out], { labelSmoothing }) =>
      kernels.crossEntropyGradient(gradient, softmax, labels, out!, labelSmoothing),
  }),
};
