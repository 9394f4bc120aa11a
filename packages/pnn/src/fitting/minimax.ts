import { ArgumentError } from '@pnn/tensor';
import { chebyshevValues, evaluateChebyshev } from './chebyshev.js';
import { solveLeastSquares } from './least-squares.js';

/** A point and the function's value there. */
interface Sample {
  readonly t: number;
  readonly value: number;
}

/** A point and what the polynomial leaves over there. */
interface Extremum extends Sample {
  readonly error: number;
}

/** Grid intervals on which extrema are looked for before they are refined: 64 for each of 64 oscillations. */
const GRID_INTERVALS = 4096;
/** Golden sections per extremum: they shrink an interval of the grid to one unit in the last place. */
const SECTIONS = 64;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** The exchange converges quadratically; a smooth or kinked function needs about ten rounds. */
const MAX_ROUNDS = 100;
/** The largest error may exceed the levelled one by this fraction. */
const TOLERANCE = 1e-8;

/** The polynomial of the given orders whose error at the reference points is +level, -level, +level, … */
function level(reference: readonly Sample[], orders: readonly number[]): { coefficients: Float64Array; level: number } {
  const degree = orders.at(-1)!;
  const rows = reference.map(({ t }) => chebyshevValues(t, degree));
  const columns = orders.map((k) => Float64Array.from(rows, (row) => row[k]!));
  columns.push(Float64Array.from(reference, (_, i) => (i % 2 === 0 ? 1 : -1)));
  const solution = solveLeastSquares(
    columns,
    Float64Array.from(reference, ({ value }) => value),
  );
  const coefficients = new Float64Array(degree + 1);
  orders.forEach((k, i) => {
    coefficients[k] = solution[i]!;
  });
  return { coefficients, level: Math.abs(solution[orders.length]!) };
}

/** The largest value of a function with one maximum in [left, right], by golden section. */
function largest(f: (t: number) => number, left: number, right: number): number {
  let low = left;
  let high = right;
  let inner1 = high - GOLDEN * (high - low);
  let inner2 = low + GOLDEN * (high - low);
  let value1 = f(inner1);
  let value2 = f(inner2);
  for (let i = 0; i < SECTIONS; i++) {
    if (value1 >= value2) {
      high = inner2;
      inner2 = inner1;
      value2 = value1;
      inner1 = high - GOLDEN * (high - low);
      value1 = f(inner1);
    } else {
      low = inner1;
      inner1 = inner2;
      value1 = value2;
      inner2 = low + GOLDEN * (high - low);
      value2 = f(inner2);
    }
  }
  return value1 >= value2 ? inner1 : inner2;
}

/** One extremum for each stretch of samples on which the error keeps its sign, refined between the samples. */
function localExtrema(samples: readonly Sample[], f: (t: number) => number, coefficients: Float64Array): Extremum[] {
  const errors = samples.map(({ t, value }) => value - evaluateChebyshev(coefficients, t));
  const extrema: Extremum[] = [];
  for (let start = 0; start < samples.length; ) {
    const sign = errors[start]! < 0 ? -1 : 1;
    let peak = start;
    let next = start;
    for (; next < samples.length && errors[next]! < 0 === sign < 0; next++) {
      if (sign * errors[next]! > sign * errors[peak]!) peak = next;
    }
    const left = samples[Math.max(peak - 1, 0)]!.t;
    const right = samples[Math.min(peak + 1, samples.length - 1)]!.t;
    const t = largest((u) => sign * (f(u) - evaluateChebyshev(coefficients, u)), left, right);
    const value = f(t);
    const error = value - evaluateChebyshev(coefficients, t);
    extrema.push(
      sign * error > sign * errors[peak]! ? { t, value, error } : { ...samples[peak]!, error: errors[peak]! },
    );
    start = next;
  }
  return extrema;
}

/**
 * `count` of the extrema with alternating signs, the largest among them, none below the level. Extrema below the level
 * go first; then what is too many goes in neighboring pairs, the smallest pair first, and a single one at the end.
 */
function alternation(extrema: readonly Extremum[], least: number, count: number): Extremum[] {
  const chosen: Extremum[] = [];
  for (const extremum of extrema) {
    if (Math.abs(extremum.error) < least) continue;
    const last = chosen.at(-1);
    if (last === undefined || last.error < 0 !== extremum.error < 0) chosen.push(extremum);
    else if (Math.abs(last.error) < Math.abs(extremum.error)) chosen[chosen.length - 1] = extremum;
  }
  const size = (i: number): number => Math.abs(chosen[i]!.error);
  while (chosen.length > count + 1) {
    let smallest = 0;
    for (let i = 1; i < chosen.length - 1; i++) {
      if (Math.max(size(i), size(i + 1)) < Math.max(size(smallest), size(smallest + 1))) smallest = i;
    }
    chosen.splice(smallest, 2);
  }
  if (chosen.length > count) chosen.splice(size(0) < size(chosen.length - 1) ? 0 : chosen.length - 1, 1);
  return chosen;
}

/**
 * The polynomial Σ c_k T_k(t) of the given orders with the smallest largest error, by Remez' exchange of all points at
 * once: level the error at a reference of one point more than there are unknowns, move the reference to the extrema of
 * the error curve, repeat until the largest error is the levelled one. By de la Vallée Poussin's theorem the levelled
 * error bounds the best one from below, so that the result is best to a relative 1e-8, or to rounding.
 *
 * Sources: E. Ya. Remez (1934); L. N. Trefethen, Approximation Theory and Approximation Practice (2013), chapter 10.
 *
 * @param f the function to approximate, even or odd itself where the orders are
 * @param orders 0, 1, 2, … on [-1, 1]; or 0, 2, 4, … or 1, 3, 5, … on [0, 1], where they satisfy Haar's condition too
 * @param scale size of the numbers that f was computed from: errors of a few units in its last place are rounding
 * @returns the Chebyshev coefficients from order 0 to the highest order
 * @throws ArgumentError where the exchange does not settle, as for many functions that jump or swing more often than the
 *   degree can follow
 */
export function minimaxCoefficients(f: (t: number) => number, orders: readonly number[], scale: number): Float64Array {
  const oneParity = orders.every((k) => (k - orders[0]!) % 2 === 0);
  const sampleAt = (t: number): Sample => ({ t, value: f(t) });
  const grid = Array.from({ length: GRID_INTERVALS + 1 }, (_, i) => {
    const fraction = i / GRID_INTERVALS;
    return sampleAt(oneParity ? Math.sin((Math.PI / 2) * fraction) : -Math.cos(Math.PI * fraction));
  });
  const firstOmitted = orders.at(-1)! + (oneParity ? 2 : 1);
  let reference = Array.from({ length: orders.length + 1 }, (_, j) => sampleAt(Math.cos((Math.PI * j) / firstOmitted)));

  for (let round = 0; round < MAX_ROUNDS; round++) {
    const levelled = level(reference, orders);
    const size = levelled.coefficients.reduce((sum, c) => sum + Math.abs(c), scale);
    const rounding = 2 * orders.length * Number.EPSILON * size;
    const samples = [...grid, ...reference].sort((a, b) => a.t - b.t);
    const extrema = localExtrema(samples, f, levelled.coefficients);
    const worst = extrema.reduce((most, { error }) => Math.max(most, Math.abs(error)), 0);
    if (worst - levelled.level <= TOLERANCE * worst + rounding) return levelled.coefficients;
    reference = alternation(extrema, levelled.level * (1 - TOLERANCE) - rounding, reference.length);
    if (reference.length <= orders.length) break;
  }
  throw new ArgumentError(
    'fitPolynomial: the exchange for the minimax polynomial did not settle; the target may jump, or swing more often than the degree can follow: fit it by least squares',
  );
}
