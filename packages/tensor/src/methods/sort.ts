import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
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
  if (axis === undefined)
    return median(x.flatten(), 0, undefined).reshape(options?.keepDims ? x.shape.map(() => 1) : []);
  const at = normalizeAxis('median', axis, x.rank);
  const length = x.shape[at]!;
  if (length === 0) throw new ShapeError(`median: ${formatShape(x.shape)} has no elements along axis ${at}`);
  const { values } = sort(x, at, undefined);
  // NaN comes last: where there is one, it is the median.
  const last = along(values, at, length - 1, 1);
  const result = where(last.isNaN(), last, along(values, at, (length - 1) >> 1, 1));
  return options?.keepDims ? result : result.squeeze(at);
}
