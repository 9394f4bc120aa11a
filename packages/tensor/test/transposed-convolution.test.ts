import {
  ArgumentError,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  DTypeError,
  normal,
  type PnnError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { largestDifference, type Table, tableFrom } from './oracle.js';

const upTo = (max: number) => fc.integer({ min: 1, max });

function dot(a: Tensor, b: Tensor): number {
  return a.mul(b).sum().itemSync();
}

describe('convTranspose2d', () => {
  it('is the transpose: ⟨conv2d(y), x⟩ = ⟨y, convTranspose2d(x)⟩, over a plane of the length that it says', () => {
    const axis = fc
      .record({
        kernel: upTo(3),
        stride: upTo(3),
        dilation: upTo(2),
        length: upTo(3),
        cut: fc.nat(2),
        added: fc.nat(2),
      })
      .map(({ cut, added, ...each }) => {
        const outputPadding = Math.min(added, each.stride - 1);
        const whole = (each.length - 1) * each.stride + each.dilation * (each.kernel - 1) + 1 + outputPadding;
        const padding = Math.min(cut, Math.floor((whole - 1) / 2));
        return { ...each, outputPadding, padding, full: whole - 2 * padding };
      });
    fc.assert(
      fc.property(axis, axis, upTo(2), upTo(2), upTo(2), (rows, columns, groups, channels, filters) =>
        scope(() => {
          const both = <Key extends keyof typeof rows>(name: Key) => [rows[name], columns[name]] as const;
          const geometry = { stride: both('stride'), padding: both('padding'), dilation: both('dilation'), groups };
          const draw = (...shape: number[]) => normal(shape, 0, 1, { dtype: 'float64' });
          const x = draw(2, groups * channels, ...both('length'));
          const weight = draw(groups * channels, filters, ...both('kernel'));
          const spread = convTranspose2d(x, weight, undefined, { ...geometry, outputPadding: both('outputPadding') });
          expect(spread.shape).toEqual([2, groups * filters, ...both('full')]);
          const y = draw(...spread.shape);
          expect(dot(conv2d(y, weight, undefined, geometry), x)).toBeCloseTo(dot(y, spread), 9);
        }),
      ),
    );
  });

  it('adds the bias of each filter', () => {
    const found = convTranspose2d(zeros([1, 1, 1, 2]), zeros([1, 2, 1, 2]), tensor([3, 5]), { stride: 2 });
    expect(Array.from(found.dataSync())).toEqual([3, 3, 3, 3, 5, 5, 5, 5]);
  });
});

describe('convTranspose1d', () => {
  it('spreads a window for each element', () => {
    const x = tensor([1, 10]).reshape([1, 1, 2]);
    const weight = tensor([1, 2, 3]).reshape([1, 1, 3]);
    expect(Array.from(convTranspose1d(x, weight).dataSync())).toEqual([1, 12, 23, 30]);
    expect(Array.from(convTranspose1d(x, weight, undefined, { stride: 2 }).dataSync())).toEqual([1, 2, 13, 20, 30]);
    expect(Array.from(convTranspose1d(x, weight, undefined, { padding: 1 }).dataSync())).toEqual([12, 23]);
  });
});

describe('padding', () => {
  const options = fc.record({ kernel: upTo(4), stride: upTo(3), dilation: upTo(2), length: upTo(7) });

  it('of unequal ends is that of pad()', () => {
    fc.assert(
      fc.property(options, fc.nat(3), fc.nat(3), ({ kernel, length, ...rest }, before, after) =>
        scope(() => {
          const reach = rest.dilation * (kernel - 1) + 1;
          const x = normal([2, 3, Math.max(length, reach), 5], 0, 1, { dtype: 'float64' });
          const weight = normal([2, 3, kernel, 2], 0, 1, { dtype: 'float64' });
          const ends = [before, after] as const;
          const found = conv2d(x, weight, undefined, {
            ...rest,
            dilation: [rest.dilation, 1],
            padding: [ends, [2, 0]],
          });
          const padded = x.pad([[0, 0], [0, 0], ends, [2, 0]]);
          const expected = conv2d(padded, weight, undefined, { ...rest, dilation: [rest.dilation, 1] });
          expect(largestDifference(tableFrom(found), tableFrom(expected))).toBeLessThan(1e-12);
        }),
      ),
    );
  });

  it("'same' gives ⌈length/stride⌉ windows and has at most one more after than before", () => {
    fc.assert(
      fc.property(options, ({ kernel, stride, dilation, length }) =>
        scope(() => {
          const line = tensor(Array.from({ length }, (_, i) => i + 1)).reshape([1, 1, length]);
          const weight = tensor(Array.from({ length: kernel }, (_, i) => 10 ** i)).reshape([1, 1, kernel]);
          const found = conv1d(line, weight, undefined, { stride, dilation, padding: 'same' });
          const count = Math.ceil(length / stride);
          expect(found.shape).toEqual([1, 1, count]);
          const missing = Math.max(0, (count - 1) * stride + dilation * (kernel - 1) + 1 - length);
          const ends = [Math.floor(missing / 2), Math.ceil(missing / 2)] as const;
          const expected = conv1d(line, weight, undefined, { stride, dilation, padding: [ends] });
          expect(tableFrom(found)).toEqual<Table>(tableFrom(expected));
        }),
      ),
    );
  });

  it("'valid' adds nothing", () => {
    const x = normal([1, 1, 4, 4]);
    const weight = normal([1, 1, 2, 3]);
    expect(tableFrom(conv2d(x, weight, undefined, { padding: 'valid' }))).toEqual(tableFrom(conv2d(x, weight)));
  });
});

describe('errors', () => {
  const x = () => zeros([1, 4, 3, 3]);
  const weight = () => zeros([4, 2, 3, 3]);

  test.each<[string, () => Tensor, PnnError]>([
    [
      'an input of another rank',
      () => convTranspose2d(zeros([4, 3, 3]), weight()),
      new ShapeError(
        'convTranspose2d: input [4,3,3], weight [4,2,3,3], groups 1: the input must be [N,C,H,W], the weight [C,F/groups,KH,KW]',
      ),
    ],
    [
      'a line of another rank',
      () => convTranspose1d(x(), weight()),
      new ShapeError(
        'convTranspose1d: input [1,4,3,3], weight [4,2,3,3], groups 1: the input must be [N,C,L], the weight [C,F/groups,K]',
      ),
    ],
    [
      'other channels',
      () => convTranspose2d(zeros([1, 3, 3, 3]), weight()),
      new ShapeError(
        'convTranspose2d: input [1,3,3,3], weight [4,2,3,3], groups 1: the weight is for 4 channels, not 3',
      ),
    ],
    [
      'groups that do not divide',
      () => convTranspose2d(x(), weight(), undefined, { groups: 3 }),
      new ShapeError(
        'convTranspose2d: input [1,4,3,3], weight [4,2,3,3], groups 3: the groups do not divide the 4 channels',
      ),
    ],
    [
      'a kernel without elements',
      () => convTranspose2d(x(), zeros([4, 2, 0, 3])),
      new ShapeError('convTranspose2d: input [1,4,3,3], weight [4,2,0,3], groups 1: a window needs an element'),
    ],
    [
      'an output without elements',
      () => convTranspose2d(x(), weight(), undefined, { padding: [0, 3] }),
      new ShapeError(
        'convTranspose2d: input [1,4,3,3], weight [4,2,3,3], groups 1: axis 3 of the output would have 0 elements: ' +
          'give a larger input, or less padding',
      ),
    ],
    [
      'outputPadding of the stride',
      () => convTranspose2d(x(), weight(), undefined, { stride: 2, outputPadding: [1, 2] }),
      new ArgumentError('convTranspose2d: outputPadding 1,2 must be smaller than the stride 2 or the dilation 1'),
    ],
    [
      'a bias for other filters',
      () => convTranspose2d(x(), weight(), zeros([4]), { groups: 1 }),
      new ShapeError('convTranspose2d: bias [4] for 2 filters: it must be [2]'),
    ],
    [
      'mixed types',
      () => convTranspose2d(x(), weight().cast('float64')),
      new DTypeError('convTranspose2d: float32 and float64: make the types equal with cast()'),
    ],
    [
      'integers',
      () => convTranspose2d(x().cast('int32'), weight()),
      new DTypeError('convTranspose2d: int32 is not supported: cast() to float32 or float64 first'),
    ],
    [
      'a padding of three numbers',
      () => conv2d(x(), zeros([2, 4, 1, 1]), undefined, { padding: [1, 2, 3] as never }),
      new ArgumentError('conv2d: padding must be an integer of 0 or more, or two of them, not 1,2,3'),
    ],
    [
      'ends of one axis for two',
      () => conv2d(x(), zeros([2, 4, 1, 1]), undefined, { padding: [[1, 2]] }),
      new ArgumentError(
        'conv2d: padding [[1,2]]: it must be [before, after] for each of 2 axes, integers of 0 or more',
      ),
    ],
    [
      'a negative end',
      () =>
        conv2d(x(), zeros([2, 4, 1, 1]), undefined, {
          padding: [
            [1, 2],
            [-1, 0],
          ],
        }),
      new ArgumentError(
        'conv2d: padding [[1,2],[-1,0]]: it must be [before, after] for each of 2 axes, integers of 0 or more',
      ),
    ],
    [
      'another word',
      () => conv2d(x(), zeros([2, 4, 1, 1]), undefined, { padding: 'full' as never }),
      new ArgumentError("conv2d: padding must be numbers, 'same' or 'valid', not 'full'"),
    ],
  ])('of %s', (_, compute, expected) => {
    expect(compute).toThrow(expected);
  });
});
