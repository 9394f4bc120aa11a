import type { Operand } from '../../kernels.js';
import { broadcastStrides } from '../../shape.js';

/** Axes that the kernels walk over. */
const AXES = 3;

interface Axis {
  readonly length: number;
  /** Of each operand. */
  readonly strides: readonly number[];
}

/**
 * The lengths of the three axes of an output, then the strides of each operand along them. Axes that are walked over in one
 * go become one.
 *
 * @returns undefined where more than three are left
 */
export function axisFields(out: Operand, operands: readonly Operand[]): number[] | undefined {
  // Without broadcasting all are walked over in one go.
  if (operands.every(({ size }) => size === out.size)) {
    return [1, 1, out.size, ...operands.flatMap(() => [0, 0, 1])];
  }
  const all = operands.map((operand) => broadcastStrides(operand.shape, out.shape));
  const axes: Axis[] = [];
  out.shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = axes.at(-1);
    const strides = all.map((each) => each[axis]!);
    if (last?.strides.every((stride, i) => stride === strides[i]! * length)) {
      axes[axes.length - 1] = { strides, length: last.length * length };
    } else axes.push({ strides, length });
  });
  if (axes.length > AXES) return undefined;
  if (axes.length === 0) axes.push({ length: 1, strides: operands.map(() => 1) });
  while (axes.length < AXES) axes.unshift({ length: 1, strides: operands.map(() => 0) });
  return [...axes.map(({ length }) => length), ...operands.flatMap((_, i) => axes.map(({ strides }) => strides[i]!))];
}
