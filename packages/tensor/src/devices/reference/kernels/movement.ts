import type { TypedArray } from '../../../dtype.js';
import { ArgumentError } from '../../../errors.js';
import type { Kernels, ScatterReduction } from '../../../kernels.js';
import { broadcastStrides, type Shape, sizeOf, stridesOf } from '../../../shape.js';
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

/** How a walk over the places that an index names along an axis moves through the tensor that it points into. */
function picks(shape: Shape, walked: Shape, axis: number) {
  const strides = stridesOf(shape);
  const row = strides.map((stride, each) => (each === axis ? 0 : stride));
  return { row, stride: strides[axis]!, step: axis === walked.length - 1 ? 0 : 1 };
}

/** From so many elements on, to copy them together is faster than one by one. */
const TOGETHER = 16;

/** Copies `length` elements, which are neighbors in the target and `step` apart in the source. */
function copyRow(target: TypedArray, to: number, source: TypedArray, from: number, step: number, length: number): void {
  if (step === 1 && length >= TOGETHER) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i * step]!;
}

/**
 * How many of the last axes of a part are neighbors in the whole as well, all its elements one run: every axis but the
 * first of them is whole.
 */
function neighborAxes(part: Shape, whole: Shape, steps: readonly number[]): number {
  let count = 0;
  for (let axis = part.length - 1; axis >= 0 && steps[axis] === 1; axis--) {
    count++;
    if (part[axis] !== whole[axis]) break;
  }
  return count;
}

/** A part of a tensor as runs of neighboring elements: the part with its last axes as one, and the strides in the whole. */
function runsOf(part: Shape, whole: Shape, steps: readonly number[]) {
  const count = neighborAxes(part, whole, steps);
  const strides = stridesOf(whole).map((stride, axis) => stride * steps[axis]!);
  if (count < 2) return { shape: part, strides };
  const leading = part.length - count;
  return {
    shape: [...part.slice(0, leading), sizeOf(part.slice(leading))],
    strides: [...strides.slice(0, leading), 1],
  };
}

const joins: Readonly<Record<ScatterReduction, (before: number, value: number) => number>> = {
  replace: (_, value) => value,
  add: (before, value) => before + value,
  mul: (before, value) => before * value,
  max: Math.max,
  min: Math.min,
};

export const movement: Pick<Kernels, 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatter'> = {
  permute(x, out, axes) {
    if (out.size === 0) return;
    const source = values(x);
    const target = values(out);
    const own = stridesOf(x.shape);
    const strides = axes.map((axis) => own[axis]!);
    const step = strides.at(-1) ?? 0;
    const rowLength = out.shape.at(-1) ?? 1;
    forEachRow(out.shape, [strides], (row, [offset]) => {
      copyRow(target, row, source, offset!, step, rowLength);
    });
  },
  slice(x, out, starts, steps) {
    if (out.size === 0) return;
    const source = values(x);
    const target = values(out);
    const start = stridesOf(x.shape).reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
    const { shape, strides } = runsOf(out.shape, x.shape, steps);
    const step = strides.at(-1) ?? 0;
    const rowLength = shape.at(-1) ?? 1;
    forEachRow(shape, [strides], (row, [offset]) => {
      copyRow(target, row, source, start + offset!, step, rowLength);
    });
  },
  pad(x, out, starts, steps, value) {
    const source = values(x);
    const target = values(out);
    target.fill(value);
    if (x.size === 0) return;
    const start = stridesOf(out.shape).reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
    const { shape, strides } = runsOf(x.shape, out.shape, steps);
    const step = strides.at(-1) ?? 0;
    const rowLength = shape.at(-1) ?? 1;
    forEachRow(shape, [strides], (row, [offset]) => {
      if (step === 1) copyRow(target, start + offset!, source, row, 1, rowLength);
      else for (let i = 0; i < rowLength; i++) target[start + offset! + i * step] = source[row + i]!;
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
    const positions = values(index);
    checkIndices('gather', positions, x.shape[axis]!);
    if (out.size === 0) return;
    const source = values(x);
    const target = values(out);
    const { row, stride, step } = picks(x.shape, out.shape, axis);
    const indexStrides = broadcastStrides(index.shape, out.shape);
    const indexStep = indexStrides.at(-1) ?? 0;
    const length = out.shape.at(-1) ?? 1;
    forEachRow(out.shape, [row, indexStrides], (start, [from, at]) => {
      if (indexStep === 0 && step === 1) {
        const first = from! + positions[at!]! * stride;
        target.set(source.subarray(first, first + length), start);
        return;
      }
      for (let i = 0; i < length; i++) {
        target[start + i] = source[from! + positions[at! + i * indexStep]! * stride + i * step]!;
      }
    });
  },
  scatter(x, index, source, out, axis, reduction) {
    const positions = values(index);
    checkIndices(reduction === 'add' ? 'scatterAdd' : 'scatter', positions, out.shape[axis]!);
    const given = values(source);
    const target = values(out);
    if (x) target.set(values(x));
    else target.fill(0);
    if (source.size === 0) return;
    const join = reduction === 'mul' && out.dtype === 'int32' ? Math.imul : joins[reduction];
    const { row, stride, step } = picks(out.shape, source.shape, axis);
    const indexStrides = broadcastStrides(index.shape, source.shape);
    const indexStep = indexStrides.at(-1) ?? 0;
    const length = source.shape.at(-1) ?? 1;
    forEachRow(source.shape, [row, indexStrides], (start, [to, at]) => {
      for (let i = 0; i < length; i++) {
        const place = to! + positions[at! + i * indexStep]! * stride + i * step;
        target[place] = join(target[place]!, given[start + i]!);
      }
    });
  },
};
