import { ShapeError } from '../errors.js';
import type { Operand, TriangularForm } from '../kernels.js';
import { checkFloat, checkSameType, operator } from '../operator.js';
import { formatShape, sameShape } from '../shape.js';

/** @throws ShapeError where the last two axes differ in length, or there are none */
function checkSquare(operation: string, { shape }: Operand): void {
  if (shape.length >= 2 && shape.at(-1) === shape.at(-2)) return;
  throw new ShapeError(`${operation}: ${formatShape(shape)} must be square matrices: its last two axes must be equal`);
}

/** Square matrices as products of triangular ones, and systems of equations. */
export const linearAlgebraOperators = {
  /** `operation` is what asks for the factors; where it `inverts`, singular matrices are refused in its name. */
  lu: operator<readonly [Operand], { readonly operation: string; readonly inverts: boolean }>({
    name: 'lu',
    infer: ([x], { operation }) => {
      checkFloat(operation, x);
      checkSquare(operation, x);
      const batch = x.shape.slice(0, -2);
      const n = x.shape.at(-1)!;
      return [
        { shape: x.shape, dtype: x.dtype },
        { shape: [...batch, n, 1], dtype: 'int32' },
        { shape: [...batch, 1, n], dtype: 'int32' },
      ];
    },
    launch: (kernels, [x], [out, rows, columns], { operation, inverts }) =>
      kernels.lu(x, out!, rows!, columns!, inverts ? operation : undefined),
  }),

  triangularSolve: operator<readonly [Operand, Operand], TriangularForm>({
    name: 'triangularSolve',
    infer: ([a, b]) => {
      checkSameType('triangularSolve', a, b);
      checkFloat('triangularSolve', a);
      checkSquare('triangularSolve', a);
      if (b.shape.length !== a.shape.length || !sameShape(a.shape.slice(0, -1), b.shape.slice(0, -1))) {
        throw new ShapeError(
          `triangularSolve: ${formatShape(a.shape)} and ${formatShape(b.shape)}: the second one must have as many rows`,
        );
      }
      return [{ shape: b.shape, dtype: b.dtype }];
    },
    launch: (kernels, [a, b], [out], form) => kernels.triangularSolve(a, b, out!, form),
  }),

  cholesky: operator<readonly [Operand], void>({
    name: 'cholesky',
    infer: ([x]) => {
      checkFloat('cholesky', x);
      checkSquare('cholesky', x);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out]) => kernels.cholesky(x, out!),
  }),
};
