import { chebyshevParts, thirdKindToFirst } from '../fitting/chebyshev.js';
import type { FittedPolynomial } from '../fitting/index.js';
import { type Arithmetic, doubled, product, sum, type Term } from './arithmetic.js';

/** T_1(x), T_2(x), …, each computed when it is first needed. */
class ChebyshevPowers<T extends object> {
  readonly #arithmetic: Arithmetic<T>;
  readonly #known: T[] = [];

  constructor(x: T, arithmetic: Arithmetic<T>) {
    this.#arithmetic = arithmetic;
    this.#known[1] = x;
  }

  /** T_order(x) from two of half its order, by T_{a+b} = 2 T_a T_b − T_{a−b}. */
  get(order: number): T {
    const known = this.#known[order];
    if (known) return known;
    const half = Math.floor(order / 2);
    const value = order % 2 === 0 ? doubled(this.#arithmetic, this.get(half)) : this.#next(half);
    this.#known[order] = value;
    return value;
  }

  /** T_{2·half+1}. */
  #next(half: number): T {
    const arithmetic = this.#arithmetic;
    const both = arithmetic.multiply(this.get(half + 1), this.get(half));
    return arithmetic.subtract(arithmetic.add(both, both), this.get(1));
  }
}

/**
 * Divides Σ c_j T_j by T_m, where the highest j is below 2m: quotient and remainder, by T_j = 2 T_m T_{j−m} − T_{2m−j}.
 */
function divide(series: Float64Array, m: number): { quotient: Float64Array; remainder: Float64Array } {
  const quotient = new Float64Array(series.length - m);
  const remainder = series.slice(0, m);
  quotient[0] = series[m]!;
  for (let j = m + 1; j < series.length; j++) {
    quotient[j - m] = 2 * series[j]!;
    remainder[2 * m - j]! -= series[j]!;
  }
  return { quotient, remainder };
}

/** Σ c_j T_j: directly up to the order `babySteps`, beyond by division by the largest babySteps·2^i that goes in. */
function seriesSum<T extends object>(
  series: Float64Array,
  powers: ChebyshevPowers<T>,
  babySteps: number,
  arithmetic: Arithmetic<T>,
): Term<T> {
  const degree = series.findLastIndex((coefficient) => coefficient !== 0);
  if (degree <= babySteps) {
    return series.slice(0, degree + 1).reduce<Term<T>>((value, coefficient, j) => {
      if (j === 0 || coefficient === 0) return sum(arithmetic, value, coefficient);
      return sum(arithmetic, value, product(arithmetic, powers.get(j), coefficient));
    }, 0);
  }
  let giant = babySteps;
  while (2 * giant <= degree) giant *= 2;
  const { quotient, remainder } = divide(series.slice(0, degree + 1), giant);
  return sum(
    arithmetic,
    product(arithmetic, seriesSum(quotient, powers, babySteps, arithmetic), powers.get(giant)),
    seriesSum(remainder, powers, babySteps, arithmetic),
  );
}

/**
 * Paterson and Stockmeyer's method ("On the number of nonscalar multiplications necessary to evaluate polynomials", SIAM
 * J. Comput. 2, 1973) in the Chebyshev basis, as encrypted evaluation has it (Chen, Chillotti, Song, EUROCRYPT 2019),
 * on E and O of E(s) + t·O(s), s = 2t² − 1, which share the powers of s.
 *
 * @param babySteps the order up to which sums are taken directly, 1 or more
 */
export function babyStepGiantStep<T extends object>(
  polynomial: FittedPolynomial,
  t: T,
  arithmetic: Arithmetic<T>,
  babySteps: number,
): Term<T> {
  const { even, odd } = chebyshevParts(polynomial.coefficients);
  const isLine = even.length === 1 && odd.length === 1;
  if (isLine) return sum(arithmetic, product(arithmetic, t, odd[0]!), even[0]!);
  const powers = new ChebyshevPowers(doubled(arithmetic, t), arithmetic);
  const sumOf = (series: Float64Array) => seriesSum(series, powers, babySteps, arithmetic);
  return sum(arithmetic, sumOf(even), product(arithmetic, sumOf(thirdKindToFirst(odd)), t));
}
