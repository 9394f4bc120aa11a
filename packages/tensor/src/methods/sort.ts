import { apply } from '../apply.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { checkFloat } from '../operator.js';
import { operators } from '../operators/index.js';
import { formatShape, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { where } from './elementwise.js';
import { along, transpose } from './movement.js';
import type { ReductionOptions } from './reduction.js';

/** The order of a sort. */
export interface SortOptions {
  /**
   * From the largest to the smallest.
   *
   * @default false
   */
  readonly descending?: boolean;
}

/** Elements in order, and where along the axis they were (int32). */
export interface Sorted {
  readonly values: Tensor;
  readonly indices: Tensor;
}

function positionsInOrder(x: Tensor, axis: number, count: number, largest: boolean): Tensor {
  if (axis === x.rank - 1) return apply(operators.topkIndices, [x], { count, largest })[0]!;
  const [positions] = apply(operators.topkIndices, [transpose(x, axis, -1)], { count, largest }) as [Tensor];
  return transpose(positions, axis, -1);
}

/** The first elements of an order along an axis. */
export function topk(x: Tensor, k: number, axis: number, largest: boolean): Sorted {
  const at = normalizeAxis('topk', axis, x.rank);
  if (k > x.shape[at]!) {
    throw new ShapeError(`topk: axis ${at} of ${formatShape(x.shape)} does not have ${k} elements`);
  }
  const indices = positionsInOrder(x, at, k, largest);
  return { values: x.gather(at, indices), indices };
}

/** All positions in order. */
export function argsort(x: Tensor, axis: number, options: SortOptions | undefined): Tensor {
  const at = normalizeAxis('argsort', axis, x.rank);
  return positionsInOrder(x, at, x.shape[at]!, options?.descending ?? false);
}

/** All elements in order. */
export function sort(x: Tensor, axis: number, options: SortOptions | undefined): Sorted {
  const at = normalizeAxis('sort', axis, x.rank);
  const indices = positionsInOrder(x, at, x.shape[at]!, options?.descending ?? false);
  return { values: x.gather(at, indices), indices };
}

/** The element in the middle, the lower one of two. */
export function median(x: Tensor, axis: number | undefined, options: ReductionOptions | undefined): Tensor {
  return ofOrder('median', x, axis, options, (values, at, length) => along(values, at, (length - 1) >> 1, 1));
}

/** What a share of the elements does not exceed. */
export function quantile(
  x: Tensor,
  q: number,
  axis: number | undefined,
  options: ReductionOptions | undefined,
): Tensor {
  checkFloat('quantile', x);
  if (!(q >= 0 && q <= 1)) throw new ArgumentError(`quantile: q must be from 0 to 1, not ${q}`);
  return ofOrder('quantile', x, axis, options, (values, at, length) => {
    const place = q * (length - 1);
    const lower = Math.floor(place);
    const below = along(values, at, lower, 1);
    return place === lower ? below : below.lerp(along(values, at, lower + 1, 1), place - lower);
  });
}

/** What is picked from the order along an axis, which has length 1 then; NaN where there is one. */
function ofOrder(
  operation: string,
  x: Tensor,
  axis: number | undefined,
  options: ReductionOptions | undefined,
  pick: (values: Tensor, axis: number, length: number) => Tensor,
): Tensor {
  if (axis === undefined) {
    const result = ofOrder(operation, x.flatten(), 0, undefined, pick);
    return result.reshape(options?.keepDims ? x.shape.map(() => 1) : []);
  }
  const at = normalizeAxis(operation, axis, x.rank);
  const length = x.shape[at]!;
  if (length === 0) throw new ShapeError(`${operation}: ${formatShape(x.shape)} has no elements along axis ${at}`);
  const { values } = sort(x, at, undefined);
  // NaN comes last: where there is one, it is the result.
  const last = along(values, at, length - 1, 1);
  const result = where(last.isNaN(), last, pick(values, at, length));
  return options?.keepDims ? result : result.squeeze(at);
}
