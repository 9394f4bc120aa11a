import {
  ArgumentError,
  memory,
  normal,
  type PnnError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupNorm, instanceNorm, layerNorm, localResponseNorm, rmsNorm } from '../src/functions/index.js';
import {
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  LayerNorm,
  LocalResponseNorm,
  RMSNorm,
} from '../src/layers/index.js';

const float64 = { dtype: 'float64' } as const;
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());

/** Each row as the definition normalizes it. */
function normalized(rows: readonly (readonly number[])[], epsilon: number): number[] {
  return rows.flatMap((row) => {
    const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
    return row.map((x) => (x - mean) / Math.sqrt(variance + epsilon));
  });
}

function expectClose(found: Tensor, expected: readonly number[]): void {
  numbers(found).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 11);
  });
}

describe('values', () => {
  const value: fc.Arbitrary<number> = fc.constantFrom(0, 1, 1, -2, 0.5, 1000, -1e-3);
  const table = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 6 }))
    .chain(([rows, length]) =>
      fc.array(fc.array(value, { minLength: length, maxLength: length }), { minLength: rows, maxLength: rows }),
    );

  test('rows are normalized by their own statistics, whichever layer calls them rows', () => {
    fc.assert(
      fc.property(table, fc.constantFrom(1e-5, 0.5), (rows, epsilon) => {
        const length = rows[0]!.length;
        const x = tensor(Float64Array.from(rows.flat()), { shape: [rows.length, length] });
        const expected = normalized(rows, epsilon);
        expectClose(layerNorm(x, [length], undefined, undefined, epsilon), expected);
        expectClose(groupNorm(x, 1, undefined, undefined, epsilon), expected);
        expectClose(
          groupNorm(x.reshape([1, rows.length, length]), rows.length, undefined, undefined, epsilon),
          expected,
        );
        expectClose(instanceNorm(x.reshape([1, rows.length, length]), undefined, undefined, epsilon), expected);
        const squares = rows.map((row) => row.reduce((sum, v) => sum + v * v, 0) / length);
        const byRoot = rows.flatMap((row, i) => row.map((v) => v / Math.sqrt(squares[i]! + epsilon)));
        expectClose(rmsNorm(x, [length], undefined, epsilon), byRoot);
      }),
      { numRuns: 40 },
    );
  });

  test('localResponseNorm sums over the neighbors of a channel', () => {
    const x = tensor(Float64Array.of(1, 2, 3, 4), { shape: [1, 4, 1] });
    const y = localResponseNorm(x, 3, { alpha: 3, beta: 1, k: 2 });
    expectClose(y, [1 / (2 + 5), 2 / (2 + 14), 3 / (2 + 29), 4 / (2 + 25)]);
  });

  test('LayerNorm of a single number is its bias, and of no rows nothing', () => {
    const layer = new LayerNorm(1, float64);
    layer.bias!.assign(tensor(Float64Array.of(3)));
    expect(numbers(layer.forward(normal([4, 1], 0, 1, float64)))).toEqual([3, 3, 3, 3]);
    expect(new LayerNorm(5).forward(zeros([0, 5])).shape).toEqual([0, 5]);
    expect(new RMSNorm(5).forward(zeros([0, 5])).shape).toEqual([0, 5]);
    expect(new GroupNorm(1, 2).forward(zeros([0, 2, 3])).shape).toEqual([0, 2, 3]);
  });

  test('InstanceNorm tracks the means over the samples', () => {
    const layer = new InstanceNorm1d(1, { trackRunningStatistics: true, momentum: 0.5, ...float64 });
    layer.forward(tensor(Float64Array.of(1, 3, 5, 9), { shape: [2, 1, 2] }));
    expect(numbers(layer.runningMean!)).toEqual([0.5 * ((2 + 7) / 2)]);
    expect(numbers(layer.runningVariance!)).toEqual([0.5 + 0.5 * ((2 + 8) / 2)]);
    layer.eval();
    const before = numbers(layer.runningMean!);
    layer.forward(normal([2, 1, 3], 0, 1, float64));
    expect(numbers(layer.runningMean!)).toEqual(before);
  });

  test('a forward in a scope leaves nothing behind', () => {
    const layer = new InstanceNorm2d(2, { affine: true, trackRunningStatistics: true });
    const before = memory();
    scope(() => {
      layer.forward(normal([2, 2, 3, 3]));
    });
    expect(memory()).toEqual(before);
  });
});

describe('state', () => {
  test('has the names and roles of PyTorch', () => {
    expect([...new LayerNorm([2, 3]).stateDict()].map(([name, { shape }]) => [name, shape])).toEqual([
      ['weight', [2, 3]],
      ['bias', [2, 3]],
    ]);
    expect([...new LayerNorm(2, { bias: false }).stateDict().keys()]).toEqual(['weight']);
    expect([...new RMSNorm(2).stateDict().keys()]).toEqual(['weight']);
    expect([...new GroupNorm(2, 4, { affine: false }).stateDict().keys()]).toEqual([]);
    const tracked = new InstanceNorm2d(2, { affine: true, trackRunningStatistics: true });
    expect([...tracked.stateDict().keys()]).toEqual([
      'weight',
      'bias',
      'runningMean',
      'runningVariance',
      'batchesTracked',
    ]);
    expect(tracked.parameterGroups().map(({ name }) => name)).toEqual(['normalization']);
  });

  test('is printed with the settings', () => {
    const layers = [
      new LayerNorm([2, 3]),
      new RMSNorm(4, { affine: false }),
      new GroupNorm(2, 4),
      new InstanceNorm1d(3),
    ];
    expect(layers.map(String)).toEqual([
      'LayerNorm(2,3)  12',
      'RMSNorm(4, not affine)',
      'GroupNorm(2 groups, 4)  8',
      'InstanceNorm1d(3)',
    ]);
  });
});

test.each<[string, () => unknown, PnnError]>([
  [
    'LayerNorm of other axes',
    () => new LayerNorm([2, 3]).forward(zeros([4, 3])),
    new ShapeError('layerNorm: [4,3]: the last axes must be [2,3]'),
  ],
  [
    'LayerNorm of fewer axes',
    () => layerNorm(zeros([3]), [2, 3]),
    new ShapeError('layerNorm: [3]: the last axes must be [2,3]'),
  ],
  [
    'LayerNorm of nothing',
    () => new LayerNorm(0),
    new ArgumentError('LayerNorm: normalizedShape must be one or more positive integers, not [0]'),
  ],
  [
    'LayerNorm without epsilon',
    () => new LayerNorm(2, { epsilon: 0 }),
    new ArgumentError('LayerNorm: epsilon must be positive, not 0'),
  ],
  [
    'GroupNorm of groups that do not divide',
    () => new GroupNorm(3, 4),
    new ArgumentError('GroupNorm: groups must be a divisor of the 4 channels, not 3'),
  ],
  [
    'GroupNorm of other channels',
    () => new GroupNorm(2, 4).forward(zeros([2, 6])),
    new ShapeError('GroupNorm: [2,6]: axis 1 must have the 4 channels of the layer'),
  ],
  [
    'GroupNorm of single numbers',
    () => groupNorm(zeros([2, 2]), 2),
    new ShapeError('groupNorm: [2,2]: the statistics of a group of channels need two values or more'),
  ],
  [
    'InstanceNorm of single numbers',
    () => new InstanceNorm1d(2).forward(zeros([2, 2, 1])),
    new ShapeError('InstanceNorm1d: [2,2,1]: the statistics of a channel of a sample need two values or more'),
  ],
  [
    'InstanceNorm of planes',
    () => new InstanceNorm1d(2).forward(zeros([2, 2, 3, 3])),
    new ShapeError('InstanceNorm1d: [2,2,3,3]: the input must be [N,C,L]'),
  ],
  [
    'LocalResponseNorm of no channels',
    () => new LocalResponseNorm(0),
    new ArgumentError('LocalResponseNorm: size must be a positive integer, not 0'),
  ],
])('%s is refused', (_, make, error) => {
  expect(make).toThrow(error);
});
