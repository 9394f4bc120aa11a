/** Deviations from a symmetry up to this, relative to the largest value, are rounding of the target function. */
const ROUNDING = 16 * Number.EPSILON;

/**
 * A function on [-1, 1] as a line, intercept + slope·t, and a rest that is even, odd or neither. The best polynomial
 * of the rest is then even or odd too: half the unknowns, and coefficients that are exactly zero. ReLU, SiLU, GELU and
 * softplus have an even rest, for f(x) - f(-x) = x; tanh and the sigmoid an odd one.
 */
export interface Symmetry {
  readonly rest: 'even' | 'odd' | 'neither';
  readonly intercept: number;
  readonly slope: number;
}

/**
 * The symmetry that values show at points that lie symmetrically about 0, in rising order and ending at t = 1.
 */
export function findSymmetry(points: Float64Array, values: Float64Array): Symmetry {
  const end = points.length - 1;
  const tolerance = ROUNDING * values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
  const slope = (values[end]! - values[0]!) / 2;
  const intercept = (values[end]! + values[0]!) / 2;
  const oddIsLine = points.every((t, i) => Math.abs((values[i]! - values[end - i]!) / 2 - slope * t) <= tolerance);
  if (oddIsLine) return { rest: 'even', intercept: 0, slope };
  const evenIsConstant = values.every((v, i) => Math.abs((v + values[end - i]!) / 2 - intercept) <= tolerance);
  if (evenIsConstant) return { rest: 'odd', intercept, slope: 0 };
  return { rest: 'neither', intercept: 0, slope: 0 };
}

/** The orders k ≤ degree of the Chebyshev polynomials T_k that an approximation of the rest consists of. */
export function chebyshevOrders({ rest }: Symmetry, degree: number): number[] {
  const orders = Array.from({ length: degree + 1 }, (_, k) => k);
  if (rest === 'neither') return orders;
  return orders.filter((k) => k % 2 === (rest === 'even' ? 0 : 1));
}
