import { ArgumentError, type PolynomialBasis } from '@pnn/tensor';
import {
  chebyshevToEvenOdd,
  chebyshevToMonomial,
  chebyshevToTwiceEvenOdd,
  differentiateChebyshev,
  type EvenOdd,
  evaluateChebyshev,
} from './chebyshev.js';
import { basisFor, type Float32Error, float32Error } from './float32.js';
import { type Target, targetFunction, targetName } from './targets.js';

/** By what measure a polynomial comes closest to its target. */
export type FitMethod = 'least-squares' | 'density' | 'minimax';

/** 12.3 + 4.56 s - 0.789 s^2, in full: at high degrees the terms cancel, and rounded ones make another polynomial. */
function formatPowers(coefficients: Float64Array, variable: string): string {
  return Array.from(coefficients, (coefficient, k) => {
    const sign = coefficient < 0 ? '-' : '+';
    const size = Math.abs(coefficient);
    const power = k === 0 ? '' : k === 1 ? ` ${variable}` : ` ${variable}^${k}`;
    if (k === 0) return `${sign === '-' ? '-' : ''}${size}`;
    return `${sign} ${size}${power}`;
  }).join(' ');
}

/**
 * A polynomial p(x) = Σ c_k T_k(x / B) that stands for an activation on [-B, B]; everything in float64. It never
 * changes: arrays that it hands out are copies.
 */
export class FittedPolynomial {
  /** The target's name, 'custom' for a nameless function. */
  readonly target: string;
  readonly degree: number;
  /** B: the fit holds for inputs from -B to B. */
  readonly bound: number;
  readonly method: FitMethod;
  readonly #function: (x: number) => number;
  readonly #coefficients: Float64Array;
  readonly #derivative: Float64Array;

  /**
   * @param coefficients of T_0 … T_degree in t = x / bound, at least two
   * @throws ArgumentError where coefficients or bound are not finite, the bound not positive or the target unknown
   */
  constructor(target: Target, bound: number, method: FitMethod, coefficients: Float64Array) {
    if (!(bound > 0 && bound < Infinity)) {
      throw new ArgumentError(`FittedPolynomial: the bound must be positive and finite, not ${bound}`);
    }
    if (coefficients.length < 2 || !coefficients.every(Number.isFinite)) {
      throw new ArgumentError(
        `FittedPolynomial: at least two coefficients are needed, all finite, not [${coefficients.join(', ')}]`,
      );
    }
    this.target = targetName(target);
    this.degree = coefficients.length - 1;
    this.bound = bound;
    this.method = method;
    this.#function = targetFunction(target);
    this.#coefficients = coefficients.slice();
    this.#derivative = differentiateChebyshev(coefficients);
  }

  /** The coefficients of T_0 … T_degree in t = x / B. */
  get coefficients(): Float64Array {
    return this.#coefficients.slice();
  }

  /** p(x), for any x: outside [-B, B] the polynomial itself, which grows quickly. */
  evaluate(x: number): number {
    return evaluateChebyshev(this.#coefficients, x / this.bound);
  }

  /** p'(x), the derivative with respect to x. */
  derivative(x: number): number {
    return evaluateChebyshev(this.#derivative, x / this.bound) / this.bound;
  }

  /**
   * A form to evaluate in float32 up to degree 22: p(x) = E(s) + t·O(s) with t = x / B and s = 2t² - 1, coefficients of the
   * powers of s from the lowest. `even` has at most ⌊degree/2⌋ + 1 of them and `odd` at most ⌊(degree+1)/2⌋; highest
   * coefficients that are zero up to rounding are left out, so that `odd` is the one number B/2 for ReLU, SiLU, GELU
   * and softplus, and `even` one number for tanh (0) and the sigmoid (1/2).
   */
  evenOdd(): EvenOdd {
    return chebyshevToEvenOdd(this.#coefficients);
  }

  /**
   * The form to evaluate in float32 beyond degree 22: the same E and O, but coefficient k is that of s^(k mod 2)·u^⌊k/2⌋ with
   * u = 2s² - 1.
   */
  twiceEvenOdd(): EvenOdd {
    return chebyshevToTwiceEvenOdd(this.#coefficients);
  }

  /**
   * The coefficients of the powers of t = x / B, from the lowest. They grow like 2.4^degree and cancel when summed:
   * from degree 16 on do not evaluate them in float32.
   */
  monomial(): Float64Array {
    return chebyshevToMonomial(this.#coefficients);
  }

  /**
   * max |p(x) - target(x)| over equally spaced points of [-B, B], both ends included.
   *
   * @throws ArgumentError where points is not an integer from 2 on
   */
  maxError(points = 20_001): number {
    if (!Number.isSafeInteger(points) || points < 2) {
      throw new ArgumentError(`FittedPolynomial.maxError: points must be an integer from 2 on, not ${points}`);
    }
    let largest = 0;
    for (let i = 0; i < points; i++) {
      const x = (this.bound * (2 * i - (points - 1))) / (points - 1);
      largest = Math.max(largest, Math.abs(this.evaluate(x) - this.#function(x)));
    }
    return largest;
  }

  /**
   * What evaluation in float32 adds to the error of the fit, over 4001 inputs in [-B, B]: at most 1e-4 of the largest value
   * where degree and basis go together.
   *
   * @param basis by default the one that a `PolynomialActivation` of this degree takes
   */
  float32Error(basis: PolynomialBasis = basisFor(this.degree)): Float32Error {
    return float32Error(this, basis);
  }

  /** What was fitted, how well, the formula with its coefficients, and what float32 makes of it, on five lines. */
  describe(): string {
    const { even, odd } = this.evenOdd();
    const { error, size } = this.float32Error();
    return [
      `${this}`,
      `p(x) = E(s) + t O(s) with t = x / ${this.bound}, s = 2 t^2 - 1`,
      `E(s) = ${formatPowers(even, 's')}`,
      `O(s) = ${formatPowers(odd, 's')}`,
      `in float32, basis ${basisFor(this.degree)}: ${error.toPrecision(2)} more error, ${(error / size).toPrecision(2)} of the largest value`,
    ].join('\n');
  }

  /** What was fitted and how well, on one line. */
  toString(): string {
    const error = Number(this.maxError().toPrecision(3));
    return `${this.target} on [-${this.bound}, ${this.bound}]: degree ${this.degree}, ${this.method}, largest error ${error}`;
  }
}
