import {
  ArgumentError,
  type PolynomialOptions,
  type PolynomialResult,
  polynomial,
  type Tensor,
  type TensorOptions,
  tensor,
} from '@pnn/tensor';
import { Module } from '../module.js';
import { Parameter, StateBuffer } from '../parameter.js';

/**
 * A polynomial by its coefficients. `even-odd`: p(x) = E(s) + t·O(s) with t = x/B, s = 2t² − 1; `monomial`:
 * p(x) = Σ c_k t^k. Lowest power first.
 */
export type PolynomialCoefficients =
  | { readonly basis: 'even-odd'; readonly even: ArrayLike<number>; readonly odd: ArrayLike<number> }
  | { readonly basis: 'monomial'; readonly powers: ArrayLike<number> };

/** Options of a polynomial layer. */
export interface PolynomialLayerOptions extends TensorOptions {
  /** B: the polynomial is meant for inputs from −B to B. */
  readonly bound: number;
  /** Whether the coefficients are learned (ten times more slowly than the weights); no where nothing is said. */
  readonly learnable?: boolean;
  /** One polynomial for each of so many channels of [N,C,…], all starting alike; one for the layer where nothing is said. */
  readonly channels?: number;
  /** Beyond the bound while training: `polynomial` (the default) or its `tangent`; at evaluation always the polynomial. */
  readonly outside?: 'polynomial' | 'tangent';
}

/**
 * A polynomial of every element as an activation. In the even-odd basis, Horner's method stays exact in float32 at every
 * degree in use, and costs half where the odd part is short, as it is for ReLU and its kin; the monomial basis is the plain
 * Horner, for comparison.
 */
export class Polynomial extends Module {
  readonly coefficients: Parameter | StateBuffer;
  readonly bound: number;
  readonly #basis: 'even-odd' | 'monomial';
  readonly #evenTerms: number;
  readonly #outside: 'polynomial' | 'tangent';

  /** @throws ArgumentError where there are no coefficients or the bound is not positive */
  constructor(coefficients: PolynomialCoefficients, options: PolynomialLayerOptions) {
    super();
    const { bound, learnable = false, channels, outside = 'polynomial', dtype = 'float32', ...place } = options;
    const even = Array.from(coefficients.basis === 'even-odd' ? coefficients.even : coefficients.powers);
    const odd = coefficients.basis === 'even-odd' ? Array.from(coefficients.odd) : [];
    if (even.length === 0) throw new ArgumentError('Polynomial: the even part needs one coefficient or more');
    if (!(bound > 0 && Number.isFinite(bound))) {
      throw new ArgumentError(`Polynomial: the bound must be a positive number, not ${bound}`);
    }
    const row = [...even, ...odd];
    const elements = channels === undefined ? row : Array.from({ length: channels }, () => row);
    const initial = tensor(elements, { dtype, ...place });
    this.coefficients = learnable ? new Parameter(initial, 'polynomial') : new StateBuffer(initial);
    this.bound = bound;
    this.#basis = coefficients.basis;
    this.#evenTerms = even.length;
    this.#outside = outside;
  }

  override describe(): string {
    const terms = this.coefficients.shape.at(-1)!;
    const learned = this.coefficients instanceof Parameter ? ', learnable' : '';
    return `${terms} terms, ${this.#basis}, bound ${this.bound}${learned}`;
  }

  override forward(x: Tensor): Tensor {
    return this.evaluate(x).output;
  }

  /** Value, penalty and range of x in one pass. */
  protected evaluate(x: Tensor, penalty?: PolynomialOptions['penalty']): PolynomialResult {
    return polynomial(x, this.coefficients, {
      basis: this.#basis,
      bound: this.bound,
      evenTerms: this.#evenTerms,
      outside: this.training ? this.#outside : 'polynomial',
      ...(penalty && { penalty }),
    });
  }
}
