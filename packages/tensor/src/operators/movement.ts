import { ArgumentError, ShapeError } from '../errors.js';
import type { Operand, ScatterReduction } from '../kernels.js';
import { checkInteger, checkRole, checkSameType, checkType, operator } from '../operator.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape.js';

function withoutAxis(shape: Shape, axis: number): Shape {
  return shape.filter((_, other) => other !== axis);
}

/** @throws where the index does not name places along the axis for elements of this shape */
function checkIndex(name: string, index: Operand, shape: Shape, axis: number): void {
  checkRole(name, 'index', index, 'int32');
  const others = withoutAxis(index.shape, axis);
  const lengths = withoutAxis(shape, axis);
  if (index.shape.length !== shape.length || others.some((length, i) => length !== 1 && length !== lengths[i])) {
    throw new ShapeError(
      `${name}: index ${formatShape(index.shape)} for ${formatShape(shape)}: the shapes may differ along axis ${axis} ` +
        'only, and where the index has length 1',
    );
  }
}

/** @throws ShapeError where there are not as many places as elements along the axis */
function checkCount(name: string, index: Operand, source: Operand, axis: number): void {
  if (index.shape[axis] === source.shape[axis]) return;
  throw new ShapeError(
    `${name}: index ${formatShape(index.shape)} for ${formatShape(source.shape)}: axis ${axis} must have as many places ` +
      'as elements',
  );
}

const scatterReductions: readonly ScatterReduction[] = ['replace', 'add', 'mul', 'max', 'min'];

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
      checkIndex('gather', index, x.shape, axis);
      return [{ shape: x.shape.map((own, each) => (each === axis ? index.shape[axis]! : own)), dtype: x.dtype }];
    },
    launch: (kernels, [x, index], [out], { axis }) => kernels.gather(x, index, out!, axis),
  }),

  scatterAdd: operator<readonly [Operand, Operand], { readonly axis: number; readonly length: number }>({
    name: 'scatterAdd',
    infer: ([x, index], { axis, length }) => {
      checkType('scatterAdd', x, ['float32', 'float64', 'int32']);
      checkInteger('scatterAdd', 'length', length, 0);
      checkIndex('scatterAdd', index, x.shape, axis);
      checkCount('scatterAdd', index, x, axis);
      return [{ shape: x.shape.map((own, each) => (each === axis ? length : own)), dtype: x.dtype }];
    },
    launch: (kernels, [x, index], [out], { axis }) => kernels.scatter(undefined, index, x, out!, axis, 'add'),
  }),

  scatter: operator<
    readonly [Operand, Operand, Operand],
    { readonly axis: number; readonly reduction: ScatterReduction }
  >({
    name: 'scatter',
    infer: ([x, index, source], { axis, reduction }) => {
      if (!scatterReductions.includes(reduction)) {
        throw new ArgumentError(
          `scatter: reduction must be one of ${scatterReductions.join(', ')}, not '${reduction}'`,
        );
      }
      checkSameType('scatter', x, source);
      if (reduction !== 'replace') checkType('scatter', x, ['float32', 'float64', 'int32']);
      if (
        x.shape.length !== source.shape.length ||
        !sameShape(withoutAxis(x.shape, axis), withoutAxis(source.shape, axis))
      ) {
        throw new ShapeError(
          `scatter: ${formatShape(source.shape)} into ${formatShape(x.shape)}: the shapes may differ along axis ${axis} only`,
        );
      }
      checkIndex('scatter', index, source.shape, axis);
      checkCount('scatter', index, source, axis);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    launch: (kernels, [x, index, source], [out], { axis, reduction }) =>
      kernels.scatter(x, index, source, out!, axis, reduction),
  }),
};
