import { DTypeError, scope, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyNumbers, at, indicesOf, shapes, tableFrom, tableOf, tablesOf, tensorOf } from './oracle.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const few = fc.constantFrom(0, -0, 1, -2, nan, inf);

describe('logical operators', () => {
  it.each(['float64', 'float32', 'int32', 'bool'] as const)('take %s for true where it is not 0', (dtype) => {
    const numbers = dtype === 'bool' ? fc.constantFrom(0, 1) : dtype === 'int32' ? fc.constantFrom(0, 1, -2) : few;
    const pairs = shapes({ maxRank: 2 }).chain((shape) => fc.tuple(tablesOf(shape, numbers), tablesOf(shape, numbers)));
    fc.assert(
      fc.property(pairs, ([a, b]) =>
        scope(() => {
          const [x, y] = [tensorOf(a, dtype), tensorOf(b, dtype)];
          const expected = (f: (p: boolean, q: boolean) => boolean) =>
            a.data.map((value, i) => Number(f(value !== 0, b.data[i] !== 0)));
          const results = [
            [x.logicalAnd(y), expected((p, q) => p && q)],
            [x.logicalOr(y), expected((p, q) => p || q)],
            [x.logicalXor(y), expected((p, q) => p !== q)],
            [x.logicalNot(), expected((p) => !p)],
          ] as const;
          for (const [found, truth] of results) {
            expect([found.dtype, found.shape]).toEqual(['bool', a.shape]);
            expect([...found.dataSync()]).toEqual(truth);
          }
        }),
      ),
      { numRuns: 50 },
    );
  });

  it('broadcast', () => {
    scope(() => {
      const found = tensor([[true], [false]]).logicalAnd(tensor([true, false, true]));
      expect(tableFrom(found)).toEqual({ shape: [2, 3], data: [1, 0, 1, 0, 0, 0] });
    });
  });
});

it('isNaN, isInf and isFinite tell numbers apart', () => {
  fc.assert(
    fc.property(fc.array(anyNumbers), (data) =>
      scope(() => {
        const x = tensor(data, { dtype: 'float64' });
        expect([...x.isNaN().dataSync()]).toEqual(data.map((value) => Number(Number.isNaN(value))));
        expect([...x.isInf().dataSync()]).toEqual(data.map((value) => Number(Math.abs(value) === inf)));
        expect([...x.isFinite().dataSync()]).toEqual(data.map((value) => Number(Number.isFinite(value))));
      }),
    ),
  );
  for (const dtype of ['int32', 'bool'] as const) {
    scope(() => {
      const x = tensor([0, 1], { dtype });
      expect([x.isNaN(), x.isInf(), x.isFinite()].map((each) => [...each.dataSync()])).toEqual([
        [0, 0],
        [0, 0],
        [1, 1],
      ]);
    });
  }
});

it('any, all and countNonzero count over axes what is not 0', () => {
  const cases = shapes({ minRank: 1, maxRank: 3 }).chain((shape) =>
    fc.tuple(tablesOf(shape, few), fc.subarray(shape.map((_, axis) => axis)), fc.boolean()),
  );
  fc.assert(
    fc.property(cases, ([table, axes, keepDims]) =>
      scope(() => {
        const x = tensorOf(table);
        const kept = table.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
        const reduced = (f: (elements: number[]) => number) =>
          tableOf(kept, (target) =>
            f(
              indicesOf(table.shape)
                .filter((index) => index.every((i, axis) => axes.includes(axis) || i === target[axis]))
                .map((index) => at(table, index)),
            ),
          ).data;
        const options = { keepDims };
        const shape = keepDims ? kept : table.shape.filter((_, axis) => !axes.includes(axis));
        const results = [
          [x.any(axes, options), 'bool', reduced((values) => Number(values.some((value) => value !== 0)))],
          [x.all(axes, options), 'bool', reduced((values) => Number(values.every((value) => value !== 0)))],
          [x.countNonzero(axes, options), 'int32', reduced((values) => values.filter((value) => value !== 0).length)],
        ] as const;
        for (const [found, dtype, data] of results) {
          expect([found.dtype, found.shape]).toEqual([dtype, shape]);
          expect([...found.dataSync()]).toEqual(data);
        }
      }),
    ),
  );
  scope(() => {
    expect(zeros([0]).any().itemSync()).toBe(0);
    expect(zeros([0]).all().itemSync()).toBe(1);
    expect(tensor([true, false]).any().itemSync()).toBe(1);
    expect(tensor([true, false]).all().itemSync()).toBe(0);
  });
});

it('maskedFill puts a value where the mask holds', () => {
  scope(() => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const mask = tensor([true, false]);
    expect([...x.maskedFill(mask, -inf).dataSync()]).toEqual([-inf, 2, -inf, 4]);
    expect([...x.maskedFill(mask, tensor([[7], [8]])).dataSync()]).toEqual([7, 2, 8, 4]);
    expect(() => x.maskedFill(x, 0)).toThrow(new DTypeError('maskedFill: the mask is float32: cast() it to bool'));
    expect(() => x.gather(1, x)).toThrow(new DTypeError('gather: the index is float32: cast() it to int32'));
  });
});
