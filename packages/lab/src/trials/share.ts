import type { Trial } from './trial.js';

/** One of several equal parts of the trials of a study. */
export interface Share {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** The trial that a trial begins with, or that one's, until one begins with random weights. */
function rootOf(trial: Trial, trials: ReadonlyMap<string, Trial>): string {
  const start = trial.spec.start && trials.get(trial.spec.start.trial);
  return start ? rootOf(start, trials) : trial.id;
}

/**
 * The trials of a share: every so manieth of those that begin with random weights, and all that begin with their networks. So
 * a share needs no other one.
 */
export function trialsOf(trials: readonly Trial[], { number, of }: Share): Trial[] {
  const byId = new Map(trials.map((trial) => [trial.id, trial]));
  const roots = [...new Set(trials.map((trial) => rootOf(trial, byId)))];
  const mine = new Set(roots.filter((_, index) => index % of === number - 1));
  return trials.filter((trial) => mine.has(rootOf(trial, byId)));
}
