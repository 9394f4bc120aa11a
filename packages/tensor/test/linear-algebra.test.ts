import {
  ArgumentError,
  apply,
  cholesky,
  DTypeError,
  determinant,
  eye,
  inverse,
  logDeterminant,
  operators,
  ShapeError,
  scope,
  solve,
  type Tensor,
  tensor,
  triangularSolve,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { largestDifference, type Table, tableFrom, tablesOf, tensorOf } from './oracle.js';

const numbers = fc.oneof(
  fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
  fc.constantFrom(0, 1, -1, 100),
);
const lengths = fc.integer({ min: 1, max: 5 });
const matrices = fc
  .tuple(lengths, fc.constantFrom([], [2], [2, 3]))
  .chain(([n, batch]) => tablesOf([...batch, n, n], numbers));
/** Small integers, so that sums of products are exact, and matrices of every rank are among them. */
const integerMatrices = fc.tuple(lengths, fc.nat(5)).chain(([n, rank]) =>
  fc.record({
    n: fc.constant(n),
    left: tablesOf([n, Math.min(rank, n)], fc.integer({ min: -3, max: 3 })),
    right: tablesOf([Math.min(rank, n), n], fc.integer({ min: -3, max: 3 })),
  }),
);

/** By expansion along the first row. */
function expanded(rows: readonly (readonly number[])[]): number {
  if (rows.length === 0) return 1;
  return rows[0]!.reduce(
    (sum, value, j) => sum + (j % 2 === 0 ? value : -value) * expanded(rows.slice(1).map((row) => row.toSpliced(j, 1))),
    0,
  );
}

function rowsOf({ shape, data }: Table): number[][] {
  const n = shape.at(-1)!;
  return Array.from({ length: shape.at(-2)! }, (_, i) => data.slice(i * n, (i + 1) * n));
}

const largest = (x: Tensor): number => (x.size === 0 ? 0 : x.abs().max().itemSync());

/**
 * Elimination of n×n matrices with complete pivoting is that of a matrix that is off by γ(3n)·|L|·|U| (Higham, "Accuracy and
 * Stability of Numerical Algorithms", theorem 9.4), where elements of L are 1 at most, and those of U below 4 times the
 * largest of the matrix for n ≤ 5.
 */
const backwardError = (x: Tensor): number => 3 * x.shape.at(-1)! * 2 ** -53 * x.shape.at(-1)! * 4 * largest(x);

describe('lu', () => {
  it('is the matrix in another order, with the largest element left as each pivot', () => {
    fc.assert(
      fc.property(matrices, (table) =>
        scope(() => {
          const x = tensorOf(table);
          const n = x.shape.at(-1)!;
          const [factors, rows, columns] = apply(operators.lu, [x], { operation: 'lu', inverts: false }) as [
            Tensor,
            Tensor,
            Tensor,
          ];
          const lower = factors.tril(-1).add(eye(n, x));
          const upper = factors.triu();
          const ordered = x.gather(-2, rows).gather(-1, columns);
          expect(largest(lower.matmul(upper).sub(ordered))).toBeLessThanOrEqual(backwardError(x));
          expect(largest(lower)).toBe(1);
          const pivots = factors.diagonal().abs().unsqueeze(-1);
          expect(upper.abs().lessEqual(pivots).all().itemSync()).toBe(1);
        }),
      ),
    );
  });

  it('keeps NaN', () => {
    scope(() => {
      const x = tensor([
        [1, 2],
        [Number.NaN, 4],
      ]);
      expect([...inverse(x).dataSync()]).toEqual(Array(4).fill(Number.NaN));
      expect(determinant(x).itemSync()).toBeNaN();
    });
  });
});

describe('solve and inverse', () => {
  it('solve the equations, or refuse', () => {
    fc.assert(
      fc.property(
        matrices.chain((a) => fc.tuple(fc.constant(a), tablesOf([a.shape.at(-1)!, 2], numbers))),
        ([matrix, right]) =>
          scope(() => {
            const a = tensorOf(matrix);
            const b = tensorOf(right);
            const isSingular = logDeterminant(a).sign.equal(0).any().itemSync() === 1;
            if (isSingular) {
              expect(() => solve(a, b)).toThrow(ArgumentError);
              expect(() => inverse(a)).toThrow(ArgumentError);
              return;
            }
            const x = solve(a, b);
            expect(x.shape).toEqual([...a.shape.slice(0, -1), 2]);
            const error = backwardError(a) * a.shape.at(-1)! * largest(x);
            expect(largest(a.matmul(x).sub(b))).toBeLessThanOrEqual(2 * error);
            const first = solve(a, b.slice([[], 0]));
            expect(
              largestDifference(
                tableFrom(first.unsqueeze(-1)),
                tableFrom(x.slice([...a.shape.slice(0, -1).map(() => [] as const), [0, 1]])),
              ),
            ).toBe(0);
            const y = inverse(a);
            expect(largest(a.matmul(y).sub(eye(a.shape.at(-1)!, a)))).toBeLessThanOrEqual(
              2 * backwardError(a) * a.shape.at(-1)! * largest(y),
            );
          }),
      ),
    );
  });

  it('broadcast batches', () => {
    scope(() => {
      const a = tensor(
        [
          [
            [2, 0],
            [0, 4],
          ],
          [
            [0, 1],
            [1, 0],
          ],
        ],
        { dtype: 'float64' },
      );
      const b = tensor([[[8], [8]]], { dtype: 'float64' });
      expect(tableFrom(solve(a, b.reshape([1, 2, 1])))).toEqual({ shape: [2, 2, 1], data: [4, 2, 8, 8] });
      expect(tableFrom(solve(a.slice([0]), b.broadcastTo([3, 2, 1])))).toEqual({
        shape: [3, 2, 1],
        data: [4, 2, 4, 2, 4, 2],
      });
    });
  });

  it('name the matrix that is singular', () => {
    scope(() => {
      const x = eye(2).unsqueeze(0).repeat([6, 1, 1]).reshape([2, 3, 2, 2]);
      const singular = x.mul(tensor([1, 1, 1, 1, 0, 1]).reshape([2, 3, 1, 1]));
      expect(() => inverse(singular)).toThrow('inverse: matrix [1,1] of [2,3,2,2] is singular');
      expect(() => solve(zeros([2, 2]), zeros([2]))).toThrow('solve: the matrix is singular');
    });
  });

  it('refuse what is no system', () => {
    scope(() => {
      expect(() => inverse(zeros([2, 3]))).toThrow(
        'inverse: [2,3] must be square matrices: its last two axes must be equal',
      );
      expect(() => solve(zeros([2, 2]), zeros([3]))).toThrow(
        'solve: [2,2] and [3]: they must be […,n,n] and […,n,m], or [n]',
      );
      expect(() => solve(zeros([2, 3]), zeros([3]))).toThrow(ShapeError);
      expect(() => inverse(zeros([2, 2], { dtype: 'int32' }))).toThrow(DTypeError);
    });
  });

  it('have results without elements', () => {
    scope(() => {
      expect(inverse(zeros([0, 0])).shape).toEqual([0, 0]);
      expect(solve(zeros([3, 0, 0]), zeros([0, 2])).shape).toEqual([3, 0, 2]);
      expect(solve(eye(2), zeros([2, 0])).shape).toEqual([2, 0]);
      expect(inverse(zeros([0, 2, 2])).shape).toEqual([0, 2, 2]);
    });
  });
});

describe('determinant', () => {
  it('is the sum of products over all permutations, for every rank', () => {
    fc.assert(
      fc.property(integerMatrices, ({ n, left, right }) =>
        scope(() => {
          const x = tensorOf(left).matmul(tensorOf(right));
          const exact = expanded(rowsOf(tableFrom(x)));
          // Hadamard's bound on all minors, times the error of each.
          const size = Math.max(1, largest(x)) * Math.sqrt(n);
          const bound = 200 * n * n * 2 ** -53 * size ** n;
          expect(Math.abs(determinant(x).itemSync() - exact)).toBeLessThanOrEqual(bound);
          const { sign, logAbs } = logDeterminant(x);
          expect(Math.abs(sign.mul(logAbs.exp()).itemSync() - exact)).toBeLessThanOrEqual(
            bound * (1 + Math.abs(exact)),
          );
        }),
      ),
    );
  });

  it('is there for each matrix of a batch, and for none', () => {
    scope(() => {
      const x = tensor([2, 3, 5]).unsqueeze(-1).unsqueeze(-1).mul(eye(3));
      expect(tableFrom(determinant(x))).toEqual({ shape: [3], data: [8, 27, 125] });
      expect(tableFrom(determinant(zeros([2, 0, 0])))).toEqual({ shape: [2], data: [1, 1] });
      expect(tableFrom(logDeterminant(zeros([2, 0, 0])).logAbs)).toEqual({ shape: [2], data: [0, 0] });
      expect(tableFrom(determinant(zeros([0, 3, 3])))).toEqual({ shape: [0], data: [] });
      expect(tableFrom(logDeterminant(zeros([0, 3, 3])).sign)).toEqual({ shape: [0], data: [] });
    });
  });

  it('has a logarithm where it is beyond all numbers', () => {
    scope(() => {
      const { sign, logAbs } = logDeterminant(eye(101, { dtype: 'float64' }).mul(-1e30));
      expect(sign.itemSync()).toBe(-1);
      expect(logAbs.itemSync()).toBeCloseTo(101 * Math.log(1e30), 8);
      const none = logDeterminant(zeros([2, 2]));
      expect([none.sign.itemSync(), none.logAbs.itemSync()]).toEqual([0, Number.NEGATIVE_INFINITY]);
    });
  });
});

test.each<[string, (x: Tensor) => unknown]>([
  ['determinant', determinant],
  ['logDeterminant', logDeterminant],
  ['inverse', inverse],
])('%s refuses other shapes and types in its own name', (name, compute) => {
  scope(() => {
    expect(() => compute(zeros([2, 3]))).toThrow(
      new ShapeError(`${name}: [2,3] must be square matrices: its last two axes must be equal`),
    );
    expect(() => compute(zeros([2, 2], { dtype: 'int32' }))).toThrow(
      new DTypeError(`${name}: int32 is not supported: cast() to float32 or float64 first`),
    );
  });
});

describe('triangularSolve', () => {
  it('solves by the triangle alone', () => {
    const systems = lengths.chain((n) =>
      fc.record({
        a: tablesOf([2, n, n], numbers),
        b: tablesOf([n, 3], numbers),
        upper: fc.boolean(),
        transpose: fc.boolean(),
        unitDiagonal: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(systems, ({ a: matrix, b: right, ...form }) =>
        scope(() => {
          const n = matrix.shape[1]!;
          const entries = tensorOf(matrix);
          const diagonal = entries.diagonal().abs().add(1);
          const triangle = (form.upper ? entries.triu(1) : entries.tril(-1)).add(
            (form.unitDiagonal ? diagonal.mul(0).add(1) : diagonal).diagEmbed(),
          );
          const unread = form.unitDiagonal ? 0 : 1;
          const read = form.upper
            ? entries
                .mul(0)
                .add(1)
                .triu(1 - unread)
            : entries
                .mul(0)
                .add(1)
                .tril(unread - 1);
          const given = triangle.maskedFill(read.equal(0), Number.NaN);
          const x = triangularSolve(given, tensorOf(right), form);
          const product = triangle.matmul(x, { transposeA: form.transpose });
          // Higham, theorem 8.5: off by γ(n)·|T|.
          const bound = 2 * (n + 1) * 2 ** -53 * largest(triangle) * n * largest(x);
          expect(largest(product.sub(tensorOf(right)))).toBeLessThanOrEqual(bound);
        }),
      ),
    );
  });

  it('divides by a 0 on the diagonal', () => {
    scope(() => {
      const x = triangularSolve(
        tensor([
          [0, 0],
          [1, 2],
        ]),
        tensor([1, 1]),
      );
      expect([...x.dataSync()]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      expect(() => triangularSolve(zeros([2, 3]), zeros([2]))).toThrow(ShapeError);
    });
  });
});

describe('cholesky', () => {
  it('is the triangle whose square the matrix is', () => {
    fc.assert(
      fc.property(matrices, (table) =>
        scope(() => {
          const factor = tensorOf(table);
          const n = factor.shape.at(-1)!;
          const x = factor.matmul(factor, { transposeB: true }).add(eye(n, factor));
          const unread = zeros([n, n], x).add(1).triu(1).cast('bool');
          const lower = cholesky(x.maskedFill(unread, Number.NaN));
          expect(tableFrom(lower)).toEqual(tableFrom(lower.tril()));
          // Higham, theorem 10.3: off by γ(n + 1)·|L|·|Lᵀ|, whose elements the diagonal of x bounds.
          const error = lower.matmul(lower, { transposeB: true }).sub(x);
          expect(largest(error)).toBeLessThanOrEqual(2 * (n + 1) * 2 ** -53 * largest(x));
        }),
      ),
    );
  });

  it('names the matrix that is not positive definite', () => {
    scope(() => {
      const x = tensor([
        [
          [1, 0],
          [0, 1],
        ],
        [
          [1, 2],
          [2, 1],
        ],
      ]);
      expect(() => cholesky(x)).toThrow(ArgumentError);
      expect(() => cholesky(x)).toThrow(
        'cholesky: matrix [1] of [2,2,2] is not positive definite, which shows in row 1',
      );
      expect(() => cholesky(zeros([1, 1]))).toThrow('which shows in row 0');
      expect(() => cholesky(zeros([1, 2]))).toThrow(ShapeError);
    });
  });
});
