import { ArgumentError, ShapeError } from '../errors.js';
import type { Operand, WindowGeometry } from '../kernels.js';
import { checkFloat, operator } from '../operator.js';
import { formatShape, type Shape } from '../shape.js';
import { type AxisWindow, reachOf } from '../windows.js';
import { windowedShape, windowsOf } from './window.js';

/** @throws ArgumentError where one of so many windows along an axis lies on none of its elements */
function checkWindows(name: string, shape: Shape, axis: number, count: number, window: AxisWindow): void {
  const { stride, dilation, before } = window;
  for (let i = 0; i < count; i++) {
    const start = i * stride - before;
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
    if (first >= Math.min(shape[axis]!, start + reachOf(window))) {
      throw new ArgumentError(
        `${name}: ${formatShape(shape)}: window ${i} along axis ${axis} would see padding only: make the padding smaller`,
      );
    }
    // Those that follow begin inside, but perhaps for the last one.
    if (start >= 0) i = Math.max(i, count - 2);
  }
}

function pooledShape(name: string, x: Operand, geometry: WindowGeometry): Shape {
  checkFloat(name, x);
  if (x.shape.length !== 4) {
    throw new ShapeError(`${name}: ${formatShape(x.shape)}: the input must be [N,C,H,W]`);
  }
  if (x.shape[2] === 0 || x.shape[3] === 0) {
    throw new ShapeError(`${name}: ${formatShape(x.shape)}: planes without elements have no windows`);
  }
  const counts = windowedShape(name, x.shape, geometry);
  for (const [i, window] of windowsOf(geometry).entries()) checkWindows(name, x.shape, 2 + i, counts[i]!, window);
  return [x.shape[0]!, x.shape[1]!, ...counts];
}

/** Pooling over planes; the gradients are linear maps, each the transpose of the other. */
export const poolingOperators = {
  maxPool2d: operator<readonly [Operand], WindowGeometry>({
    name: 'maxPool2d',
    infer: ([x], geometry) => {
      const shape = pooledShape('maxPool2d', x, geometry);
      return [
        { shape, dtype: x.dtype },
        { shape, dtype: 'int32' },
      ];
    },
    launch: (kernels, [x], [out, indices], geometry) => kernels.maxPool2d(x, out!, indices!, geometry),
  }),

  /** The attributes are those of the pooling that found the positions. */
  maxPool2dSelect: operator<readonly [Operand, Operand], WindowGeometry>({
    name: 'maxPool2dSelect',
    infer: ([x, indices]) => [{ shape: indices.shape, dtype: x.dtype }],
    launch: (kernels, [x, indices], [out]) => kernels.maxPool2dSelect(x, indices, out!),
  }),

  maxPool2dGradient: operator<readonly [Operand, Operand], WindowGeometry & { readonly shape: Shape }>({
    name: 'maxPool2dGradient',
    infer: ([gradient], { shape }) => [{ shape, dtype: gradient.dtype }],
    launch: (kernels, [gradient, indices], [out], geometry) =>
      kernels.maxPool2dGradient(gradient, indices, out!, geometry),
  }),

  averagePool2d: operator<readonly [Operand], WindowGeometry>({
    name: 'averagePool2d',
    infer: ([x], geometry) => [{ shape: pooledShape('averagePool2d', x, geometry), dtype: x.dtype }],
    launch: (kernels, [x], [out], geometry) => kernels.averagePool2d(x, out!, geometry),
  }),

  averagePool2dGradient: operator<readonly [Operand], WindowGeometry & { readonly shape: Shape }>({
    name: 'averagePool2dGradient',
    infer: ([gradient], { shape }) => [{ shape, dtype: gradient.dtype }],
    launch: (kernels, [gradient], [out], geometry) => kernels.averagePool2dGradient(gradient, out!, geometry),
  }),
};
