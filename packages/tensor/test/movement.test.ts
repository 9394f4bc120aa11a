import {
  ArgumentError,
  apply,
  arange,
  bincount,
  concat,
  DTypeError,
  full,
  meshgrid,
  oneHot,
  ones,
  operators,
  type Shape,
  ShapeError,
  type SliceRange,
  scope,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, indicesOf, shapes, type Table, tableFrom, tableOf, tables, tablesOf, tensorOf } from './oracle.js';

const int32 = { dtype: 'int32' } as const;

/** A table of numbers that are all different, so that every mistake shows. */
function numbered(shape: readonly number[]): Table {
  let next = 0;
  return tableOf(shape, () => next++);
}

const numberedTables = (options?: Parameters<typeof shapes>[0]) => shapes(options).map(numbered);

describe('reshape and its kin', () => {
  it('look at the same elements under another shape', () => {
    scope(() => {
      const x = arange(0, 12).reshape([3, 4]);
      const y = x.reshape([2, -1]);
      expect(y.shape).toEqual([2, 6]);
      expect(y.buffer).toBe(x.buffer);
      x.assign(zeros([3, 4]));
      expect([...y.dataSync()]).toEqual(new Array(12).fill(0));
    });
  });

  it('keep the order of the elements', () => {
    fc.assert(
      fc.property(numberedTables(), fc.nat(4), (table, cut) =>
        scope(() => {
          const x = tensorOf(table);
          const views = [
            x.reshape([x.size]),
            x.flatten(),
            x.squeeze(),
            x.unsqueeze(cut % (x.rank + 1)),
            x.reshape([1, ...x.shape]),
          ];
          if (x.size > 0) views.push(x.reshape([-1]), x.reshape([1, -1]));
          for (const view of views) expect([...view.dataSync()]).toEqual(table.data);
          expect(x.squeeze().shape).toEqual(table.shape.filter((length) => length !== 1));
          expect(x.unsqueeze(-1).shape).toEqual([...table.shape, 1]);
          expect(x.unsqueeze(-1).squeeze(-1).shape).toEqual(table.shape);
          const start = x.rank === 0 ? 0 : cut % x.rank;
          const expected = [
            ...table.shape.slice(0, start),
            table.shape.slice(start).reduce((product, n) => product * n, 1),
          ];
          expect(x.flatten(start).shape).toEqual(expected);
        }),
      ),
    );
  });

  it.each<[string, (x: Tensor) => Tensor, string]>([
    ['another size', (x) => x.reshape([4]), 'reshape: [2,3] has 6 elements, [4] has 4'],
    ['a length that does not come out', (x) => x.reshape([4, -1]), 'reshape: [2,3] cannot become [4,-1]'],
    ['two lengths to work out', (x) => x.reshape([-1, -1]), 'reshape: [2,3] cannot become [-1,-1]'],
    ['a length to work out beside 0', (x) => x.reshape([0, -1]), 'reshape: [2,3] cannot become [0,-1]'],
    [
      'a negative length',
      (x) => x.reshape([-2, -3]),
      'reshape: shape [-2,-3]: every length must be an integer of 0 or more',
    ],
    ['half an element', (x) => x.reshape([1.5, 4]), 'every length must be an integer'],
    ['a long axis to squeeze', (x) => x.squeeze(1), 'squeeze: axis 1 of [2,3] has 3 entries, not 1'],
    ['an axis too far', (x) => x.unsqueeze(4), 'unsqueeze: axis 4 of a tensor with 3 axes'],
    ['axes to flatten', (x) => x.flatten(1, 0), 'flatten: axes 1 to 0 of [2,3]: the first must not come after'],
    ['an axis to flatten from', (x) => x.flatten(2), 'flatten: axis 2 of a tensor with 2 axes'],
  ])('refuse %s', (_, change, message) => {
    scope(() => {
      const x = ones([2, 3]);
      expect(() => change(x)).toThrow(ShapeError);
      expect(() => change(x)).toThrow(message);
    });
  });
});

describe('permute and transpose', () => {
  it('put axis axes[i] where axis i was', () => {
    const cases = numberedTables().chain((table) =>
      fc.record({
        table: fc.constant(table),
        axes: fc.shuffledSubarray(
          table.shape.map((_, axis) => axis),
          { minLength: table.shape.length },
        ),
        negative: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ table, axes, negative }) =>
        scope(() => {
          const named = negative ? axes.map((axis) => axis - axes.length) : axes;
          const expected = tableOf(
            axes.map((axis) => table.shape[axis]!),
            (index) =>
              at(
                table,
                axes.map((_, axis) => index[axes.indexOf(axis)]!),
              ),
          );
          expect(tableFrom(tensorOf(table).permute(named))).toEqual(expected);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('transpose exchanges the last two axes', () => {
    scope(() => {
      const x = arange(0, 12).reshape([2, 3, 2]);
      expect(tableFrom(x.transpose())).toEqual(tableFrom(x.permute([0, 2, 1])));
      expect(tableFrom(x.transpose(0, -1))).toEqual(tableFrom(x.permute([2, 1, 0])));
      expect(() => ones([3]).transpose()).toThrow('transpose: [3] has no two axes to exchange');
      expect(() => x.transpose(0, 3)).toThrow('transpose: axis 3 of a tensor with 3 axes');
    });
  });

  it.each([[[0]], [[0, 0]], [[0, 1, 2]]])('refuse the axes %j', (axes) => {
    scope(() => {
      expect(() => ones([2, 3]).permute(axes)).toThrow(ShapeError);
      expect(() => ones([2, 3]).permute(axes)).toThrow(/permute: (\[.*\] must name each of the 2 axes once|axis 2 of)/);
    });
  });
});

describe('slice', () => {
  /** The places that Python's slice object gives for a length, by its definition: walk on until the end is passed. */
  const placesOf = (length: number, [from, to, step = 1]: readonly (number | undefined)[]): number[] => {
    const place = (bound: number) => {
      const counted = bound < 0 ? bound + length : bound;
      return step > 0 ? Math.min(Math.max(counted, 0), length) : Math.min(Math.max(counted, -1), length - 1);
    };
    const start = from === undefined ? (step > 0 ? 0 : length - 1) : place(from);
    const end = to === undefined ? (step > 0 ? length : -1) : place(to);
    const places: number[] = [];
    for (let i = start; step > 0 ? i < end : i > end; i += step) places.push(i);
    return places;
  };
  const rangeOf = (length: number): fc.Arbitrary<SliceRange> => {
    const place = fc.option(fc.integer({ min: -length - 3, max: length + 3 }), { nil: undefined });
    const step = fc.option(fc.constantFrom(1, 2, 3, -1, -2, -3), { nil: undefined });
    const parts = fc.tuple(place, place, step).map((range) => range as SliceRange);
    return length === 0 ? parts : fc.oneof(parts, fc.integer({ min: -length, max: length - 1 }));
  };
  const cases = numberedTables().chain((table) =>
    fc
      .tuple(fc.constant(table), fc.nat(table.shape.length))
      .chain(([, count]) =>
        fc.record({ table: fc.constant(table), ranges: fc.tuple(...table.shape.slice(0, count).map(rangeOf)) }),
      ),
  );
  const chosenBy = (shape: Shape, ranges: readonly SliceRange[]): number[][] =>
    shape.map((length, axis) => {
      const range = ranges[axis] ?? [];
      if (typeof range === 'number') return [range < 0 ? range + length : range];
      return placesOf(length, range);
    });

  it("takes what Python's slices take along each axis", () => {
    fc.assert(
      fc.property(cases, ({ table, ranges }) =>
        scope(() => {
          const chosen = chosenBy(table.shape, ranges);
          const expected = tableOf(
            chosen.map((each) => each.length),
            (index) =>
              at(
                table,
                index.map((i, axis) => chosen[axis]![i]!),
              ),
          );
          const found = tableFrom(tensorOf(table).slice(ranges));
          expect(found.data).toEqual(expected.data);
          expect(found.shape).toEqual(expected.shape.filter((_, axis) => typeof ranges[axis] !== 'number'));
        }),
      ),
      { numRuns: 500 },
    );
  });

  it.each<[SliceRange, number[]]>([
    [
      [-3, -1],
      [2, 3],
    ],
    [
      [2, 99],
      [2, 3, 4],
    ],
    [
      [-99, 2],
      [0, 1],
    ],
    [[7], []],
    [[3, 1], []],
    [
      [undefined, undefined, -1],
      [4, 3, 2, 1, 0],
    ],
    [
      [-2, undefined, -2],
      [3, 1],
    ],
    [
      [99, 0, -3],
      [4, 1],
    ],
    [
      [1, -99, -1],
      [1, 0],
    ],
    [[0, 4, -1], []],
  ])('%j of [0,1,2,3,4] is %j', (range, expected) => {
    scope(() => expect([...arange(0, 5).slice([range]).dataSync()]).toEqual(expected));
  });

  it.each<[SliceRange[], string]>([
    [[3], 'slice: 3 of axis 0 of [3,2]: the index must be an integer from -3 to 2'],
    [[-4], 'slice: -4 of axis 0'],
    [[0.5], 'slice: 0.5 of axis 0'],
    [[[], Number.NaN], 'slice: NaN of axis 1'],
    [[[0.5, 2]], 'slice: [0.5,2] of axis 0 of [3,2]: start, end and step must be integers, the step not 0'],
    [[[0, Number.NaN]], 'slice: [0,NaN] of axis 0'],
    [[[0, 3, 0]], 'slice: [0,3,0] of axis 0'],
    [[[0, 3, 0.5]], 'slice: [0,3,0.5] of axis 0'],
    [[[], [], []], 'slice: 3 ranges for the 2 axes of [3,2]'],
  ])('refuses %j', (ranges, message) => {
    scope(() => {
      const x = ones([3, 2]);
      expect(() => x.slice(ranges)).toThrow(ShapeError);
      expect(() => x.slice(ranges)).toThrow(message);
    });
  });

  it('sliceScatter puts others where slice takes them from, and leaves the rest', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ table, ranges }, isNumber) =>
        scope(() => {
          const x = tensorOf(table, 'float64');
          const part = x.slice(ranges);
          const source = isNumber ? -7 : part.add(1000);
          const found = x.sliceScatter(ranges, source);
          expect(found.shape).toEqual(table.shape);
          const chosen = chosenBy(table.shape, ranges);
          const data = indicesOf(table.shape).map((place, i) => {
            if (!place.every((index, axis) => chosen[axis]!.includes(index))) return table.data[i];
            return isNumber ? -7 : table.data[i]! + 1000;
          });
          expect([...found.dataSync()]).toEqual(data);
        }),
      ),
      { numRuns: 100 },
    );
  });

  it('sliceScatter takes whatever broadcasts to the part, of all types', () => {
    scope(() => {
      const x = zeros([2, 3]);
      expect([...x.sliceScatter([[], [1]], tensor([1, 2])).dataSync()]).toEqual([0, 1, 2, 0, 1, 2]);
      expect([...x.sliceScatter([1], tensor([1, 2, 3])).dataSync()]).toEqual([0, 0, 0, 1, 2, 3]);
      expect([
        ...x
          .cast('bool')
          .sliceScatter([0, [0, 2]], 1)
          .dataSync(),
      ]).toEqual([1, 1, 0, 0, 0, 0]);
      expect([...x.cast('int32').sliceScatter([0], 4).dataSync()]).toEqual([4, 4, 4, 0, 0, 0]);
      expect(() => x.sliceScatter([[], [1]], zeros([3, 1, 2]))).toThrow(
        'sliceScatter: [3,1,2] does not broadcast to the part, which is [2,2]',
      );
      expect(() => x.sliceScatter([0], zeros([3], int32))).toThrow(DTypeError);
    });
  });

  it('has an inverse: what is spread over zeros with the same steps', () => {
    fc.assert(
      fc.property(cases, ({ table, ranges }) =>
        scope(() => {
          const x = tensorOf(table).add(1);
          const chosen = chosenBy(table.shape, ranges);
          const starts = chosen.map((places) => places[0] ?? 0);
          const steps = chosen.map(([first = 0, second = first + 1]) => second - first);
          const shape = chosen.map((places) => places.length);
          const [part] = apply(operators.slice, [x], { starts, steps, shape }) as [Tensor];
          const [back] = apply(operators.pad, [part], { starts, steps, shape: table.shape, value: 0 }) as [Tensor];
          const [again] = apply(operators.slice, [back], { starts, steps, shape }) as [Tensor];
          expect(tableFrom(again)).toEqual(tableFrom(part));
          expect(back.cast('bool').cast('int32').sum().itemSync()).toBe(part.size);
        }),
      ),
    );
  });
});

describe('pad', () => {
  it('puts a value around', () => {
    const cases = numberedTables({ maxRank: 3 }).chain((table) =>
      fc.record({
        table: fc.constant(table),
        widths: fc.tuple(...table.shape.map(() => fc.tuple(fc.nat(2), fc.nat(2)))),
        value: fc.constantFrom(0, -1, Number.NaN, Number.NEGATIVE_INFINITY),
      }),
    );
    fc.assert(
      fc.property(cases, ({ table, widths, value }) =>
        scope(() => {
          const expected = tableOf(
            table.shape.map((length, axis) => widths[axis]![0] + length + widths[axis]![1]),
            (index) => {
              const inside = index.map((i, axis) => i - widths[axis]![0]);
              return inside.every((i, axis) => i >= 0 && i < table.shape[axis]!) ? at(table, inside) : value;
            },
          );
          expect(tableFrom(tensorOf(table).pad(widths, value))).toEqual(expected);
        }),
      ),
    );
  });

  it('refuses widths that are none, and values that the type does not hold', () => {
    scope(() => {
      const x = ones([2, 3]);
      for (const widths of [
        [[0, 1]],
        [
          [0, 1],
          [-2, -2],
        ],
        [
          [0, 0.5],
          [0, 0],
        ],
      ] as [number, number][][]) {
        expect(() => x.pad(widths)).toThrow(ShapeError);
        expect(() => x.pad(widths)).toThrow('for [2,3]: every axis needs two integers, and negative ones must not');
      }
      expect(() => ones([1], int32).pad([[1, 1]], 0.5)).toThrow(DTypeError);
      expect(() => tensor([true]).pad([[1, 1]], 7)).toThrow('pad: bool holds 0 and 1, not 7');
    });
  });

  /** Where the element at place i, counted from the first own one, comes from. */
  const sources = {
    replicate: (i: number, n: number) => Math.min(n - 1, Math.max(0, i)),
    reflect: (i: number, n: number) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
    circular: (i: number, n: number) => (i + n) % n,
  };

  it.each(['replicate', 'reflect', 'circular'] as const)(
    'by %s takes elements of the tensor, or takes some away',
    (fill) => {
      const longest = (length: number) => ({ replicate: 3, reflect: length - 1, circular: length })[fill];
      const padded = numberedTables({ maxRank: 3, minLength: 1 }).chain((table) =>
        fc.record({
          table: fc.constant(table),
          widths: fc.tuple(
            ...table.shape.map((length) =>
              fc
                .tuple(fc.integer({ min: 1 - length, max: 0 }), fc.boolean(), fc.boolean())
                .chain(([cut, atStart, other]) => {
                  const width = fc.integer({ min: 0, max: longest(length + cut) });
                  const pair = fc.tuple(width, other ? fc.constant(0) : width);
                  if (cut === 0) return pair;
                  return pair.map(([a]): [number, number] => (atStart ? [cut, a] : [a, cut]));
                }),
            ),
          ),
        }),
      );
      fc.assert(
        fc.property(padded, ({ table, widths }) =>
          scope(() => {
            const expected = tableOf(
              table.shape.map((length, axis) => widths[axis]![0] + length + widths[axis]![1]),
              (index) =>
                at(
                  table,
                  index.map((i, axis) => {
                    const [first, last] = widths[axis]!.map((width) => Math.max(0, -width)) as [number, number];
                    const kept = table.shape[axis]! - first - last;
                    return first + sources[fill](i - Math.max(0, widths[axis]![0]), kept);
                  }),
                ),
            );
            expect(tableFrom(tensorOf(table).pad(widths, fill))).toEqual(expected);
          }),
        ),
        { numRuns: 200 },
      );
    },
  );

  it('gives a tensor of its own where there is nothing to add', () => {
    const x = ones([2, 3]);
    for (const fill of ['replicate', 'reflect', 'circular', 0] as const) {
      x.pad(
        [
          [0, 0],
          [0, 0],
        ],
        fill,
      ).dispose();
    }
    expect([...x.dataSync()]).toEqual(Array(6).fill(1));
    x.dispose();
  });

  it('knows no other names of elements', () => {
    scope(() => {
      for (const widths of [[[0, 0]], [[1, 1]]] as const) {
        expect(() => ones([3]).pad(widths, 'mirror' as never)).toThrow(
          new ArgumentError("pad: fill must be a number or one of replicate, reflect, circular, not 'mirror'"),
        );
      }
    });
  });

  it.each([
    ['reflect', 3, 'pad: reflect by [0,3] along axis 0 of [3]: its elements give 2 on each side at most'],
    ['circular', 4, 'pad: circular by [0,4] along axis 0 of [3]: its elements give 3'],
  ] as const)('by %s ends where the elements end', (fill, width, message) => {
    scope(() => {
      expect(() => ones([3]).pad([[0, width]], fill)).toThrow(ShapeError);
      expect(() => ones([3]).pad([[0, width]], fill)).toThrow(message);
      expect(() => ones([0]).pad([[1, 0]], 'replicate')).toThrow('its elements give 0 on each side at most');
      expect(
        ones([0, 2]).pad(
          [
            [0, 0],
            [1, 1],
          ],
          fill === 'reflect' ? 'reflect' : 'replicate',
        ).shape,
      ).toEqual([0, 4]);
    });
  });
});

describe('rot90', () => {
  const cases = numberedTables({ minRank: 2, maxRank: 3 }).chain((table) =>
    fc.record({
      table: fc.constant(table),
      axes: fc.shuffledSubarray(
        table.shape.map((_, axis) => axis),
        { minLength: 2, maxLength: 2 },
      ) as fc.Arbitrary<[number, number]>,
      times: fc.integer({ min: -5, max: 5 }),
    }),
  );

  it('takes the first axis to the second: once is a transposition with the new first axis reversed', () => {
    fc.assert(
      fc.property(cases, ({ table, axes, times }) =>
        scope(() => {
          const [first, second] = axes;
          const turned = ({ shape, ...rest }: typeof table) => {
            const [rows, columns] = [shape[first]!, shape[second]!];
            return tableOf(shape.with(first, columns).with(second, rows), (index) =>
              at({ shape, ...rest }, index.with(first, index[second]!).with(second, columns - 1 - index[first]!)),
            );
          };
          let expected = table;
          for (let turn = 0; turn < ((times % 4) + 4) % 4; turn++) expected = turned(expected);
          expect(tableFrom(tensorOf(table).rot90(times, axes))).toEqual(expected);
        }),
      ),
    );
  });

  it('refuses what is no turn of a plane', () => {
    scope(() => {
      const x = ones([2, 3]);
      expect(tableFrom(x.rot90()).shape).toEqual([3, 2]);
      expect(() => x.rot90(1, [0, -2])).toThrow('rot90: axes [0,-2] of [2,3]: there must be two of them');
      expect(() => x.rot90(0.5)).toThrow(ArgumentError);
      expect(() => ones([2]).rot90()).toThrow(ShapeError);
    });
  });
});

describe('bincount', () => {
  it('counts every integer, or sums the weights of its places', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.integer({ min: -9, max: 9 })), { maxLength: 12 }), (pairs) =>
        scope(() => {
          const labels = tensor(
            pairs.map(([label]) => label),
            { ...int32, shape: [pairs.length, 1] },
          );
          const weights = tensor(
            pairs.map(([, weight]) => weight),
            { dtype: 'float64', shape: [pairs.length, 1] },
          );
          const sums = (value: (weight: number) => number) =>
            [0, 1, 2, 3, 4].map((each) =>
              pairs.reduce((sum, [label, weight]) => sum + (label === each ? value(weight) : 0), 0),
            );
          const counts = bincount(labels, 5);
          expect(counts.dtype).toBe('int32');
          expect([...counts.dataSync()]).toEqual(sums(() => 1));
          expect([...bincount(labels, 5, { weights }).dataSync()]).toEqual(sums((weight) => weight));
        }),
      ),
    );
    scope(() => {
      expect(() => bincount(tensor([0, 5], int32), 5)).toThrow(ArgumentError);
      expect(() => bincount(tensor([0, 5]), 5)).toThrow('bincount: the tensor of labels is float32');
      expect(() => bincount(tensor([0, 5], int32), 2.5)).toThrow('bincount: count must be an integer of 0 or more');
      expect(() => bincount(tensor([0, 1]), 5)).toThrow(DTypeError);
      expect(() => bincount(tensor([0, 1], int32), 5, { weights: ones([1]) })).toThrow(
        new ShapeError('bincount: labels [2], weights [1]: the shapes differ'),
      );
    });
  });
});

describe('flip and roll', () => {
  const cases = numberedTables({ maxRank: 3 }).chain((table) =>
    fc.record({
      table: fc.constant(table),
      axes: fc.subarray(table.shape.map((_, axis) => axis)),
      shifts: fc.tuple(...table.shape.map(() => fc.integer({ min: -6, max: 6 }))),
    }),
  );

  it('reverse and turn the axes', () => {
    fc.assert(
      fc.property(cases, ({ table, axes, shifts }) =>
        scope(() => {
          const mapped = (place: (i: number, length: number, axis: number) => number) =>
            tableOf(table.shape, (index) =>
              at(
                table,
                index.map((i, axis) => (axes.includes(axis) ? place(i, table.shape[axis]!, axis) : i)),
              ),
            );
          const x = tensorOf(table);
          expect(tableFrom(x.flip(axes))).toEqual(mapped((i, length) => length - 1 - i));
          const rolled = x.roll(
            axes.map((axis) => shifts[axis]!),
            axes,
          );
          expect(tableFrom(rolled)).toEqual(
            mapped((i, length, axis) => (((i - shifts[axis]!) % length) + length) % length),
          );
          expect(tableFrom(x.flip())).toEqual({ shape: table.shape, data: [...table.data].reverse() });
        }),
      ),
    );
  });

  it('roll turns the flattened tensor where no axis is named, and refuses what is no shift', () => {
    scope(() => {
      const x = arange(0, 6).reshape([2, 3]);
      expect(tableFrom(x.roll(1))).toEqual({ shape: [2, 3], data: [5, 0, 1, 2, 3, 4] });
      expect(() => x.roll(0.5, 0)).toThrow(ShapeError);
      expect(() => x.roll([1, 2], 0)).toThrow('roll: shifts [1,2] for axes [0]: every axis needs an integer');
    });
  });
});

describe('concat and stack', () => {
  it('put tables one after the other', () => {
    const cases = fc
      .tuple(shapes({ minRank: 1, maxRank: 3 }), fc.nat(2), fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }))
      .chain(([shape, choice, lengths]) => {
        const axis = choice % shape.length;
        return fc.record({
          axis: fc.constant(axis),
          parts: fc.tuple(
            ...lengths.map((length) => tablesOf(shape.map((own, each) => (each === axis ? length : own)))),
          ),
        });
      });
    fc.assert(
      fc.property(cases, ({ axis, parts }) =>
        scope(() => {
          const owner = parts.flatMap((part, i) =>
            Array.from({ length: part.shape[axis]! }, (_, own) => [i, own] as const),
          );
          const expected = tableOf(
            parts[0]!.shape.map((length, each) => (each === axis ? owner.length : length)),
            (index) => {
              const [part, own] = owner[index[axis]!]!;
              return at(
                parts[part]!,
                index.map((i, each) => (each === axis ? own : i)),
              );
            },
          );
          const tensors = parts.map((part) => tensorOf(part));
          expect(tableFrom(concat(tensors, axis))).toEqual(expected);
          expect(tableFrom(concat(tensors, axis - parts[0]!.shape.length))).toEqual(expected);
        }),
      ),
    );
  });

  it('stack makes a new axis, at any place', () => {
    scope(() => {
      const [a, b] = [tensor([1, 2]), tensor([3, 4])];
      expect(tableFrom(stack([a, b]))).toEqual({ shape: [2, 2], data: [1, 2, 3, 4] });
      expect(tableFrom(stack([a, b], 1))).toEqual({ shape: [2, 2], data: [1, 3, 2, 4] });
      expect(tableFrom(stack([a, b], -1))).toEqual({ shape: [2, 2], data: [1, 3, 2, 4] });
      expect(stack([tensor(1), tensor(2)]).shape).toEqual([2]);
      expect(concat([tensor([true]), tensor([false])]).dtype).toBe('bool');
    });
  });

  it('refuse what does not fit', () => {
    scope(() => {
      expect(() => concat([])).toThrow('concat: there is nothing to join');
      expect(() => stack([])).toThrow(ShapeError);
      expect(() => concat([ones([2, 3]), ones([2, 4])])).toThrow(
        'concat: [2,3] and [2,4]: the shapes may differ along axis 0 only',
      );
      expect(() => concat([ones([2]), ones([2, 1])])).toThrow(ShapeError);
      expect(() => concat([ones([2]), ones([2], int32)])).toThrow(DTypeError);
      expect(() => concat([tensor(1), tensor(2)])).toThrow('concat: axis 0 of a scalar: it has no axes');
      expect(() => stack([ones([2]), ones([3])])).toThrow(ShapeError);
    });
  });
});

describe('gather, scatterAdd and take', () => {
  const cases = shapes({ minRank: 1, maxRank: 3, minLength: 1 }).chain((shape) =>
    fc.tuple(fc.nat(2), fc.nat(5)).chain(([choice, count]) => {
      const axis = choice % shape.length;
      const picked = shape.map((length, each) => (each === axis ? count : length));
      return fc.record({
        axis: fc.constant(axis),
        table: tablesOf(shape),
        index: tablesOf(picked, fc.nat(shape[axis]! - 1)),
        values: tablesOf(picked),
      });
    }),
  );

  it('gather picks, scatterAdd adds up where gather would have picked', () => {
    fc.assert(
      fc.property(cases, ({ axis, table, index, values }) =>
        scope(() => {
          const picked = tensorOf(table).gather(axis, tensorOf(index, 'int32'));
          const along = (place: readonly number[]) => place.map((i, each) => (each === axis ? at(index, place) : i));
          expect(tableFrom(picked)).toEqual(tableOf(index.shape, (place) => at(table, along(place))));
          const added = tensorOf(values).scatterAdd(
            axis - table.shape.length,
            tensorOf(index, 'int32'),
            table.shape[axis]!,
          );
          const expected = tableOf(table.shape, (target) =>
            indicesOf(index.shape)
              .filter((place) => along(place).every((i, each) => i === target[each]))
              .reduce((sum, place) => sum + at(values, place), 0),
          );
          expect(tableFrom(added)).toEqual(expected);
        }),
      ),
    );
  });

  it('take refuses positions that are no integers', () => {
    scope(() => {
      expect(() => zeros([3, 2]).take(0, tensor([0, 1]))).toThrow(
        'take: the positions are float32: cast() them to int32',
      );
    });
  });

  it('take picks whole slices', () => {
    const slices = shapes({ minRank: 1, maxRank: 3, minLength: 1 }).chain((shape) =>
      fc.nat(2).chain((choice) => {
        const axis = choice % shape.length;
        return fc.record({
          axis: fc.constant(axis),
          table: tablesOf(shape),
          positions: fc.array(fc.nat(shape[axis]! - 1), { maxLength: 5 }),
        });
      }),
    );
    fc.assert(
      fc.property(slices, ({ axis, table, positions }) =>
        scope(() => {
          const expected = tableOf(
            table.shape.map((length, each) => (each === axis ? positions.length : length)),
            (index) =>
              at(
                table,
                index.map((i, each) => (each === axis ? positions[i]! : i)),
              ),
          );
          expect(tableFrom(tensorOf(table).take(axis, tensor(positions, int32)))).toEqual(expected);
        }),
      ),
    );
    scope(() => {
      expect(ones([2, 0, 3]).take(0, tensor([1, 1, 0], int32)).shape).toEqual([3, 0, 3]);
      const table = arange(0, 8).reshape([4, 2]);
      const words = tensor(
        [
          [3, 0, 3],
          [1, 1, 2],
        ],
        int32,
      );
      expect(tableFrom(table.take(0, words))).toEqual({ shape: [2, 3, 2], data: [6, 7, 0, 1, 6, 7, 2, 3, 2, 3, 4, 5] });
      expect(tableFrom(table.take(1, tensor(1, int32)))).toEqual({ shape: [4], data: [1, 3, 5, 7] });
    });
  });

  it('repeat an index of length 1 along the other axes', () => {
    const picks = shapes({ minRank: 1, maxRank: 4 }).chain((shape) =>
      fc
        .tuple(fc.nat(shape.length - 1), fc.nat(3), fc.tuple(...shape.map(() => fc.boolean())))
        .chain(([axis, count, short]) => {
          const picked = shape.map((length, each) => (each === axis ? count : length));
          const index = picked.map((length, each) => (each !== axis && short[each] ? 1 : length));
          return fc.record({
            axis: fc.constant(axis),
            table: tablesOf(shape),
            values: tablesOf(picked),
            index: tablesOf(shape[axis] === 0 ? index.with(axis, 0) : index, fc.nat(Math.max(0, shape[axis]! - 1))),
          });
        }),
    );
    fc.assert(
      fc.property(picks, ({ axis, table, values, index }) =>
        scope(() => {
          const x = tensorOf(table);
          const short = tensorOf(index, 'int32');
          const full = short.broadcastTo(table.shape.map((n, each) => (each === axis ? index.shape[axis]! : n)));
          expect(tableFrom(x.gather(axis, short))).toEqual(tableFrom(x.gather(axis, full)));
          if (index.shape[axis] !== values.shape[axis]) return;
          const given = tensorOf(values);
          const length = table.shape[axis]!;
          expect(tableFrom(given.scatterAdd(axis, short, length))).toEqual(
            tableFrom(given.scatterAdd(axis, full, length)),
          );
        }),
      ),
      { numRuns: 200 },
    );
  });

  it.each<[string, (x: Tensor) => Tensor, new (message: string) => Error, string]>([
    [
      'an index too large',
      (x) => x.gather(1, tensor([[3], [0]], int32)),
      ArgumentError,
      'gather: index 3 is not one of the 3 along the axis',
    ],
    [
      'an index too small',
      (x) => x.gather(1, tensor([[-1], [0]], int32)),
      ArgumentError,
      'gather: index -1 is not one of the 3',
    ],
    [
      'an index that is no integer',
      (x) => x.gather(1, ones([2, 1])),
      DTypeError,
      'gather: the index is float32: cast() it to int32',
    ],
    [
      'another shape',
      (x) => x.gather(1, ones([3, 1], int32)),
      ShapeError,
      'gather: index [3,1] for [2,3]: the shapes may differ along axis 1 only',
    ],
    ['another rank', (x) => x.gather(0, ones([2], int32)), ShapeError, 'gather: index [2] for [2,3]'],
    ['a missing axis', (x) => x.gather(2, ones([2, 1], int32)), ShapeError, 'gather: axis 2 of a tensor with 2 axes'],
    [
      'a target too large',
      (x) =>
        x.scatterAdd(
          1,
          tensor(
            [
              [0, 1, 2],
              [0, 1, 2],
            ],
            int32,
          ),
          2,
        ),
      ArgumentError,
      'scatterAdd: index 2 is not one of the 2 along the axis',
    ],
    [
      'targets of another shape',
      (x) => x.scatterAdd(1, ones([2, 2], int32), 2),
      ShapeError,
      'scatterAdd: index [2,2] for [2,3]: axis 1 must have as many places as elements',
    ],
    [
      'a length that is none',
      (x) => x.scatterAdd(1, ones([2, 3], int32), -1),
      ArgumentError,
      'scatterAdd: length must be an integer of 0 or more, not -1',
    ],
    [
      'a position too large',
      (x) => x.take(0, tensor([2], int32)),
      ArgumentError,
      'index 2 is not one of the 2 along the axis',
    ],
  ])('refuse %s', (_, pick, type, message) => {
    scope(() => {
      const x = ones([2, 3]);
      expect(() => pick(x)).toThrow(type);
      expect(() => pick(x)).toThrow(message);
    });
  });
});

describe('scatter', () => {
  const joins = {
    replace: (_: number, value: number) => value,
    add: (before: number, value: number) => before + value,
    mul: (before: number, value: number) => before * value,
    max: Math.max,
    min: Math.min,
  };
  const cases = shapes({ minRank: 1, maxRank: 3, maxLength: 3 }).chain((shape) =>
    fc.tuple(fc.nat(shape.length - 1), fc.nat(4), fc.boolean()).chain(([axis, wanted, short]) => {
      const count = shape[axis] === 0 ? 0 : wanted;
      const given = shape.with(axis, count);
      return fc.record({
        axis: fc.constant(axis),
        x: tablesOf(shape),
        source: tablesOf(given),
        index: tablesOf(
          short ? given.map((length, each) => (each === axis ? length : 1)) : given,
          fc.nat(Math.max(0, shape[axis]! - 1)),
        ),
      });
    }),
  );

  it.each(['replace', 'add', 'mul', 'max', 'min'] as const)('%s joins elements one after the other', (reduction) => {
    fc.assert(
      fc.property(cases, ({ axis, x, source, index }) =>
        scope(() => {
          const data = [...x.data];
          for (const place of indicesOf(source.shape)) {
            const named = at(
              index,
              place.map((i, each) => (index.shape[each] === 1 && each !== axis ? 0 : i)),
            );
            const target = indicesOf(x.shape).findIndex((each) =>
              each.every((i, a) => i === (a === axis ? named : place[a])),
            );
            data[target] = joins[reduction](data[target]!, at(source, place));
          }
          for (const dtype of ['float64', 'int32'] as const) {
            const whole = dtype === 'int32' ? 8 : 1;
            const table = (given: Table): Table => ({ ...given, data: given.data.map((value) => value * whole) });
            const found = tensorOf(table(x), dtype).scatter(
              axis,
              tensorOf(index, 'int32'),
              tensorOf(table(source), dtype),
              reduction,
            );
            if (dtype === 'float64') expect(tableFrom(found)).toEqual({ shape: x.shape, data });
            else if (reduction !== 'mul') expect([...found.dataSync()]).toEqual(data.map((value) => value * whole));
          }
        }),
      ),
      { numRuns: 100 },
    );
  });

  it('takes a number for all places, and truth values where they replace', () => {
    scope(() => {
      const x = zeros([2, 3]);
      const index = tensor([[0], [2]], int32);
      expect([...x.scatter(1, index, 5).dataSync()]).toEqual([5, 0, 0, 0, 0, 5]);
      expect([...x.scatter(1, tensor([[1]], int32), 5).dataSync()]).toEqual([0, 5, 0, 0, 5, 0]);
      const flags = x.cast('bool').scatter(1, index, tensor([[true], [true]]));
      expect([...flags.dataSync()]).toEqual([1, 0, 0, 0, 0, 1]);
      expect(() => flags.scatter(1, index, flags.slice([[], [0, 1]]), 'add')).toThrow(DTypeError);
    });
  });

  it.each<[string, (x: Tensor) => Tensor, new (message: string) => Error, string]>([
    [
      'an index too large',
      (x) => x.scatter(1, tensor([[3], [0]], int32), 1),
      ArgumentError,
      'scatter: index 3 is not one of the 3',
    ],
    [
      'an index too large for a sum',
      (x) => x.scatter(1, tensor([[3], [0]], int32), 1, 'add'),
      ArgumentError,
      'scatter: index 3 is not one of the 3',
    ],
    [
      'an unknown reduction',
      (x) => x.scatter(1, zeros([2, 1], int32), 1, 'mean' as never),
      ArgumentError,
      "scatter: reduction must be one of replace, add, mul, max, min, not 'mean'",
    ],
    [
      'other types',
      (x) => x.scatter(1, ones([2, 1], int32), ones([2, 1], int32)),
      DTypeError,
      'scatter: float32 and int32',
    ],
    [
      'a source of another shape',
      (x) => x.scatter(1, ones([1, 1], int32), ones([1, 1])),
      ShapeError,
      'scatter: [1,1] into [2,3]: the shapes may differ along axis 1 only',
    ],
    [
      'more places than elements',
      (x) => x.scatter(1, ones([2, 2], int32), ones([2, 1])),
      ShapeError,
      'axis 1 must have as many places as elements',
    ],
    [
      'an index of another shape',
      (x) => x.scatter(1, ones([3, 1], int32), ones([2, 1])),
      ShapeError,
      'scatter: index [3,1] for [2,1]',
    ],
  ])('refuses %s', (_, scatter, type, message) => {
    scope(() => {
      expect(() => scatter(ones([2, 3]))).toThrow(type);
      expect(() => scatter(ones([2, 3]))).toThrow(message);
    });
  });
});

describe('split, chunk and unbind', () => {
  const cases = numberedTables({ minRank: 1, maxRank: 3 }).chain((table) =>
    fc.record({
      table: fc.constant(table),
      axis: fc.nat(table.shape.length - 1),
      size: fc.integer({ min: 1, max: 5 }),
    }),
  );

  it('cut an axis into parts that give the whole when joined', () => {
    fc.assert(
      fc.property(cases, ({ table, axis, size }) =>
        scope(() => {
          const x = tensorOf(table);
          const length = table.shape[axis]!;
          const parts = x.split(size, axis);
          expect(parts.map((part) => part.shape[axis])).toEqual(
            length === 0
              ? [0]
              : Array.from({ length: Math.ceil(length / size) }, (_, i) => Math.min(size, length - i * size)),
          );
          expect(tableFrom(concat(parts, axis))).toEqual(table);
          const lengths = [Math.min(1, length), 0, length - Math.min(1, length)];
          const given = x.split(lengths, axis - table.shape.length);
          expect(given.map((part) => part.shape[axis])).toEqual(lengths);
          expect(tableFrom(concat(given, axis))).toEqual(table);
          const chunks = x.chunk(size, axis);
          expect(chunks.length).toBeLessThanOrEqual(size);
          expect(tableFrom(concat(chunks, axis))).toEqual(table);
          const slices = x.unbind(axis);
          expect(slices.length).toBe(length);
          if (length > 0) expect(tableFrom(stack(slices, axis))).toEqual(table);
        }),
      ),
    );
  });

  it('chunk makes parts of one length, and fewer where there are not enough', () => {
    scope(() => {
      const lengths = (length: number, count: number) =>
        zeros([length])
          .chunk(count)
          .map((part) => part.size);
      expect(lengths(7, 3)).toEqual([3, 3, 1]);
      expect(lengths(6, 4)).toEqual([2, 2, 2]);
      expect(lengths(2, 5)).toEqual([1, 1]);
      expect(lengths(0, 2)).toEqual([0]);
    });
  });

  it('refuse lengths that do not add up, and sizes that are none', () => {
    scope(() => {
      const x = ones([2, 5]);
      expect(() => x.split([2, 2], 1)).toThrow(ShapeError);
      expect(() => x.split([2, 2], 1)).toThrow(
        'split: [2,2] along axis 1 of [2,5]: the lengths must be integers of 0 or more that add up to 5',
      );
      expect(() => x.split([6, -1], 1)).toThrow(ShapeError);
      expect(() => x.split(0)).toThrow('split: size must be an integer of 1 or more, not 0');
      expect(() => x.chunk(0)).toThrow(ArgumentError);
      expect(() => tensor(1).unbind()).toThrow('unbind: axis 0 of a scalar: it has no axes');
    });
  });
});

describe('repeat and repeatInterleave', () => {
  it('repeat axes, and elements', () => {
    const cases = numberedTables({ maxRank: 3, maxLength: 3 }).chain((table) =>
      fc.record({
        table: fc.constant(table),
        before: fc.array(fc.nat(2), { maxLength: 2 }),
        times: fc.tuple(...table.shape.map(() => fc.nat(3))),
      }),
    );
    fc.assert(
      fc.property(cases, ({ table, before, times }) =>
        scope(() => {
          const x = tensorOf(table);
          const expected = tableOf([...before, ...table.shape.map((length, axis) => length * times[axis]!)], (index) =>
            at(
              table,
              index.slice(before.length).map((i, axis) => i % table.shape[axis]!),
            ),
          );
          expect(tableFrom(x.repeat([...before, ...times]))).toEqual(expected);
          for (const [axis, count] of times.entries()) {
            expect(tableFrom(x.repeatInterleave(count, axis))).toEqual(
              tableOf(
                table.shape.map((length, each) => (each === axis ? length * count : length)),
                (index) =>
                  at(
                    table,
                    index.map((i, each) => (each === axis ? Math.floor(i / count) : i)),
                  ),
              ),
            );
          }
        }),
      ),
    );
  });

  it('refuse too few numbers, and such as are none', () => {
    scope(() => {
      expect(() => ones([2, 3]).repeat([2])).toThrow(ShapeError);
      expect(() => ones([2, 3]).repeat([2])).toThrow('repeat: [2] for [2,3]: every axis needs a number');
      expect(() => ones([2]).repeat([-1])).toThrow(ArgumentError);
      expect(() => ones([2]).repeatInterleave(0.5, 0)).toThrow(
        'repeatInterleave: times must be an integer of 0 or more',
      );
    });
  });
});

describe('meshgrid', () => {
  it('repeats each vector along the axes of the others', () => {
    scope(() => {
      const vectors = [tensor([1, 2]), tensor([3, 4, 5]), tensor([6])];
      const [x, y, z] = meshgrid(vectors).map(tableFrom);
      expect(x).toEqual({ shape: [2, 3, 1], data: [1, 1, 1, 2, 2, 2] });
      expect(y).toEqual({ shape: [2, 3, 1], data: [3, 4, 5, 3, 4, 5] });
      expect(z).toEqual({ shape: [2, 3, 1], data: [6, 6, 6, 6, 6, 6] });
      const [across, down] = meshgrid(vectors, { indexing: 'xy' }).map(tableFrom);
      expect(across).toEqual({ shape: [3, 2, 1], data: [1, 2, 1, 2, 1, 2] });
      expect(down).toEqual({ shape: [3, 2, 1], data: [3, 3, 4, 4, 5, 5] });
      expect(meshgrid([])).toEqual([]);
      expect(() => meshgrid([tensor([1]), ones([2, 2])])).toThrow('meshgrid: [2,2] must have one axis');
    });
  });
});

describe('oneHot', () => {
  it('has 1 at the place of each label', () => {
    scope(() => {
      const labels = tensor(
        [
          [2, 0],
          [1, 2],
        ],
        int32,
      );
      const found = oneHot(labels, 3);
      expect(found.dtype).toBe('int32');
      expect(tableFrom(found)).toEqual({ shape: [2, 2, 3], data: [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1] });
      expect(oneHot(labels, 4, { dtype: 'float64' }).dtype).toBe('float64');
      expect(tableFrom(oneHot(tensor(1, int32), 2))).toEqual({ shape: [2], data: [0, 1] });
      expect(() => oneHot(labels, 2)).toThrow('index 2 is not one of the 2');
      expect(() => oneHot(ones([2]), 2)).toThrow(
        new DTypeError('oneHot: the tensor of labels is float32: cast() it to int32'),
      );
      expect(() => oneHot(labels, -2)).toThrow(
        new ArgumentError('oneHot: classes must be an integer of 0 or more, not -2'),
      );
    });
  });
});

describe('broadcastTo and sumTo', () => {
  const cases = shapes().chain((whole) =>
    fc
      .record({ cut: fc.nat(whole.length), short: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) })
      .chain(({ cut, short }) =>
        fc.record({
          whole: fc.constant(whole),
          small: tablesOf(whole.slice(cut).map((length, axis) => (short[axis] ? 1 : length))),
          large: tablesOf(whole),
        }),
      ),
  );

  it('repeat, and sum over what was repeated', () => {
    fc.assert(
      fc.property(cases, ({ whole, small, large }) =>
        scope(() => {
          const missing = whole.length - small.shape.length;
          const source = (index: readonly number[]) =>
            small.shape.map((length, axis) => (length === 1 ? 0 : index[axis + missing]!));
          expect(tableFrom(tensorOf(small).broadcastTo(whole))).toEqual(
            tableOf(whole, (index) => at(small, source(index))),
          );
          const expected = tableOf(small.shape, (target) =>
            indicesOf(whole)
              .filter((index) => source(index).every((i, axis) => i === target[axis]))
              .reduce((sum, index) => sum + at(large, index), 0),
          );
          expect(tableFrom(tensorOf(large).sumTo(small.shape))).toEqual(expected);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('refuse shapes that do not broadcast', () => {
    scope(() => {
      expect(() => ones([2, 3]).broadcastTo([3])).toThrow('broadcast: [2,3] cannot be repeated to [3]');
      expect(() => ones([2]).broadcastTo([3])).toThrow(ShapeError);
      expect(() => ones([1]).broadcastTo([-1])).toThrow(
        'broadcast: shape [-1]: every length must be an integer of 0 or more',
      );
      expect(() => ones([2]).sumTo([3])).toThrow(ShapeError);
      expect(() => ones([2]).sumTo([2, 2])).toThrow('sumTo: [2,2] does not broadcast to [2]');
    });
  });
});

describe('clone, detach and assign', () => {
  it('clone has elements of its own, detach the same ones', () => {
    fc.assert(
      fc.property(tables(), (table) =>
        scope(() => {
          const x = tensorOf(table);
          const [copy, view] = [x.clone(), x.detach()];
          x.assign(x.add(1));
          expect(tableFrom(copy)).toEqual(table);
          expect(tableFrom(view)).toEqual(tableFrom(x));
        }),
      ),
    );
  });

  it('assignLerp moves elements by a share of the way, and counts as a change', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (goal, weight) =>
          scope(() => {
            const x = tensor([0, 1, -3], { dtype: 'float64' });
            const version = x.buffer.version;
            x.assignLerp(full([3], goal, { dtype: 'float64' }), weight, 2);
            x.dataSync().forEach((moved, i) => {
              const old = [0, 1, -3][i]!;
              expect(Math.abs(moved - (old + weight * (2 * goal - old)))).toBeLessThanOrEqual(1e-13);
            });
            expect(x.buffer.version).toBe(version + 1);
          }),
      ),
    );
    scope(() => {
      expect(
        Array.from(
          full([1], 1e20)
            .assignLerp(full([1], 2), 1)
            .dataSync(),
        ),
      ).toEqual([2]);
      expect(() => ones([2]).assignLerp(ones([1, 2]), 0.5)).toThrow('assignLerp: [1,2] to [2]: the shapes differ');
      expect(() => ones([2], int32).assignLerp(ones([2], int32), 0.5)).toThrow('assignLerp');
    });
  });

  it('assign refuses another shape or type', () => {
    scope(() => {
      expect(() => ones([2]).assign(ones([1, 2]))).toThrow('assign: [1,2] to [2]: the shapes differ');
      expect(() => ones([2]).assign(ones([2], int32))).toThrow(
        'assign: float32 and int32: make the types equal with cast()',
      );
    });
  });
});
