import { ShapeError } from '../errors.js';
import type { Operand, ReductionLayout } from '../kernels.js';
import { checkFloat, checkSameType, checkType, type Operator, operator } from '../operator.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape.js';

/** The axis that is gone along, from its first place or (reverse) from its last. */
export interface ScanAttributes {
  readonly axis: number;
  readonly reverse: boolean;
}

function layoutOf(shape: Shape, axis: number): ReductionLayout {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

function running(name: 'cumsum' | 'cumprod'): Operator<readonly [Operand], ScanAttributes> {
  return operator({
    name,
    infer: ([x]) => {
      checkType(name, x, ['float32', 'float64', 'int32']);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x], [out], { axis, reverse }) => {
      const [factors, terms] = name === 'cumsum' ? [undefined, x] : [x, undefined];
      kernels.scan(factors, terms, out!, layoutOf(x.shape, axis), reverse);
    },
  });
}

/** Operators in which every element depends on those before it along an axis. */
export const scanOperators = {
  cumsum: running('cumsum'),
  cumprod: running('cumprod'),

  linearRecurrence: operator<readonly [Operand, Operand], ScanAttributes>({
    name: 'linearRecurrence',
    infer: ([factors, terms]) => {
      checkSameType('linearRecurrence', factors, terms);
      checkFloat('linearRecurrence', factors);
      if (!sameShape(factors.shape, terms.shape)) {
        throw new ShapeError(
          `linearRecurrence: factors ${formatShape(factors.shape)} and terms ${formatShape(terms.shape)}: the shapes differ`,
        );
      }
      return [{ shape: terms.shape, dtype: terms.dtype }];
    },
    launch: (kernels, [factors, terms], [out], { axis, reverse }) =>
      kernels.scan(factors, terms, out!, layoutOf(terms.shape, axis), reverse),
  }),
};
