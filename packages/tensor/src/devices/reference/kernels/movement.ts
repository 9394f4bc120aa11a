import { ArgumentError } from '../../../errors.js';
import type { Kernels } from '../../../kernels.js';
import { type Shape, sizeOf, stridesOf } from '../../../shape.js';
import { values } from '../../host/host.js';
import { forEachRow } from './elementwise.js';

/** A tensor seen as [outer, length, inner] around one axis. */
function around(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

function checkIndices(operation: string, positions: ArrayLike<number>, length: number): void {
  for (let i = 0; i < positions.length; i++) {
    if (positions[i]! < 0 || positions[i]! >= length) {
      throw new ArgumentError(`${operation}: index ${positions[i]} is not one of the ${length} along the axis`);
    }
  }
}

export const movement: Pick<Kernels, 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatterAdd'> = {
  permute(x, out, axes) {
    if (out.size === 0) return;
    const source = values(x);
    const target = values(out);
    const own = stridesOf(x.shape);
    const strides = axes.map((axis) => own[axis]!);
    const step = strides.at(-1) ?? 0;
    const rowLength = out.shape.at(-1) ?? 1;
    forEachRow(out.shape, [strides], (row, [offset]) => {
      for (let i = 0; i < rowLength; i++) target[row + i] = source[offset! + i * step]!;
    });
  },
  slice(x, out, starts, steps) {
    if (out.size === 0) return;
    const source = values(x);
    const target = values(out);
    const own = stridesOf(x.shape);
    const strides = own.map((stride, axis) => stride * steps[axis]!);
    const start = own.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
    const step = strides.at(-1) ?? 0;
    const rowLength = out.shape.at(-1) ?? 1;
    forEachRow(out.shape, [strides], (row, [offset]) => {
      for (let i = 0; i < rowLength; i++) target[row + i] = source[start + offset! + i * step]!;
    });
  },
  pad(x, out, starts, steps, value) {
    const source = values(x);
    const target = values(out);
    target.fill(value);
    if (x.size === 0) return;
    const own = stridesOf(out.shape);
    const strides = own.map((stride, axis) => stride * steps[axis]!);
    const start = own.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
    const step = strides.at(-1) ?? 0;
    const rowLength = x.shape.at(-1) ?? 1;
    forEachRow(x.shape, [strides], (row, [offset]) => {
      for (let i = 0; i < rowLength; i++) target[start + offset! + i * step] = source[row + i]!;
    });
  },
  concat(inputs, out, axis) {
    const target = values(out);
    const { outer, length, inner } = around(out.shape, axis);
    let start = 0;
    for (const input of inputs) {
      const source = values(input);
      const block = input.shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        target.set(source.subarray(o * block, (o + 1) * block), o * length * inner + start);
      }
      start += block;
    }
  },
  gather(x, index, out, axis) {
    const source = values(x);
    const positions = values(index);
    const target = values(out);
    const { length: count, inner } = around(index.shape, axis);
    const length = x.shape[axis]!;
    checkIndices('gather', positions, length);
    for (let i = 0; i < target.length; i++) {
      const outer = Math.floor(i / (count * inner));
      target[i] = source[(outer * length + positions[i]!) * inner + (i % inner)]!;
    }
  },
  scatterAdd(x, index, out, axis) {
    const source = values(x);
    const positions = values(index);
    const target = values(out);
    const { length: count, inner } = around(index.shape, axis);
    const length = out.shape[axis]!;
    checkIndices('scatterAdd', positions, length);
    target.fill(0);
    for (let i = 0; i < source.length; i++) {
      const outer = Math.floor(i / (count * inner));
      target[(outer * length + positions[i]!) * inner + (i % inner)]! += source[i]!;
    }
  },
};
