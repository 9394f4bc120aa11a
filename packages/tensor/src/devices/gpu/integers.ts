import { DTypeError } from '../../errors.js';
import type { Operand } from '../../kernels.js';
import { type Bounds, bufferOf } from './buffer.js';
import { EXACT_INTEGERS } from './limits.js';

function hull(numbers: readonly number[]): Bounds {
  return [Math.min(...numbers), Math.max(...numbers)];
}

function ofPairs(a: Bounds, b: Bounds, combine: (x: number, y: number) => number): Bounds {
  return a && b && hull(a.flatMap((x) => b.map((y) => combine(x, y))));
}

/** The largest size of integers within the bounds. */
function sizeOf([low, high]: readonly [number, number]): number {
  return Math.max(-low, high);
}

/** Between which integers the elements lie; none may be said to lie anywhere. */
export function boundsIn(operand: Operand): Bounds {
  return operand.size === 0 ? [0, 0] : bufferOf(operand).bounds;
}

/** Between which integers the result of an operation lies, from where its operands lie; undefined if unknown. */
export const integerBounds = {
  neg: (a: Bounds): Bounds => a && [-a[1], -a[0]],
  add: (a: Bounds, b: Bounds): Bounds => ofPairs(a, b, (x, y) => x + y),
  sub: (a: Bounds, b: Bounds): Bounds => ofPairs(a, b, (x, y) => x - y),
  mul: (a: Bounds, b: Bounds): Bounds => ofPairs(a, b, (x, y) => x * y),
  /** Quotients without their fractions; 0 where the divisor is 0. */
  div(a: Bounds, b: Bounds): Bounds {
    if (!a) return undefined;
    const least = b ? Math.max(1, b[0], -b[1]) : 1;
    const largest = Math.floor(sizeOf(a) / least);
    return [-largest, largest];
  },
  /** Powers without their fractions. */
  pow(a: Bounds, b: Bounds): Bounds {
    if (!a || !b) return undefined;
    const largest = Math.max(1, sizeOf(a)) ** Math.max(0, b[1]);
    return [-largest, largest];
  },
  abs: (a: Bounds): Bounds => a && [0, sizeOf(a)],
  sign: (): Bounds => [-1, 1],
  /** Of either. */
  either: (a: Bounds, b: Bounds): Bounds => a && b && hull([...a, ...b]),
  /** Of such integers and 0. */
  orZero: (a: Bounds): Bounds => a && hull([...a, 0]),
  /** Of so many terms, or none. */
  sum: (a: Bounds, count: number): Bounds => a && hull([0, count * a[0], count * a[1]]),
} as const;

/**
 * The smallest and the largest of integers.
 *
 * @throws DTypeError where a float does not hold them
 */
export function boundsOf(device: string, values: ArrayLike<number>): Bounds {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  if (low < -EXACT_INTEGERS || high > EXACT_INTEGERS) {
    throw new DTypeError(
      `${device}: it holds int32 from ${-EXACT_INTEGERS} to ${EXACT_INTEGERS}, not from ${low} to ${high}: ` +
        'keep the tensor on reference',
    );
  }
  return [low, high];
}

/** Remembers that `out` has integers of `x`, and whether it has all of them. */
export function keepBounds(x: Operand, out: Operand, all: boolean): void {
  const { bounds, attained } = bufferOf(x);
  Object.assign(bufferOf(out), { bounds, attained: all && attained });
}

/** Remembers between which numbers the elements lie, where they are integers. */
export function rememberBounds(out: Operand, bounds: Bounds): void {
  if (out.dtype === 'int32') bufferOf(out).bounds = bounds;
}

/** A position that is not below the length, where one is known without reading: kernels cannot complain. */
export function wrongPosition(positions: Operand, length: number): number | undefined {
  const { bounds, attained } = bufferOf(positions);
  if (!attained || positions.size === 0) return undefined;
  return bounds?.find((position) => position < 0 || position >= length);
}

/**
 * Computes integers where a float holds every possible result, and remembers between which numbers they lie.
 *
 * @throws DTypeError where a result might lie beyond 2^24
 */
export function computeIntegers(operation: string, out: Operand, bounds: Bounds, launch: () => void): void {
  if (out.dtype !== 'int32') {
    launch();
    return;
  }
  if (out.size > 0 && (!bounds || bounds[0] < -EXACT_INTEGERS || bounds[1] > EXACT_INTEGERS)) {
    throw new DTypeError(
      `${operation}: the GPU computes with 32-bit floats, which hold no int32 beyond ${EXACT_INTEGERS}: ` +
        'cast() to float32, or compute on reference',
    );
  }
  launch();
  bufferOf(out).bounds = bounds;
}
