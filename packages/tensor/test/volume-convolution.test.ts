import {
  ArgumentError,
  conv1d,
  conv2d,
  conv3d,
  convTranspose3d,
  DTypeError,
  fold,
  normal,
  type PnnError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  unfold,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { largestDifference, type Table, tableFrom, tablesOf, tensorOf } from './oracle.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const draw = (...shape: number[]) => normal(shape, 0, 1, { dtype: 'float64' });
const dot = (a: Tensor, b: Tensor) => a.mul(b).sum().itemSync();

const axis = fc.record({ kernel: upTo(3), stride: upTo(2), dilation: upTo(2), padding: fc.nat(2), extra: fc.nat(2) });

describe('conv3d', () => {
  it('is the sum, over the depth of the window, of convolutions of planes', () => {
    fc.assert(
      fc.property(axis, axis, upTo(2), upTo(2), (deep, high, groups, filters) =>
        scope(() => {
          const lengthOf = ({ kernel, dilation, extra }: typeof deep) => dilation * (kernel - 1) + 1 + extra;
          const [length, height] = [lengthOf(deep), lengthOf(high)];
          const x = draw(1, groups * 2, length, height, 3);
          const weight = draw(groups * filters, 2, deep.kernel, high.kernel, 2);
          const found = conv3d(x, weight, undefined, {
            stride: [deep.stride, high.stride, 1],
            dilation: [deep.dilation, high.dilation, 1],
            padding: [deep.padding, high.padding, 1],
            groups,
          });
          const padded = x.pad([
            [0, 0],
            [0, 0],
            [deep.padding, deep.padding],
            [0, 0],
            [0, 0],
          ]);
          for (let d = 0; d < found.shape[2]!; d++) {
            const plane = Array.from({ length: deep.kernel }, (_, k) =>
              conv2d(
                padded.slice([[], [], d * deep.stride + k * deep.dilation]),
                weight.slice([[], [], k]),
                undefined,
                { stride: [high.stride, 1], dilation: [high.dilation, 1], padding: [high.padding, 1], groups },
              ),
            ).reduce((sum, each) => sum.add(each));
            expect(largestDifference(tableFrom(found.slice([[], [], d])), tableFrom(plane))).toBeLessThan(1e-12);
          }
        }),
      ),
    );
  });

  it('is transposed by convTranspose3d', () => {
    const windows = fc.tuple(upTo(2), upTo(3), upTo(2), fc.nat(1));
    fc.assert(
      fc.property(windows, upTo(2), upTo(2), ([stride, kernel, dilation, padding], groups, filters) =>
        scope(() => {
          const options = {
            stride: [stride, 1, 2],
            dilation: [dilation, 1, 1],
            padding: [padding, 0, 1],
            groups,
          } as const;
          const x = draw(1, groups * 2, 2, 3, 2);
          const weight = draw(groups * 2, filters, Math.max(kernel, 2 * padding), 2, 3);
          const spread = convTranspose3d(x, weight, undefined, options);
          const y = draw(...spread.shape);
          expect(dot(conv3d(y, weight, undefined, options), x)).toBeCloseTo(dot(y, spread), 9);
        }),
      ),
    );
  });
});

describe('paddingMode', () => {
  const line = () => tensor([1, 2, 3, 4]).reshape([1, 1, 4]);
  const sum = () => tensor([1, 10, 100]).reshape([1, 1, 3]);

  test.each([
    ['zeros', [210, 321, 432, 43]],
    ['reflect', [212, 321, 432, 343]],
    ['replicate', [211, 321, 432, 443]],
    ['circular', [214, 321, 432, 143]],
  ] as const)('%s', (paddingMode, expected) => {
    expect(Array.from(conv1d(line(), sum(), undefined, { padding: 'same', paddingMode }).dataSync())).toEqual(expected);
  });
});

describe('unfold', () => {
  it('gives patches where windows lie side by side', () => {
    const x = tensor(Array.from({ length: 16 }, (_, i) => i)).reshape([1, 1, 4, 4]);
    expect(tableFrom(unfold(x, 2, { stride: 2 }))).toEqual<Table>({
      shape: [1, 4, 4],
      data: [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15],
    });
  });

  const cases = fc.record({ rows: axis, columns: axis, channels: upTo(2) }).chain(({ rows, columns, channels }) => {
    const lengths = [rows, columns].map(({ kernel, dilation, extra }) => dilation * (kernel - 1) + 1 + extra);
    const both = (name: keyof typeof rows) => [rows[name], columns[name]] as const;
    return fc.record({
      x: tablesOf([2, channels, ...lengths]),
      kernel: fc.constant(both('kernel')),
      options: fc.constant({ stride: both('stride'), dilation: both('dilation'), padding: both('padding') }),
    });
  });

  it('lays out what a convolution multiplies', () => {
    fc.assert(
      fc.property(cases, ({ x, kernel, options }) =>
        scope(() => {
          const given = tensorOf(x);
          const weight = draw(3, x.shape[1]!, ...kernel);
          const expected = conv2d(given, weight, undefined, options);
          const product = weight
            .reshape([3, -1])
            .matmul(unfold(given, kernel, options))
            .reshape(expected.shape);
          expect(largestDifference(tableFrom(product), tableFrom(expected))).toBeLessThan(1e-11);
        }),
      ),
    );
  });

  it('is transposed by fold', () => {
    fc.assert(
      fc.property(cases, ({ x, kernel, options }) =>
        scope(() => {
          const given = tensorOf(x);
          const columns = unfold(given, kernel, options);
          const y = draw(...columns.shape);
          const [, , height, width] = x.shape as [number, number, number, number];
          const sums = fold(y, [height, width], kernel, options);
          expect(Math.abs(dot(columns, y) - dot(given, sums))).toBeLessThan(1e-9 * (1 + dot(given.abs(), sums.abs())));
        }),
      ),
    );
  });

  it('reads nothing where it pads, so that infinities stay where they are', () => {
    const x = tensor([Number.POSITIVE_INFINITY, 1, 2, 3]).reshape([1, 1, 2, 2]);
    expect(
      Array.from(
        unfold(x, 2, {
          padding: [
            [1, 0],
            [1, 0],
          ],
        }).dataSync(),
      ),
    ).toEqual([
      0,
      0,
      0,
      Number.POSITIVE_INFINITY,
      0,
      0,
      Number.POSITIVE_INFINITY,
      1,
      0,
      Number.POSITIVE_INFINITY,
      0,
      2,
      Number.POSITIVE_INFINITY,
      1,
      2,
      3,
    ]);
  });
});

describe('errors', () => {
  test.each<[string, () => Tensor, PnnError]>([
    [
      'planes for volumes',
      () => conv3d(zeros([1, 1, 3, 3]), zeros([1, 1, 1, 1, 1])),
      new ShapeError('conv3d: input [1,1,3,3], weight [1,1,1,1,1]: they must be [N,C,D,H,W] and [F,C/groups,KD,KH,KW]'),
    ],
    [
      'other channels',
      () => conv3d(zeros([1, 3, 2, 2, 2]), zeros([1, 2, 1, 1, 1])),
      new ShapeError('conv3d: input [1,3,2,2,2], weight [1,2,1,1,1], groups 1: the weight is for 2 channels, not 3'),
    ],
    [
      'a window deeper than the volume',
      () => conv3d(zeros([1, 1, 2, 2, 2]), zeros([1, 1, 3, 1, 1])),
      new ShapeError(
        'conv3d: [1,1,2,2,2]: a window of 3 does not fit into 2 along axis 2: make the kernel smaller or the padding larger',
      ),
    ],
    [
      'a window wider than the volume',
      () => conv3d(zeros([1, 1, 2, 2, 2]), zeros([1, 1, 2, 1, 3])),
      new ShapeError(
        'conv3d: [1,1,2,2,2]: a window of 3 does not fit into 2 along axis 4: make the kernel smaller or the padding larger',
      ),
    ],
    [
      'a bias for other filters',
      () => conv3d(zeros([1, 1, 2, 2, 2]), zeros([2, 1, 1, 1, 1]), zeros([3])),
      new ShapeError('conv3d: bias [3] for 2 filters: it must be [2]'),
    ],
    [
      'integers',
      () => conv3d(zeros([1, 1, 2, 2, 2], { dtype: 'int32' }), zeros([1, 1, 1, 1, 1], { dtype: 'int32' })),
      new DTypeError('conv3d: int32 is not supported: cast() to float32 or float64 first'),
    ],
    [
      'lines with other channels',
      () => conv1d(zeros([1, 3, 2]), zeros([1, 2, 1])),
      new ShapeError('conv1d: input [1,3,2], weight [1,2,1], groups 1: the weight is for 2 channels, not 3'),
    ],
    [
      'lines with a bias for other filters',
      () => conv1d(zeros([1, 1, 2]), zeros([2, 1, 1]), zeros([3])),
      new ShapeError('conv1d: bias [3] for 2 filters: it must be [2]'),
    ],
    [
      'another padding mode',
      () => conv2d(zeros([1, 1, 2, 2]), zeros([1, 1, 1, 1]), undefined, { paddingMode: 'edge' as never }),
      new ArgumentError("conv2d: paddingMode must be 'zeros', 'reflect', 'replicate' or 'circular', not 'edge'"),
    ],
    [
      'columns of other windows',
      () => fold(zeros([1, 4, 5]), 4, 2, { stride: 2 }),
      new ShapeError('fold: [1,4,5]: the input must be [N,C·4,4] for planes [4,4]'),
    ],
    ['lines', () => unfold(zeros([1, 4, 5]), 2), new ShapeError('unfold: [1,4,5]: the input must be [N,C,H,W]')],
  ])('of %s', (_, compute, expected) => {
    expect(compute).toThrow(expected);
  });
});
