import { apply, placesAlong, scalarLike, type TensorLike, view } from '../apply.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { concat } from '../functions/movement.js';
import type { ScatterReduction } from '../kernels.js';
import { checkInteger } from '../operator.js';
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

/**
 * The part of an axis to take: one index (the axis goes away), or [start, end, step] as in Python. Negative indices count
 * from the end; with a negative step, which goes backward, a missing start is the last element and a missing end lies
 * before the first.
 */
export type SliceRange =
  | number
  | readonly [start?: number | undefined, end?: number | undefined, step?: number | undefined];

/** The axes in another order. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const order = axes.map((axis) => normalizeAxis('permute', axis, x.rank));
  if (new Set(order).size !== x.rank || order.length !== x.rank) {
    throw new ShapeError(`permute: ${formatShape(axes)} must name each of the ${x.rank} axes once`);
  }
  return apply(operators.permute, [x], { axes: order })[0]!;
}

/** Two axes exchanged. */
export function transpose(x: Tensor, axis1: number, axis2: number): Tensor {
  if (x.rank < 2) throw new ShapeError(`transpose: ${formatShape(x.shape)} has no two axes to exchange`);
  const [first, second] = [axis1, axis2].map((axis) => normalizeAxis('transpose', axis, x.rank)) as [number, number];
  const axes = x.shape.map((_, axis) => axis);
  [axes[first], axes[second]] = [second, first];
  return permute(x, axes);
}

/** Neighboring axes as one. */
export function flatten(x: Tensor, start: number, end: number): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const [first, last] = [start, end].map((axis) => normalizeAxis('flatten', axis, x.rank)) as [number, number];
  if (first > last) {
    throw new ShapeError(`flatten: axes ${first} to ${last} of ${formatShape(x.shape)}: the first must not come after`);
  }
  return reshape(x, [...x.shape.slice(0, first), sizeOf(x.shape.slice(first, last + 1)), ...x.shape.slice(last + 1)]);
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

/** Every `step`-th element along one axis from `start` on, `count` of them. */
export function along(x: Tensor, axis: number, start: number, count: number, step = 1): Tensor {
  return apply(operators.slice, [x], {
    starts: x.shape.map((_, each) => (each === axis ? start : 0)),
    steps: x.shape.map((_, each) => (each === axis ? step : 1)),
    shape: x.shape.map((length, each) => (each === axis ? count : length)),
  })[0]!;
}

/** The places that Python's `start:end:step` takes of an axis: bounds beyond its ends are moved there. */
function placesOf(length: number, [from, to, step = 1]: Exclude<SliceRange, number>) {
  const [first, last] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (bound: number) => Math.min(last, Math.max(first, bound < 0 ? bound + length : bound));
  const start = from === undefined ? (step > 0 ? first : last) : place(from);
  const end = to === undefined ? (step > 0 ? last : first) : place(to);
  return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
}

/** One range for each of the first axes. */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  if (ranges.length > x.rank) {
    throw new ShapeError(`slice: ${ranges.length} ranges for the ${x.rank} axes of ${formatShape(x.shape)}`);
  }
  const places = x.shape.map((length, axis) => {
    const range = ranges[axis] ?? [];
    if (typeof range === 'number') {
      if (Number.isInteger(range) && range >= -length && range < length) {
        return { start: range < 0 ? range + length : range, step: 1, count: 1 };
      }
      throw new ShapeError(
        `slice: ${range} of axis ${axis} of ${formatShape(x.shape)}: the index must be an integer from ${-length} to ` +
          `${length - 1}`,
      );
    }
    if (range.every((bound) => bound === undefined || Number.isInteger(bound)) && range[2] !== 0) {
      return placesOf(length, range);
    }
    throw new ShapeError(
      `slice: [${range}] of axis ${axis} of ${formatShape(x.shape)}: start, end and step must be integers, the step not 0`,
    );
  });
  const [part] = apply(operators.slice, [x], {
    starts: places.map(({ start }) => start),
    steps: places.map(({ step }) => step),
    shape: places.map(({ count }) => count),
  }) as [Tensor];
  const dropped = ranges.flatMap((range, axis) => (typeof range === 'number' ? [axis] : []));
  return dropped.length === 0 ? part : part.squeeze(dropped);
}

/** The elements along the axes in reverse order. */
export function flip(x: Tensor, axes: Axes): Tensor {
  const reversed = normalizeAxes('flip', axes, x.rank);
  return x.slice(x.shape.map((_, axis): SliceRange => (reversed.includes(axis) ? [undefined, undefined, -1] : [])));
}

/** Planes turned by right angles. */
export function rot90(x: Tensor, times: number, axes: readonly [number, number]): Tensor {
  const [from, to] = axes.map((axis) => normalizeAxis('rot90', axis, x.rank)) as [number, number];
  if (from === to) throw new ShapeError(`rot90: axes [${axes}] of ${formatShape(x.shape)}: there must be two of them`);
  if (!Number.isInteger(times)) throw new ArgumentError(`rot90: times must be an integer, not ${times}`);
  const turns = ((times % 4) + 4) % 4;
  if (turns === 0) return view(x);
  if (turns === 2) return flip(x, [from, to]);
  return transpose(flip(x, turns === 1 ? to : from), from, to);
}

/** The elements moved along the axes; those that leave at one end come in at the other. */
export function roll(x: Tensor, shifts: number | readonly number[], axes: Axes): Tensor {
  if (axes === undefined) return roll(x.flatten(), shifts, 0).reshape(x.shape);
  const named = typeof axes === 'number' ? [axes] : axes;
  const distances = typeof shifts === 'number' ? [shifts] : shifts;
  if (named.length !== distances.length || !distances.every(Number.isInteger)) {
    throw new ShapeError(`roll: shifts [${distances}] for axes [${named}]: every axis needs an integer`);
  }
  let result: Tensor = view(x);
  for (const [i, axis] of named.entries()) {
    const at = normalizeAxis('roll', axis, x.rank);
    const length = x.shape[at]!;
    const moved = length === 0 ? 0 : ((distances[i]! % length) + length) % length;
    if (moved === 0) continue;
    result = concat([along(result, at, length - moved, moved), along(result, at, 0, length - moved)], at);
  }
  return result;
}

/** x with other elements in the place of a part of it. */
export function sliceScatter(x: Tensor, ranges: readonly SliceRange[], source: TensorLike): Tensor {
  const flat = x.reshape([x.size]);
  const places = placesAlong(flat, 0).reshape(x.shape).slice(ranges);
  const given = typeof source === 'number' ? scalarLike('sliceScatter', source, x) : source;
  if (!sameShape(broadcastShapes('sliceScatter', given.shape, places.shape), places.shape)) {
    throw new ShapeError(
      `sliceScatter: ${formatShape(given.shape)} does not broadcast to the part, which is ${formatShape(places.shape)}`,
    );
  }
  const elements = given.broadcastTo(places.shape).reshape([places.size]);
  return flat.scatter(0, places.reshape([places.size]), elements).reshape(x.shape);
}

/** Whole slices by their positions. */
export function take(x: Tensor, axis: number, positions: Tensor): Tensor {
  const at = normalizeAxis('take', axis, x.rank);
  if (positions.dtype !== 'int32') {
    throw new DTypeError(`take: the positions are ${positions.dtype}: cast() them to int32`);
  }
  const picked = x.gather(at, positions.reshape(x.shape.map((_, each) => (each === at ? positions.size : 1))));
  if (positions.rank === 1) return picked;
  return picked.reshape([...x.shape.slice(0, at), ...positions.shape, ...x.shape.slice(at + 1)]);
}

/** x with elements joined to what is at the places that an index names. */
export function scatter(
  x: Tensor,
  axis: number,
  index: Tensor,
  source: TensorLike,
  reduction: ScatterReduction,
): Tensor {
  const at = normalizeAxis('scatter', axis, x.rank);
  const given =
    typeof source === 'number'
      ? scalarLike('scatter', source, x).broadcastTo(
          x.shape.map((length, each) => (each === at ? (index.shape[at] ?? 0) : length)),
        )
      : source;
  return apply(operators.scatter, [x, index, given], { axis: at, reduction })[0]!;
}

/** The parts of an axis: of so many elements each (the last one of the rest), or of the lengths given. */
export function split(x: Tensor, size: number | readonly number[], axis: number): Tensor[] {
  const at = normalizeAxis('split', axis, x.rank);
  const whole = x.shape[at]!;
  if (typeof size === 'number') {
    checkInteger('split', 'size', size, 1);
    const count = Math.max(1, Math.ceil(whole / size));
    return split(
      x,
      Array.from({ length: count }, (_, i) => Math.min(size, whole - i * size)),
      at,
    );
  }
  const total = size.reduce((sum, length) => sum + length, 0);
  if (total !== whole || size.some((length) => !Number.isInteger(length) || length < 0)) {
    throw new ShapeError(
      `split: [${size}] along axis ${at} of ${formatShape(x.shape)}: the lengths must be integers of 0 or more that add ` +
        `up to ${whole}`,
    );
  }
  let end = 0;
  return size.map((length) => {
    end += length;
    return along(x, at, end - length, length);
  });
}

/** At most `count` parts of an axis, of equal lengths but for the last. */
export function chunk(x: Tensor, count: number, axis: number): Tensor[] {
  checkInteger('chunk', 'count', count, 1);
  const length = x.shape[normalizeAxis('chunk', axis, x.rank)]!;
  return split(x, Math.max(1, Math.ceil(length / count)), axis);
}

/** The slices along an axis, without it. */
export function unbind(x: Tensor, axis: number): Tensor[] {
  const at = normalizeAxis('unbind', axis, x.rank);
  return x.shape[at] === 0 ? [] : split(x, 1, at).map((part) => part.squeeze(at));
}

/** The axes repeated; missing axes are put before. */
export function repeat(x: Tensor, times: readonly number[]): Tensor {
  for (const count of times) checkInteger('repeat', 'times', count, 0);
  if (times.length < x.rank) {
    throw new ShapeError(
      `repeat: [${times}] for ${formatShape(x.shape)}: every axis needs a number, and axes before them may have one`,
    );
  }
  const shape = [...times.slice(x.rank).map(() => 1), ...x.shape];
  const apart = x.reshape(shape.flatMap((length) => [1, length]));
  const repeated = apart.broadcastTo(shape.flatMap((length, axis) => [times[axis]!, length]));
  return repeated.reshape(shape.map((length, axis) => times[axis]! * length));
}

/** Each element so many times in a row. */
export function repeatInterleave(x: Tensor, times: number, axis: number): Tensor {
  checkInteger('repeatInterleave', 'times', times, 0);
  const at = normalizeAxis('repeatInterleave', axis, x.rank);
  const shape = (count: number) => [...x.shape.slice(0, at + 1), count, ...x.shape.slice(at + 1)];
  const repeated = x.reshape(shape(1)).broadcastTo(shape(times));
  return repeated.reshape(x.shape.map((length, each) => (each === at ? times * length : length)));
}
