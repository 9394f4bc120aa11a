import { median } from '../measurement.js';
import type { Contestant, PreparedWork } from './contestant.js';
import type { NamedWork } from './works.js';

/** How long one of them took for a work. */
export interface Row {
  readonly name: string;
  /** Of one repetition, in milliseconds. */
  readonly median: number;
  readonly least: number;
  readonly repetitions: number;
  /** The largest difference to the result of the first one, over the largest of that result; NaN where a result has one. */
  readonly difference: number;
}

function differenceOf(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < actual.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    // NaN where one of them is.
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
  }
  return difference / largest;
}

/**
 * The durations of a work by all who can do it, turn by turn: a machine that slows down slows down everyone.
 *
 * @param seconds how long all of them work together, at the least one turn each
 */
export async function inTurns(
  contestants: readonly Contestant[],
  { work }: NamedWork,
  seconds: number,
): Promise<Row[]> {
  const taking: { name: string; prepared: PreparedWork; times: number[]; difference: number }[] = [];
  let expected: ArrayLike<number> | undefined;
  for (const { name, prepare } of contestants) {
    const prepared = prepare(work);
    if (!prepared) continue;
    const actual = await prepared.result();
    expected ??= actual;
    taking.push({ name, prepared, times: [], difference: differenceOf(actual, expected) });
    await prepared.run();
  }
  const end = performance.now() + 1000 * seconds;
  do {
    for (const { prepared, times } of taking) {
      const start = performance.now();
      await prepared.run();
      times.push(performance.now() - start);
    }
  } while (performance.now() < end);
  for (const { prepared } of taking) prepared.dispose();
  return taking.map(({ name, times, difference }) => ({
    name,
    median: median(times),
    least: Math.min(...times),
    repetitions: times.length,
    difference,
  }));
}
