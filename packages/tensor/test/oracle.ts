import { type DType, type Shape, sizeOf, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { stridesOf } from '../src/shape.js';

/** Plain rows of numbers with a shape: what the slow and obvious computations in the tests work on. */
export interface Table {
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** Every index of a shape in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (prefixes, length) => prefixes.flatMap((prefix) => Array.from({ length }, (_, i) => [...prefix, i])),
    [[]],
  );
}

/** The entry at an index. */
export function at({ shape, data }: Table, index: readonly number[]): number {
  const strides = stridesOf(shape);
  return data[index.reduce((offset, i, axis) => offset + i * strides[axis]!, 0)]!;
}

/** The entry at an index of a shape that the table broadcasts to. */
export function atBroadcast(table: Table, index: readonly number[]): number {
  const own = index.slice(index.length - table.shape.length);
  return at(
    table,
    own.map((i, axis) => (table.shape[axis] === 1 ? 0 : i)),
  );
}

/** The table whose entry at each index is computed from the index. */
export function tableOf(shape: Shape, entry: (index: readonly number[]) => number): Table {
  return { shape, data: indicesOf(shape).map(entry) };
}

/** The table as a tensor. */
export function tensorOf({ shape, data }: Table, dtype: DType = 'float64'): Tensor {
  return tensor([...data], { dtype }).reshape(shape);
}

/** The elements of a tensor as a table. */
export function tableFrom(x: Tensor): Table {
  return { shape: [...x.shape], data: Array.from(x.dataSync()) };
}

/** Shapes with small lengths; 0 and 1 among them. */
export function shapes({ minRank = 0, maxRank = 4, minLength = 0, maxLength = 4 } = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: minLength, max: maxLength }), { minLength: minRank, maxLength: maxRank });
}

/** Numbers that float32 holds exactly and whose sums and products of a few stay exact. */
export const smallNumbers: fc.Arbitrary<number> = fc.integer({ min: -64, max: 64 }).map((n) => n / 8);

/** Any double: infinities, NaN, −0 and subnormal numbers among them. */
export const anyNumbers: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e300,
    5e-324,
  ),
);

/** A table of the given shape. */
export function tablesOf(shape: Shape, numbers: fc.Arbitrary<number> = smallNumbers): fc.Arbitrary<Table> {
  const size = sizeOf(shape);
  return fc.array(numbers, { minLength: size, maxLength: size }).map((data) => ({ shape, data }));
}

/** A table of any small shape. */
export function tables(
  options?: Parameters<typeof shapes>[0],
  numbers: fc.Arbitrary<number> = smallNumbers,
): fc.Arbitrary<Table> {
  return shapes(options).chain((shape) => tablesOf(shape, numbers));
}

/** A shape, and `count` shapes that broadcast to it together: axes left out in front or shortened to 1. */
export function broadcastableShapes(count: number, maxRank = 4): fc.Arbitrary<{ whole: number[]; parts: number[][] }> {
  return shapes({ maxRank }).chain((whole) => {
    const part = fc
      .tuple(fc.integer({ min: 0, max: whole.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
      .map(([missing, shortened]): number[] =>
        whole.slice(missing).map((length, axis) => (shortened[axis] ? 1 : length)),
      );
    return fc
      .tuple(
        fc.constant<number[]>(whole),
        fc.integer({ min: 0, max: count - 1 }),
        fc.array<number[]>(part, { minLength: count, maxLength: count }),
      )
      .map(([full, fullIndex, parts]) => ({ whole, parts: parts.map((each, i) => (i === fullIndex ? full : each)) }));
  });
}

/** Distance of two numbers, relative to the larger one where that is above 1; 0 for equal infinities and for two NaN. */
export function difference(a: number, b: number): number {
  if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  return Math.abs(a - b) / Math.max(1, Math.abs(a), Math.abs(b));
}

/** The largest difference of corresponding entries; infinite where the shapes differ. */
export function largestDifference(a: Table, b: Table): number {
  if (a.shape.length !== b.shape.length || a.shape.some((length, axis) => length !== b.shape[axis])) {
    return Number.POSITIVE_INFINITY;
  }
  return a.data.reduce((largest, value, i) => {
    const distance = difference(value, b.data[i]!);
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(largest, distance);
  }, 0);
}
