import type { WindowGeometry } from '../kernels.js';
import type { Shape } from '../shape.js';
import { type AxisWindow, windowCount } from '../windows.js';

/** The windows along the rows and the columns. */
export function windowsOf({
  kernel,
  stride,
  padding,
  paddingAfter = padding,
  dilation,
}: WindowGeometry): readonly [AxisWindow, AxisWindow] {
  const along = (axis: 0 | 1) => ({
    kernel: kernel[axis],
    stride: stride[axis],
    dilation: dilation[axis],
    before: padding[axis],
    after: paddingAfter[axis],
  });
  return [along(0), along(1)];
}

/**
 * The rows and columns that remain when a window moves over [N,C,H,W].
 *
 * @throws ShapeError where the window does not fit into the padded plane
 */
export function windowedShape(operation: string, shape: Shape, geometry: WindowGeometry): readonly [number, number] {
  const [rows, columns] = windowsOf(geometry);
  return [windowCount(operation, shape, 2, rows), windowCount(operation, shape, 3, columns)];
}
