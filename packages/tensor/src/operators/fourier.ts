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

/** Discrete Fourier transforms of complex numbers, which are pairs in a last axis. */
export const fourierOperators = {
  fft: operator<readonly [Operand], { readonly axis: number; readonly inverse: boolean }>({
    name: 'fft',
    infer: ([x], { axis }) => {
      checkFloat('fft', x);
      checkPairs('fft', x);
      if (x.shape[axis] === 0) throw new ShapeError(`fft: ${formatShape(x.shape)}: axis ${axis} has no elements`);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out], { axis, inverse }) => {
      const outer = sizeOf(x.shape.slice(0, axis));
      const inner = sizeOf(x.shape.slice(axis + 1, -1));
      kernels.fft(x, out!, { outer, length: x.shape[axis]!, inner }, inverse);
    },
  }),
};
