import type { Kernels, Operand } from '../../kernels.js';
import { broadcastStrides } from '../../shape.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';

/** The operations in the order of kernels/elementwise.ts. */
const unaryOperations = [
  'neg',
  'abs',
  'sqrt',
  'square',
  'reciprocal',
  'relu',
  'floor',
  'ceil',
  'round',
  'exp',
  'sigmoid',
  'silu',
  'tanh',
] as const;
const binaryOperations = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'gate'] as const;

/** Axes that the kernel walks over. */
const AXES = 3;

interface Axis {
  readonly length: number;
  readonly a: number;
  readonly b: number;
}

/** The axes of the output with the strides of both operands; those that are walked over in one go become one. */
function mergedAxes(a: Operand, b: Operand, out: Operand): Axis[] {
  const aStrides = broadcastStrides(a.shape, out.shape);
  const bStrides = broadcastStrides(b.shape, out.shape);
  const axes: Axis[] = [];
  out.shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = axes.at(-1);
    const next = { length, a: aStrides[axis]!, b: bStrides[axis]! };
    if (last && last.a === next.a * length && last.b === next.b * length) {
      axes[axes.length - 1] = { ...next, length: last.length * length };
    } else axes.push(next);
  });
  return axes;
}

export function elementwiseKernels(executor: Executor): Pick<Kernels, 'unary' | 'binary' | 'scale'> {
  function unary(name: (typeof unaryOperations)[number]): Kernels['unary'][typeof name] {
    const operation = unaryOperations.indexOf(name);
    return (x, out) => {
      if (out.dtype !== 'float32') reference.kernels.unary[name](x, out);
      else executor.run('unary', [addressOf(x), addressOf(out), out.size, operation]);
    };
  }

  function binary(name: (typeof binaryOperations)[number]): Kernels['binary'][typeof name] {
    const operation = binaryOperations.indexOf(name);
    return (a, b, out) => {
      const axes = mergedAxes(a, b, out);
      if (out.dtype !== 'float32' || axes.length > AXES) {
        reference.kernels.binary[name](a, b, out);
        return;
      }
      if (axes.length === 0) axes.push({ length: 1, a: 1, b: 1 });
      while (axes.length < AXES) axes.unshift({ length: 1, a: 0, b: 0 });
      executor.run('binary', [
        addressOf(a),
        addressOf(b),
        addressOf(out),
        operation,
        ...axes.map((axis) => axis.length),
        ...axes.map((axis) => axis.a),
        ...axes.map((axis) => axis.b),
      ]);
    };
  }

  const multiply = binary('mul');
  return {
    unary: {
      ...reference.kernels.unary,
      ...Object.fromEntries(unaryOperations.map((name) => [name, unary(name)])),
    },
    binary: {
      ...reference.kernels.binary,
      ...Object.fromEntries(binaryOperations.map((name) => [name, binary(name)])),
    },
    scale(x, factor) {
      if (x.dtype !== 'float32') reference.kernels.scale(x, factor);
      else multiply(x, factor, x);
    },
  };
}
