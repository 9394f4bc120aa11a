import { apply } from '../apply.js';
import type { Penalty, PolynomialActivationForm, PolynomialBasis } from '../kernels.js';
import { operators } from '../operators/index.js';
import type { Tensor } from '../tensor.js';

/** How a polynomial is written, where it holds, and what inputs out of range cost. */
export interface PolynomialOptions {
  /** B: the polynomial is meant for inputs from −B to B. */
  readonly bound: number;
  /**
   * `even-odd`: p(x) = E(s) + t·O(s) with t = x/B, s = 2t² − 1, the coefficients of E before those of O; good for float32 up
   * to degree 22. `twice-even-odd`: the same, but term k of E and O is s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1 instead of s^k;
   * good up to degree 32. `monomial`: p(x) = Σ c_k t^k by plain Horner, which loses all precision in float32 beyond
   * degree 16.
   *
   * @default 'even-odd'
   */
  readonly basis?: PolynomialBasis;
  /** The number of coefficients of E. @default ⌈terms/2⌉, as for a polynomial without structure */
  readonly evenTerms?: number;
  /** Beyond the bound: `polynomial` (the default) or its `tangent` at the boundary. */
  readonly outside?: 'polynomial' | 'tangent';
  /** The penalty on inputs beyond a limit, to be computed in the same pass. */
  readonly penalty?: Penalty;
}

/** What one pass over the inputs of a polynomial activation gives. */
export interface PolynomialResult {
  /** p(x), of the shape of x. */
  readonly output: Tensor;
  /** The mean penalty, a scalar; 0 where no penalty was asked for. */
  readonly penalty: Tensor;
  /** [3]: max |x|; the number of inputs with |x| > B; the number of inputs that are not finite. No gradient. */
  readonly range: Tensor;
}

/**
 * A polynomial of every element, in one pass with the penalty and the statistics of its range.
 *
 * @param coefficients [terms], or [C,terms] for one polynomial per channel of x [N,C,…]
 * @throws ShapeError | ArgumentError where coefficients and options do not fit
 */
export function polynomial(x: Tensor, coefficients: Tensor, options: PolynomialOptions): PolynomialResult {
  const { basis = 'even-odd', bound, outside = 'polynomial', penalty } = options;
  const terms = coefficients.shape.at(-1) ?? 0;
  const evenTerms = options.evenTerms ?? (basis === 'monomial' ? terms : Math.ceil(terms / 2));
  const form: PolynomialActivationForm = { basis, evenTerms, bound, outside, penalty };
  const [output, total, range] = apply(operators.polynomial, [x, coefficients], form) as [Tensor, Tensor, Tensor];
  return { output, penalty: total, range };
}
