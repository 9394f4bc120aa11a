import { ones, ShapeError, scope, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, shapes, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

const cases = shapes({ minRank: 2, maxRank: 4 }).chain((shape) =>
  fc.tuple(tablesOf(shape), fc.integer({ min: -5, max: 5 })),
);

describe('tril and triu', () => {
  it('keep one side of a diagonal', () => {
    fc.assert(
      fc.property(cases, ([table, diagonal]) =>
        scope(() => {
          const x = tensorOf(table);
          const distance = (index: readonly number[]) => index.at(-1)! - index.at(-2)!;
          expect(tableFrom(x.tril(diagonal))).toEqual(
            tableOf(table.shape, (index) => (distance(index) <= diagonal ? at(table, index) : 0)),
          );
          expect(tableFrom(x.triu(diagonal))).toEqual(
            tableOf(table.shape, (index) => (distance(index) >= diagonal ? at(table, index) : 0)),
          );
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('leave nothing of NaN beyond the diagonal, and work for masks', () => {
    scope(() => {
      const data = [
        [1, Number.NaN],
        [2, 3],
      ];
      expect([...tensor(data).tril().dataSync()]).toEqual([1, 0, 2, 3]);
      const causal = ones([3, 3], { dtype: 'bool' }).tril();
      expect(causal.dtype).toBe('bool');
      expect([...causal.dataSync()]).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
    });
  });
});

describe('diagonal and diagEmbed', () => {
  it('take a diagonal out, and put it in', () => {
    fc.assert(
      fc.property(cases, ([table, diagonal]) =>
        scope(() => {
          const [rows, columns] = table.shape.slice(-2) as [number, number];
          const places = Array.from({ length: rows }, (_, i) => [i, i + diagonal] as const).filter(
            ([, column]) => column >= 0 && column < columns,
          );
          const found = tensorOf(table).diagonal(diagonal);
          expect(tableFrom(found)).toEqual(
            tableOf([...table.shape.slice(0, -2), places.length], (index) =>
              at(table, [...index.slice(0, -1), ...places[index.at(-1)!]!]),
            ),
          );
          const square = found.diagEmbed(diagonal);
          const size = places.length + Math.abs(diagonal);
          expect(square.shape).toEqual([...table.shape.slice(0, -2), size, size]);
          expect(tableFrom(square.diagonal(diagonal))).toEqual(tableFrom(found));
          expect(square.countNonzero().itemSync()).toBe(found.countNonzero().itemSync());
        }),
      ),
      { numRuns: 200 },
    );
  });
});

it('what is no matrix or no diagonal is refused', () => {
  scope(() => {
    for (const name of ['tril', 'triu', 'diagonal'] as const) {
      expect(() => ones([3])[name]()).toThrow(ShapeError);
      expect(() => ones([3])[name]()).toThrow(`${name}: [3] has no rows and columns`);
      expect(() => ones([3, 3])[name](0.5)).toThrow(`${name}: diagonal 0.5: it must be an integer`);
    }
    expect(() => tensor(1).diagEmbed()).toThrow('diagEmbed: a scalar has no axis to put on a diagonal');
  });
});
