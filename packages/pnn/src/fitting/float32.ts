import type { PolynomialBasis } from '@pnn/tensor';
import type { FittedPolynomial } from './fitted-polynomial.js';

/** Up to this degree the fits of all targets keep 1e-4 of their largest value in float32 in powers of s. */
const MAX_EVEN_ODD_DEGREE = 22;

/**
 * The basis that a polynomial of the degree is evaluated in unless another is asked for: the fastest that keeps 1e-4 of its
 * largest value in float32.
 */
export function basisFor(degree: number): PolynomialBasis {
  return degree <= MAX_EVEN_ODD_DEGREE ? 'even-odd' : 'twice-even-odd';
}

const round = Math.fround;

/** Σ c_k z^k by Horner's method, every operation rounded to float32; of every `step`-th coefficient from `first` on. */
function horner(coefficients: Float64Array, z: number, first = 0, step = 1): number {
  let sum = 0;
  const count = Math.ceil((coefficients.length - first) / step);
  for (let k = first + (count - 1) * step; k >= first; k -= step) {
    sum = round(round(sum * z) + round(coefficients[k]!));
  }
  return sum;
}

function hornerTwice(coefficients: Float64Array, s: number): number {
  const u = round(round(round(2 * s) * s) - 1);
  return round(horner(coefficients, u, 0, 2) + round(s * horner(coefficients, u, 1, 2)));
}

/** p(x) with every operation rounded to float32, by the formula of the basis. */
function evaluatorOf(polynomial: FittedPolynomial, basis: PolynomialBasis): (x: number) => number {
  const inverse = round(1 / polynomial.bound);
  if (basis === 'monomial') {
    const powers = polynomial.monomial();
    return (x) => horner(powers, round(x * inverse));
  }
  const twice = basis === 'twice-even-odd';
  const { even, odd } = twice ? polynomial.twiceEvenOdd() : polynomial.evenOdd();
  const series = twice ? hornerTwice : (part: Float64Array, s: number) => horner(part, s);
  return (x) => {
    const t = round(x * inverse);
    const s = round(round(round(2 * t) * t) - 1);
    return round(series(even, s) + round(t * series(odd, s)));
  };
}

/** Inputs from −B to B at which float32 is tried. */
const POINTS = 4001;

/** What float32 makes of a polynomial. */
export interface Float32Error {
  /** The largest error beside float64 over equally spaced inputs in [−B, B]. */
  readonly error: number;
  /** The largest |p(x)| there. */
  readonly size: number;
}

/** Evaluates p with every operation rounded to float32, as devices do or better: some round a product and a sum once. */
export function float32Error(polynomial: FittedPolynomial, basis: PolynomialBasis): Float32Error {
  const evaluate = evaluatorOf(polynomial, basis);
  let error = 0;
  let size = 0;
  for (let i = 0; i < POINTS; i++) {
    const x = round((polynomial.bound * (2 * i - (POINTS - 1))) / (POINTS - 1));
    const exact = polynomial.evaluate(x);
    error = Math.max(error, Math.abs(evaluate(x) - exact));
    size = Math.max(size, Math.abs(exact));
  }
  return { error, size };
}
