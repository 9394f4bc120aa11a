import { apply, type OperatorFamilies, operators } from '@pnn/tensor';
import { constant, type RulesOf } from '../rule.js';

/** Softmax along the last axis, and the loss of which the gradient is softmax − labels. */
export const softmaxRules: RulesOf<OperatorFamilies['softmax']> = {
  softmax: [
    (g, c) => {
      const y = c.output(0);
      return y.mul(g.sub(g.mul(y).sum(-1, { keepDims: true })));
    },
  ],
  logSoftmax: [
    (g, c) =>
      g.sub(
        c
          .output(0)
          .exp()
          .mul(g.sum(-1, { keepDims: true })),
      ),
  ],
  crossEntropy: {
    fused: ([losses, softmax], call) =>
      softmax || !losses
        ? undefined
        : [
            apply(operators.crossEntropyGradient, [losses, call.output(1), call.input(1)], call.attributes)[0],
            undefined,
          ],
    composition: ([logits, labels], { labelSmoothing }) => {
      const logarithms = logits.logSoftmax();
      const ofLabel = logarithms
        .gather(1, labels.unsqueeze(1))
        .squeeze(1)
        .mul(labelSmoothing - 1);
      // Without smoothing a class whose logit is −Infinity costs nothing.
      const losses = labelSmoothing === 0 ? ofLabel : ofLabel.sub(logarithms.mean(1).mul(labelSmoothing));
      return [losses, logarithms.exp()];
    },
  },
  crossEntropyGradient: constant,
};
