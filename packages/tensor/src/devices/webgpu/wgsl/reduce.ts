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
