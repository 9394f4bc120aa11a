import type { TypedArray } from '../../../dtype.js';
import type { Kernels, Operand, PolynomialForm } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { values } from '../../host/host.js';
import { penaltyFunction } from './penalty.js';

/** Term k of E and O where they are split once more: s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1. */
function termAt(k: number, s: number): number {
  return (k % 2 === 1 ? s : 1) * (2 * s * s - 1) ** Math.floor(k / 2);
}

/** Its derivative with respect to s. */
function termSlope(k: number, s: number): number {
  const power = Math.floor(k / 2);
  const u = 2 * s * s - 1;
  const slope = power === 0 ? 0 : 4 * s * power * u ** (power - 1);
  return k % 2 === 1 ? u ** power + s * slope : slope;
}

/** The polynomial whose coefficients start at `start`, and what it is beyond its bound. */
class Polynomial {
  /** E(s) + t·O(s), and its derivative with respect to x: the results of the last `evaluate`. */
  value = 0;
  slope = 0;
  readonly #odd: number;

  constructor(
    readonly coefficients: TypedArray,
    readonly start: number,
    readonly terms: number,
    readonly form: PolynomialForm,
  ) {
    this.#odd = form.basis === 'monomial' ? terms : form.evenTerms;
  }

  /** E(s) + t·O(s) by Horner's method. */
  valueAt(x: number): number {
    const { coefficients, start, terms, form } = this;
    const odd = this.#odd;
    const t = x / form.bound;
    const s = form.basis === 'monomial' ? t : 2 * t * t - 1;
    if (form.basis === 'twice-even-odd') return this.#partAt(0, odd, s) + t * this.#partAt(odd, terms, s);
    let even = 0;
    for (let k = start + odd - 1; k >= start; k--) even = even * s + coefficients[k]!;
    let oddPart = 0;
    for (let k = start + terms - 1; k >= start + odd; k--) oddPart = oddPart * s + coefficients[k]!;
    return even + t * oddPart;
  }

  /** Σ c_k s^(k mod 2) u^⌊k/2⌋ over the coefficients from `first` on, with u = 2s² − 1. */
  #partAt(first: number, end: number, s: number): number {
    const { coefficients, start } = this;
    const u = 2 * s * s - 1;
    let result = 0;
    for (let k = (end - first - 1) & ~1; k >= 0; k -= 2) {
      const at = start + first + k;
      result = result * u + coefficients[at]! + (first + k + 1 < end ? s * coefficients[at + 1]! : 0);
    }
    return result;
  }

  /** Its derivative with respect to s. */
  #partSlopeAt(first: number, end: number, s: number): number {
    const { coefficients, start } = this;
    let slope = 0;
    for (let k = 0; k < end - first; k++) slope += coefficients[start + first + k]! * termSlope(k, s);
    return slope;
  }

  /** The same together with the derivative. */
  evaluate(x: number): void {
    const { coefficients, start, terms, form } = this;
    const odd = this.#odd;
    const t = x / form.bound;
    const monomial = form.basis === 'monomial';
    const s = monomial ? t : 2 * t * t - 1;
    if (form.basis === 'twice-even-odd') {
      const value = this.#partAt(odd, terms, s);
      const slopes = this.#partSlopeAt(0, odd, s) + t * this.#partSlopeAt(odd, terms, s);
      this.value = this.#partAt(0, odd, s) + t * value;
      this.slope = (4 * t * slopes + value) / form.bound;
      return;
    }
    let even = 0;
    let evenSlope = 0;
    for (let k = start + odd - 1; k >= start; k--) {
      evenSlope = evenSlope * s + even;
      even = even * s + coefficients[k]!;
    }
    let oddPart = 0;
    let oddSlope = 0;
    for (let k = start + terms - 1; k >= start + odd; k--) {
      oddSlope = oddSlope * s + oddPart;
      oddPart = oddPart * s + coefficients[k]!;
    }
    const chain = monomial ? 1 : 4 * t;
    this.value = even + t * oddPart;
    this.slope = (chain * (evenSlope + t * oddSlope) + oddPart) / form.bound;
  }

  /** Adds weight·∂p/∂c_k at x to the sums, and slopeWeight·∂p′/∂c_k. */
  accumulate(sums: Float64Array, x: number, weight: number, slopeWeight: number): void {
    const { start, terms, form } = this;
    const odd = this.#odd;
    const t = x / form.bound;
    const monomial = form.basis === 'monomial';
    const s = monomial ? t : 2 * t * t - 1;
    const chain = (monomial ? 1 : 4 * t) / form.bound;
    if (form.basis === 'twice-even-odd') {
      for (let k = 0; k < terms; k++) {
        const [factor, term] = k < odd ? [1, k] : [t, k - odd];
        const value = termAt(term, s);
        const slope = (k < odd ? 0 : value / form.bound) + factor * termSlope(term, s) * chain;
        sums[start + k]! += weight * factor * value + slopeWeight * slope;
      }
      return;
    }
    let power = 1;
    let powerSlope = 0;
    for (let k = 0; k < odd; k++) {
      sums[start + k]! += weight * power + slopeWeight * powerSlope * chain;
      powerSlope = powerSlope * s + power;
      power *= s;
    }
    power = 1;
    powerSlope = 0;
    for (let k = odd; k < terms; k++) {
      sums[start + k]! += weight * t * power + slopeWeight * (power / form.bound + t * powerSlope * chain);
      powerSlope = powerSlope * s + power;
      power *= s;
    }
  }
}

/** One polynomial for all of x, or one for each channel: calls `visit` with each run of elements that share one. */
function forEachRun(
  x: Operand,
  coefficients: Operand,
  form: PolynomialForm,
  visit: (polynomial: Polynomial, start: number, end: number) => void,
): void {
  const array = values(coefficients);
  const terms = coefficients.shape.at(-1)!;
  if (coefficients.shape.length === 1) {
    visit(new Polynomial(array, 0, terms, form), 0, x.size);
    return;
  }
  const channels = coefficients.shape[0]!;
  const polynomials = Array.from({ length: channels }, (_, c) => new Polynomial(array, c * terms, terms, form));
  const area = sizeOf(x.shape.slice(2));
  for (let start = 0, run = 0; start < x.size; start += area, run++) {
    visit(polynomials[run % channels]!, start, start + area);
  }
}

export const polynomial: Pick<Kernels, 'polynomial' | 'polynomialGradient'> = {
  polynomial(x, coefficients, out, penalty, range, form) {
    const source = values(x);
    const target = values(out);
    const { bound } = form;
    const tangent = form.outside === 'tangent';
    const penaltyOf = form.penalty && penaltyFunction(form.penalty);
    let total = 0;
    let largest = 0;
    let beyond = 0;
    let notFinite = 0;
    forEachRun(x, coefficients, form, (p, start, end) => {
      for (let i = start; i < end; i++) {
        const value = source[i]!;
        const size = Math.abs(value);
        if (size > largest) largest = size;
        if (penaltyOf) total += penaltyOf.value(size);
        if (size > bound) beyond++;
        if (!Number.isFinite(value)) notFinite++;
        if (tangent && size > bound) {
          const edge = value > 0 ? bound : -bound;
          p.evaluate(edge);
          target[i] = p.value + (value - edge) * p.slope;
        } else target[i] = p.valueAt(value);
      }
    });
    values(penalty)[0] = x.size === 0 ? 0 : total / x.size;
    values(range).set([largest, beyond, notFinite]);
  },
  polynomialGradient(gradient, penaltyGradient, x, coefficients, out, coefficientGradient, form) {
    const source = values(x);
    const target = values(out);
    const slopes = gradient && values(gradient);
    const { bound } = form;
    const tangent = form.outside === 'tangent';
    const penaltyOf = form.penalty && penaltyGradient && penaltyFunction(form.penalty);
    const penaltyShare = penaltyGradient ? values(penaltyGradient)[0]! / x.size : 0;
    const sums = coefficientGradient && new Float64Array(coefficients.size);
    forEachRun(x, coefficients, form, (p, start, end) => {
      for (let i = start; i < end; i++) {
        const value = source[i]!;
        const size = Math.abs(value);
        let slope = penaltyOf ? penaltyShare * Math.sign(value) * penaltyOf.slope(size) : 0;
        if (slopes) {
          const weight = slopes[i]!;
          const edge = tangent && size > bound ? Math.sign(value) * bound : value;
          p.evaluate(edge);
          if (sums) p.accumulate(sums, edge, weight, weight * (value - edge));
          slope += weight * p.slope;
        }
        target[i] = slope;
      }
    });
    if (sums) values(coefficientGradient).set(sums);
  },
};
