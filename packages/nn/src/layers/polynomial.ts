import {
  ArgumentError,
  type DType,
  type HostArray,
  type PolynomialBasis,
  type PolynomialOptions,
  type PolynomialResult,
  polynomial,
  reference,
  scope,
  type Tensor,
  type TensorOptions,
  tensor,
} from '@pnn/tensor';
import { Module } from '../module.js';
import { Parameter, StateBuffer } from '../parameter.js';

/**
 * A polynomial by its coefficients. `even-odd`: p(x) = E(s) + t·O(s) with t = x/B, s = 2t² − 1; `twice-even-odd`: the same,
 * but term k of E and O is s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1 instead of s^k; `monomial`: p(x) = Σ c_k t^k. Lowest power
 * first.
 */
export type PolynomialCoefficients =
  | {
      readonly basis: 'even-odd' | 'twice-even-odd';
      readonly even: ArrayLike<number>;
      readonly odd: ArrayLike<number>;
    }
  | { readonly basis: 'monomial'; readonly powers: ArrayLike<number> };

/** Options of a polynomial layer. */
export interface PolynomialLayerOptions extends TensorOptions {
  /** B: the polynomial is meant for inputs from −B to B. */
  readonly bound: number;
  /**
   * Whether the coefficients are learned, as a group of parameters of their own, `polynomial`.
   *
   * @default false
   */
  readonly learnable?: boolean;
  /**
   * One polynomial for each of so many channels of [N,C,…], all starting alike.
   *
   * @default undefined, one for the layer
   */
  readonly channels?: number;
  /**
   * Beyond the bound while training: the polynomial or its tangent; at evaluation always the polynomial.
   *
   * @default 'polynomial'
   */
  readonly outside?: 'polynomial' | 'tangent';
}

function checkBound(bound: number): void {
  if (!(bound > 0 && Number.isFinite(bound))) {
    throw new ArgumentError(`Polynomial: the bound must be a positive number, not ${bound}`);
  }
}

function checkFinite(terms: readonly number[], dtype: DType): void {
  const wrong = terms.find((term) => !Number.isFinite(dtype === 'float32' ? Math.fround(term) : term));
  if (wrong !== undefined) throw new ArgumentError(`Polynomial: the coefficient ${wrong} is not finite as ${dtype}`);
}

function checkChannels(channels: number | undefined): void {
  if (channels !== undefined && !(Number.isInteger(channels) && channels > 0)) {
    throw new ArgumentError(`Polynomial: the channels must be an integer of 1 or more, not ${channels}`);
  }
}

/** On the reference device, whose elements can be read at once, wherever the coefficients are. */
function domainOf(basis: PolynomialBasis, bound: number, evenTerms: number): Tensor {
  const numbers = basis === 'twice-even-odd' ? [bound, evenTerms, 2] : [bound, evenTerms];
  return tensor(numbers, { dtype: 'float64', device: reference });
}

/** All coefficients in one row, those of the even part first. */
function termsOf(coefficients: PolynomialCoefficients): { terms: number[]; evenTerms: number } {
  const even = Array.from(coefficients.basis === 'monomial' ? coefficients.powers : coefficients.even);
  const odd = coefficients.basis === 'monomial' ? [] : Array.from(coefficients.odd);
  if (even.length === 0) throw new ArgumentError('Polynomial: the even part needs one coefficient or more');
  return { terms: [...even, ...odd], evenTerms: even.length };
}

/**
 * A polynomial of every element as an activation, by Horner's method. Fits of all targets keep in float32 1e-4 of the
 * largest value in the basis `even-odd` up to degree 22, in `twice-even-odd` (up to twice as slow) up to degree 32. Both cost
 * half where the odd part is short, as it is for ReLU and its kin; `monomial` is the plain Horner, for comparison.
 */
export class Polynomial extends Module {
  readonly coefficients: Parameter | StateBuffer;
  /**
   * [B, number of coefficients of the even part], and a 2 for the basis `twice-even-odd`: a state dict says by it what its
   * coefficients mean.
   */
  readonly domain: StateBuffer;
  readonly #basis: PolynomialBasis;
  #bound: number;
  #evenTerms: number;
  readonly #outside: 'polynomial' | 'tangent';

  /** @throws ArgumentError where there are no coefficients, the bound is not positive, or there are no channels */
  constructor(coefficients: PolynomialCoefficients, options: PolynomialLayerOptions) {
    super();
    const { bound, learnable = false, channels, outside = 'polynomial', dtype = 'float32', ...place } = options;
    const { terms, evenTerms } = termsOf(coefficients);
    checkBound(bound);
    checkChannels(channels);
    checkFinite(terms, dtype);
    const elements = channels === undefined ? terms : Array.from({ length: channels }, () => terms);
    const initial = tensor(elements, { dtype, ...place });
    this.coefficients = learnable ? new Parameter(initial, 'polynomial') : new StateBuffer(initial);
    this.domain = new StateBuffer(domainOf(coefficients.basis, bound, evenTerms), true);
    this.#bound = bound;
    this.#basis = coefficients.basis;
    this.#evenTerms = evenTerms;
    this.#outside = outside;
  }

  /** B: the polynomial is meant for inputs from −B to B. */
  get bound(): number {
    return this.#bound;
  }

  override describe(): string {
    const terms = this.coefficients.shape.at(-1)!;
    const learned = this.coefficients instanceof Parameter ? ', learnable' : '';
    return `${terms} terms, ${this.#basis}, bound ${this.#bound}${learned}`;
  }

  override forward(x: Tensor): Tensor {
    return this.evaluate(x).output;
  }

  /**
   * Takes another polynomial with as many terms, in the same tensor, so that optimizers go on with it.
   *
   * @throws ArgumentError where the basis or the number of terms differs
   */
  protected replace(coefficients: PolynomialCoefficients, bound: number): void {
    const { terms, evenTerms } = termsOf(coefficients);
    checkBound(bound);
    if (coefficients.basis !== this.#basis || terms.length !== this.coefficients.shape.at(-1)) {
      throw new ArgumentError(
        `Polynomial: ${terms.length} terms in the ${coefficients.basis} basis cannot replace ` +
          `${this.coefficients.shape.at(-1)} in the ${this.#basis} basis`,
      );
    }
    const { dtype, device, shape } = this.coefficients;
    checkFinite(terms, dtype);
    scope(() => this.coefficients.assign(tensor([...terms], { dtype, device }).broadcastTo(shape)));
    scope(() => this.domain.assign(domainOf(this.#basis, bound, evenTerms)));
    this.#bound = bound;
    this.#evenTerms = evenTerms;
  }

  protected override stateProblem(source: (name: string) => Tensor | HostArray | undefined): string | undefined {
    const domain = source('domain');
    if (!domain) return undefined;
    const [bound, evenTerms] = 'dataSync' in domain ? domain.dataSync() : domain.data;
    const terms = this.coefficients.shape.at(-1)!;
    const isBound = bound! > 0 && Number.isFinite(bound);
    const isEvenPart = Number.isInteger(evenTerms) && evenTerms! >= 1 && evenTerms! <= terms;
    if (isBound && isEvenPart) return undefined;
    return `the domain [${bound}, ${evenTerms}] is none of a polynomial of ${terms} terms`;
  }

  protected override stateLoaded(): void {
    const [bound, evenTerms] = this.domain.dataSync();
    this.#bound = bound!;
    this.#evenTerms = evenTerms!;
  }

  /** Value, penalty and range of x in one pass. */
  protected evaluate(x: Tensor, penalty?: PolynomialOptions['penalty']): PolynomialResult {
    return polynomial(x, this.coefficients, {
      basis: this.#basis,
      bound: this.#bound,
      evenTerms: this.#evenTerms,
      outside: this.training ? this.#outside : 'polynomial',
      ...(penalty && { penalty }),
    });
  }
}
