import { apply } from '../apply.js';
import { tensor } from '../creation.js';
import { ShapeError } from '../errors.js';
import { operators } from '../operators/index.js';
import { formatShape, numbersOf, type Pair, type Triple } from '../shape.js';
import type { Tensor } from '../tensor.js';
import {
  type AxisWindow,
  axisWindows,
  noWindow,
  type Padding,
  planeGeometry,
  reachOf,
  windowCount,
  windowedLayouts,
} from '../windows.js';

/** How a pooling window moves. @default by its own size, without padding */
export interface PoolingOptions<Size> {
  readonly stride?: Size;
  readonly padding?: Padding<Size>;
  /**
   * Whether a last window may hang over the end, as long as it begins before it.
   *
   * @default false
   */
  readonly ceilMode?: boolean;
}

/** How a window of maximum pooling moves. */
export interface MaxPoolingOptions<Size> extends PoolingOptions<Size> {
  /** The distance of the elements of a window. @default 1 */
  readonly dilation?: Size;
}

/** How a window of average pooling moves, and what it divides by. */
export interface AveragePoolingOptions<Size> extends PoolingOptions<Size> {
  /**
   * Whether padding counts among the elements of a window, as zeros. What hangs over the padding never does.
   *
   * @default true
   */
  readonly countIncludePad?: boolean;
}

type Numbers = number | readonly number[];

/** A window along an axis, and the number of its places. */
interface PoolingAxis {
  readonly length: number;
  /** With as much padding after the end as the last window needs. */
  readonly window: AxisWindow;
  /** The padding after the end that was asked for. */
  readonly after: number;
  readonly count: number;
}

/** PyTorch's rule of rounding up: the last window begins inside the axis or in the padding before it. */
function lastCovering(shape: readonly number[], axis: number, operation: string, window: AxisWindow): number {
  const length = shape[axis]!;
  const count = windowCount(operation, shape, axis, { ...window, after: window.after + window.stride - 1 });
  return (count - 1) * window.stride >= length + window.before ? count - 1 : count;
}

function poolingAxes(
  operation: string,
  x: Tensor,
  kernel: Numbers,
  rank: number,
  options: MaxPoolingOptions<Numbers>,
): PoolingAxis[] {
  if (x.rank !== rank + 2) {
    throw new ShapeError(`${operation}: ${formatShape(x.shape)}: the input must be ${windowedLayouts[rank - 1]}`);
  }
  const kernels = numbersOf(operation, 'kernel', kernel, rank, 1);
  const { stride = kernel, padding = 0, dilation = 1, ceilMode = false } = options;
  const windows = axisWindows(operation, x.shape.slice(2), kernels, { stride, padding, dilation });
  return windows.map((window, i) => {
    const length = x.shape[2 + i]!;
    const { after } = window;
    if (!ceilMode) return { length, window, after, count: windowCount(operation, x.shape, 2 + i, window) };
    const count = lastCovering(x.shape, 2 + i, operation, window);
    const needed = (count - 1) * window.stride + reachOf(window) - length - window.before;
    return { length, window: { ...window, after: needed }, after, count };
  });
}

type PoolPlanes = (planes: Tensor, rows: PoolingAxis, columns: PoolingAxis) => Tensor;

const single: PoolingAxis = { length: 1, window: noWindow, after: 0, count: 1 };

/** Lines as planes of one row; volumes plane by plane, then along their depth. */
function pool(x: Tensor, axes: readonly PoolingAxis[], planes: PoolPlanes): Tensor {
  const [first, second, third] = axes as [PoolingAxis, PoolingAxis?, PoolingAxis?];
  if (!second) return planes(x.unsqueeze(2), single, first).squeeze(2);
  if (!third) return planes(x, first, second);
  const [images, channels, depth, height, width] = x.shape as [number, number, number, number, number];
  const flat = planes(x.reshape([images, channels * depth, height, width]), second, third);
  const area = second.count * third.count;
  const deep = planes(flat.reshape([images, channels, depth, area]), first, { ...single, length: area, count: area });
  return deep.reshape([images, channels, first.count, second.count, third.count]);
}

const maximum: PoolPlanes = (planes, rows, columns) =>
  apply(operators.maxPool2d, [planes], planeGeometry([rows.window, columns.window]))[0]!;

/** The elements that each window along an axis divides by. */
function countsOf({ length, window, after, count }: PoolingAxis, includePadding: boolean): number[] {
  return Array.from({ length: count }, (_, i) => {
    const start = i * window.stride - window.before;
    const end = start + window.kernel;
    return includePadding ? Math.min(end, length + after) - start : Math.min(end, length) - Math.max(start, 0);
  });
}

/** The kernel divides by the size of the window: corrected where fewer elements count. */
function average(includePadding: boolean): PoolPlanes {
  return (planes, rows, columns) => {
    const [mean] = apply(operators.averagePool2d, [planes], planeGeometry([rows.window, columns.window])) as [Tensor];
    const [high, wide] = [rows, columns].map((axis) => {
      const counts = countsOf(axis, includePadding);
      return counts.every((each) => each === axis.window.kernel) ? [axis.window.kernel] : counts;
    }) as [number[], number[]];
    const size = rows.window.kernel * columns.window.kernel;
    if (high[0]! * wide[0]! === size && high.length === 1 && wide.length === 1) return mean;
    const shares = high.map((row) => wide.map((column) => (row * column) / size));
    return mean.div(tensor(shares, { dtype: mean.dtype, device: mean.device }));
  };
}

/**
 * The largest element of each window: x [N,C,H,W]; the first one gets the gradient where several are equal.
 *
 * @throws ArgumentError where a window would see padding only
 */
export function maxPool2d(x: Tensor, kernel: Pair, options: MaxPoolingOptions<Pair> = {}): Tensor {
  return pool(x, poolingAxes('maxPool2d', x, kernel, 2, options), maximum);
}

/**
 * The mean of each window, padding counted as zeros unless told otherwise: x [N,C,H,W].
 *
 * @throws ArgumentError where a window would see padding only
 */
export function averagePool2d(x: Tensor, kernel: Pair, options: AveragePoolingOptions<Pair> = {}): Tensor {
  return pool(x, poolingAxes('averagePool2d', x, kernel, 2, options), average(options.countIncludePad ?? true));
}

/** The largest element of each window: x [N,C,L]. */
export function maxPool1d(x: Tensor, kernel: number, options: MaxPoolingOptions<number> = {}): Tensor {
  return pool(x, poolingAxes('maxPool1d', x, kernel, 1, options), maximum);
}

/** The mean of each window, padding counted as zeros unless told otherwise: x [N,C,L]. */
export function averagePool1d(x: Tensor, kernel: number, options: AveragePoolingOptions<number> = {}): Tensor {
  return pool(x, poolingAxes('averagePool1d', x, kernel, 1, options), average(options.countIncludePad ?? true));
}

/** The largest element of each window: x [N,C,D,H,W]. */
export function maxPool3d(x: Tensor, kernel: Triple, options: MaxPoolingOptions<Triple> = {}): Tensor {
  return pool(x, poolingAxes('maxPool3d', x, kernel, 3, options), maximum);
}

/** The mean of each window, padding counted as zeros unless told otherwise: x [N,C,D,H,W]. */
export function averagePool3d(x: Tensor, kernel: Triple, options: AveragePoolingOptions<Triple> = {}): Tensor {
  return pool(x, poolingAxes('averagePool3d', x, kernel, 3, options), average(options.countIncludePad ?? true));
}
