/** The distribution of the durations of single runs, in seconds. */
export interface Measurement {
  readonly median: number;
  /** The first and the third quartile. */
  readonly lower: number;
  readonly upper: number;
  readonly minimum: number;
  readonly repetitions: number;
}

/** The value below which the given share of sorted numbers lies, interpolated linearly between two of them. */
export function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle of numbers in any order. */
export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** Median, quartiles and smallest of one duration or more, in any order. */
export function summarize(durations: readonly number[]): Measurement {
  const sorted = durations.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
    minimum: sorted[0]!,
    repetitions: sorted.length,
  };
}
