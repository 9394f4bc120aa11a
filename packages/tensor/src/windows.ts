import { ArgumentError, ShapeError } from './errors.js';
import type { SparseMatrix, WindowGeometry } from './kernels.js';
import { formatShape, numbersOf, type Shape } from './shape.js';
import { sparseMatrix } from './sparse-matrix.js';

/**
 * What is added around the axes that a window moves over: as much on both sides of all of them, or of each, or
 * [before, after] for each. `'same'` gives ⌈length/stride⌉ windows, and if what is missing is odd, one more after than
 * before; `'valid'` adds nothing.
 */
export type Padding<Size> = Size | readonly (readonly [before: number, after: number])[] | 'same' | 'valid';

/** How a window moves along one axis. */
export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** How a window moves, as people write it: a number for all axes, or one for each. */
export interface WindowSettings {
  readonly stride: number | readonly number[];
  readonly padding: Padding<number | readonly number[]>;
  readonly dilation: number | readonly number[];
}

/** The elements from the first to the last of a window. */
export function reachOf({ kernel, dilation }: Pick<AxisWindow, 'kernel' | 'dilation'>): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * The number of windows along an axis: ⌊(before + length + after − reach)/stride⌋ + 1 with reach = dilation·(kernel − 1) + 1.
 *
 * @throws ShapeError where the window does not fit into the padded axis
 */
export function windowCount(operation: string, shape: Shape, axis: number, window: AxisWindow): number {
  if (window.kernel < 1) {
    throw new ShapeError(`${operation}: kernel ${window.kernel} along axis ${axis}: a window needs an element`);
  }
  const padded = window.before + shape[axis]! + window.after;
  const reach = reachOf(window);
  if (reach > padded) {
    throw new ShapeError(
      `${operation}: ${formatShape(shape)}: a window of ${reach} does not fit into ${padded} along axis ${axis}: ` +
        'make the kernel smaller or the padding larger',
    );
  }
  return Math.floor((padded - reach) / window.stride) + 1;
}

/**
 * The windows of an axis laid out one tap after the other, zeros where they hang over its ends: row k·count + o takes the
 * element that tap k of window o lies on.
 */
export function windowMatrix(
  length: number,
  count: number,
  { kernel, stride, dilation, before }: AxisWindow,
): SparseMatrix {
  const rows = Array.from({ length: kernel * count }, (_, row) => {
    const [tap, window] = [Math.floor(row / count), row % count];
    const position = window * stride + tap * dilation - before;
    return position >= 0 && position < length ? [{ position, weight: 1 }] : [];
  });
  return sparseMatrix(length, rows);
}

/** [before, after] for an axis, so that there are ⌈length/stride⌉ windows. */
function samePadding(length: number, window: Pick<AxisWindow, 'kernel' | 'stride' | 'dilation'>): [number, number] {
  const { stride } = window;
  const missing = Math.max(0, (Math.ceil(length / stride) - 1) * stride + reachOf(window) - length);
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
}

/** [before, after] for each axis, or undefined where the lengths decide. */
function endsOf(
  operation: string,
  padding: WindowSettings['padding'],
  count: number,
): readonly (readonly [number, number])[] | undefined {
  if (padding === 'same') return undefined;
  if (padding === 'valid') return Array.from({ length: count }, () => [0, 0] as const);
  if (typeof padding === 'string') {
    throw new ArgumentError(`${operation}: padding must be numbers, 'same' or 'valid', not '${padding}'`);
  }
  if (typeof padding === 'number' || !padding.some((entry) => typeof entry !== 'number')) {
    const numbers = numbersOf(operation, 'padding', padding as number | readonly number[], count, 0);
    return numbers.map((each) => [each, each]);
  }
  const ends = padding as readonly (readonly [number, number])[];
  const isEnds = (entry: readonly number[]) =>
    Array.isArray(entry) && entry.length === 2 && entry.every((each) => Number.isInteger(each) && each >= 0);
  if (ends.length !== count || !ends.every(isEnds)) {
    const given = ends.map((entry) => (Array.isArray(entry) ? `[${entry}]` : entry));
    throw new ArgumentError(
      `${operation}: padding [${given}]: it must be [before, after] for each of ${count} axes, integers of 0 or more`,
    );
  }
  return ends;
}

/**
 * The window along each axis.
 *
 * @param lengths of the axes
 * @throws ArgumentError where a setting is out of range, or there are not as many as axes
 */
export function axisWindows(
  operation: string,
  lengths: readonly number[],
  kernel: readonly number[],
  { stride, padding, dilation }: WindowSettings,
): AxisWindow[] {
  const count = kernel.length;
  const strides = numbersOf(operation, 'stride', stride, count, 1);
  const dilations = numbersOf(operation, 'dilation', dilation, count, 1);
  const ends = endsOf(operation, padding, count);
  return kernel.map((own, axis) => {
    const window = { kernel: own, stride: strides[axis]!, dilation: dilations[axis]! };
    const [before, after] = ends?.[axis] ?? samePadding(lengths[axis]!, window);
    return { ...window, before, after };
  });
}

/** The window over rows and columns, as kernels know it. */
export function planeGeometry([rows, columns]: readonly AxisWindow[]): WindowGeometry {
  const pair = (name: keyof AxisWindow) => [rows![name], columns![name]] as const;
  const isEven = rows!.before === rows!.after && columns!.before === columns!.after;
  return {
    kernel: pair('kernel'),
    stride: pair('stride'),
    padding: pair('before'),
    ...(!isEven && { paddingAfter: pair('after') }),
    dilation: pair('dilation'),
  };
}

/** Along an axis of one element that was put there to make a plane of a line. */
export const noWindow: AxisWindow = { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };

/** How the tensors are laid out that windows of so many axes, less one, move over. */
export const windowedLayouts: readonly string[] = ['[N,C,L]', '[N,C,H,W]', '[N,C,D,H,W]'];
