import { ShapeError } from '../errors.js';
import type { WindowGeometry } from '../kernels.js';
import { formatShape, type Shape } from '../shape.js';

/**
 * The rows and columns that remain when a window moves over [N,C,H,W]: ⌊(length + padding before and after − reach)/stride⌋
 * + 1 with reach = dilation·(kernel − 1) + 1.
 *
 * @throws ShapeError where the window does not fit into the padded plane
 */
export function windowedShape(
  operation: string,
  shape: Shape,
  { kernel, stride, padding, paddingAfter = padding, dilation }: WindowGeometry,
): readonly [number, number] {
  const [height, width] = [0, 1].map((axis) => {
    if (kernel[axis]! < 1)
      throw new ShapeError(`${operation}: kernel ${formatShape(kernel)}: a window needs an element`);
    const padded = padding[axis]! + shape[2 + axis]! + paddingAfter[axis]!;
    const reach = dilation[axis]! * (kernel[axis]! - 1) + 1;
    if (reach > padded) {
      throw new ShapeError(
        `${operation}: ${formatShape(shape)}: a window of ${reach} does not fit into ${padded} along axis ${2 + axis}: ` +
          'make the kernel smaller or the padding larger',
      );
    }
    return Math.floor((padded - reach) / stride[axis]!) + 1;
  });
  return [height!, width!];
}
