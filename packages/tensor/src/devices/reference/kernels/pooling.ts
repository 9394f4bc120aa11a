import type { Kernels, Operand, WindowGeometry } from '../../../kernels.js';
import { values } from '../../host/host.js';

/**
 * Visits every window of every plane: the plane's offset, the output's position, and the rows and columns of the
 * input that the window covers (padding cut off).
 */
function forEachWindow(
  planes: number,
  [height, width]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number],
  { kernel, stride, padding, dilation }: WindowGeometry,
  visit: (plane: number, position: number, top: number, bottom: number, left: number, right: number) => void,
): void {
  const reach = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1] as const;
  const clip = (start: number, step: number) => (start >= 0 ? start : start + Math.ceil(-start / step) * step);
  for (let plane = 0; plane < planes; plane++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const y = oy * stride[0] - padding[0];
      for (let ox = 0; ox < outWidth; ox++) {
        const x = ox * stride[1] - padding[1];
        visit(
          plane * height * width,
          (plane * outHeight + oy) * outWidth + ox,
          clip(y, dilation[0]),
          Math.min(y + reach[0], height),
          clip(x, dilation[1]),
          Math.min(x + reach[1], width),
        );
      }
    }
  }
}

function planeOf(operand: Operand): readonly [number, number] {
  return [operand.shape[2]!, operand.shape[3]!];
}

function planesOf(operand: Operand): number {
  return operand.shape[0]! * operand.shape[1]!;
}

export const pooling: Pick<
  Kernels,
  'maxPool2d' | 'maxPool2dSelect' | 'maxPool2dGradient' | 'averagePool2d' | 'averagePool2dGradient'
> = {
  maxPool2d(x, out, indices, geometry) {
    const source = values(x);
    const target = values(out);
    const positions = values(indices);
    const plane = planeOf(x);
    const width = plane[1];
    const [stepY, stepX] = geometry.dilation;
    forEachWindow(planesOf(x), plane, planeOf(out), geometry, (offset, position, top, bottom, left, right) => {
      let best = top * width + left;
      for (let y = top; y < bottom; y += stepY) {
        for (let column = left; column < right; column += stepX) {
          const value = source[offset + y * width + column]!;
          const leader = source[offset + best]!;
          if (value > leader || (Number.isNaN(value) && !Number.isNaN(leader))) best = y * width + column;
        }
      }
      target[position] = source[offset + best]!;
      positions[position] = best;
    });
  },
  maxPool2dSelect(x, indices, out) {
    const source = values(x);
    const positions = values(indices);
    const target = values(out);
    const area = x.shape[2]! * x.shape[3]!;
    const outArea = out.shape[2]! * out.shape[3]!;
    for (let i = 0; i < target.length; i++) target[i] = source[Math.floor(i / outArea) * area + positions[i]!]!;
  },
  maxPool2dGradient(gradient, indices, out) {
    const source = values(gradient);
    const positions = values(indices);
    const target = values(out);
    const area = out.shape[2]! * out.shape[3]!;
    const outArea = gradient.shape[2]! * gradient.shape[3]!;
    target.fill(0);
    for (let i = 0; i < source.length; i++) target[Math.floor(i / outArea) * area + positions[i]!]! += source[i]!;
  },
  averagePool2d(x, out, geometry) {
    const source = values(x);
    const target = values(out);
    const plane = planeOf(x);
    const count = geometry.kernel[0] * geometry.kernel[1];
    forEachWindow(planesOf(x), plane, planeOf(out), geometry, (offset, position, top, bottom, left, right) => {
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let column = left; column < right; column++) sum += source[offset + y * plane[1] + column]!;
      }
      target[position] = sum / count;
    });
  },
  averagePool2dGradient(gradient, out, geometry) {
    const source = values(gradient);
    const target = values(out);
    const plane = planeOf(out);
    const count = geometry.kernel[0] * geometry.kernel[1];
    target.fill(0);
    forEachWindow(planesOf(out), plane, planeOf(gradient), geometry, (offset, position, top, bottom, left, right) => {
      const part = source[position]! / count;
      for (let y = top; y < bottom; y++) {
        for (let column = left; column < right; column++) target[offset + y * plane[1] + column]! += part;
      }
    });
  },
};
