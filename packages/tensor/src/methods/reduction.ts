import { apply, applyUnary, scalarLike, view } from '../apply.js';
import { checkFloat } from '../operator.js';
import { operators } from '../operators/index.js';
import type { AxisRun } from '../operators/reduction.js';
import { normalizeAxes, normalizeAxis, type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { where } from './elementwise.js';

/** Which axes a reduction runs over: one, several, or (undefined) all; negative ones count from the end. */
export type Axes = number | readonly number[] | undefined;

/** Whether a reduction leaves axes of length 1 behind, so that the result broadcasts against its input. */
export interface ReductionOptions {
  readonly keepDims?: boolean;
}

/** Runs of neighboring axes, the last one first. */
function runsOf(axes: readonly number[]): AxisRun[] {
  const runs: { first: number; end: number }[] = [];
  for (const axis of axes) {
    const last = runs.at(-1);
    if (last?.end === axis) last.end++;
    else runs.push({ first: axis, end: axis + 1 });
  }
  return runs.reverse();
}

function shapeWithout(x: Tensor, axes: readonly number[], options: ReductionOptions | undefined): Shape {
  return options?.keepDims
    ? x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : x.shape.filter((_, axis) => !axes.includes(axis));
}

/** For a tensor in which the axes have length 1 already. */
function dropAxes(x: Tensor, axes: readonly number[], options: ReductionOptions | undefined): Tensor {
  return options?.keepDims || axes.length === 0 ? x : x.reshape(shapeWithout(x, axes, options));
}

/** The axes flattened into one that comes last. */
function reducedLast(x: Tensor, axes: readonly number[]): Tensor {
  const rest = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...rest, ...axes];
  const ordered = order.every((axis, i) => axis === i) ? x : x.permute(order);
  const lengthOf = (axis: number) => x.shape[axis]!;
  return ordered.reshape([...rest.map(lengthOf), sizeOf(axes.map(lengthOf))]);
}

/** The sum over the axes. */
export function sum(x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  const reduced = normalizeAxes('sum', axes, x.rank);
  if (reduced.length === 0) return view(x);
  let result: Tensor = x;
  for (const run of runsOf(reduced)) [result] = apply(operators.sum, [result], run) as [Tensor];
  return dropAxes(result, reduced, options);
}

/** The number of elements that go into each result. */
function countOver(operation: string, x: Tensor, axes: Axes): number {
  checkFloat(operation, x);
  return sizeOf(normalizeAxes(operation, axes, x.rank).map((axis) => x.shape[axis]!));
}

/** The mean over the axes. */
export function mean(x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  const count = countOver('mean', x, axes);
  return x.sum(axes, options).div(count);
}

/** The mean squared distance from the mean over the axes. */
export function variance(
  x: Tensor,
  axes: Axes,
  options: (ReductionOptions & { readonly correction?: number }) | undefined,
): Tensor {
  const count = countOver('variance', x, axes);
  const centered = x.sub(x.mean(axes, { keepDims: true }));
  return centered
    .square()
    .sum(axes, options)
    .div(Math.max(0, count - (options?.correction ?? 1)));
}

/** The largest or smallest element over the axes. */
export function extreme(name: 'max' | 'min', x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  const reduced = normalizeAxes(name, axes, x.rank);
  const shape = shapeWithout(x, reduced, options);
  const runs = runsOf(reduced);
  // Ties share the gradient evenly over all the axes only where one reduction sees them all.
  if (runs.length <= 1) {
    return runs.length === 0 ? view(x) : dropAxes(apply(operators[name], [x], runs[0]!)[0]!, reduced, options);
  }
  const last = reducedLast(x, reduced);
  return apply(operators[name], [last], { first: last.rank - 1, end: last.rank })[0]!.reshape(shape);
}

function lastFrom(x: Tensor, start: number, end: number): Tensor {
  return x.slice([...x.shape.slice(0, -1).map(() => [] as const), [start, end]]);
}

function padLast(x: Tensor, length: number, value: number): Tensor {
  const missing = length - x.shape.at(-1)!;
  if (missing === 0) return x;
  return x.pad([...x.shape.slice(0, -1).map(() => [0, 0] as const), [0, missing]], value);
}

/** The product over the axes, by halves: no division, so that factors of 0 do no harm to the gradient. */
export function prod(x: Tensor, axes: Axes, options: ReductionOptions | undefined): Tensor {
  const reduced = normalizeAxes('prod', axes, x.rank);
  let result = reducedLast(x, reduced);
  for (let length = result.shape.at(-1)!; length !== 1; length = result.shape.at(-1)!) {
    if (length === 0) {
      result = padLast(result, 1, 1);
      continue;
    }
    const half = Math.ceil(length / 2);
    const upper = padLast(lastFrom(result, half, length), half, 1);
    result = lastFrom(result, 0, half).mul(upper);
  }
  return result.reshape(shapeWithout(x, reduced, options));
}

/** ln Σ e^x over one axis: −∞ where it has no elements. */
export function logSumExp(x: Tensor, axis: number, options: ReductionOptions | undefined): Tensor {
  if (x.shape[normalizeAxis('logSumExp', axis, x.rank)] === 0) return x.sum(axis, options).log();
  const largest = x.detach().max(axis, { keepDims: true });
  const finite = where(largest.abs().less(Number.POSITIVE_INFINITY), largest, scalarLike('logSumExp', 0, largest));
  const sum = x.sub(finite).exp().sum(axis, { keepDims: true });
  // Where the sum is 0, all are −∞, and so is the largest; the derivative of the logarithm must not appear there.
  const isEmpty = sum.equal(0);
  const logarithm = where(isEmpty, scalarLike('logSumExp', 1, sum), sum).log();
  return where(isEmpty, largest, logarithm.add(finite)).reshape(
    shapeWithout(x, [normalizeAxis('logSumExp', axis, x.rank)], options),
  );
}

/** The position of the first extreme element. */
export function argExtreme(
  name: 'argmax' | 'argmin',
  x: Tensor,
  axis: number | undefined,
  options: ReductionOptions | undefined,
): Tensor {
  if (axis === undefined) {
    const [position] = apply(operators[name], [x.flatten()], { first: 0, end: 1 }) as [Tensor];
    return position.reshape(options?.keepDims ? x.shape.map(() => 1) : []);
  }
  const first = normalizeAxis(name, axis, x.rank);
  return dropAxes(apply(operators[name], [x], { first, end: first + 1 })[0]!, [first], options);
}

/** An operator of the last axis applied along another one. */
export function alongAxis(name: 'softmax' | 'logSoftmax', x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(name, axis, x.rank);
  if (at === x.rank - 1) return applyUnary(operators[name], x);
  const order = x.shape.map((_, each) => each);
  [order[at], order[x.rank - 1]] = [x.rank - 1, at];
  return applyUnary(operators[name], x.permute(order)).permute(order);
}
