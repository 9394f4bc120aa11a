import { apply, applyUnary } from '../apply.js';
import { eye } from '../creation.js';
import { ShapeError } from '../errors.js';
import type { TriangularForm } from '../kernels.js';
import { operators } from '../operators/index.js';
import { broadcastShapes, formatShape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** L and U in one tensor […,n,n], and which row and column of the matrix theirs are (int32, […,n,1] and […,1,n]). */
interface Factors {
  readonly factors: Tensor;
  readonly rows: Tensor;
  readonly columns: Tensor;
}

function factor(operation: string, x: Tensor, inverts: boolean): Factors {
  const [factors, rows, columns] = apply(operators.lu, [x], { operation, inverts }) as [Tensor, Tensor, Tensor];
  return { factors, rows, columns };
}

/** Two stacks of matrices, with a common batch. */
function broadcastBatch(operation: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const batch = broadcastShapes(operation, a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [left, right] = [a, b].map((each) => each.broadcastTo([...batch, ...each.shape.slice(-2)]));
  return [left!, right!];
}

/** @throws ShapeError where b does not have a row for each one of a, which is square */
function checkSystem(operation: string, a: Tensor, b: Tensor): void {
  const n = a.shape.at(-1);
  const isSystem = a.rank >= 2 && a.shape.at(-2) === n && b.rank > 0 && b.shape.at(b.rank === 1 ? 0 : -2) === n;
  if (isSystem) return;
  throw new ShapeError(
    `${operation}: ${formatShape(a.shape)} and ${formatShape(b.shape)}: they must be […,n,n] and […,n,m], or [n]`,
  );
}

/** Calls the body with a vector as a matrix of one column, and takes the column out of the result again. */
function withColumns(b: Tensor, body: (columns: Tensor) => Tensor): Tensor {
  return b.rank === 1 ? body(b.unsqueeze(-1)).squeeze(-1) : body(b);
}

/**
 * The solution X of a·X = b for a triangular matrix, of which the other triangle is not read: a […,n,n] and b […,n,m], or
 * b [n]; batches broadcast. Where the diagonal has a 0, the result is not finite.
 *
 * @param form.upper whether it is the upper triangle. @default false
 * @param form.transpose the solution of aᵀ·X = b instead. @default false
 * @param form.unitDiagonal whether to take the diagonal for ones. @default false
 * @throws ShapeError where the shapes do not fit
 * @throws DTypeError for integers
 */
export function triangularSolve(a: Tensor, b: Tensor, form: Partial<TriangularForm> = {}): Tensor {
  checkSystem('triangularSolve', a, b);
  const { upper = false, transpose = false, unitDiagonal = false } = form;
  return withColumns(b, (columns) => {
    const system = broadcastBatch('triangularSolve', a, columns);
    return apply(operators.triangularSolve, system, { upper, transpose, unitDiagonal })[0]!;
  });
}

function solveBy({ factors, rows, columns }: Factors, b: Tensor): Tensor {
  const n = factors.shape.at(-1)!;
  const [matrices, right] = broadcastBatch('solve', factors, b);
  const orderOf = (order: Tensor): Tensor =>
    order.reshape([...factors.shape.slice(0, -2), n, 1]).broadcastTo([...right.shape.slice(0, -1), 1]);
  const half = triangularSolve(matrices, right.gather(-2, orderOf(rows)), { unitDiagonal: true });
  return triangularSolve(matrices, half, { upper: true }).scatterAdd(-2, orderOf(columns), n);
}

/**
 * The solution X of a·X = b: a […,n,n] and b […,n,m], or b [n]; batches broadcast. By Gaussian elimination with complete
 * pivoting.
 *
 * @throws ArgumentError where a matrix is singular; a GPU, which computes in the background, gives numbers that are not finite
 * @throws ShapeError where the shapes do not fit
 * @throws DTypeError for integers
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  checkSystem('solve', a, b);
  return withColumns(b, (columns) => solveBy(factor('solve', a, true), columns));
}

/**
 * The inverse of each matrix […,n,n]. To multiply by it, `solve` is faster and more exact.
 *
 * @throws ArgumentError where a matrix is singular; a GPU, which computes in the background, gives numbers that are not finite
 * @throws ShapeError where the matrices are not square
 * @throws DTypeError for integers
 */
export function inverse(x: Tensor): Tensor {
  const factors = factor('inverse', x, true);
  return solveBy(factors, eye(x.shape.at(-1)!, x));
}

/**
 * The lower triangular L with L·Lᵀ = x for symmetric positive definite matrices […,n,n]. Elements above the diagonal are not
 * read, yet the gradient is that of a symmetric matrix: each element and its mirror image have half of what a change of both
 * does.
 *
 * @throws ArgumentError where a matrix is not positive definite; a GPU, which computes in the background, gives NaN
 * @throws ShapeError where the matrices are not square
 * @throws DTypeError for integers
 */
export function cholesky(x: Tensor): Tensor {
  return applyUnary(operators.cholesky, x);
}

/** 1 where an order (int32, n positions in the last two axes) comes from an even number of exchanges, −1 otherwise. */
function signOf(order: Tensor, like: Tensor): Tensor {
  const before = order.reshape([...like.shape.slice(0, -1), 1]);
  const inversions = before.greater(before.transpose()).cast(like.dtype).triu(1).sum([-2, -1]);
  return inversions.remainder(2).mul(-2).add(1);
}

/** Of L·U, for all that the exchanges have changed. */
function signOfExchanges({ factors, rows, columns }: Factors): Tensor {
  return signOf(rows, factors).mul(signOf(columns, factors));
}

/** A block of rows and columns. */
function block(x: Tensor, rows: readonly [number, number], columns: readonly [number, number]): Tensor {
  return x.slice([...x.shape.slice(0, -2).map(() => [] as const), rows, columns]);
}

/** a·d − b·c, which has derivatives whatever the numbers. */
function determinantOfTwo(x: Tensor): Tensor {
  const batch = x.shape.slice(0, -2);
  const entry = (row: number, column: number): Tensor => x.slice([...batch.map(() => [] as const), row, column]);
  return entry(0, 0)
    .mul(entry(1, 1))
    .sub(entry(0, 1).mul(entry(1, 0)));
}

/** Ones in place of zeros on the diagonal of U. */
function withoutZeros(factors: Tensor): Tensor {
  return factors.add(factors.diagonal().equal(0).cast(factors.dtype).diagEmbed());
}

/**
 * The determinant of each matrix […,n,n] → […].
 *
 * Its derivatives of first and second order are right for singular matrices as well, where the gradient is the adjugate, not
 * det(x)·x⁻ᵀ. Complete pivoting puts what may be singular last: with A, the first n − 2 rows and columns of [A B; C D],
 * det x = ±det A·det(D − C·A⁻¹·B). Where A is singular, the rank is n − 3 at most: value, gradient and second derivatives are
 * all 0 then, and derivatives of third order are not to be relied on.
 *
 * @throws ShapeError where the matrices are not square
 * @throws DTypeError for integers
 */
export function determinant(x: Tensor): Tensor {
  const whole = factor('determinant', x, false);
  const n = x.shape.at(-1)!;
  // Without elements the sum is 0.
  if (n < 2) return n === 0 ? x.sum([-2, -1]).add(1) : x.squeeze([-2, -1]);
  if (n === 2) return determinantOfTwo(x);
  const ordered = x.gather(-2, whole.rows).gather(-1, whole.columns);
  const [first, last] = [[0, n - 2] as const, [n - 2, n] as const];
  const head = factor('determinant', block(ordered, first, first), false);
  const regular = { ...head, factors: withoutZeros(head.factors) };
  const rest = block(ordered, last, last).sub(
    block(ordered, last, first).matmul(solveBy(regular, block(ordered, first, last))),
  );
  const sign = signOfExchanges(whole).mul(signOfExchanges(head));
  return head.factors.diagonal().prod(-1).mul(determinantOfTwo(rest)).mul(sign);
}

/** A determinant that may be too large or too small for its type. */
export interface LogDeterminant {
  /** 1, −1, or 0 for a singular matrix: […]. */
  readonly sign: Tensor;
  /** ln |det x|, −∞ for a singular matrix: […]. */
  readonly logAbs: Tensor;
}

/**
 * Sign and logarithm of the determinant of each matrix […,n,n]. The gradient of the logarithm, x⁻ᵀ, is not finite where a
 * matrix is singular.
 *
 * @throws ShapeError where the matrices are not square
 * @throws DTypeError for integers
 */
export function logDeterminant(x: Tensor): LogDeterminant {
  const factors = factor('logDeterminant', x, false);
  const pivots = factors.factors.diagonal();
  return { sign: pivots.sign().prod(-1).mul(signOfExchanges(factors)), logAbs: pivots.abs().log().sum(-1) };
}
