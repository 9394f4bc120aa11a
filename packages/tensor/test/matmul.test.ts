import { DTypeError, ones, ShapeError, scope, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  at,
  atBroadcast,
  broadcastableShapes,
  largestDifference,
  type Table,
  tableFrom,
  tableOf,
  tablesOf,
  tensorOf,
} from './oracle.js';

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

const products = fc
  .record({
    batch: broadcastableShapes(2, 2),
    m: size,
    k: size,
    n: size,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .chain(({ batch: { whole, parts }, m, k, n, transposeA, transposeB }) =>
    fc.record({
      a: tablesOf([...parts[0]!, ...(transposeA ? [k, m] : [m, k])]),
      b: tablesOf([...parts[1]!, ...(transposeB ? [n, k] : [k, n])]),
      layout: fc.constant({ whole, m, k, n, transposeA, transposeB }),
    }),
  );

/** Σ_k a[…, i, k]·b[…, k, j], one sum after the other. */
function product(
  a: Table,
  b: Table,
  {
    whole,
    m,
    k,
    n,
    transposeA,
    transposeB,
  }: { whole: number[]; m: number; k: number; n: number; transposeA: boolean; transposeB: boolean },
): Table {
  return tableOf([...whole, m, n], (index) => {
    const [i, j] = index.slice(-2) as [number, number];
    const batch = index.slice(0, -2);
    let sum = 0;
    for (let l = 0; l < k; l++) {
      const left = atBroadcast(a, [...batch, ...(transposeA ? [l, i] : [i, l])]);
      sum += left * atBroadcast(b, [...batch, ...(transposeB ? [j, l] : [l, j])]);
    }
    return sum;
  });
}

describe('matmul', () => {
  it('is the sum of products, for any batch, transposition and size', () => {
    fc.assert(
      fc.property(products, ({ a, b, layout }) =>
        scope(() => {
          const { transposeA, transposeB } = layout;
          const found = tensorOf(a).matmul(tensorOf(b), { transposeA, transposeB });
          expect(largestDifference(tableFrom(found), product(a, b, layout))).toBeLessThan(1e-13);
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('of transposed operands is that of operands that were transposed', () => {
    fc.assert(
      fc.property(products, ({ a, b, layout: { transposeA, transposeB } }) =>
        scope(() => {
          const [left, right] = [tensorOf(a), tensorOf(b)];
          const found = left.matmul(right, { transposeA, transposeB });
          const moved = (transposeA ? left.transpose() : left).matmul(transposeB ? right.transpose() : right);
          expect(tableFrom(found)).toEqual(tableFrom(moved));
        }),
      ),
    );
  });

  it.each(['float32', 'int32'] as const)('multiplies %s, sums in double precision', (dtype) => {
    scope(() => {
      const a = tensor([[3, 4, 5]], { dtype });
      const b = tensor([[1], [10], [100]], { dtype });
      const c = a.matmul(b);
      expect([c.dtype, ...c.dataSync()]).toEqual([dtype, 543]);
    });
  });

  it('wraps integers around modulo 2^32, exactly', () => {
    const cases = fc
      .record({ m: size, k: size, n: size, transposeA: fc.boolean(), transposeB: fc.boolean() })
      .chain(({ m, k, n, transposeA, transposeB }) =>
        fc.record({
          a: tablesOf(transposeA ? [2, k, m] : [2, m, k], fc.integer()),
          b: tablesOf(transposeB ? [n, k] : [k, n], fc.integer()),
          options: fc.constant({ transposeA, transposeB }),
          sizes: fc.constant([m, k, n] as const),
        }),
      );
    fc.assert(
      fc.property(cases, ({ a, b, options: { transposeA, transposeB }, sizes: [m, k, n] }) =>
        scope(() => {
          const expected = tableOf([2, m, n], ([batch, i, j]) => {
            let sum = 0n;
            for (let d = 0; d < k; d++) {
              const left = at(a, transposeA ? [batch!, d, i!] : [batch!, i!, d]);
              sum += BigInt(left) * BigInt(at(b, transposeB ? [j!, d] : [d, j!]));
            }
            return Number(BigInt.asIntN(32, sum));
          });
          const found = tensorOf(a, 'int32').matmul(tensorOf(b, 'int32'), { transposeA, transposeB });
          expect(tableFrom(found)).toEqual(expected);
        }),
      ),
    );
  });

  it('takes vectors as a row on the left and as a column on the right', () => {
    scope(() => {
      const row = tensor([1, 2]);
      const matrix = tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const stack = ones([4, 2, 3]);
      const result = (x: Tensor) => [x.shape, [...x.dataSync()]];
      expect(result(row.matmul(row))).toEqual([[], [5]]);
      expect(result(row.matmul(matrix))).toEqual([[3], [9, 12, 15]]);
      expect(result(matrix.matmul(tensor([1, 0, 1])))).toEqual([[2], [4, 10]]);
      expect(row.matmul(stack).shape).toEqual([4, 3]);
      expect(stack.matmul(tensor([1, 1, 1])).shape).toEqual([4, 2]);
      expect(result(row.matmul(matrix, { transposeA: true }))).toEqual([[3], [9, 12, 15]]);
      expect(result(matrix.matmul(row, { transposeA: true, transposeB: true }))).toEqual([[3], [9, 12, 15]]);
    });
  });

  it('is zeros where nothing is summed', () => {
    scope(() => {
      expect([
        ...ones([2, 0])
          .matmul(ones([0, 2]))
          .dataSync(),
      ]).toEqual([0, 0, 0, 0]);
      expect(ones([0, 3]).matmul(ones([3, 2])).shape).toEqual([0, 2]);
      expect(ones([0, 2, 3]).matmul(ones([3, 2])).shape).toEqual([0, 2, 2]);
      expect(
        ones([0])
          .matmul(ones([0]))
          .itemSync(),
      ).toBe(0);
    });
  });

  it('carries NaN and infinities on', () => {
    scope(() => {
      const a = tensor([
        [1, Number.NaN],
        [Number.POSITIVE_INFINITY, 0],
      ]);
      expect([...a.matmul(tensor([[1], [1]])).dataSync()]).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
      expect([...a.matmul(tensor([[0], [0]])).dataSync()]).toEqual([Number.NaN, Number.NaN]);
    });
  });

  it('names both shapes where they do not fit', () => {
    scope(() => {
      expect(() => ones([2, 3]).matmul(ones([4, 5]))).toThrow(ShapeError);
      expect(() => ones([2, 3]).matmul(ones([4, 5]))).toThrow('matmul: [2,3] x [4,5]: inner sizes 3 and 4 differ');
      expect(() => ones([2, 3]).matmul(ones([4, 3]), { transposeA: true, transposeB: true })).toThrow(
        'matmul: [2,3]ᵀ x [4,3]ᵀ: inner sizes 2 and 3 differ',
      );
      expect(() => ones([2, 2, 3]).matmul(ones([3, 3, 5]))).toThrow('matmul: [2] and [3]: axis 0 has lengths 2 and 3');
      expect(() => tensor(1).matmul(ones([1]))).toThrow('matmul: a scalar has no rows: use mul()');
      expect(() => ones([1]).matmul(tensor(1))).toThrow(ShapeError);
      expect(() => ones([2, 2]).matmul(ones([2, 2], { dtype: 'float64' }))).toThrow(DTypeError);
      expect(() => tensor([[true]]).matmul(tensor([[true]]))).toThrow('matmul: bool is not supported');
    });
  });
});
