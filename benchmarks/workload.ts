import type { Pass } from './floor.js';
import type { Work } from './work.js';

/** Something to be measured. */
export interface Workload {
  /** Parts from the general to the special, such as `matmul/512`. */
  readonly name: string;
  readonly work: Work;
  /** What it needs at least; see floor.ts. */
  readonly passes: readonly Pass[];
}
