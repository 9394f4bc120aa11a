import type { Operand } from '../../kernels.js';
import { broadcastStrides, type Shape, stridesOf } from '../../shape.js';

/** An axis of a copy: how many places it has, and how far apart they are in the source and in the target, in elements. */
export interface CopyAxis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** A copy of elements from strided places to strided places, in nested loops over the axes. */
export interface StridedCopy {
  /** Where it begins in the source and in the target. */
  readonly from: number;
  readonly to: number;
  /** The outermost first. None has length 1, and none goes on where the next one ends. */
  readonly axes: readonly CopyAxis[];
}

/** Axes with as few of them as possible: those that are walked over in one go become one. */
export function joinedAxes(shape: Shape, from: readonly number[], to: readonly number[]): CopyAxis[] {
  const axes: CopyAxis[] = [];
  let last: { length: number; from: number; to: number } | undefined;
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const fromStep = from[axis]!;
    const toStep = to[axis]!;
    if (last && last.from === fromStep * length && last.to === toStep * length) {
      last.length *= length;
      last.from = fromStep;
      last.to = toStep;
    } else {
      last = { length, from: fromStep, to: toStep };
      axes.push(last);
    }
  }
  return axes;
}

/** Some of the elements of a tensor. */
interface Places {
  readonly start: number;
  readonly strides: readonly number[];
}

function stridedCopy(shape: Shape, from: Places, to: Places): StridedCopy {
  return { from: from.start, to: to.start, axes: joinedAxes(shape, from.strides, to.strides) };
}

/** Where every `steps`-th element from `starts` on is in a tensor of this shape. */
function places(shape: Shape, starts: readonly number[], steps: readonly number[]): Places {
  const own = stridesOf(shape);
  return {
    start: own.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
    strides: own.map((stride, axis) => stride * steps[axis]!),
  };
}

function all(shape: Shape): Places {
  return { start: 0, strides: stridesOf(shape) };
}

/** The copy that puts axis `axes[i]` where axis i was. */
export function permutation(x: Operand, out: Operand, axes: readonly number[]): StridedCopy {
  const own = stridesOf(x.shape);
  return stridedCopy(out.shape, { start: 0, strides: axes.map((axis) => own[axis]!) }, all(out.shape));
}

/** The copy of every `steps`-th element from `starts` on. */
export function selection(x: Operand, out: Operand, starts: readonly number[], steps: readonly number[]): StridedCopy {
  return stridedCopy(out.shape, places(x.shape, starts, steps), all(out.shape));
}

/** The copy to every `steps`-th place from `starts` on. */
export function spreading(x: Operand, out: Operand, starts: readonly number[], steps: readonly number[]): StridedCopy {
  return stridedCopy(x.shape, all(x.shape), places(out.shape, starts, steps));
}

/** The copy that repeats elements along the axes that broadcasting adds. */
export function repetition(x: Operand, out: Operand): StridedCopy {
  return stridedCopy(out.shape, { start: 0, strides: broadcastStrides(x.shape, out.shape) }, all(out.shape));
}
