import { apply, type OperatorFamilies, operators } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';
import { scatterGradients } from './scatter.js';

/** Elements go back where they came from. */
export const movementRules: RulesOf<OperatorFamilies['movement']> = {
  reshape: [(g, c) => g.reshape(c.shape(0))],
  clone: [(g, c) => g.reshape(c.shape(0))],
  permute: [(g, c) => g.permute(c.attributes.axes.map((_, axis) => c.attributes.axes.indexOf(axis)))],
  slice: { place: ({ starts, steps }) => ({ starts, steps }) },
  pad: [
    (g, c) => {
      const { starts, steps } = c.attributes;
      return apply(operators.slice, [g], { starts, steps, shape: c.shape(0) })[0];
    },
  ],
  concat: (g, c, needed) => {
    const { axis } = c.attributes;
    let end = 0;
    return needed.map((isNeeded, index) => {
      const shape = c.shape(index);
      const start = end;
      end += shape[axis]!;
      if (!isNeeded) return undefined;
      const starts = shape.map((_, each) => (each === axis ? start : 0));
      return apply(operators.slice, [g], { starts, steps: shape.map(() => 1), shape })[0];
    });
  },
  gather: [(g, c) => g.scatterAdd(c.attributes.axis, c.input(1), c.shape(0)[c.attributes.axis]!), undefined],
  scatterAdd: [(g, c) => g.gather(c.attributes.axis, c.input(1)), undefined],
  scatter: [
    (g, c) => scatterGradients[c.attributes.reduction].ofBase(g, c),
    undefined,
    (g, c) => scatterGradients[c.attributes.reduction].ofSource(g, c),
  ],
};
