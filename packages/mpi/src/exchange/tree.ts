/** left + right goes to out. Operands are numbered: first the parts of a sum, then those that hold partial sums. */
export interface Addition {
  readonly left: number;
  readonly right: number;
  readonly out: number;
}

/** How many operands hold partial sums: two for each level below the sum. */
export function partialSumsOf(parts: number): number {
  return 2 * (Math.log2(parts) - 1);
}

/**
 * The additions of a sum by the tree of `Communicator`, in their order: neighbors first, then their sums.
 *
 * @param parts a power of two, from two on
 * @param out the operand that becomes the sum, which may be one of the parts: it is written last
 */
export function additionsOf(parts: number, out: number): readonly Addition[] {
  const additions: Addition[] = [];
  const sumOf = (first: number, count: number, spare: number, into: number): number => {
    if (count === 1) return first;
    const half = count / 2;
    const left = sumOf(first, half, spare + 2, spare);
    const right = sumOf(first + half, half, spare + 2, spare + 1);
    additions.push({ left, right, out: into });
    return into;
  };
  sumOf(0, parts, parts, out);
  return additions;
}
