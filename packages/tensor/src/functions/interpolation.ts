import { view } from '../apply.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { type LineMode, resizingMatrix } from '../interpolation.js';
import { checkFloat } from '../operator.js';
import { formatShape, numbersOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { sparseMatmul } from './sparse.js';

/** How elements between those of the input are made. */
export type InterpolationMode = 'nearest' | 'nearest-exact' | 'area' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic';

/** How a line, a plane or a volume is resized: to a size or by a factor. */
export interface InterpolationOptions {
  /** The lengths of the axes after the first two; one number stands for all. */
  readonly size?: number | readonly number[];
  /** By what the lengths are multiplied, which are then rounded down; one number stands for all. */
  readonly scaleFactor?: number | readonly number[];
  /** @default 'nearest' */
  readonly mode?: InterpolationMode;
  /**
   * Whether the centers of the elements at the corners are kept, rather than the outer edges of the corners. Only for the
   * linear and the cubic modes.
   *
   * @default false
   */
  readonly alignCorners?: boolean;
}

/** What a mode does along an axis, and for how many axes it is. */
const modes: Readonly<Record<InterpolationMode, { readonly line: LineMode; readonly axes: readonly number[] }>> = {
  nearest: { line: 'nearest', axes: [1, 2, 3] },
  'nearest-exact': { line: 'nearest-exact', axes: [1, 2, 3] },
  area: { line: 'area', axes: [1, 2, 3] },
  linear: { line: 'linear', axes: [1] },
  bilinear: { line: 'linear', axes: [2] },
  trilinear: { line: 'linear', axes: [3] },
  bicubic: { line: 'cubic', axes: [2] },
};

interface Target {
  readonly length: number;
  readonly factor: number | undefined;
}

function targetsOf(x: Tensor, { size, scaleFactor }: InterpolationOptions): Target[] {
  const lengths = x.shape.slice(2);
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError('interpolate: give either a size or a scaleFactor');
  }
  if (size !== undefined) {
    const numbers = numbersOf('interpolate', 'size', size, lengths.length, 1);
    return numbers.map((length) => ({ length, factor: undefined }));
  }
  const factors = typeof scaleFactor === 'number' ? lengths.map(() => scaleFactor) : scaleFactor!;
  return lengths.map((length, axis) => {
    const factor = factors[axis]!;
    const scaled = Math.floor(length * factor);
    if (factors.length !== lengths.length || !(scaled >= 1 && Number.isFinite(scaled))) {
      throw new ArgumentError(
        `interpolate: scaleFactor ${scaleFactor} for ${formatShape(x.shape)}: it must be positive, one for each axis ` +
          'after the first two, and leave an element',
      );
    }
    return { length: scaled, factor };
  });
}

/**
 * A line [N,C,L], a plane [N,C,H,W] or a volume [N,C,D,H,W] resized, one axis after the other.
 *
 * @throws ArgumentError where the mode is not for so many axes, or neither size nor scaleFactor is given, or both
 * @throws ShapeError where there is nothing to be resized
 */
export function interpolate(x: Tensor, options: InterpolationOptions): Tensor {
  const { mode = 'nearest', alignCorners = false } = options;
  checkFloat('interpolate', x);
  const axes = x.rank - 2;
  if (axes < 1 || axes > 3 || x.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `interpolate: ${formatShape(x.shape)}: the input must be [N,C,L], [N,C,H,W] or [N,C,D,H,W], with elements`,
    );
  }
  if (!modes[mode]?.axes.includes(axes)) {
    const fitting = Object.entries(modes).flatMap(([name, { axes: counts }]) => (counts.includes(axes) ? [name] : []));
    throw new ArgumentError(
      `interpolate: mode '${mode}' is not for ${formatShape(x.shape)}: take one of ${fitting.join(', ')}`,
    );
  }
  const { line } = modes[mode];
  if (alignCorners && line !== 'linear' && line !== 'cubic') {
    throw new ArgumentError(`interpolate: alignCorners is for the linear and the cubic modes, not for '${mode}'`);
  }
  const targets = targetsOf(x, options);
  // Whatever makes the tensor smaller comes first, and the last axis, whose neighbors are no block, while it is small.
  const order = targets.map((_, axis) => axis);
  const grows = (axis: number) => targets[axis]!.length > x.shape[2 + axis]!;
  const steps = [...order.filter((axis) => !grows(axis)), ...order.filter(grows).reverse()];
  return steps.reduce((result, axis) => {
    const { length: outLength, factor } = targets[axis]!;
    const matrix = resizingMatrix(line, { length: x.shape[2 + axis]!, outLength, factor, alignCorners });
    return matrix ? sparseMatmul(result, 2 + axis, matrix) : result;
  }, view(x));
}
