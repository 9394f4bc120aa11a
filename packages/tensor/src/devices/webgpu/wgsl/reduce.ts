/** Invocations of a workgroup that folds: more cost more in barriers than they gain. */
export const FOLDING = 64;

/**
 * Statements that fold a `value` of every invocation of a workgroup of `FOLDING` into `folded[0]`, always in the same order.
 *
 * @param shared a workgroup array of `FOLDING` elements
 * @param combine an expression of two elements
 */
export function foldGroup(shared: string, value: string, combine: (a: string, b: string) => string): string {
  return `${shared}[local] = ${value};
workgroupBarrier();
for (var step = ${FOLDING / 2}u; step > 0u; step = step >> 1u) {
  if (local < step) { ${shared}[local] = ${combine(`${shared}[local]`, `${shared}[local + step]`)}; }
  workgroupBarrier();
}`;
}
