import type { Operand } from '@pnn/nn';

/** Puts a + b into out, which may be one of the two, and overlaps neither in any other way. */
export type Add = (a: Operand, b: Operand, out: Operand) => void;

/**
 * The sum of the parts by the tree of `Communicator`: neighbors first, then their sums. The number of parts is a power of
 * two, from two on.
 *
 * @param out may be one of the parts: it is written last
 * @param spare two operands for each level below the sum: 2(log₂ parts − 1) of them
 */
export function sumByTree(parts: readonly Operand[], out: Operand, spare: readonly Operand[], add: Add): void {
  const sumOf = (first: number, count: number, level: number, into: Operand): Operand => {
    if (count === 1) return parts[first]!;
    const half = count / 2;
    const left = sumOf(first, half, level + 1, spare[2 * level]!);
    const right = sumOf(first + half, half, level + 1, spare[2 * level + 1]!);
    add(left, right, into);
    return into;
  };
  sumOf(0, parts.length, 0, out);
}
