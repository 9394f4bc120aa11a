/** How long to measure. */
export interface MeasureOptions {
  /** Runs before the first that counts take at least so long, for the compiler's sake; there is always one. */
  readonly warmUpSeconds: number;
  /** Runs that count take at least so long together. */
  readonly seconds: number;
  /** Runs that count, at least. */
  readonly repetitions: number;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

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

/** Runs again and again and takes the time of each run. */
export function measure(run: () => void, options: MeasureOptions): Measurement {
  const { warmUpSeconds, seconds, repetitions, now = () => performance.now() } = options;
  const duration = () => {
    const start = now();
    run();
    return (now() - start) / 1000;
  };
  for (let spent = duration(); spent < warmUpSeconds; ) spent += duration();
  const durations: number[] = [];
  for (let spent = 0; spent < seconds || durations.length < repetitions; ) {
    const taken = duration();
    durations.push(taken);
    spent += taken;
  }
  durations.sort((a, b) => a - b);
  return {
    median: quantile(durations, 0.5),
    lower: quantile(durations, 0.25),
    upper: quantile(durations, 0.75),
    minimum: durations[0]!,
    repetitions: durations.length,
  };
}
