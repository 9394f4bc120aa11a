import type { OperatorFamilies, Tensor } from '@pnn/tensor';
import { type Context, constant, type RulesOf } from '../rule.js';

/** Equal extreme elements share the gradient evenly. */
function extreme(g: Tensor, c: Context<{ readonly first: number; readonly end: number }>): Tensor {
  const { first, end } = c.attributes;
  const axes = Array.from({ length: end - first }, (_, i) => first + i);
  const winners = c.input(0).equal(c.output(0)).cast(g.dtype);
  return g.div(winners.sum(axes, { keepDims: true })).mul(winners);
}

/** The gradient is repeated along the axes; extremes share it among equal elements. */
export const reductionRules: RulesOf<OperatorFamilies['reduction']> = {
  sum: [(g, c) => g.broadcastTo(c.shape(0))],
  max: [extreme],
  min: [extreme],
  argmax: constant,
  argmin: constant,
  topkIndices: constant,
  histogram: constant,
};
