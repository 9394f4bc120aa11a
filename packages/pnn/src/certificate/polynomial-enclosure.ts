import type { PolynomialBasis } from '@pnn/nn';
import { chebyshevSeries, evaluateChebyshev } from '../fitting/chebyshev.js';

/** A polynomial activation as a network evaluates it. */
export interface EvaluatedPolynomial {
  readonly form: {
    readonly basis: PolynomialBasis;
    /** The number of coefficients of the even part. */
    readonly evenTerms: number;
    /** B. */
    readonly bound: number;
  };
  /** The coefficients of the form. */
  readonly terms: Float64Array;
  /** p(x) = Σ c_k T_k(x/B). */
  readonly series: Float64Array;
}

/** The polynomial of a form and its coefficients. */
export function evaluatedPolynomial(form: EvaluatedPolynomial['form'], terms: Float64Array): EvaluatedPolynomial {
  return { form, terms, series: chebyshevSeries(terms, form) };
}

/** What holds of p on an interval. */
export interface PolynomialEnclosure {
  /** |p(x) − slope·x − offset| ≤ radius. */
  readonly slope: number;
  readonly offset: number;
  readonly radius: number;
  /** low ≤ p(x) ≤ high. */
  readonly low: number;
  readonly high: number;
}

/** Half of the distance from 1 to the next number, in double and in single precision. */
const UNIT64 = 2 ** -53;
const UNIT32 = 2 ** -24;

/** Points for each degree. */
const DENSITY = 8;

/** The Chebyshev points cos(π(2i + 1)/(2n)) by their number. */
const pointsByCount = new Map<number, Float64Array>();

function chebyshevPoints(count: number): Float64Array {
  const known = pointsByCount.get(count);
  if (known) return known;
  const points = Float64Array.from({ length: count }, (_, i) => Math.cos((Math.PI * (2 * i + 1)) / (2 * count)));
  pointsByCount.set(count, points);
  return points;
}

/** Σ |c_k| T_k(max(1, t)): no value of the series at up to t is larger, nor any sum on the way to it. */
function majorant(series: Float64Array, t: number): number {
  const angle = Math.acosh(Math.max(1, t));
  return series.reduce(
    (sum, coefficient, k) => sum + (coefficient === 0 ? 0 : Math.abs(coefficient) * Math.cosh(k * angle)),
    0,
  );
}

/** The middle of the numbers, and how far they lie from it. */
function spread(values: Float64Array): [middle: number, deviation: number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const middle = (low + high) / 2;
  return [middle, Math.max(high - middle, middle - low)];
}

/**
 * Encloses a polynomial on [low, high] by a line and by an interval. A polynomial of degree d that is at most m in size at n
 * Chebyshev points, n > d, is at most m / cos(πd / 2n) anywhere between them (Ehlich and Zeller, "Schwankung von
 * Polynomen zwischen Gitterpunkten", Math. Z. 86, 1964): for 8d points 2% more. What rounding in double precision may hide is
 * added: 64 (1 + t)(d + 1)² units of the sum of all |c_k T_k(t)|, t = max |x| / B.
 *
 * Where numbers overflow, the interval is all of the real line.
 */
export function enclose({ form, series }: EvaluatedPolynomial, low: number, high: number): PolynomialEnclosure {
  const degree = Math.max(1, series.length - 1);
  const { bound } = form;
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  const reach = Math.max(Math.abs(low), Math.abs(high)) / bound;
  const slack = 64 * (1 + reach) * (degree + 1) ** 2 * UNIT64 * majorant(series, reach);
  const points = chebyshevPoints(DENSITY * degree);
  const between = 1 / Math.cos(Math.PI / (2 * DENSITY));
  const values = points.map((point) => evaluateChebyshev(series, (middle + half * point) / bound));
  const correlation = values.reduce((sum, value, i) => sum + value * points[i]!, 0);
  // On an interval that is almost a point any slope will do.
  const steepest = Math.fround((2 * correlation) / points.length / half);
  const slope = half > 1e-100 && Number.isFinite(steepest) ? steepest : 0;
  const [center, deviation] = spread(values);
  const [offset, rest] = spread(values.map((value, i) => value - slope * (middle + half * points[i]!)));
  const radius = rest * between + slack + 8 * UNIT64 * Math.abs(slope) * (Math.abs(middle) + half);
  const around = deviation * between + slack;
  if (!Number.isFinite(radius) || !Number.isFinite(around) || !Number.isFinite(offset)) {
    return { slope: 0, offset: 0, radius: Infinity, low: -Infinity, high: Infinity };
  }
  const byLine = Math.abs(slope) * half + radius;
  const lineCenter = slope * middle + offset;
  return {
    slope,
    offset,
    radius,
    low: Math.max(center - around, lineCenter - byLine),
    high: Math.min(center + around, lineCenter + byLine),
  };
}

/** The smallest number of full precision: what rounding adds to numbers below it is 2⁻²⁴ of it at most. */
const SMALLEST_NORMAL_FLOAT32 = 2 ** -126;

/** Σ |term| over the powers that its coefficient stands for, for |t| up to `reach`; no term counts as less than a normal number. */
function formMajorant({ form, terms }: EvaluatedPolynomial, reach: number): number {
  const { basis, evenTerms } = form;
  const s = Math.max(1, 2 * reach * reach - 1);
  const u = Math.max(1, 2 * s * s - 1);
  const powerOf = (k: number) => {
    if (basis === 'monomial') return reach ** k;
    return basis === 'even-odd' ? s ** k : s ** (k % 2) * u ** Math.floor(k / 2);
  };
  return terms.reduce((sum, term, i) => {
    if (term === 0) return sum;
    const isEven = i < evenTerms;
    return (
      sum + Math.max(Math.abs(term), SMALLEST_NORMAL_FLOAT32) * (isEven ? powerOf(i) : reach * powerOf(i - evenTerms))
    );
  }, 0);
}

/** Beyond it sums in single precision may overflow. */
export const LARGEST_FLOAT32 = 2 ** 127;

/**
 * What single precision may add to p(x) for |x| up to `largest`, in any order of summation: each of the at most d + 2 terms
 * goes through at most 40 roundings for each of its factors, those of t, s and u included. Infinite where it may overflow.
 */
export function float32Rounding(polynomial: EvaluatedPolynomial, largest: number): number {
  const reach = Math.max(1, largest / polynomial.form.bound);
  const size = formMajorant(polynomial, reach);
  return size < LARGEST_FLOAT32 ? 40 * (polynomial.series.length + 1) * UNIT32 * size : Infinity;
}
