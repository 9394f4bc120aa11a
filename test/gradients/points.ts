import fc from 'fast-check';
import { broadcastableShapes, shapes, type Table, tablesOf } from '../../packages/tensor/test/oracle.js';

/** Multiples of 1/4 from `min` to `max`. */
export function quarters(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min: min * 4, max: max * 4 }).map((n) => n / 4);
}

/** Numbers of every kind: 0, small and large ones of both signs, with equal ones among them. */
export const anywhere: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: quarters(-3, 3) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -1) },
  { weight: 1, arbitrary: fc.constantFrom(0.01, -0.01, 40, -40, 1000, -1000) },
);

/** The same for functions that grow faster than their argument, whose rounding errors would hide small differences. */
export const medium: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: quarters(-3, 3) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.01, -0.01, 20, -20) },
);

/** The same without overflow in the exponential function. */
export const moderate: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: quarters(-3, 3) },
  { weight: 1, arbitrary: fc.constantFrom(0, 5, -30, 0.01, -0.01) },
);

/** The same without 0. */
export const nonzero: fc.Arbitrary<number> = anywhere.filter((x) => Math.abs(x) >= 0.25);

/** Positive numbers of every size. */
export const positive: fc.Arbitrary<number> = nonzero.map(Math.abs);

/** Small shapes, with lengths 0 and 1 among them. */
export const smallShapes: fc.Arbitrary<number[]> = shapes({ maxRank: 3, maxLength: 2 });

/** A table of a small shape. */
export function points(numbers: fc.Arbitrary<number>): fc.Arbitrary<Table> {
  return smallShapes.chain((shape) => tablesOf(shape, numbers));
}

/** Tables that broadcast to one another. */
export function broadcastablePoints(...numbers: readonly fc.Arbitrary<number>[]): fc.Arbitrary<Table[]> {
  return broadcastableShapes(numbers.length, 2).chain(({ parts }) => {
    const tables = parts.map((shape, i) =>
      tablesOf(
        shape.map((length) => Math.min(length, 3)),
        numbers[i]!,
      ),
    );
    return fc.tuple(...tables);
  });
}

/** A table of distinct numbers, at least 1/4 apart. */
export function distinct(shape: readonly number[]): fc.Arbitrary<Table> {
  const size = shape.reduce((product, length) => product * length, 1);
  const numbers = Array.from({ length: size }, (_, i) => (i - size / 2) / 4);
  return fc.shuffledSubarray(numbers, { minLength: size }).map((data) => ({ shape, data }));
}
