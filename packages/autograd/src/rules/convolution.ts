import {
  apply,
  type ConvolutionGeometry,
  type OperatorFamilies,
  operators,
  type Shape,
  type Tensor,
} from '@pnn/tensor';
import type { RulesOf } from '../rule.js';

function forward(x: Tensor, weight: Tensor, geometry: ConvolutionGeometry): Tensor {
  return apply(operators.conv2d, [x, weight, undefined], geometry)[0]!;
}

function inputGradient(g: Tensor, weight: Tensor, geometry: ConvolutionGeometry, shape: Shape): Tensor {
  return apply(operators.conv2dInputGradient, [g, weight], { ...geometry, shape })[0]!;
}

function weightGradient(g: Tensor, x: Tensor, geometry: ConvolutionGeometry, shape: Shape): Tensor {
  return apply(operators.conv2dWeightGradient, [g, x], { ...geometry, shape })[0]!;
}

/**
 * ⟨g, x ∗ w⟩ is linear in each of g, x and w; the three operators are its partial derivatives, so the derivatives of
 * each are the other two.
 */
export const convolutionRules: RulesOf<OperatorFamilies['convolution']> = {
  conv2d: [
    (g, c) => inputGradient(g, c.input(1), c.attributes, c.shape(0)),
    (g, c) => weightGradient(g, c.input(0), c.attributes, c.shape(1)),
    (g) => g.sum([0, 2, 3]),
  ],
  conv2dInputGradient: [
    (x, c) => forward(x, c.input(1), c.attributes),
    (x, c) => weightGradient(c.input(0), x, c.attributes, c.shape(1)),
  ],
  conv2dWeightGradient: [
    (w, c) => forward(c.input(1), w, c.attributes),
    (w, c) => inputGradient(c.input(0), w, c.attributes, c.shape(1)),
  ],
};
