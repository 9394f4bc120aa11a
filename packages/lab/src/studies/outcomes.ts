import { wilsonInterval } from '../report/summary.js';
import type { TrialResult } from '../trials/result.js';
import type { Factors, Trial, TrialRole } from '../trials/trial.js';

/** A trial and what came out of it. */
export interface TrialOutcome {
  readonly trial: Trial;
  /** Null if it is not finished. */
  readonly result: TrialResult | null;
  /** Why it failed, if it has no result for that reason. */
  readonly failure: string | null;
}

/** A mean and how far values lie from it. */
export interface Spread {
  readonly mean: number;
  /** The standard deviation of the sample, with n − 1; null of a single value. */
  readonly deviation: number | null;
}

/** The mean and the spread of some values; null of none. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}

/**
 * Whether a training was stable: it made all its epochs, the loss of its test is finite, and it is right more often than a
 * guess among the classes (the 95% interval of its accuracy lies above that).
 */
export function isStable({ stopped, testLoss, accuracy, testSamples, classes }: TrialResult): boolean {
  if (stopped !== null || !Number.isFinite(testLoss)) return false;
  if (accuracy === null || classes < 2) return true;
  const interval = wilsonInterval(accuracy, testSamples);
  return interval !== null && interval[0] > 1 / classes;
}

/** The largest |x| / B among the polynomials on the test data; null without polynomials. */
export function reachOf({ layers }: TrialResult): number | null {
  return layers.reduce<number | null>((most, { maxAbs, bound }) => Math.max(most ?? 0, maxAbs / bound), null);
}

/** The largest share of test inputs outside [−B, B] among the polynomials; null without polynomials. */
export function shareOutsideOf({ layers }: TrialResult): number | null {
  return layers.reduce<number | null>((most, { shareOutside }) => Math.max(most ?? 0, shareOutside), null);
}

/** The repetitions of one training with different seeds. */
export interface Group {
  readonly role: TrialRole;
  readonly factors: Factors;
  readonly name: string;
  readonly outcomes: readonly TrialOutcome[];
  /** Those that are finished. */
  readonly results: readonly TrialResult[];
  readonly stable: readonly TrialResult[];
  /** Of the stable ones: the test accuracy, or the test loss where there is none. */
  readonly score: Spread | null;
  /** The largest |x| / B of all that are finished; null without polynomials. */
  readonly reach: number | null;
  /** The largest share of inputs outside of all that are finished; null without polynomials. */
  readonly shareOutside: number | null;
  /** The earliest stop; undefined if none was stopped. */
  readonly stopped: NonNullable<TrialResult['stopped']> | undefined;
  readonly seconds: Spread | null;
}

/** What values of a factor are called: numbers with the name of the factor, words by themselves. */
export function factorText(name: string, value: string | number): string {
  return typeof value === 'number' ? `${name} ${value}` : value;
}

/** What a role and factors are called, such as `degree 8, no clipping`. */
export function nameOf(role: TrialRole, factors: Factors): string {
  const parts = Object.entries(factors).map(([name, value]) => factorText(name, value));
  return [...(role === 'twin' ? ['twin'] : role === 'start' ? ['pre-training'] : []), ...parts].join(', ') || 'default';
}

function most(values: readonly (number | null)[]): number | null {
  return values.reduce((largest, value) => (value === null ? largest : Math.max(largest ?? 0, value)), null);
}

/** The accuracy of a result, or its test loss where labels are numbers. */
export function scoreOf({ accuracy, testLoss }: TrialResult): number {
  return accuracy ?? testLoss;
}

function groupOf(outcomes: readonly TrialOutcome[]): Group {
  const { role, factors } = outcomes[0]!.trial;
  const results = outcomes.flatMap(({ result }) => result ?? []);
  const stable = results.filter(isStable);
  return {
    role,
    factors,
    name: nameOf(role, factors),
    outcomes,
    results,
    stable,
    score: spreadOf(stable.map(scoreOf)),
    reach: most(results.map(reachOf)),
    shareOutside: most(results.map(shareOutsideOf)),
    stopped: results.flatMap(({ stopped }) => stopped ?? []).sort((a, b) => a.step - b.step)[0],
    seconds: spreadOf(results.map(({ seconds }) => seconds)),
  };
}

/** The trials of a study by role and factors, in their order. */
export function groupsOf(outcomes: readonly TrialOutcome[]): Group[] {
  const byKey = new Map<string, TrialOutcome[]>();
  for (const outcome of outcomes) {
    const { role, factors } = outcome.trial;
    const key = JSON.stringify([role, factors]);
    byKey.set(key, [...(byKey.get(key) ?? []), outcome]);
  }
  return [...byKey.values()].map(groupOf);
}

/** The group of these factors; undefined if the study has none. */
export function groupWith(groups: readonly Group[], factors: Factors): Group | undefined {
  return groups.find((group) => Object.entries(factors).every(([name, value]) => group.factors[name] === value));
}

/** The different values of a factor, in their order. */
export function valuesOf(groups: readonly Group[], factor: string): (string | number)[] {
  return [...new Set(groups.flatMap(({ factors }) => factors[factor] ?? []))];
}
