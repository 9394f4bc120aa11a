import { apply, dropoutMask, operators, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf, tensorOf } from '../../packages/tensor/test/oracle.js';
import { operatorGradientCases } from '../gradients/cases/index.js';
import type { GradientCase, GradientCases } from '../gradients/gradient-case.js';
import { anywhere, broadcastablePoints, points } from '../gradients/points.js';

/** Operators that have derivatives. */
export const differentiableCases: GradientCases = operatorGradientCases;

type Function = (...inputs: Tensor[]) => Tensor;

function pairs(f: Function): fc.Arbitrary<GradientCase> {
  return broadcastablePoints(anywhere, anywhere).map((inputs) => ({ inputs, f }));
}

function of(shapes: readonly (readonly number[])[], f: Function): fc.Arbitrary<GradientCase> {
  return fc.tuple(...shapes.map((shape) => tablesOf(shape, anywhere))).map((inputs) => ({ inputs, f }));
}

const form = { basis: 'even-odd', evenTerms: 2, bound: 2, outside: 'polynomial', penalty: undefined } as const;

/** The other operators. */
const constantCases: GradientCases = {
  equal: pairs((a, b) => a.equal(b)),
  notEqual: pairs((a, b) => a.notEqual(b)),
  less: pairs((a, b) => a.less(b)),
  lessEqual: pairs((a, b) => a.lessEqual(b)),
  greater: pairs((a, b) => a.greater(b)),
  greaterEqual: pairs((a, b) => a.greaterEqual(b)),
  argmax: of([[2, 3]], (x) => x.argmax(1)),
  argmin: of([[2, 3]], (x) => x.argmin()),
  topkIndices: of([[2, 3]], (x) => x.topk(2).values),
  histogram: of([[5]], (x) => x.histogram(4, -3, 3)),
  bernoulli: points(anywhere).map((x) => ({ inputs: [x], f: (a: Tensor) => a.mul(dropoutMask(a, 0.5)) })),
  assign: of([[3], [3]], (a, b) => a.detach().clone().assign(b.square()).add(a)),
  assignLerp: of([[3], [3]], (a, b) => a.detach().clone().assignLerp(b, 0.25, 2)),
  crossEntropyGradient: of([[2], [2, 3]], (gradient, logits) => {
    const labels = tensorOf({ shape: [2], data: [2, 0] }, 'int32');
    return apply(operators.crossEntropyGradient, [gradient, logits.softmax(), labels], { labelSmoothing: 0.1 })[0]!;
  }),
  batchNormGradient: of([[3, 2], [3, 2], [2]], (gradient, x, gamma) => {
    const [, mean, variance] = apply(operators.batchNorm, [x, gamma, undefined], { epsilon: 0.1 });
    return apply(operators.batchNormGradient, [gradient, x, gamma, mean!, variance!], { epsilon: 0.1 })[1]!;
  }),
  polynomialGradient: of([[4], [4], [3]], (gradient, x, coefficients) => {
    const attributes = { ...form, learnable: true };
    return apply(operators.polynomialGradient, [gradient, undefined, x, coefficients], attributes)[1]!;
  }),
};

/** Every operator of the engine. */
export const operatorCases: GradientCases = { ...differentiableCases, ...constantCases };
