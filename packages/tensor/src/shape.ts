import { ArgumentError, ShapeError } from './errors.js';

/** The sizes of the axes of a tensor, outermost first; empty for a scalar. */
export type Shape = readonly number[];

/** The number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Row-major strides in elements: the last axis is contiguous. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The shape as it stands in messages: `[2,3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** @throws ShapeError where a length is negative or not an integer */
export function checkShape(operation: string, shape: Shape): void {
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ShapeError(`${operation}: shape ${formatShape(shape)}: every length must be an integer of 0 or more`);
    }
  }
}

/**
 * The common shape of two operands under NumPy's broadcasting rules: aligned at the last axis, lengths equal or 1.
 *
 * @throws ShapeError where an axis has two different lengths, neither of them 1
 */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const aLength = a[a.length - i] ?? 1;
    const bLength = b[b.length - i] ?? 1;
    if (aLength !== bLength && aLength !== 1 && bLength !== 1) {
      throw new ShapeError(
        `${operation}: ${formatShape(a)} and ${formatShape(b)}: axis ${rank - i} has lengths ${aLength} and ${bLength}, ` +
          'which broadcast only where they are equal or one of them is 1',
      );
    }
    result[rank - i] = aLength === 1 ? bLength : aLength;
  }
  return result;
}

/** The strides with which an operand is read as if it had the (broadcast) shape `to`: 0 along repeated axes. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((length, axis) => {
    const own = axis - missing;
    return own < 0 || (from[own] === 1 && length !== 1) ? 0 : strides[own]!;
  });
}

/**
 * The axis as a number from 0 on; negative ones count from the end.
 *
 * @throws ShapeError where the tensor has no such axis
 */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  if (rank === 0) throw new ShapeError(`${operation}: axis ${axis} of a scalar: it has no axes`);
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${operation}: axis ${axis} of a tensor with ${rank} axes: it must be an integer from ${-rank} to ${rank - 1}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * The axes from 0 on, ascending; all of them where none are named.
 *
 * @throws ShapeError where one does not exist or is named twice
 */
export function normalizeAxes(operation: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const normalized = (typeof axes === 'number' ? [axes] : [...axes]).map((axis) =>
    normalizeAxis(operation, axis, rank),
  );
  if (new Set(normalized).size !== normalized.length) {
    throw new ShapeError(`${operation}: axes ${formatShape(normalized)}: each axis may be named once`);
  }
  return normalized.sort((a, b) => a - b);
}

/** A number for both axes of a plane, or one for the rows and one for the columns. */
export type Pair = number | readonly [number, number];

/** A number for all axes of a volume, or one for the depth, one for the rows and one for the columns. */
export type Triple = number | readonly [number, number, number];

const COUNTS = ['none', 'one', 'two', 'three'];

/**
 * One number for each of `count` axes.
 *
 * @throws ArgumentError where one is not an integer of at least `minimum`, or there are not as many
 */
export function numbersOf(
  operation: string,
  name: string,
  value: number | readonly number[],
  count: number,
  minimum: number,
): readonly number[] {
  const numbers = typeof value === 'number' ? new Array<number>(count).fill(value) : value;
  if (numbers.length !== count || numbers.some((entry) => !Number.isInteger(entry) || entry < minimum)) {
    const several = count === 1 ? '' : `, or ${COUNTS[count] ?? count} of them`;
    throw new ArgumentError(`${operation}: ${name} must be an integer of ${minimum} or more${several}, not ${value}`);
  }
  return numbers;
}

/**
 * Both numbers of a pair.
 *
 * @throws ArgumentError where one is not an integer of at least `minimum`
 */
export function pairOf(operation: string, name: string, value: Pair, minimum: number): readonly [number, number] {
  return numbersOf(operation, name, value, 2, minimum) as readonly [number, number];
}
