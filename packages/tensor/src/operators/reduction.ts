import { ArgumentError, ShapeError } from '../errors.js';
import type { ArgReductionName, Operand, ReductionLayout, ReductionName } from '../kernels.js';
import { checkInteger, checkType, type Operator, operator } from '../operator.js';
import { formatShape, type Shape, sizeOf } from '../shape.js';

/** A run of neighboring axes, from `first` to before `end`, that is reduced to length 1. */
export interface AxisRun {
  readonly first: number;
  readonly end: number;
}

function layoutOf(shape: Shape, { first, end }: AxisRun): ReductionLayout {
  return {
    outer: sizeOf(shape.slice(0, first)),
    length: sizeOf(shape.slice(first, end)),
    inner: sizeOf(shape.slice(end)),
  };
}

function reducedShape(shape: Shape, { first, end }: AxisRun): Shape {
  return shape.map((length, axis) => (axis >= first && axis < end ? 1 : length));
}

function checkNotEmpty(name: string, x: Operand, run: AxisRun): void {
  if (layoutOf(x.shape, run).length === 0) {
    throw new ShapeError(`${name}: ${formatShape(x.shape)} has no elements along the axes, so there is no ${name}`);
  }
}

function reduction(name: ReductionName): Operator<readonly [Operand], AxisRun> {
  return operator({
    name,
    infer: ([x], run) => {
      checkType(name, x, ['float32', 'float64', 'int32']);
      if (name !== 'sum') checkNotEmpty(name, x, run);
      return [{ shape: reducedShape(x.shape, run), dtype: x.dtype }];
    },
    launch: (kernels, [x], [out], run) => kernels.reduction[name](x, out!, layoutOf(x.shape, run)),
  });
}

function argReduction(name: ArgReductionName): Operator<readonly [Operand], AxisRun> {
  return operator({
    name,
    infer: ([x], run) => {
      checkNotEmpty(name, x, run);
      return [{ shape: reducedShape(x.shape, run), dtype: 'int32' }];
    },
    launch: (kernels, [x], [out], run) => kernels.argReduction[name](x, out!, layoutOf(x.shape, run)),
  });
}

/** Operators that sum up, compare or order the elements along axes. */
export const reductionOperators = {
  sum: reduction('sum'),
  max: reduction('max'),
  min: reduction('min'),
  argmax: argReduction('argmax'),
  argmin: argReduction('argmin'),

  topkIndices: operator<readonly [Operand], { readonly count: number; readonly largest: boolean }>({
    name: 'topkIndices',
    infer: ([x], { count }) => {
      checkInteger('topk', 'k', count, 0);
      const length = x.shape.at(-1);
      if (length === undefined || count > length) {
        throw new ShapeError(`topk: the last axis of ${formatShape(x.shape)} does not have ${count} elements`);
      }
      return [{ shape: [...x.shape.slice(0, -1), count], dtype: 'int32' }];
    },
    launch: (kernels, [x], [out], { largest }) => kernels.topk(x, out!, largest),
  }),

  histogram: operator<readonly [Operand], { readonly bins: number; readonly low: number; readonly high: number }>({
    name: 'histogram',
    infer: (_, { bins, low, high }) => {
      checkInteger('histogram', 'bins', bins, 1);
      if (!(low < high && Number.isFinite(high - low))) {
        throw new ArgumentError(
          `histogram: from ${low} to ${high} is no interval: high must be above low, both finite`,
        );
      }
      return [{ shape: [bins], dtype: 'int32' }];
    },
    launch: (kernels, [x], [out], { low, high }) => kernels.histogram(x, out!, low, high),
  }),
};
