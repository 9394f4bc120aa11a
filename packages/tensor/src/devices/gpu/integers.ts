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

/** Between which integers the result of an operation lies, from where its operands lie; undefined if unknown. */
export const integerBounds = {
  neg: (a: Bounds): Bounds => a && [-a[1], -a[0]],
  add: (a: Bounds, b: Bounds): Bounds => ofPairs(a, b, (x, y) => x + y),
  sub: (a: Bounds, b: Bounds): Bounds => ofPairs(a, b, (x, y) => x - y),
  mul: (a: Bounds, b: Bounds): Bounds => ofPairs(a, b, (x, y) => x * y),
  /** Of so many terms, or none. */
  sum: (a: Bounds, count: number): Bounds => a && hull([0, count * a[0], count * a[1]]),
  none: (): Bounds => undefined,
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
  if (!bounds || bounds[0] < -EXACT_INTEGERS || bounds[1] > EXACT_INTEGERS) {
    throw new DTypeError(
      `${operation}: the GPU computes with 32-bit floats, which hold no int32 beyond ${EXACT_INTEGERS}: ` +
        'cast() to float32, or compute on reference',
    );
  }
  launch();
  bufferOf(out).bounds = bounds;
}
