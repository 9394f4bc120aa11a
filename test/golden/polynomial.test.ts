import { FittedPolynomial } from '@pnn/pnn';
import { type Penalty, type PolynomialOptions, polynomial, type Tensor, tensor } from '@pnn/tensor';
import { expect, test } from 'vitest';
import { penaltyOf } from '../../packages/autograd/src/rules/polynomial.js';
import { compareWithGolden, expectGolden, type Tensors, type Tolerances, tensorsOf } from './compare.js';
import { type GoldenCase, loadGolden } from './load.js';

/** Terms of either sign that grow with the degree: sums are as exact as their largest terms. */
const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-13 },
  float32: { relative: 5e-6, scaled: 5e-6 },
};

function optionsOf({ basis, bound, outside = 'polynomial' }: GoldenCase['attributes']): PolynomialOptions {
  return {
    bound: bound as number,
    basis: basis === 'monomial' ? basis : 'even-odd',
    outside: outside as 'polynomial' | 'tangent',
  };
}

/** A penalty without a cap never leaves its formula. */
function penaltyFrom({ form, alpha, bound, cap = Infinity }: GoldenCase['attributes']): Penalty {
  return { form: form as Penalty['form'], limit: (alpha as number) * (bound as number), cap: cap as number };
}

function binomial(n: number, k: number): number {
  return k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k;
}

/** Σ_k m_k t^k in Chebyshev polynomials: t^k = 2^(1−k) Σ_j C(k, j) T_(k−2j), the term of T_0 halved. */
function chebyshevFrom(monomial: readonly number[]): Float64Array {
  const coefficients = new Float64Array(monomial.length);
  monomial.forEach((factor, k) => {
    for (let j = 0; 2 * j <= k; j++) {
      coefficients[k - 2 * j]! += factor * 2 ** (2 * j === k ? -k : 1 - k) * binomial(k, j);
    }
  });
  return coefficients;
}

/** Polynomials change their basis through Chebyshev's: from there to the even-odd one, and back to where they came from. */
function monomialToEvenOdd({ coefficients }: Tensors): Tensor {
  const monomial = Array.from(coefficients!.dataSync());
  const fit = new FittedPolynomial('relu', 1, 'least-squares', chebyshevFrom(monomial));
  const { even, odd } = fit.evenOdd();
  fit.monomial().forEach((factor, k) => {
    expect(factor, `coefficient ${k}`).toBeCloseTo(monomial[k]!, 12);
  });
  return tensor([...even, ...odd], { dtype: coefficients!.dtype });
}

compareWithGolden(
  'polynomial',
  {
    polynomial: ({ x, coefficients }, { attributes }) => polynomial(x!, coefficients!, optionsOf(attributes)).output,
    monomialToEvenOdd,
  },
  () => tolerances,
);

compareWithGolden(
  'penalty',
  {
    penalty: ({ x }, { attributes }) => {
      const options = { bound: attributes.bound as number, penalty: penaltyFrom(attributes) };
      return polynomial(x!, tensor([1], { dtype: x!.dtype }), options).penalty;
    },
    polynomialWithPenalty: ({ x, coefficients }, { attributes }) => {
      const options = { ...optionsOf(attributes), penalty: penaltyFrom(attributes) };
      const { output, penalty, range } = polynomial(x!, coefficients!, options);
      const outputs: Tensors = {
        y: output,
        penalty,
        largest: range.slice([0]),
        outside: range.slice([1]).cast('int32'),
      };
      return { outputs };
    },
  },
  () => tolerances,
);

test.each(['float64', 'float32'] as const)(
  'the differentiable penalty has the values of the fused one in %s',
  (float) => {
    for (const { name, subject, attributes, inputs, outputs } of loadGolden('penalty')) {
      const penalty = penaltyOf(tensorsOf(inputs, float).x!, penaltyFrom(attributes));
      expectGolden(name, penalty, subject === 'penalty' ? outputs.y! : outputs.penalty!, float, tolerances);
    }
  },
);
