import { scope, type Tensor, type TypedArray } from '@pnn/nn';
import type { Prepared } from '../subject.js';

/** Inputs on the default device, and what is computed of them. */
export interface Computation {
  readonly inputs: readonly Tensor[];
  /** Does the work once, in a scope, and gives its results. */
  readonly compute: () => readonly Tensor[];
}

/** Some work of this library. */
export interface Task {
  /** Brings inputs to the default device; each call makes new ones, which the caller frees. */
  readonly upload: () => Computation;
  /** Tensors that the work changes in place. Results among them are not freed by who reads them. */
  readonly state: readonly Tensor[];
  /** After how many times of doing the work results are compared, one behind the other: 1 where nothing is said. */
  readonly comparedRuns?: number;
  /** Frees the state. */
  readonly dispose?: () => void;
}

/** Frees results that have been read, but for those that are state. */
export function free({ state }: Task, results: readonly Tensor[]): void {
  for (const result of results) if (!state.includes(result)) result.dispose();
}

/** What comes out, to be compared with others. */
export async function comparedOutputs(task: Task, { compute }: Computation): Promise<readonly ArrayLike<number>[]> {
  const runs: TypedArray[][] = [];
  for (let i = 0; i < (task.comparedRuns ?? 1); i++) {
    const results = scope(compute);
    runs.push(await Promise.all(results.map((result) => result.data())));
    free(task, results);
  }
  const [first, ...later] = runs as [TypedArray[], ...TypedArray[][]];
  if (later.length === 0) return first;
  return first.map((output, k) => [...output, ...later.flatMap((run) => [...run[k]!])]);
}

/** The work on a device that shares memory with everyone else: nothing is brought there, and nothing waited for. */
export function preparedInMemory(task: Task): Prepared {
  const computation = task.upload();
  return {
    run: () => scope(() => void computation.compute()),
    outputs: () => comparedOutputs(task, computation),
    dispose: () => {
      for (const input of computation.inputs) input.dispose();
      task.dispose?.();
    },
  };
}
