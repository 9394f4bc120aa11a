import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError, einsum, memory, ShapeError, scope, zeros } from '../src/index.js';
import { at, indicesOf, smallNumbers, type Table, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

/** The definition: a sum over all indices of the product of what they point at. */
function definition(terms: readonly string[], output: string, tables: readonly Table[]): Table {
  const lengths = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      lengths.set(letter, Math.max(lengths.get(letter) ?? 1, tables[i]!.shape[axis]!));
    });
  });
  const letters = [...lengths.keys()];
  const shape = [...output].map((letter) => lengths.get(letter)!);
  const everything = indicesOf(letters.map((letter) => lengths.get(letter)!));
  return tableOf(shape, (index) => {
    let sum = 0;
    for (const all of everything) {
      const place = (letter: string): number => all[letters.indexOf(letter)]!;
      if ([...output].some((letter, axis) => place(letter) !== index[axis])) continue;
      sum += terms.reduce((product, term, i) => {
        const own = [...term].map((letter, axis) => (tables[i]!.shape[axis] === 1 ? 0 : place(letter)));
        return product * at(tables[i]!, own);
      }, 1);
    }
    return sum;
  });
}

const letter = fc.constantFrom('i', 'j', 'k');

/** One to three tensors with up to three labels, repeated ones among them, and an output with some of these. */
const contractions = fc
  .record({
    terms: fc.array(fc.array(letter, { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    lengths: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 3 }))),
    kept: fc.array(letter, { maxLength: 3 }),
  })
  .chain(({ terms, lengths, kept }) => {
    const all = terms.flat();
    const output = [...new Set(kept)].filter((each) => all.includes(each)).join('');
    const shapes = terms.map((term) => term.map((each) => lengths['ijk'.indexOf(each)]!));
    return fc
      .tuple(...shapes.map((shape) => tablesOf(shape, smallNumbers)))
      .map((tables) => ({ terms: terms.map((term) => term.join('')), output, tables }));
  });

describe('einsum', () => {
  it('is the sum of products over all indices', () => {
    fc.assert(
      fc.property(contractions, ({ terms, output, tables }) => {
        scope(() => {
          const result = einsum(`${terms.join(',')}->${output}`, ...tables.map((table) => tensorOf(table)));
          const expected = definition(terms, output, tables);
          expect(result.shape).toEqual(expected.shape);
          const { data } = tableFrom(result);
          for (const [i, value] of data.entries()) expect(value).toBeCloseTo(expected.data[i]!, 8);
        });
      }),
    );
  });

  it('broadcasts over leading axes and over axes of length 1', () => {
    scope(() => {
      const a = tensorOf({ shape: [2, 1, 2, 3], data: Array.from({ length: 12 }, (_, i) => i - 5) });
      const b = tensorOf({ shape: [4, 3, 2], data: Array.from({ length: 24 }, (_, i) => (i % 7) - 3) });
      expect(tableFrom(einsum('...ij,...jk->...ik', a, b))).toEqual(tableFrom(a.matmul(b)));
      expect(tableFrom(einsum('...ij,...jk', a, b))).toEqual(tableFrom(a.matmul(b)));
      const row = tensorOf({ shape: [1, 3], data: [1, 2, 3] });
      const matrix = tensorOf({ shape: [2, 3], data: [1, 0, 2, -1, 1, 4] });
      expect(tableFrom(einsum('ij,ij->ij', row, matrix))).toEqual(tableFrom(row.mul(matrix)));
    });
  });

  it('orders the output by the alphabet where it is not given', () => {
    scope(() => {
      const x = tensorOf({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
      expect(tableFrom(einsum('ba', x))).toEqual(tableFrom(x.transpose()));
      expect(tableFrom(einsum('ii', tensorOf({ shape: [2, 2], data: [1, 2, 3, 4] })))).toEqual({
        shape: [],
        data: [5],
      });
    });
  });

  it('copies nothing of a product whose axes are in order', () => {
    scope(() => {
      const [a, b] = [zeros([2, 30, 5]), zeros([2, 5, 40])];
      const before = memory().bytes;
      einsum('bij,bjk->bik', a, b);
      expect(memory().bytes - before).toBe(4 * 2 * 30 * 40);
      const own = einsum('bij->bij', a);
      own.dispose();
      expect(a.disposed).toBe(false);
    });
  });

  it.each([
    ['ij,jk', [[2, 3]], ArgumentError, "einsum: 'ij,jk': it is for 2 tensors, not 1"],
    ['i-j', [[2, 3]], ArgumentError, "einsum: 'i-j': 'i-j' may have letters and one '...' only"],
    ['ij->i->j', [[2, 3]], ArgumentError, "einsum: 'ij->i->j': it may have one '->' only"],
    ['ij->k', [[2, 3]], ArgumentError, "einsum: 'ij->k': no tensor has the label 'k'"],
    ['ij->ii', [[2, 3]], ArgumentError, "einsum: 'ij->ii': the output has 'i' twice"],
    ['ijk', [[2, 3]], ShapeError, "einsum: 'ijk': 'ijk' has 3 labels for [2,3]"],
    [
      'ij,jk',
      [
        [2, 3],
        [4, 5],
      ],
      ShapeError,
      "einsum: 'ij,jk': 'j' is 3 and 4 long",
    ],
    ['ii', [[2, 3]], ShapeError, "einsum: 'ii': the axes of 'i' in [2,3] differ in length"],
  ])('refuses %s for %j', (equation, shapes, error, message) => {
    const call = () => scope(() => einsum(equation, ...shapes.map((shape) => zeros(shape))));
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
