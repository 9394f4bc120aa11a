import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand, ScatterReduction } from '../../../kernels.js';
import { broadcastStrides, type Shape, sizeOf, stridesOf } from '../../../shape.js';
import { values } from '../../host/host.js';
import { permutation, repetition, type StridedCopy, selection, spreading } from '../../host/strided-copy.js';
import { forEachRow } from './elementwise.js';

/** A tensor seen as [outer, length, inner] around one axis. */
export function around(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** @throws ArgumentError where an index is not one of the places along the axis */
export function checkIndices(operation: string, positions: ArrayLike<number>, length: number): void {
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

const joins: Readonly<Record<ScatterReduction, (before: number, value: number) => number>> = {
  replace: (_, value) => value,
  add: (before, value) => before + value,
  mul: (before, value) => before * value,
  max: Math.max,
  min: Math.min,
};

/** Runs of neighbors from this length on are copied at once. */
const RUN = 32;

function copyElements(x: Operand, out: Operand, { from, to, axes }: StridedCopy): void {
  if (x.size === 0 || out.size === 0) return;
  const source = values(x);
  const target = values(out);
  const { length, from: step, to: stride } = axes.at(-1) ?? { length: 1, from: 1, to: 1 };
  const isRun = step === 1 && stride === 1 && length >= RUN;
  const strides = [axes.map((axis) => axis.from), axes.map((axis) => axis.to)];
  const lengths = axes.map((axis) => axis.length);
  forEachRow(lengths, strides, (_, [fromRow, toRow]) => {
    const first = from + fromRow!;
    const place = to + toRow!;
    if (isRun) target.set(source.subarray(first, first + length), place);
    else for (let i = 0; i < length; i++) target[place + i * stride] = source[first + i * step]!;
  });
}

export const movement: Pick<Kernels, 'broadcast' | 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatter'> = {
  broadcast(x, out) {
    copyElements(x, out, repetition(x, out));
  },
  permute(x, out, axes) {
    copyElements(x, out, permutation(x, out, axes));
  },
  slice(x, out, starts, steps) {
    copyElements(x, out, selection(x, out, starts, steps));
  },
  pad(x, out, starts, steps, value) {
    values(out).fill(value);
    copyElements(x, out, spreading(x, out, starts, steps));
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
    checkIndices(x ? 'scatter' : 'scatterAdd', positions, out.shape[axis]!);
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
