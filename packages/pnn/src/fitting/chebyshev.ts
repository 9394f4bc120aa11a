import type { PolynomialBasis } from '@pnn/tensor';

/**
 * Σ c_k T_k(t) by Clenshaw's recurrence; t may lie outside [-1, 1].
 *
 * Source: C. W. Clenshaw, "A note on the summation of Chebyshev series", Mathematics of Computation 9 (1955).
 */
export function evaluateChebyshev(coefficients: Float64Array, t: number): number {
  let next = 0;
  let afterNext = 0;
  for (let k = coefficients.length - 1; k > 0; k--) {
    const current = coefficients[k]! + 2 * t * next - afterNext;
    afterNext = next;
    next = current;
  }
  return coefficients[0]! + t * next - afterNext;
}

/** T_0(t) … T_degree(t) by the recurrence T_{k+1} = 2t T_k - T_{k-1}. */
export function chebyshevValues(t: number, degree: number): Float64Array {
  const values = new Float64Array(degree + 1);
  values[0] = 1;
  if (degree > 0) values[1] = t;
  for (let k = 2; k <= degree; k++) values[k] = 2 * t * values[k - 1]! - values[k - 2]!;
  return values;
}

/** The Chebyshev coefficients of the derivative with respect to t, by d_{k-1} = d_{k+1} + 2k c_k. */
export function differentiateChebyshev(coefficients: Float64Array): Float64Array {
  const degree = coefficients.length - 1;
  const derivative = new Float64Array(Math.max(degree, 1));
  for (let k = degree; k > 0; k--) derivative[k - 1] = (derivative[k + 1] ?? 0) + 2 * k * coefficients[k]!;
  derivative[0]! /= 2;
  return derivative;
}

/**
 * Σ a_k P_k(z) in powers of z, for P_0 = 1, P_1 = slope·z + intercept and P_{k+1} = 2z P_k - P_{k-1}: every Chebyshev
 * family obeys this recurrence and differs in P_1 only.
 */
function expandInPowers(coefficients: Float64Array, slope: number, intercept: number): Float64Array {
  const count = coefficients.length;
  const powers = new Float64Array(count);
  let current = new Float64Array(count);
  let next = new Float64Array(count);
  current[0] = 1;
  next[0] = intercept;
  next[1] = slope;
  for (const coefficient of coefficients) {
    const afterNext = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      powers[i]! += coefficient * current[i]!;
      afterNext[i] = 2 * (i > 0 ? next[i - 1]! : 0) - current[i]!;
    }
    current = next;
    next = afterNext;
  }
  return powers;
}

/** Σ c_k T_k(t) in powers of t, lowest first. */
export function chebyshevToMonomial(coefficients: Float64Array): Float64Array {
  return expandInPowers(coefficients, 1, 0);
}

/** Leaves out the highest coefficients as long as they are at most `threshold` in size; keeps the first. */
function withoutTrailing(coefficients: Float64Array, threshold: number): Float64Array {
  let count = coefficients.length;
  while (count > 1 && Math.abs(coefficients[count - 1]!) <= threshold) count--;
  return coefficients.slice(0, count);
}

/** Coefficients this small beside the largest one are rounding of the fit. */
const ROUNDING = 2 ** -48;

/** A polynomial as E(s) + t·O(s) with s = 2t² - 1: the coefficients of E and of O, lowest power first. */
export interface EvenOdd {
  readonly even: Float64Array;
  readonly odd: Float64Array;
}

/**
 * Σ c_k T_k(t) as E(s) + t·O(s) with s = T_2(t) = 2t² - 1: T_{2k}(t) = T_k(s) gives the coefficients of T_k in E, and
 * T_{2k+1}(t)/t = V_k(s) with V_0 = 1, V_1 = 2s - 1 and V_{k+1} = 2s V_k - V_{k-1} those of V_k in O. Highest ones that are
 * zero up to rounding are left out of each part, down to one.
 */
export function chebyshevParts(coefficients: Float64Array): EvenOdd {
  const threshold = ROUNDING * coefficients.reduce((largest, c) => Math.max(largest, Math.abs(c)), 0);
  return {
    even: withoutTrailing(
      coefficients.filter((_, k) => k % 2 === 0),
      threshold,
    ),
    odd: withoutTrailing(
      coefficients.filter((_, k) => k % 2 === 1),
      threshold,
    ),
  };
}

/** Σ c_k T_k(t) as E(s) + t·O(s) with s = 2t² - 1, in powers of s. */
export function chebyshevToEvenOdd(coefficients: Float64Array): EvenOdd {
  const { even, odd } = chebyshevParts(coefficients);
  return { even: expandInPowers(even, 1, 0), odd: expandInPowers(odd, 2, -1) };
}

/** Σ a_k V_k(s) as Σ b_k T_k(s), by V_k = 2T_k - V_{k-1}. */
export function thirdKindToFirst(coefficients: Float64Array): Float64Array {
  const result = new Float64Array(coefficients.length);
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) {
    sum = coefficients[k]! - sum;
    result[k] = k === 0 ? sum : 2 * sum;
  }
  return result;
}

/** Σ c_k T_k(s) as A(u) + s·B(u) with u = 2s² - 1: coefficient k is that of s^(k mod 2)·u^⌊k/2⌋. */
function splitOnce(coefficients: Float64Array): Float64Array {
  const a = expandInPowers(
    coefficients.filter((_, k) => k % 2 === 0),
    1,
    0,
  );
  const b = expandInPowers(
    coefficients.filter((_, k) => k % 2 === 1),
    2,
    -1,
  );
  return coefficients.map((_, k) => (k % 2 === 0 ? a : b)[Math.floor(k / 2)]!);
}

/**
 * The same as `chebyshevToEvenOdd`, but with E and O split likewise: coefficient k of each is that of s^(k mod 2)·u^⌊k/2⌋ with
 * u = 2s² - 1. Coefficients then grow like 1.25^degree, in powers of s like 1.55^degree, in those of t like 2.4^degree.
 */
export function chebyshevToTwiceEvenOdd(coefficients: Float64Array): EvenOdd {
  const { even, odd } = chebyshevParts(coefficients);
  return { even: splitOnce(even), odd: splitOnce(thirdKindToFirst(odd)) };
}

/** Σ a_k x^k as Σ c_k T_k(x), by Horner's method with x·T_k = (T_{k+1} + T_{|k−1|}) / 2. */
export function powersToChebyshev(powers: ArrayLike<number>): Float64Array {
  let series: Float64Array = Float64Array.of(powers[powers.length - 1] ?? 0);
  for (let k = powers.length - 2; k >= 0; k--) {
    series = timesVariable(series);
    series[0]! += powers[k]!;
  }
  return series;
}

/** The series of x·Σ c_k T_k(x). */
function timesVariable(series: Float64Array): Float64Array {
  const result = new Float64Array(series.length + 1);
  for (const [k, coefficient] of series.entries()) {
    result[k + 1]! += coefficient / 2;
    result[Math.abs(k - 1)]! += coefficient / 2;
  }
  return result;
}

/** The series in T_k(x) of E(s) + x·O(s) with s = 2x² − 1, from those of E and O in T_k(s) = T_{2k}(x). */
export function joinEvenOdd(even: Float64Array, odd: Float64Array): Float64Array {
  const inX = (series: Float64Array) => {
    const spread = new Float64Array(2 * series.length - 1);
    for (const [k, coefficient] of series.entries()) spread[2 * k] = coefficient;
    return spread;
  };
  const result = new Float64Array(Math.max(2 * even.length - 1, 2 * odd.length));
  for (const part of [inX(even), timesVariable(inX(odd))]) {
    for (const [k, coefficient] of part.entries()) result[k]! += coefficient;
  }
  return result;
}

/** Term k is s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1: the series in T_k(s). */
function splitToChebyshev(terms: Float64Array): Float64Array {
  const part = (parity: number) => powersToChebyshev(terms.filter((_, k) => k % 2 === parity));
  return joinEvenOdd(part(0), part(1));
}

/** The series in T_k(t) of the coefficients of a polynomial activation, in any of its forms. */
export function chebyshevSeries(
  coefficients: Float64Array,
  { basis, evenTerms }: { readonly basis: PolynomialBasis; readonly evenTerms: number },
): Float64Array {
  if (basis === 'monomial') return powersToChebyshev(coefficients);
  const toChebyshev = basis === 'twice-even-odd' ? splitToChebyshev : powersToChebyshev;
  return joinEvenOdd(toChebyshev(coefficients.slice(0, evenTerms)), toChebyshev(coefficients.slice(evenTerms)));
}
