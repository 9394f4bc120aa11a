import { ArgumentError } from '@pnn/tensor';
import { chebyshevValues } from './chebyshev.js';
import { type Density, densityWeights } from './density.js';
import { type FitMethod, FittedPolynomial } from './fitted-polynomial.js';
import { solveLeastSquares } from './least-squares.js';
import { minimaxCoefficients } from './minimax.js';
import { chebyshevOrders, findSymmetry } from './parity.js';
import { type Target, targetFunction } from './targets.js';

/** The highest degree of a fit. */
export const MAX_DEGREE = 64;

/** The highest degree of an activation: up to it, float32 keeps 1e-4 of the largest value for every target and bound. */
export const MAX_ACTIVATION_DEGREE = 32;

/** A target smaller than this everywhere loses digits to underflow: its minimax fit takes them for rounding. */
const SMALLEST_SCALE = 1e-290;

/**
 * More than the square of the highest degree, below which equally spaced samples let a polynomial swing between them;
 * an odd number, so that 0 is one of them. The largest error of a ReLU fit is then within 0.1% of the limit of
 * infinitely many; the paper's 100 samples are within 1% (arXiv 2505.11589).
 */
const DEFAULT_SAMPLES = 4097;

/**
 * The floor unless another is given: 1e-4 of degree 2, ten times as much for twice the degree, 0.1 at most. A polynomial of low
 * degree has to choose between inputs and boundary; one of high degree needs the floor, or its slopes grow where nothing
 * holds it. Normal inputs of deviation B/13 and ReLU: the deviation is then 0.12, 0.11, 0.09, 0.07 and 0.05 at degree 2, 4, 8,
 * 16 and 22 (0.25, 0.20, 0.12, 0.07 and 0.05 with 0.1 throughout) and no slope in [-B, B] exceeds 6.
 */
export function defaultDensityFloor(degree: number): number {
  return Math.min(0.1, 10 ** (Math.log2(degree) - 5));
}

/** What to fit, and by what measure. */
export interface FitOptions {
  /** 1 to 64. */
  readonly degree: number;
  /** B: the fit is on [-B, B]. */
  readonly bound: number;
  /**
   * 'least-squares' weighs all of [-B, B] evenly, as in the paper; 'density' weighs by how often inputs occur; 'minimax'
   * makes the largest error as small as it can be.
   *
   * @default 'least-squares'
   */
  readonly method?: FitMethod;
  /**
   * Equally spaced samples of least squares, from degree + 1 on.
   *
   * @default 4097
   */
  readonly samples?: number;
  /** How the inputs are distributed; needed by 'density', and by it alone. */
  readonly density?: Density;
  /**
   * The fraction of the weight that is spread evenly over [-B, B] whatever the density, so that the polynomial does
   * not run away towards the boundary, where training pushes inputs: above 0, up to 1 (the same as 'least-squares').
   *
   * @default 1e-4 of degree 2, ten times as much for twice the degree, 0.1 at most
   */
  readonly densityFloor?: number;
}

function check(options: FitOptions): void {
  const { degree, bound, method = 'least-squares', samples, density, densityFloor } = options;
  if (!Number.isInteger(degree) || degree < 1 || degree > MAX_DEGREE) {
    throw new ArgumentError(`fitPolynomial: the degree must be an integer from 1 to ${MAX_DEGREE}, not ${degree}`);
  }
  if (!(bound > 0 && bound < Infinity)) {
    throw new ArgumentError(`fitPolynomial: the bound must be positive and finite, not ${bound}`);
  }
  if (method !== 'least-squares' && method !== 'density' && method !== 'minimax') {
    throw new ArgumentError(
      `fitPolynomial: no method is called '${method}'; there are least-squares, density, minimax`,
    );
  }
  if (samples !== undefined && method === 'minimax') {
    throw new ArgumentError(`fitPolynomial: minimax chooses its own points; leave out samples: ${samples}`);
  }
  if (samples !== undefined && (!Number.isSafeInteger(samples) || samples < degree + 1)) {
    throw new ArgumentError(
      `fitPolynomial: degree ${degree} needs an integer number of samples from ${degree + 1} on, not ${samples}`,
    );
  }
  if ((density !== undefined) !== (method === 'density')) {
    throw new ArgumentError(`fitPolynomial: a density and the method 'density' go together, not with '${method}'`);
  }
  if (densityFloor !== undefined && (method !== 'density' || !(densityFloor > 0 && densityFloor <= 1))) {
    throw new ArgumentError(
      `fitPolynomial: densityFloor belongs to the method 'density' and lies above 0, up to 1: not ${densityFloor} with '${method}'`,
    );
  }
}

/** The target in t = x / bound, with every value checked. */
function scaledTarget(target: Target, bound: number): (t: number) => number {
  const f = targetFunction(target);
  return (t) => {
    const value = f(bound * t);
    if (Number.isFinite(value)) return value;
    throw new ArgumentError(`fitPolynomial: the target is ${value} at x = ${bound * t}; it must be finite on [-B, B]`);
  };
}

/** The coefficients of the given orders, others zero, that minimize Σ weights (values - Σ c_k T_k(points))². */
function leastSquaresCoefficients(
  points: Float64Array,
  values: Float64Array,
  weights: Float64Array,
  orders: readonly number[],
): Float64Array {
  const degree = orders.at(-1)!;
  const roots = weights.map(Math.sqrt);
  const rows = Array.from(points, (t) => chebyshevValues(t, degree));
  const columns = orders.map((k) => Float64Array.from(rows, (row, i) => roots[i]! * row[k]!));
  const weightedValues = values.map((value, i) => roots[i]! * value);
  const solution = solveLeastSquares(columns, weightedValues);
  const coefficients = new Float64Array(degree + 1);
  orders.forEach((k, i) => {
    coefficients[k] = solution[i]!;
  });
  return coefficients;
}

/**
 * Fits a polynomial in the Chebyshev basis to an activation on [-bound, bound].
 *
 * Least squares solves for the Chebyshev coefficients by QR on equally spaced samples; the minimax polynomial comes
 * from Remez' exchange. Where f(x) - f(-x) is a line or f(x) + f(-x) a constant, that part is fitted exactly and the
 * polynomial has the same symmetry, which halves the cost of evaluating it. With the method 'density' such a target is
 * fitted as if the density were symmetric; its weighted error is the same.
 *
 * Source of the setting: arXiv 2505.11589 (ReLU, least squares on 100 uniform samples).
 *
 * @throws ArgumentError where an option is out of its range or not the method's, where the target or the density is
 *   not finite, and where samples or target do not determine the polynomial
 */
export function fitPolynomial(target: Target, options: FitOptions): FittedPolynomial {
  check(options);
  const { degree, bound, method = 'least-squares', density, densityFloor = defaultDensityFloor(degree) } = options;
  const samples = options.samples ?? DEFAULT_SAMPLES;
  const f = scaledTarget(target, bound);
  const points = Float64Array.from({ length: samples }, (_, i) => (2 * i - (samples - 1)) / (samples - 1));
  const values = points.map(f);
  const symmetry = findSymmetry(points, values);
  const orders = chebyshevOrders(symmetry, degree);
  const withoutLine = (t: number, value: number): number => value - symmetry.intercept - symmetry.slope * t;

  const coefficients = new Float64Array(degree + 1);
  if (method === 'minimax') {
    const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), SMALLEST_SCALE);
    coefficients.set(minimaxCoefficients((t) => withoutLine(t, f(t)), orders, scale));
  } else {
    const inputs = points.map((t) => bound * t);
    const weights = density ? densityWeights(density, inputs, densityFloor) : new Float64Array(samples).fill(1);
    const rest = values.map((value, i) => withoutLine(points[i]!, value));
    coefficients.set(leastSquaresCoefficients(points, rest, weights, orders));
  }
  coefficients[0]! += symmetry.intercept;
  coefficients[1]! += symmetry.slope;
  return new FittedPolynomial(target, bound, method, coefficients);
}
