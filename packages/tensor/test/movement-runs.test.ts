import { reference, type Shape } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arange } from '../src/creation.js';
import { at, indicesOf, tableFrom, tableOf } from './oracle.js';

/** Lengths on both sides of the number from which on elements are copied together. */
const lengths = fc.constantFrom(1, 2, 3, 15, 16, 17, 40);
const shapes = fc.array(lengths, { minLength: 1, maxLength: 3 });

function counting(shape: Shape) {
  const size = shape.reduce((product, length) => product * length, 1);
  return arange(0, size, 1, { dtype: 'int32', device: reference }).reshape(shape);
}

/** One range of every axis, whole axes among them. */
const parts = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    ranges: fc.tuple(
      ...shape.map((length) =>
        fc.oneof(
          fc.constant([0, length, 1] as const),
          fc.tuple(fc.nat(length - 1), fc.constant(length), fc.constantFrom(1, 1, 2)),
        ),
      ),
    ),
  }),
);

describe('neighboring elements', () => {
  test('of a part are those of the whole', () => {
    fc.assert(
      fc.property(parts, ({ shape, ranges }) => {
        const x = counting(shape);
        const table = tableFrom(x);
        const y = x.slice(ranges);
        const expected = tableOf(y.shape, (index) =>
          at(
            table,
            index.map((i, axis) => ranges[axis]![0] + i * ranges[axis]![2]),
          ),
        );
        expect(tableFrom(y)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test('keep their order within what is put around them', () => {
    fc.assert(
      fc.property(
        shapes.chain((shape) =>
          fc.record({
            shape: fc.constant(shape),
            widths: fc.tuple(...shape.map(() => fc.tuple(fc.nat(2), fc.nat(2)))),
          }),
        ),
        ({ shape, widths }) => {
          const x = counting(shape);
          const table = tableFrom(x);
          const y = x.pad(widths, -1);
          const inner = (index: readonly number[]) => index.map((i, axis) => i - widths[axis]![0]);
          const isInside = (index: readonly number[]) => index.every((i, axis) => i >= 0 && i < shape[axis]!);
          const expected = tableOf(y.shape, (index) => (isInside(inner(index)) ? at(table, inner(index)) : -1));
          expect(tableFrom(y)).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('stay together where the last axis stays', () => {
    for (const axes of [
      [1, 0, 2],
      [2, 0, 1],
      [0, 2, 1],
    ]) {
      const x = counting([3, 17, 20]);
      const table = tableFrom(x);
      const y = x.permute(axes);
      const source = (index: readonly number[]) => [0, 1, 2].map((axis) => index[axes.indexOf(axis)]!);
      expect(tableFrom(y).data).toEqual(indicesOf(y.shape).map((index) => at(table, source(index))));
    }
  });
});
