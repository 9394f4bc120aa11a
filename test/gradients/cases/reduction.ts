import { apply, linearRecurrence, type OperatorName, operators, sizeOf, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { broadcastableShapes, shapes, type Table, tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { anywhere, distinct, medium, moderate, quarters } from '../points.js';

function reduction(
  name: OperatorName & ('sum' | 'max' | 'min'),
  minLength: number,
  tables: (shape: readonly number[]) => fc.Arbitrary<Table>,
): fc.Arbitrary<GradientCase> {
  return shapes({ minRank: 1, maxRank: 3, minLength, maxLength: 2 }).chain((shape) =>
    fc.tuple(tables(shape), fc.nat(shape.length - 1), fc.nat(shape.length - 1)).map(([x, i, j]) => {
      const run = { first: Math.min(i, j), end: Math.max(i, j) + 1 };
      return { inputs: [x], f: (a: Tensor) => apply(operators[name], [a], run)[0]! };
    }),
  );
}

const products: fc.Arbitrary<GradientCase> = fc
  .record({
    batch: broadcastableShapes(2, 1),
    sizes: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.nat(2), fc.integer({ min: 1, max: 2 })),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .chain(({ batch: { parts }, sizes: [m, k, n], transposeA, transposeB }) => {
    const [left, right] = parts.map((part) => part.map((length) => Math.min(length, 4))) as [number[], number[]];
    return fc
      .tuple(
        tablesOf([...left, ...(transposeA ? [k, m] : [m, k])], medium),
        tablesOf([...right, ...(transposeB ? [n, k] : [k, n])], quarters(-3, 3)),
      )
      .map((inputs) => ({ inputs, f: (a: Tensor, b: Tensor) => a.matmul(b, { transposeA, transposeB }) }));
  });

function alongLast(f: (x: Tensor) => Tensor): fc.Arbitrary<GradientCase> {
  return fc
    .tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }))
    .chain(([rows, length]) => tablesOf([rows, length], fc.oneof(moderate, fc.constantFrom(30, 1000))))
    .map((x) => ({ inputs: [x], f }));
}

/** Scans of one tensor or two along an axis, forward and back. */
function scan(
  inputs: number,
  numbers: fc.Arbitrary<number>,
  f: (axis: number, reverse: boolean, ...inputs: Tensor[]) => Tensor,
): fc.Arbitrary<GradientCase> {
  return shapes({ minRank: 1, maxRank: 3, maxLength: 3 })
    .filter((shape) => sizeOf(shape) <= 12)
    .chain((shape) =>
      fc
        .tuple(fc.nat(shape.length - 1), fc.boolean(), fc.tuple(...Array(inputs).fill(tablesOf(shape, numbers))))
        .map(([axis, reverse, tables]) => ({
          inputs: tables as Table[],
          f: (...tensors: Tensor[]) => f(axis, reverse, ...tensors),
        })),
    );
}

/** Operators that sum up along axes. */
export const reductionCases: GradientCases = {
  sum: reduction('sum', 0, (shape) => tablesOf(shape, anywhere)),
  max: reduction('max', 1, distinct),
  min: reduction('min', 1, distinct),
  cumsum: scan(1, anywhere, (axis, reverse, x) => x!.cumsum(axis, { reverse })),
  cumprod: scan(1, fc.oneof(quarters(-2, 2), fc.constant(0)), (axis, reverse, x) => x!.cumprod(axis, { reverse })),
  linearRecurrence: scan(2, quarters(-2, 2), (axis, reverse, a, b) => linearRecurrence(a!, b!, axis, { reverse })),
  matmul: products,
  softmax: alongLast((x) => x.softmax()),
  logSoftmax: alongLast((x) => x.logSoftmax()),
};
