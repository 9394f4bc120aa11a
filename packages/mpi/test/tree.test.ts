import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { additionsOf, partialSumsOf } from '../src/exchange/tree.js';

const number = fc.double({ min: -1e30, max: 1e30, noNaN: true });
const lists = fc
  .nat(4)
  .chain((level) => fc.array(number, { minLength: 2 ** (level + 1), maxLength: 2 ** (level + 1) }));

function sumByTree(numbers: readonly number[]): number {
  if (numbers.length === 1) return numbers[0]!;
  return sumByTree(numbers.flatMap((x, i) => (i % 2 === 0 ? [x + numbers[i + 1]!] : [])));
}

describe('additionsOf', () => {
  it('adds neighbors first, then their sums, into any of the parts', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (numbers, n) => {
        const out = n % numbers.length;
        const operands = [...numbers, ...Array.from({ length: partialSumsOf(numbers.length) }, () => Number.NaN)];
        for (const { left, right, out: into } of additionsOf(numbers.length, out)) {
          operands[into] = operands[left]! + operands[right]!;
        }
        expect(operands).toHaveLength(numbers.length + partialSumsOf(numbers.length));
        expect(operands[out]).toBe(sumByTree(numbers));
        for (const [i, each] of numbers.entries()) if (i !== out) expect(operands[i]).toBe(each);
      }),
    );
  });
});
