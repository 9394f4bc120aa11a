import type { Dot } from '../report/chart/dots.js';
import type { LineChart, ReferenceLine } from '../report/chart/line.js';
import type { Series } from '../report/chart/series.js';
import type { Factors } from '../trials/trial.js';
import { factorText, type Group, groupWith, valuesOf } from './outcomes.js';
import type { StudyOutcome } from './study.js';

/** Whether the trials are judged by their accuracy; otherwise by their loss. */
export function isByAccuracy({ groups }: Pick<StudyOutcome, 'groups'>): boolean {
  return groups.every(({ results }) => results.every(({ accuracy }) => accuracy !== null));
}

/** What the axis of the score is called, and how it is written. */
export function scoreAxis(outcome: StudyOutcome): { readonly title: string; readonly format: 'percent' | 'number' } {
  return isByAccuracy(outcome)
    ? { title: 'Test accuracy', format: 'percent' }
    : { title: 'Test loss', format: 'number' };
}

/** The polynomial groups of a study. */
export function polynomialGroups({ groups }: StudyOutcome): Group[] {
  return groups.filter(({ role }) => role === 'polynomial');
}

/** A line over a factor of numbers for each group of the other factors that `within` selects. */
export function seriesOver(
  groups: readonly Group[],
  factor: string,
  within: readonly Factors[],
  pointOf: (group: Group) => { readonly y: number | null; readonly spread?: number | null },
  nameOf: (factors: Factors) => string,
): Series[] {
  const xs = valuesOf(groups, factor)
    .filter((value) => typeof value === 'number')
    .sort((a, b) => a - b);
  return within.map((factors, index) => ({
    name: nameOf(factors),
    color: index + 1,
    points: xs.flatMap((x) => {
      const group = groupWith(groups, { ...factors, [factor]: x });
      return group ? [{ x, ...pointOf(group) }] : [];
    }),
  }));
}

/** The mean score of a group, and its spread. */
export function scorePoint({ score }: Group): { readonly y: number | null; readonly spread: number | null } {
  return { y: score?.mean ?? null, spread: score?.deviation ?? null };
}

/** The mean score of a group as a dot. */
export function scoreDot(group: Group | undefined): Dot {
  return { value: group?.score?.mean ?? null, spread: group?.score?.deviation ?? null };
}

/** The share of the finished trials of a group that were stable. */
export function stableShare({ stable, results }: Group): number | null {
  return results.length === 0 ? null : stable.length / results.length;
}

/** The twin as a line to compare with. */
export function twinLine({ twin }: StudyOutcome): ReferenceLine[] {
  return twin?.score ? [{ label: 'twin', value: twin.score.mean }] : [];
}

/** The range of the inputs in units of B, where 1 is the end of the range. */
export const reachChart = {
  title: 'Largest test input',
  subtitle: 'largest |x| / B of all polynomials and seeds; within the range up to 1',
  references: [{ label: 'B', value: 1 }],
} satisfies Partial<LineChart>;

/** What values of a factor are called in a legend. */
export function factorsText(factors: Factors): string {
  return Object.entries(factors)
    .map(([name, value]) => factorText(name, value))
    .join(', ');
}
