import { ShapeError } from '../errors.js';
import type { Operand } from '../kernels.js';
import { checkInteger, checkSameType, checkType, operator } from '../operator.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape.js';

function withoutAxis(shape: Shape, axis: number): Shape {
  return shape.filter((_, other) => other !== axis);
}

function checkIndex(name: string, index: Operand, x: Operand, axis: number): void {
  checkType(name, index, ['int32']);
  if (index.shape.length !== x.shape.length || !sameShape(withoutAxis(index.shape, axis), withoutAxis(x.shape, axis))) {
    throw new ShapeError(
      `${name}: index ${formatShape(index.shape)} for ${formatShape(x.shape)}: the shapes may differ along axis ${axis} only`,
    );
  }
}

/** Operators that move elements without computing with them. */
export const movementOperators = {
  reshape: operator<readonly [Operand], { readonly shape: Shape }>({
    name: 'reshape',
    infer: ([x], { shape }) => {
      if (sizeOf(shape) !== x.size) {
        throw new ShapeError(
          `reshape: ${formatShape(x.shape)} has ${x.size} elements, ${formatShape(shape)} has ${sizeOf(shape)}`,
        );
      }
      return [{ shape, dtype: x.dtype, aliasOf: 0 }];
    },
    launch: () => {},
  }),

  clone: operator<readonly [Operand], void>({
    name: 'clone',
    infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
    launch: (kernels, [x], [out]) => kernels.copy(x, out!),
  }),

  permute: operator<readonly [Operand], { readonly axes: readonly number[] }>({
    name: 'permute',
    infer: ([x], { axes }) => [{ shape: axes.map((axis) => x.shape[axis]!), dtype: x.dtype }],
    launch: (kernels, [x], [out], { axes }) => kernels.permute(x, out!, axes),
  }),

  slice: operator<
    readonly [Operand],
    { readonly starts: readonly number[]; readonly shape: Shape; readonly steps: readonly number[] }
  >({
    name: 'slice',
    infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
    launch: (kernels, [x], [out], { starts, steps }) => kernels.slice(x, out!, starts, steps),
  }),

  pad: operator<
    readonly [Operand],
    {
      readonly starts: readonly number[];
      readonly shape: Shape;
      readonly steps: readonly number[];
      readonly value: number;
    }
  >({
    name: 'pad',
    infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
    launch: (kernels, [x], [out], { starts, steps, value }) => kernels.pad(x, out!, starts, steps, value),
  }),

  concat: operator<readonly Operand[], { readonly axis: number }>({
    name: 'concat',
    infer: (inputs, { axis }) => {
      const first = inputs[0]!;
      let length = 0;
      for (const input of inputs) {
        checkSameType('concat', first, input);
        if (
          input.shape.length !== first.shape.length ||
          !sameShape(withoutAxis(input.shape, axis), withoutAxis(first.shape, axis))
        ) {
          throw new ShapeError(
            `concat: ${formatShape(first.shape)} and ${formatShape(input.shape)}: the shapes may differ along axis ${axis} only`,
          );
        }
        length += input.shape[axis]!;
      }
      return [{ shape: first.shape.map((own, each) => (each === axis ? length : own)), dtype: first.dtype }];
    },
    launch: (kernels, inputs, [out], { axis }) => kernels.concat(inputs, out!, axis),
  }),

  gather: operator<readonly [Operand, Operand], { readonly axis: number }>({
    name: 'gather',
    infer: ([x, index], { axis }) => {
      checkIndex('gather', index, x, axis);
      return [{ shape: index.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x, index], [out], { axis }) => kernels.gather(x, index, out!, axis),
  }),

  scatterAdd: operator<readonly [Operand, Operand], { readonly axis: number; readonly length: number }>({
    name: 'scatterAdd',
    infer: ([x, index], { axis, length }) => {
      checkType('scatterAdd', x, ['float32', 'float64', 'int32']);
      checkType('scatterAdd', index, ['int32']);
      checkInteger('scatterAdd', 'length', length, 0);
      if (!sameShape(x.shape, index.shape)) {
        throw new ShapeError(
          `scatterAdd: index ${formatShape(index.shape)} for ${formatShape(x.shape)}: the shapes differ`,
        );
      }
      return [{ shape: x.shape.map((own, each) => (each === axis ? length : own)), dtype: x.dtype }];
    },
    launch: (kernels, [x, index], [out], { axis }) => kernels.scatterAdd(x, index, out!, axis),
  }),
};
