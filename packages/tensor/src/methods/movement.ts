import { apply, view } from '../apply.js';
import { checkElement } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { operators } from '../operators/index.js';
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
} from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Axes } from './reduction.js';

/** The part of an axis to take: one index (the axis goes away), or [start, end, step]; negative ones count from the end. */
export type SliceRange = number | readonly [start?: number, end?: number, step?: number];

/** The axes in another order. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const order = axes.map((axis) => normalizeAxis('permute', axis, x.rank));
  if (new Set(order).size !== x.rank || order.length !== x.rank) {
    throw new ShapeError(`permute: ${formatShape(axes)} must name each of the ${x.rank} axes once`);
  }
  return apply(operators.permute, [x], { axes: order })[0]!;
}

/** The same elements under another shape, one length of which may be −1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.filter((length) => length !== -1);
  const missing = shape.length - known.length;
  const rest = x.size / sizeOf(known);
  if (missing > 1 || (missing === 1 && !Number.isInteger(rest))) {
    throw new ShapeError(`reshape: ${formatShape(x.shape)} cannot become ${formatShape(shape)}`);
  }
  const complete = shape.map((length) => (length === -1 ? rest : length));
  checkShape('reshape', complete);
  return apply(operators.reshape, [x], { shape: complete })[0]!;
}

/** Without axes of length 1. */
export function squeeze(x: Tensor, axes: Axes): Tensor {
  const named = axes === undefined ? undefined : normalizeAxes('squeeze', axes, x.rank);
  const long = named?.find((axis) => x.shape[axis] !== 1);
  if (long !== undefined) {
    throw new ShapeError(`squeeze: axis ${long} of ${formatShape(x.shape)} has ${x.shape[long]} entries, not 1`);
  }
  return x.reshape(x.shape.filter((length, axis) => (named ? !named.includes(axis) : length !== 1)));
}

/** Summed over what would be broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return view(x);
  if (!sameShape(broadcastShapes('sumTo', x.shape, shape), x.shape)) {
    throw new ShapeError(`sumTo: ${formatShape(shape)} does not broadcast to ${formatShape(x.shape)}`);
  }
  const missing = x.rank - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length !== 1) ? [axis] : [],
  );
  return x.sum(axes, { keepDims: true }).reshape(shape);
}

/** One range for each of the first axes. */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  if (ranges.length > x.rank) {
    throw new ShapeError(`slice: ${ranges.length} ranges for the ${x.rank} axes of ${formatShape(x.shape)}`);
  }
  const starts: number[] = [];
  const steps: number[] = [];
  const shape: number[] = [];
  x.shape.forEach((length, axis) => {
    const range = ranges[axis] ?? [];
    const single = typeof range === 'number';
    const [from = 0, to = length, step = 1] = single ? [range] : range;
    const start = from < 0 ? from + length : from;
    const end = single ? start + 1 : to < 0 ? to + length : to;
    if (
      ![start, end].every((at) => Number.isInteger(at) && at >= 0 && at <= length) ||
      !Number.isInteger(step) ||
      step < 1
    ) {
      throw new ShapeError(
        `slice: ${single ? range : `[${range}]`} of axis ${axis} of ${formatShape(x.shape)}: ` +
          (single
            ? `the index must be an integer from ${-length} to ${length - 1}`
            : `start and end must be integers from ${-length} to ${length}, the step one of 1 or more`),
      );
    }
    starts.push(start);
    steps.push(step);
    shape.push(Math.max(0, Math.ceil((end - start) / step)));
  });
  const [part] = apply(operators.slice, [x], { starts, shape, steps }) as [Tensor];
  const dropped = ranges.flatMap((range, axis) => (typeof range === 'number' ? [axis] : []));
  return dropped.length === 0 ? part : part.squeeze(dropped);
}

/** With a value around it. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value: number): Tensor {
  if (widths.length !== x.rank || widths.some((pair) => pair.some((width) => !Number.isInteger(width) || width < 0))) {
    throw new ShapeError(
      `pad: [${widths.map((pair) => `[${pair}]`)}] for ${formatShape(x.shape)}: ` +
        'every axis needs two integers of 0 or more',
    );
  }
  checkElement('pad', value, x.dtype);
  return apply(operators.pad, [x], {
    starts: widths.map(([before]) => before),
    shape: x.shape.map((length, axis) => widths[axis]![0] + length + widths[axis]![1]),
    steps: x.shape.map(() => 1),
    value,
  })[0]!;
}

/** Whole slices by their positions. */
export function take(x: Tensor, axis: number, positions: Tensor): Tensor {
  const at = normalizeAxis('take', axis, x.rank);
  if (positions.rank !== 1) throw new ShapeError(`take: positions ${formatShape(positions.shape)} must have one axis`);
  const shape = x.shape.map((length, each) => (each === at ? positions.size : length));
  const column = positions.reshape(shape.map((_, each) => (each === at ? positions.size : 1)));
  return x.gather(at, column.broadcastTo(shape));
}
