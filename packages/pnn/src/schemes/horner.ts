import type { FittedPolynomial } from '../fitting/index.js';
import { type Arithmetic, doubled, product, sum, type Term } from './arithmetic.js';

/** Σ c_k x^k from the highest coefficient down. */
function hornerSum<T extends object>(coefficients: Float64Array, x: T, arithmetic: Arithmetic<T>): Term<T> {
  return coefficients.reduceRight<Term<T>>(
    (value, coefficient) => sum(arithmetic, product(arithmetic, value, x), coefficient),
    0,
  );
}

/** Horner's method in t = x/B. */
export function horner<T extends object>(polynomial: FittedPolynomial, t: T, arithmetic: Arithmetic<T>): Term<T> {
  return hornerSum(polynomial.monomial(), t, arithmetic);
}

/** E(s) + t·O(s) with s = 2t² − 1, both parts by Horner's method in s: the form of the activation itself. */
export function evenOddHorner<T extends object>(
  polynomial: FittedPolynomial,
  t: T,
  arithmetic: Arithmetic<T>,
): Term<T> {
  const { even, odd } = polynomial.evenOdd();
  if (even.length === 1 && odd.length === 1) return horner(polynomial, t, arithmetic);
  const s = doubled(arithmetic, t);
  return sum(arithmetic, hornerSum(even, s, arithmetic), product(arithmetic, hornerSum(odd, s, arithmetic), t));
}
