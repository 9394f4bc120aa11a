import { scope, type Tensor } from '@pnn/nn';
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

/** The elements of results, which are then freed. */
export async function read(task: Task, results: readonly Tensor[]): Promise<Float32Array[]> {
  const elements = await Promise.all(results.map((result) => result.data()));
  for (const result of results) if (!task.state.includes(result)) result.dispose();
  return elements.map((each) => Float32Array.from(each));
}

/** What comes out, to be compared with others. */
export async function comparedOutputs(task: Task, { compute }: Computation): Promise<readonly ArrayLike<number>[]> {
  const runs: Float32Array[][] = [];
  for (let i = 0; i < (task.comparedRuns ?? 1); i++) runs.push(await read(task, scope(compute)));
  const [first, ...later] = runs as [Float32Array[], ...Float32Array[][]];
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
