import { ShapeError } from '../errors.js';
import type { Operand } from '../kernels.js';
import { checkFloat, operator } from '../operator.js';
import { formatShape, sizeOf } from '../shape.js';

/** @throws ShapeError where the last axis is not one of pairs, beside others */
export function checkPairs(operation: string, { shape }: Operand): void {
  if (shape.length >= 2 && shape.at(-1) === 2) return;
  throw new ShapeError(
    `${operation}: ${formatShape(shape)}: the last axis must have 2 elements, the real and the imaginary part`,
  );
}

/**
 * @throws DTypeError for integers
 * @throws ShapeError where the axis has no elements
 */
export function checkLine(operation: string, x: Operand, axis: number): void {
  checkFloat(operation, x);
  if (x.shape[axis] === 0) throw new ShapeError(`${operation}: ${formatShape(x.shape)}: axis ${axis} has no elements`);
}

/** Discrete Fourier transforms of complex numbers, which are pairs in a last axis. */
export const fourierOperators = {
  fft: operator<readonly [Operand], { readonly axis: number; readonly inverse: boolean }>({
    name: 'fft',
    infer: ([x], { axis }) => {
      checkPairs('fft', x);
      checkLine('fft', x, axis);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out], { axis, inverse }) => {
      const outer = sizeOf(x.shape.slice(0, axis));
      const inner = sizeOf(x.shape.slice(axis + 1, -1));
      kernels.fft(x, out!, { outer, length: x.shape[axis]!, inner }, inverse);
    },
  }),
};
