import type { UnaryName } from './kernels.js';

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** From here on the complement of the error function is computed instead. */
const TAIL = 1.5;

/** erfc(x) for x ≥ 1.5 by the continued fraction of Abramowitz & Stegun 7.1.14. */
function erfcTail(x: number): number {
  let fraction = x;
  for (let n = 100; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** The error function to double precision: near zero by the all-positive series of Abramowitz & Stegun 7.1.6. */
function erf(x: number): number {
  if (Math.abs(x) >= TAIL) return Math.sign(x) * (1 - erfcTail(Math.abs(x)));
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** 1 − erf(x), with a small relative error also where it is small. */
export function erfc(x: number): number {
  return x >= TAIL ? erfcTail(x) : 1 - erf(x);
}

/** 1/(1 + e^−x) without overflow on either side. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const exponential = Math.exp(x);
  return exponential / (1 + exponential);
}

/** ln(1 + e^x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** x·Φ(x), the exact form of Hendrycks & Gimpel (arXiv 1606.08415). */
function gelu(x: number): number {
  // Φ(x) = erfc(−x/√2)/2: 1 + erf(x/√2) would lose its digits where Φ is small.
  return x === Number.NEGATIVE_INFINITY ? 0 : 0.5 * x * erfc(-x / Math.SQRT2);
}

/** x·sigmoid(x). */
function silu(x: number): number {
  return x === Number.NEGATIVE_INFINITY ? 0 : x * sigmoid(x);
}

/** To the nearest integer, halves to the even one, as IEEE 754 and NumPy round. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The unary operators as functions of one number, in double precision. */
export const scalarFunctions: Readonly<Record<UnaryName, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  square: (x) => x * x,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid,
  relu: (x) => Math.max(x, 0),
  silu,
  gelu,
  softplus,
  erf,
  erfc,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
  trunc: Math.trunc,
};
