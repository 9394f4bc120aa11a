import type { Evaluator, IntegerMatrix } from '../ckks/evaluator.js';

/** How often an operation was done, and how long that took altogether. */
export interface OperationTime {
  readonly count: number;
  readonly milliseconds: number;
}

/** By the names of the methods of `Evaluator`. */
export type OperationTimes = Readonly<Record<string, OperationTime>>;

/** Times of several runs together; undefined where there are none. */
export function sumOfTimes(all: readonly OperationTimes[]): OperationTimes | undefined {
  const sums: Record<string, OperationTime> = {};
  for (const times of all) {
    for (const [name, { count, milliseconds }] of Object.entries(times)) {
      const own = sums[name] ?? { count: 0, milliseconds: 0 };
      sums[name] = { count: own.count + count, milliseconds: own.milliseconds + milliseconds };
    }
  }
  return Object.keys(sums).length > 0 ? sums : undefined;
}

/** An evaluator that measures. */
export interface TimedEvaluator {
  readonly evaluator: Evaluator;
  /** What was measured since the last call. */
  take(): OperationTimes;
}

/** Methods that do several operations at once: how many. */
const counts: Readonly<Record<string, (...args: readonly unknown[]) => number>> = {
  rotateMany: (_, steps) => (steps as readonly number[]).length,
  weightedSums: (_, matrix) => (matrix as IntegerMatrix).integers.length,
  sumOfProducts: (ciphertexts) => (ciphertexts as readonly unknown[]).length,
};

/** Measures every method of an evaluator; a method that calls others counts as one. */
export function timedEvaluator(inner: Evaluator): TimedEvaluator {
  const times = new Map<string, { count: number; milliseconds: number }>();
  const evaluator = new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      return (...args: unknown[]): unknown => {
        const start = performance.now();
        try {
          return Reflect.apply(value, target, args);
        } finally {
          const time = times.get(name) ?? { count: 0, milliseconds: 0 };
          time.count += counts[name]?.(...args) ?? 1;
          time.milliseconds += performance.now() - start;
          times.set(name, time);
        }
      };
    },
  });
  return {
    evaluator,
    take() {
      const taken = Object.fromEntries(times);
      times.clear();
      return taken;
    },
  };
}
