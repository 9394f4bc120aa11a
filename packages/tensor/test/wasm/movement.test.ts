import {
  apply,
  concat,
  operators,
  reference,
  type Shape,
  scope,
  type Tensor,
  type TypedArray,
  tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, expectSame, place, variants, withSpecials } from './variants.js';

const anything = fc.oneof({ weight: 4, arbitrary: fc.float() }, { weight: 4, arbitrary: withSpecials });
const lengths = fc.oneof({ weight: 8, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.constantFrom(17, 33, 70) });
const sizeOf = (shape: Shape) => shape.reduce((product, length) => product * length, 1);

/** Shapes of up to 7 axes, more than the kernel walks over, and not too many elements. */
const few = fc.array(lengths, { maxLength: 7 });
const many = fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 3, maxLength: 7 });
const small = fc.oneof(few, { weight: 3, arbitrary: many }).map((shape) => {
  let size = 1;
  return shape.map((length) => {
    const kept = size * length > 20000 ? 2 : length;
    size *= Math.max(1, kept);
    return kept;
  });
});
/** Of several blocks, and with planes that are cut. */
const large = fc.constantFrom<number[]>(
  [20000],
  [5000, 3],
  [3, 5000],
  [130, 131],
  [2, 9000, 2],
  [4100, 5],
  [70, 300, 3],
);
const shapes: fc.Arbitrary<number[]> = fc.oneof({ weight: 9, arbitrary: small }, { weight: 1, arbitrary: large });

/** The tensor that a function makes of another one, on the device and by the reference. */
function expectAlike(data: readonly number[], shape: Shape, on: Parameters<typeof place>[0], f: (x: Tensor) => Tensor) {
  scope(() => {
    const results = [on, reference].map((device) => f(place(device, shape, data)).dataSync());
    expectSame(results[0]!, results[1]!);
  });
}

/** Random starts, steps and lengths of a slice of each axis. */
const slicesOf = (shape: Shape) =>
  fc.tuple(
    ...shape.map((length) =>
      fc
        .tuple(fc.nat(Math.max(0, length - 1)), fc.constantFrom(1, 1, 1, 2, 3, -1, -2), fc.nat(3))
        .map(([start, step, left]) => {
          const most =
            length === 0 ? 0 : step > 0 ? Math.ceil((length - start) / step) : Math.ceil((start + 1) / -step);
          return { start, step, length: Math.max(Math.min(1, most), most - left) };
        }),
    ),
  );

describe.each(variants)('movement on %s', (_, device) => {
  test('permute puts every element where the reference puts it', () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        dataOf(shape, anything),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      ),
    );
    fc.assert(
      fc.property(cases, ([shape, data, axes]) => expectAlike(data, shape, device, (x) => x.permute(axes))),
      { numRuns: 150 },
    );
  });

  test('slice and pad do with any starts and steps', () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        dataOf(shape, anything),
        slicesOf(shape),
        fc.constantFrom(0, -0, 3, Number.NaN, Number.NEGATIVE_INFINITY),
      ),
    );
    fc.assert(
      fc.property(cases, ([shape, data, parts, value]) => {
        const starts = parts.map(({ start }) => start);
        const steps = parts.map(({ step }) => step);
        const kept = parts.map(({ length }) => length);
        const slice = (x: Tensor) => apply(operators.slice, [x], { starts, steps, shape: kept })[0]!;
        expectAlike(data, shape, device, slice);
        expectAlike(data, shape, device, (x) => apply(operators.pad, [slice(x)], { starts, steps, shape, value })[0]!);
      }),
      { numRuns: 100 },
    );
  });

  test('broadcast repeats along any axes', () => {
    const cases = shapes
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
          fc.nat(2),
        ),
      )
      .chain(([shape, kept, dropped]) => {
        const from = shape.map((length, axis) => (kept[axis] ? length : 1)).slice(Math.min(dropped, shape.length));
        return fc.tuple(fc.constant(shape), fc.constant(from), dataOf(from, anything));
      });
    fc.assert(
      fc.property(cases, ([shape, from, data]) => expectAlike(data, from, device, (x) => x.broadcastTo(shape))),
      { numRuns: 100 },
    );
  });

  test('concat joins along any axis', () => {
    const cases = shapes
      .filter((shape) => shape.length > 0)
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.nat(shape.length - 1),
          fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
          dataOf([211], anything),
        ),
      );
    fc.assert(
      fc.property(cases, ([shape, axis, others, data]) => {
        const widths = [shape[axis]!, ...others];
        scope(() => {
          const results = [device, reference].map((on) => {
            const parts = widths.map((width, part) => {
              const own = shape.with(axis, width);
              return place(
                on,
                own,
                Array.from({ length: sizeOf(own) }, (_, i) => data[(i + part) % 211]!),
              );
            });
            return concat(parts, axis).dataSync();
          });
          expectSame(results[0]!, results[1]!);
        });
      }),
      { numRuns: 60 },
    );
  });

  /** A tensor, an axis, and an index that is repeated along some of the other axes. */
  const indexed = shapes
    .filter((shape) => shape.length > 0)
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.nat(shape.length - 1),
        fc.oneof(
          fc.boolean().map((every) => shape.map(() => every)),
          fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        ),
        fc.nat(12),
        fc.integer({ min: 1, max: 1000 }),
      ),
    )
    .map(([shape, axis, repeated, count, seed]) => {
      const places = shape[axis] === 0 ? 0 : count;
      const index = shape.map((length, each) => (each === axis ? places : repeated[each] ? 1 : length));
      const positions = Int32Array.from({ length: sizeOf(index) }, (_, i) => ((i * 7919 + seed) % 1009) % shape[axis]!);
      return { shape, axis, places, index, positions };
    });
  const indexOn = (on: typeof device, positions: Int32Array, index: Shape) =>
    tensor(positions, { device: on }).reshape(index);

  test('gather takes what an index names', () => {
    const cases = indexed.chain((each) => fc.tuple(fc.constant(each), dataOf(each.shape, anything)));
    fc.assert(
      fc.property(cases, ([{ shape, axis, index, positions }, data]) =>
        expectAlike(data, shape, device, (x) => x.gather(axis, indexOn(x.device, positions, index))),
      ),
      { numRuns: 150 },
    );
  });

  test.each(['replace', 'add', 'mul', 'max', 'min'] as const)(
    'scatter joins by %s, in the order of the places',
    (reduction) => {
      const cases = indexed.chain((each) => {
        const source = each.shape.with(each.axis, each.places);
        return fc.tuple(fc.constant({ ...each, source }), dataOf(each.shape, anything), dataOf(source, anything));
      });
      fc.assert(
        fc.property(cases, ([{ shape, axis, index, positions, source }, data, given]) => {
          const from = (x: Tensor) => place(x.device, source, given);
          expectAlike(data, shape, device, (x) =>
            x.scatter(axis, indexOn(x.device, positions, index), from(x), reduction),
          );
          if (reduction !== 'add') return;
          expectAlike(data, shape, device, (x) =>
            from(x).scatterAdd(axis, indexOn(x.device, positions, index), shape[axis]!),
          );
        }),
        { numRuns: 50 },
      );
    },
  );

  test('an index that names no place is refused', () => {
    scope(() => {
      const x = place(device, [3, 2], [1, 2, 3, 4, 5, 6]);
      for (const wrong of [-1, 3]) {
        const index = indexOn(device, Int32Array.of(0, wrong), [2, 1]);
        expect(() => x.gather(0, index)).toThrow(`gather: index ${wrong} is not one of the 3 along the axis`);
        expect(() => x.slice([[0, 2]]).scatterAdd(0, index, 3)).toThrow(
          `scatterAdd: index ${wrong} is not one of the 3`,
        );
      }
    });
  });

  test.each(['int32', 'float64', 'bool'] as const)('moves %s as the reference does', (dtype) => {
    scope(() => {
      const results = [device, reference].map((on) => {
        const data = Array.from({ length: 6 * 15 * 14 }, (_, i) => (i % 7) - 3);
        const x = place(on, [6, 15, 14], data).cast(dtype);
        const index = indexOn(on, Int32Array.of(3, 0, 2), [1, 1, 3]);
        const bits: TypedArray[] = [
          x.permute([2, 0, 1]),
          x.slice([[], [], [undefined, undefined, 2]]),
          x.pad([[0, 0], [1, 2], [1, 0]], 1), // biome-ignore format: one pair for each axis
          concat([x, x], 1),
          x.gather(2, index),
          x.unsqueeze(0).broadcastTo([2, 6, 15, 14]),
        ].map((each) => each.dataSync());
        return bits;
      });
      for (const [i, bits] of results[0]!.entries()) expectSame(bits, results[1]![i]!);
    });
  });

  test('bits of NaN stay', () => {
    scope(() => {
      const bits = Int32Array.from({ length: 1024 }, (_, i) => 0x7fc00000 + i);
      const numbers = new Float32Array(bits.buffer);
      const x = tensor(numbers, { device }).reshape([32, 32]);
      const turned = x
        .permute([1, 0])
        .slice([[], [undefined, undefined, 2]])
        .dataSync() as Float32Array;
      const expected = Array.from({ length: 512 }, (_, i) => bits[(i % 16) * 64 + Math.floor(i / 16)]!);
      expect([...new Int32Array(turned.buffer)]).toEqual(expected);
    });
  });
});
