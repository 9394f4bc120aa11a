import { apply, type OperatorFamilies, operators } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';

/** Linear maps (for max pooling, once the positions are known) and their transposes. */
export const poolingRules: RulesOf<OperatorFamilies['pooling']> = {
  maxPool2d: [
    (g, c) => apply(operators.maxPool2dGradient, [g, c.output(1)], { ...c.attributes, shape: c.shape(0) })[0],
  ],
  maxPool2dSelect: [
    (g, c) => apply(operators.maxPool2dGradient, [g, c.input(1)], { ...c.attributes, shape: c.shape(0) })[0],
    undefined,
  ],
  maxPool2dGradient: [(g, c) => apply(operators.maxPool2dSelect, [g, c.input(1)], c.attributes)[0], undefined],
  averagePool2d: [(g, c) => apply(operators.averagePool2dGradient, [g], { ...c.attributes, shape: c.shape(0) })[0]],
  averagePool2dGradient: [(g, c) => apply(operators.averagePool2d, [g], c.attributes)[0]],
};
