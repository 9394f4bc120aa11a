import {
  apply,
  batchNorm,
  operators,
  type Penalty,
  type PolynomialOptions,
  polynomial,
  type Tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import { type GradientCase, type GradientCases, together } from '../gradient-case.js';
import { moderate, quarters } from '../points.js';

const crossEntropies: fc.Arbitrary<GradientCase> = fc
  .tuple(fc.nat(3), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, classes]) =>
    fc.record({
      logits: tablesOf([rows, classes], moderate),
      labels: tablesOf([rows], fc.nat(classes - 1)),
      labelSmoothing: fc.constantFrom(0, 0.1, 1),
      outputs: fc.constantFrom([0], [1], [0, 1]),
    }),
  )
  .map(({ logits, labels, labelSmoothing, outputs }) => ({
    inputs: [logits],
    f: (x: Tensor) => {
      const results = apply(operators.crossEntropy, [x, tensorOf(labels, 'int32')], { labelSmoothing });
      return together(outputs.map((index) => results[index]!));
    },
  }));

const normalizations: fc.Arbitrary<GradientCase> = fc
  .tuple(
    fc.integer({ min: 2, max: 3 }),
    fc.integer({ min: 1, max: 2 }),
    fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 }),
  )
  .chain(([images, channels, plane]) =>
    fc.record({
      x: tablesOf([images, channels, ...plane], quarters(-3, 3)),
      gamma: fc.option(tablesOf([channels], quarters(-2, 2)), { nil: undefined }),
      beta: fc.option(tablesOf([channels], quarters(-2, 2)), { nil: undefined }),
      epsilon: fc.constantFrom(0.1, 1),
      outputs: fc.constantFrom(['output'], ['mean'], ['variance'], ['output', 'mean', 'variance']),
    }),
  )
  .map(({ x, gamma, beta, epsilon, outputs }) => ({
    inputs: [x, gamma, beta].flatMap((input) => input ?? []),
    f: (input: Tensor, ...rest: Tensor[]) => {
      const scale = gamma && rest.shift();
      const shift = beta && rest.shift();
      const results = batchNorm(input, scale, shift, epsilon);
      return together(outputs.map((name) => results[name as keyof typeof results]));
    },
  }));

/** Away from the bound 2, the limit 1.5 and the caps at 2 and 2.25, where second derivatives jump. */
const awayFromEdges = fc.integer({ min: -12, max: 12 }).map((n) => n / 4 + 0.1);

const penalties: fc.Arbitrary<Penalty | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({
    form: fc.constantFrom('exponential' as const, 'quadratic' as const, 'power' as const),
    limit: fc.constant(1.5),
    cap: fc.constantFrom(0.5, Number.POSITIVE_INFINITY),
  }),
);

const polynomials: fc.Arbitrary<GradientCase> = fc
  .record({
    shape: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    terms: fc.integer({ min: 1, max: 6 }),
    basis: fc.constantFrom('monomial' as const, 'even-odd' as const, 'twice-even-odd' as const),
    even: fc.nat(5),
    perChannel: fc.boolean(),
    outside: fc.constantFrom('polynomial' as const, 'tangent' as const),
    penalty: penalties,
    learnable: fc.boolean(),
  })
  .chain(({ shape, terms, basis, even, perChannel, outside, penalty, learnable }) => {
    const options: PolynomialOptions = {
      basis,
      bound: 2,
      outside,
      ...(basis !== 'monomial' && { evenTerms: 1 + (even % terms) }),
      ...(penalty && { penalty }),
    };
    return fc
      .tuple(tablesOf(shape, awayFromEdges), tablesOf(perChannel ? [shape[1], terms] : [terms], quarters(-1, 1)))
      .map(
        ([x, coefficients]): GradientCase => ({
          inputs: learnable ? [x, coefficients] : [x],
          f: (input, given = tensorOf(coefficients, input!.dtype)) => {
            const { output, penalty: total } = polynomial(input!, given, options);
            return penalty ? together([output, total]) : output;
          },
        }),
      );
  });

/** Operators with a rule that computes all gradients in one pass, and with a composition behind it. */
export const fusedCases: GradientCases = {
  crossEntropy: crossEntropies,
  batchNorm: normalizations,
  polynomial: polynomials,
};
