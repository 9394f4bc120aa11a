import { ShapeError } from '../errors.js';
import { checkFloat } from '../operator.js';
import { formatShape, numbersOf, type Pair } from '../shape.js';
import { transposeSparse } from '../sparse-matrix.js';
import type { Tensor } from '../tensor.js';
import { type AxisWindow, axisWindows, type Padding, windowCount, windowMatrix } from '../windows.js';
import { sparseMatmul } from './sparse.js';

/** How a window moves over a plane. @default stride and dilation 1, padding 0 */
export interface UnfoldOptions {
  readonly stride?: Pair;
  readonly padding?: Padding<Pair>;
  readonly dilation?: Pair;
}

function windowsOver(
  operation: string,
  plane: readonly number[],
  kernel: Pair,
  { stride = 1, padding = 0, dilation = 1 }: UnfoldOptions,
): readonly [AxisWindow, AxisWindow] {
  const kernels = numbersOf(operation, 'kernel', kernel, 2, 1);
  return axisWindows(operation, plane, kernels, { stride, padding, dilation }) as [AxisWindow, AxisWindow];
}

/**
 * The elements of each window as a column ("im2col"): [N,C,H,W] → [N,C·KH·KW,OH·OW], zeros where a window hangs over the
 * edge. With windows side by side these are patches.
 *
 * @throws ShapeError where a window does not fit
 */
export function unfold(x: Tensor, kernel: Pair, options: UnfoldOptions = {}): Tensor {
  checkFloat('unfold', x);
  if (x.rank !== 4) throw new ShapeError(`unfold: ${formatShape(x.shape)}: the input must be [N,C,H,W]`);
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [rows, columns] = windowsOver('unfold', [height, width], kernel, options);
  const outHeight = windowCount('unfold', x.shape, 2, rows);
  const outWidth = windowCount('unfold', x.shape, 3, columns);
  return sparseMatmul(
    sparseMatmul(x, 2, windowMatrix(height, outHeight, rows)),
    3,
    windowMatrix(width, outWidth, columns),
  )
    .reshape([images, channels, rows.kernel, outHeight, columns.kernel, outWidth])
    .permute([0, 1, 2, 4, 3, 5])
    .reshape([images, channels * rows.kernel * columns.kernel, outHeight * outWidth]);
}

/**
 * The transpose of unfold ("col2im"): the columns [N,C·KH·KW,OH·OW] are added up where they came from in planes of this
 * size: [N,C,H,W].
 *
 * @throws ShapeError where so many windows do not lie in such planes
 */
export function fold(x: Tensor, size: Pair, kernel: Pair, options: UnfoldOptions = {}): Tensor {
  checkFloat('fold', x);
  const plane = numbersOf('fold', 'size', size, 2, 1) as readonly [number, number];
  const [rows, columns] = windowsOver('fold', plane, kernel, options);
  const outHeight = windowCount('fold', plane, 0, rows);
  const outWidth = windowCount('fold', plane, 1, columns);
  const taps = rows.kernel * columns.kernel;
  if (x.rank !== 3 || x.shape[1]! % taps !== 0 || x.shape[2] !== outHeight * outWidth) {
    throw new ShapeError(
      `fold: ${formatShape(x.shape)}: the input must be [N,C·${taps},${outHeight * outWidth}] for planes ${formatShape(plane)}`,
    );
  }
  const [images, channels] = [x.shape[0]!, x.shape[1]! / taps];
  const taken = x
    .reshape([images, channels, rows.kernel, columns.kernel, outHeight, outWidth])
    .permute([0, 1, 2, 4, 3, 5])
    .reshape([images, channels, rows.kernel * outHeight, columns.kernel * outWidth]);
  const wide = sparseMatmul(taken, 3, transposeSparse(windowMatrix(plane[1], outWidth, columns)));
  return sparseMatmul(wide, 2, transposeSparse(windowMatrix(plane[0], outHeight, rows)));
}
