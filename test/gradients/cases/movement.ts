import { apply, concat, operators, type ScatterReduction, sizeOf, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { shapes, type Table, tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { anywhere, distinct, points, quarters } from '../points.js';

const reshapes: fc.Arbitrary<GradientCase> = points(anywhere).map((x) => ({
  inputs: [x],
  f: (a: Tensor) => a.reshape([a.size, 1]),
}));

const permutations: fc.Arbitrary<GradientCase> = points(anywhere).chain((x) =>
  fc
    .shuffledSubarray(
      x.shape.map((_, axis) => axis),
      { minLength: x.shape.length },
    )
    .map((axes) => ({ inputs: [x], f: (a: Tensor) => a.permute(axes) })),
);

/** Every `steps`-th place of an axis from `start` on, forward or backward. */
const parts = shapes({ maxRank: 3, maxLength: 3 }).chain((shape) =>
  fc
    .tuple(
      ...shape.map((length) =>
        fc.tuple(fc.nat(length), fc.integer({ min: 1, max: 2 }), fc.boolean()).map(([start, step, backward]) => ({
          start: backward ? length - 1 - start : start,
          step: backward ? -step : step,
          count: Math.ceil((length - start) / step),
        })),
      ),
    )
    .map((places) => ({
      whole: shape,
      starts: places.map(({ start }) => start),
      steps: places.map(({ step }) => step),
      shape: places.map(({ count }) => count),
    })),
);

const slices: fc.Arbitrary<GradientCase> = parts.chain(({ whole, ...attributes }) =>
  tablesOf(whole, anywhere).map((x) => ({
    inputs: [x],
    f: (a: Tensor) => apply(operators.slice, [a], attributes)[0]!,
  })),
);

const paddings: fc.Arbitrary<GradientCase> = parts.chain(({ whole, starts, steps, shape }) =>
  fc.tuple(tablesOf(shape, anywhere), fc.constantFrom(0, 2)).map(([x, value]) => ({
    inputs: [x],
    f: (a: Tensor) => apply(operators.pad, [a], { starts, steps, shape: whole, value })[0]!,
  })),
);

const joins: fc.Arbitrary<GradientCase> = fc
  .tuple(
    shapes({ minRank: 1, maxRank: 2, maxLength: 2 }),
    fc.nat(1),
    fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
  )
  .chain(([shape, choice, lengths]) => {
    const axis = choice % shape.length;
    return fc
      .tuple(
        ...lengths.map((length) =>
          tablesOf(
            shape.map((own, each) => (each === axis ? length : own)),
            anywhere,
          ),
        ),
      )
      .map((inputs) => ({ inputs, f: (...tensors: Tensor[]) => concat(tensors, axis) }));
  });

/** Places along an axis, some of them more than once. */
function picks(
  make: (picked: { table: Table; like: Table; index: Table; axis: number }) => GradientCase,
): fc.Arbitrary<GradientCase> {
  return fc
    .tuple(shapes({ minRank: 1, maxRank: 2, minLength: 1, maxLength: 3 }), fc.nat(1), fc.nat(3))
    .chain(([shape, choice, count]) => {
      const axis = choice % shape.length;
      const picked = shape.map((length, each) => (each === axis ? count : length));
      return fc.record({
        table: tablesOf(shape, anywhere),
        like: tablesOf(picked, anywhere),
        index: fc
          .boolean()
          .chain((short) =>
            tablesOf(
              short ? picked.map((length, each) => (each === axis ? length : 1)) : picked,
              fc.nat(shape[axis]! - 1),
            ),
          ),
        axis: fc.constant(axis),
      });
    })
    .map(make);
}

/** What goes into a tensor, more than one element to a place among it, where it has derivatives. */
const scatterings: fc.Arbitrary<GradientCase> = fc
  .tuple(
    shapes({ minRank: 1, maxRank: 2, minLength: 1, maxLength: 3 }),
    fc.nat(1),
    fc.nat(3),
    fc.constantFrom<ScatterReduction>('replace', 'add', 'mul', 'max', 'min'),
    fc.boolean(),
  )
  .chain(([shape, choice, count, reduction, short]) => {
    const axis = choice % shape.length;
    const given = shape.with(axis, count);
    const size = sizeOf(shape);
    const numbers =
      reduction === 'max' || reduction === 'min'
        ? distinct([size + sizeOf(given)]).map(({ data }) => data)
        : fc.array(reduction === 'mul' ? quarters(-2, 2) : anywhere, {
            minLength: size + sizeOf(given),
            maxLength: size + sizeOf(given),
          });
    return fc
      .record({
        numbers,
        index: tablesOf(short ? shape.map((_, each) => (each === axis ? count : 1)) : given, fc.nat(shape[axis]! - 1)),
      })
      .map(({ numbers: data, index }) => ({
        inputs: [
          { shape, data: data.slice(0, size) },
          { shape: given, data: data.slice(size) },
        ],
        f: (x: Tensor, source: Tensor) => x.scatter(axis, tensorOf(index, 'int32'), source, reduction),
      }));
  });

/** Operators that move elements. */
export const movementCases: GradientCases = {
  reshape: reshapes,
  clone: points(anywhere).map((x) => ({ inputs: [x], f: (a: Tensor) => a.clone() })),
  permute: permutations,
  slice: slices,
  pad: paddings,
  concat: joins,
  scatter: scatterings,
  gather: picks(({ table, index, axis }) => ({ inputs: [table], f: (x) => x!.gather(axis, tensorOf(index, 'int32')) })),
  scatterAdd: picks(({ table, like, index, axis }) => ({
    inputs: [like],
    f: (x) => x!.scatterAdd(axis, tensorOf(index, 'int32'), table.shape[axis]!),
  })),
};
