import { grad, normal, ones, polynomial, requireGrad, tensor } from '@pnn/nn';
import { fitPolynomial } from '@pnn/pnn';
import type { Workload } from '../workload.js';

const COUNT = 2 ** 20;
const BYTES = COUNT * Float32Array.BYTES_PER_ELEMENT;
const BOUND = 10;

/** Operations for one input: t = x/B; s = 2t² − 1; Horner's steps of E and O; E + t·O. */
const operations = {
  'even-odd': (terms: number) => 1 + 3 + 2 * (terms - 2) + 2,
  monomial: (terms: number) => 1 + 2 * (terms - 1),
};

function workloadsOf(degree: number, basis: 'even-odd' | 'monomial'): Workload[] {
  const fit = fitPolynomial('relu', { degree, bound: BOUND });
  const { even, odd } = basis === 'even-odd' ? fit.evenOdd() : { even: fit.monomial(), odd: [] };
  const terms = [...even, ...odd];
  const inputs = () => {
    const x = requireGrad(normal([COUNT]));
    const coefficients = requireGrad(tensor(terms));
    const gradient = ones([COUNT]);
    return {
      evaluate: () => polynomial(x, coefficients, { bound: BOUND, basis, evenTerms: even.length }).output,
      x,
      coefficients,
      gradient,
      dispose: () => {
        for (const each of [x, coefficients, gradient]) each.dispose();
      },
    };
  };
  return [
    {
      name: `polynomial/forward/degree ${degree}/${basis}`,
      flops: COUNT * operations[basis](terms.length),
      bytes: 2 * BYTES,
      prepare: () => {
        const { evaluate, dispose } = inputs();
        return { run: evaluate, dispose };
      },
    },
    {
      name: `polynomial/forward and backward/degree ${degree}/${basis}`,
      bytes: 5 * BYTES,
      prepare: () => {
        const { evaluate, x, coefficients, gradient, dispose } = inputs();
        return { run: () => grad(evaluate(), [x, coefficients], { gradient }), dispose };
      },
    },
  ];
}

/** Activation polynomials of 2^20 inputs: the even-odd form in use beside plain Horner; with gradients of x and coefficients. */
export const polynomialWorkloads: readonly Workload[] = [2, 4, 8, 16, 22].flatMap((degree) => [
  ...workloadsOf(degree, 'even-odd'),
  ...workloadsOf(degree, 'monomial'),
]);
