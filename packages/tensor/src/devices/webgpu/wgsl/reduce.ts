import type { ReductionLayout } from '../../../kernels.js';
import type { Executor } from '../executor.js';

/** Invocations of a workgroup that folds: more cost more in barriers than they gain. */
export const FOLDING = 64;

/**
 * Statements that fold a `value` of every invocation of a workgroup into the first element of an array, always in the same
 * order.
 *
 * @param shared a workgroup array of as many elements as there are invocations
 * @param combine an expression of two elements
 * @param invocations a power of two
 */
export function foldGroup(
  shared: string,
  value: string,
  combine: (a: string, b: string) => string,
  invocations = FOLDING,
): string {
  return `${shared}[local] = ${value};
workgroupBarrier();
for (var step = ${invocations / 2}u; step > 0u; step = step >> 1u) {
  if (local < step) { ${shared}[local] = ${combine(`${shared}[local]`, `${shared}[local + step]`)}; }
  workgroupBarrier();
}`;
}

/** Vectors that an invocation folds at most, where rows are cut for workgroups. */
const STEPS = 16;

/** Vectors of a part of a row. */
export const PART_VECTORS = FOLDING * STEPS;

/** Rows up to this length are folded by one invocation each. */
const SHORT = 16;

/** Elements that an invocation folds at most, where columns are folded. */
const LONGEST = 128;

/** Columns are cut so that so many invocations share the work: those that a large GPU has at a time. */
const INVOCATIONS = 2 ** 18;

/** How the middle axis of [outer, length, inner] is cut for one stage of a reduction. */
export interface AxisCut {
  /** Whether every workgroup folds a part of a row; if not, every invocation a part of a column. */
  readonly byRows: boolean;
  /** Elements of a vector of a row: 4 where rows consist of such, or there is only one. */
  readonly width: 1 | 4;
  /** Vectors of a row. */
  readonly vectors: number;
  /** Whether the last vector of a row reaches over its end. */
  readonly ragged: boolean;
  /** Parts of each row or column. */
  readonly parts: number;
}

/**
 * Cuts an axis. On a processor every invocation folds on its own: there a workgroup's barriers take as long as thousands of
 * elements.
 *
 * @param widest elements of a vector at the most: 1 where they cannot be put side by side
 */
export function cutAxis(
  { isSoftware }: Executor,
  { outer, length, inner }: ReductionLayout,
  widest: 1 | 4 = 4,
): AxisCut {
  const byRows = inner === 1 && length > SHORT && !isSoftware;
  const width = outer === 1 || length % 4 === 0 ? widest : 1;
  const vectors = Math.ceil(length / width);
  const wanted = Math.max(Math.ceil(INVOCATIONS / (outer * inner)), Math.ceil(length / LONGEST));
  const parts = byRows ? Math.ceil(vectors / PART_VECTORS) : Math.min(wanted, Math.floor(length / SHORT));
  return { byRows, width, vectors, ragged: width === 4 && length % 4 !== 0, parts: Math.max(1, parts) };
}
