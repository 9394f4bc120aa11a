import { apply, type OperatorFamilies, operators } from '@pnn/tensor';
import { constant, type RulesOf } from '../rule.js';

/** Where only the output has a gradient, one pass gives all; statistics have theirs by the composition. */
export const normalizationRules: RulesOf<OperatorFamilies['normalization']> = {
  batchNorm: {
    fused: ([output, mean, variance], call, _, overwrite) =>
      mean || variance || !output
        ? undefined
        : apply(
            operators.batchNormGradient,
            [output, call.input(0), call.optionalInput(1), call.output(1), call.output(2)],
            { ...call.attributes, overwrite },
          ),
    composition: ([x, gamma, beta], { epsilon }) => {
      const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      const perChannel = x.shape.map((length, axis) => (axis === 1 ? length : 1));
      const mean = x.mean(axes, { keepDims: true });
      const variance = x.variance(axes, { keepDims: true, correction: 0 });
      let output = x.sub(mean).div(variance.add(epsilon).sqrt());
      if (gamma) output = output.mul(gamma.reshape(perChannel));
      if (beta) output = output.add(beta.reshape(perChannel));
      return [output, mean.flatten(), variance.flatten()];
    },
  },
  batchNormGradient: constant,
};
