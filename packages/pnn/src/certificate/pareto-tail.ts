import { ArgumentError } from '@pnn/nn';
import { clopperPearsonUpper } from './clopper-pearson.js';

/**
 * A tail that was fitted to the largest values of a sample: P(X > u + y) = P(X > u)·(1 + ξy/σ)^(−1/ξ), the generalized Pareto
 * distribution, which tails above a high threshold follow (Pickands, Ann. Statist. 3, 1975).
 */
export interface ParetoTail {
  /** u. */
  readonly threshold: number;
  /** Values above the threshold. */
  readonly exceedances: number;
  /** ξ: above 0 for heavy tails, below 0 for tails that end. */
  readonly shape: number;
  /** σ. */
  readonly scale: number;
  /** The most likely P(X > limit); 0 where the fitted tail ends before. */
  readonly probability: number;
  /** The largest P(X > limit) with the given confidence. */
  readonly upper: number;
}

/** Shapes that are looked at: below −1 the likelihood has no maximum. */
const SHAPES: readonly [number, number] = [-0.99, 3];

/** The smallest number of values above the threshold that a fit is made to. */
const MIN_EXCEEDANCES = 30;

/** Of a normal distribution, the quantile 0.995, squared: half of the confidence of the interval is given to each of its parts. */
const CHI_SQUARED = { 0.99: 2.5758293035489 ** 2 } as const;

/** The logarithm of the likelihood; −∞ where a value lies beyond the end of the tail. */
function logLikelihood(excesses: Float64Array, shape: number, scale: number): number {
  if (!(scale > 0)) return -Infinity;
  let sum = 0;
  for (const y of excesses) {
    if (Math.abs(shape) < 1e-9) sum += y / scale;
    else {
      const inside = 1 + (shape * y) / scale;
      if (inside <= 0) return -Infinity;
      sum += (1 + 1 / shape) * Math.log(inside);
    }
  }
  return -excesses.length * Math.log(scale) - sum;
}

/** Points of a grid, and golden sections after it, which leave 10⁻⁵ of a step. */
const POINTS = 20;
const SECTIONS = 24;

/** The argument with the largest value: the best of a grid, refined by golden sections around it. */
function maximize(f: (x: number) => number, low: number, high: number): [x: number, value: number] {
  const step = (high - low) / POINTS;
  let best = low;
  let most = f(low);
  for (let i = 1; i <= POINTS; i++) {
    const value = f(low + i * step);
    if (value > most) [best, most] = [low + i * step, value];
  }
  let [a, b] = [Math.max(low, best - step), Math.min(high, best + step)];
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [atC, atD] = [f(c), f(d)];
  for (let i = 0; i < SECTIONS; i++) {
    if (atC >= atD) {
      [b, d, atD] = [d, c, atC];
      c = b - ratio * (b - a);
      atC = f(c);
    } else {
      [a, c, atC] = [c, d, atD];
      d = a + ratio * (b - a);
      atD = f(d);
    }
  }
  const refined = (a + b) / 2;
  const value = f(refined);
  return value >= most ? [refined, value] : [best, most];
}

/** σ for which P(Y > excess) = probability. */
function scaleFor(shape: number, excess: number, probability: number): number {
  if (Math.abs(shape) < 1e-9) return excess / -Math.log(probability);
  return (shape * excess) / Math.expm1(-shape * Math.log(probability));
}

/**
 * How likely values beyond a limit are, by the tail of a sample. The upper end is that of the profile likelihood of P(X > limit |
 * X > u), at 99.5%, times the bound of Clopper and Pearson on P(X > u), at 99.5%: together 99%, as far as the tail follows the
 * distribution.
 *
 * @param values of independent samples
 * @param share of the values that make the tail
 * @throws ArgumentError where the limit lies below the threshold, or there are too few values above it
 */
export function paretoTail(values: ArrayLike<number>, limit: number, share = 0.1): ParetoTail {
  const sorted = Float64Array.from(values).sort();
  const threshold = sorted[Math.floor((1 - share) * sorted.length)] ?? Number.NaN;
  const excesses = sorted.filter((value) => value > threshold).map((value) => value - threshold);
  if (excesses.length < MIN_EXCEEDANCES || !Number.isFinite(sorted.at(-1)!)) {
    throw new ArgumentError(
      `paretoTail: ${excesses.length} finite values above ${threshold} are too few: take ${MIN_EXCEEDANCES} or more`,
    );
  }
  const excess = limit - threshold;
  if (!(excess > 0)) {
    throw new ArgumentError(`paretoTail: the limit ${limit} must lie above the threshold ${threshold} of the tail`);
  }
  const mean = excesses.reduce((sum, y) => sum + y, 0) / excesses.length;
  const bestScale = (shape: number) =>
    maximize((log) => logLikelihood(excesses, shape, Math.exp(log)), Math.log(mean) - 4, Math.log(mean) + 4);
  const [shape, most] = maximize((each) => bestScale(each)[1], ...SHAPES);
  const scale = Math.exp(bestScale(shape)[0]);
  const inside = 1 + (shape * excess) / scale;
  const beyond = Math.abs(shape) < 1e-9 ? Math.exp(-excess / scale) : inside > 0 ? inside ** (-1 / shape) : 0;
  const profile = (logProbability: number) =>
    maximize((each) => logLikelihood(excesses, each, scaleFor(each, excess, Math.exp(logProbability))), ...SHAPES)[1];
  const floor = most - CHI_SQUARED[0.99] / 2;
  let [low, high] = [Math.max(Math.log(beyond), -200), -1e-9];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (profile(middle) >= floor) low = middle;
    else high = middle;
  }
  return {
    threshold,
    exceedances: excesses.length,
    shape,
    scale,
    probability: (excesses.length / sorted.length) * beyond,
    upper: clopperPearsonUpper(excesses.length, sorted.length, 0.995) * Math.exp(high),
  };
}
