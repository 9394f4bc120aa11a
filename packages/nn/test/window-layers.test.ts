import {
  ArgumentError,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  interpolate,
  normal,
  type PnnError,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  AvgPool2d,
  AvgPool3d,
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  Fold,
  GlobalAvgPool,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  PixelShuffle,
  PixelUnshuffle,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  Unfold,
  Upsample,
  ZeroPad2d,
} from '../src/layers/index.js';
import type { Module } from '../src/module.js';

const numbers = (x: Tensor) => Array.from(x.dataSync());

describe('shapes', () => {
  test.each<[string, Module, Shape, Shape]>([
    ['Conv2d that keeps the size', new Conv2d(3, 5, [2, 3], { padding: 'same' }), [2, 3, 8, 7], [2, 5, 8, 7]],
    [
      'Conv2d with unequal padding',
      new Conv2d(3, 5, 3, {
        padding: [
          [0, 1],
          [2, 0],
        ],
      }),
      [2, 3, 8, 7],
      [2, 5, 7, 7],
    ],
    ['ConvTranspose1d', new ConvTranspose1d(2, 3, 4, { stride: 2, padding: 1 }), [1, 2, 5], [1, 3, 10]],
    ['ConvTranspose2d', new ConvTranspose2d(4, 2, 2, { stride: 2 }), [1, 4, 3, 5], [1, 2, 6, 10]],
    [
      'ConvTranspose2d with options',
      new ConvTranspose2d(4, 6, [3, 2], { stride: [2, 1], padding: [1, 0], outputPadding: [1, 0], groups: 2 }),
      [1, 4, 3, 5],
      [1, 6, 6, 6],
    ],
    ['Upsample by a factor', new Upsample({ scaleFactor: 2 }), [1, 2, 3, 4], [1, 2, 6, 8]],
    ['Upsample to a size', new Upsample({ size: [5, 2, 7], mode: 'trilinear' }), [1, 2, 3, 4, 4], [1, 2, 5, 2, 7]],
    ['PixelShuffle', new PixelShuffle(2), [1, 8, 3, 4], [1, 2, 6, 8]],
    ['PixelUnshuffle', new PixelUnshuffle(2), [1, 2, 6, 8], [1, 8, 3, 4]],
    [
      'Conv3d',
      new Conv3d(2, 3, [3, 3, 1], { padding: 'same', paddingMode: 'replicate' }),
      [1, 2, 4, 5, 6],
      [1, 3, 4, 5, 6],
    ],
    ['ConvTranspose3d', new ConvTranspose3d(2, 3, 2, { stride: 2 }), [1, 2, 2, 3, 4], [1, 3, 4, 6, 8]],
    ['MaxPool1d that is rounded up', new MaxPool1d(2, { ceilMode: true }), [1, 2, 7], [1, 2, 4]],
    ['MaxPool2d with dilation', new MaxPool2d(2, { stride: 1, dilation: [1, 3] }), [1, 2, 7, 7], [1, 2, 6, 4]],
    ['MaxPool3d', new MaxPool3d([2, 2, 1]), [1, 2, 4, 6, 3], [1, 2, 2, 3, 3]],
    ['AvgPool3d', new AvgPool3d(3, { stride: 2, padding: 1 }), [1, 2, 4, 6, 3], [1, 2, 2, 3, 2]],
    ['AdaptiveAvgPool1d', new AdaptiveAvgPool1d(3), [1, 2, 7], [1, 2, 3]],
    ['AdaptiveAvgPool2d', new AdaptiveAvgPool2d([3, 2]), [1, 2, 7, 4], [1, 2, 3, 2]],
    ['AdaptiveAvgPool3d', new AdaptiveAvgPool3d(1), [1, 2, 3, 7, 4], [1, 2, 1, 1, 1]],
    ['AdaptiveMaxPool1d', new AdaptiveMaxPool1d(3), [1, 2, 7], [1, 2, 3]],
    ['AdaptiveMaxPool2d', new AdaptiveMaxPool2d([3, 2]), [1, 2, 7, 4], [1, 2, 3, 2]],
    ['AdaptiveMaxPool3d', new AdaptiveMaxPool3d([2, 3, 1]), [1, 2, 3, 7, 4], [1, 2, 2, 3, 1]],
    ['GlobalAvgPool of volumes', new GlobalAvgPool(), [2, 3, 2, 2, 2], [2, 3]],
    ['Unfold', new Unfold([2, 3], { padding: 1 }), [1, 2, 4, 5], [1, 12, 25]],
    ['Fold', new Fold([4, 5], [2, 3], { padding: 1 }), [1, 12, 25], [1, 2, 4, 5]],
    ['ConstantPad1d', new ConstantPad1d(2, 3), [1, 2, 4], [1, 2, 8]],
    ['ConstantPad2d', new ConstantPad2d([1, 2], 3), [1, 2, 4, 4], [1, 2, 6, 8]],
    ['ConstantPad3d', new ConstantPad3d(1, 0), [1, 2, 1, 2, 3], [1, 2, 3, 4, 5]],
    ['ReflectionPad3d', new ReflectionPad3d([0, 1, 2]), [1, 2, 1, 2, 3], [1, 2, 1, 4, 7]],
    ['ReplicationPad3d', new ReplicationPad3d(2), [1, 2, 1, 2, 3], [1, 2, 5, 6, 7]],
    ['CircularPad3d', new CircularPad3d(1), [1, 2, 1, 2, 3], [1, 2, 3, 4, 5]],
  ])('%s', (_, layer, input, output) => {
    expect(layer.forward(normal(input)).shape).toEqual(output);
  });
});

describe('layers are functions of their weights', () => {
  const x = normal([2, 4, 5, 6]);

  test('Conv2d', () => {
    const options = { padding: 'same', stride: 2, groups: 2 } as const;
    const layer = new Conv2d(4, 6, 3, options);
    expect(numbers(layer.forward(x))).toEqual(numbers(conv2d(x, layer.weight, layer.bias, options)));
  });

  test('ConvTranspose2d', () => {
    const options = { stride: 2, outputPadding: 1, groups: 2 };
    const layer = new ConvTranspose2d(4, 6, 3, options);
    layer.bias!.assign(normal([6]));
    expect(layer.weight.shape).toEqual([4, 3, 3, 3]);
    expect(numbers(layer.forward(x))).toEqual(numbers(convTranspose2d(x, layer.weight, layer.bias, options)));
  });

  test('Upsample', () => {
    const options = { scaleFactor: [1.5, 2], mode: 'bilinear', alignCorners: true } as const;
    expect(numbers(new Upsample(options).forward(x))).toEqual(numbers(interpolate(x, options)));
  });

  test('ConvTranspose1d', () => {
    const layer = new ConvTranspose1d(4, 6, 3, { dilation: 2, bias: false });
    expect(layer.bias).toBeUndefined();
    const line = normal([2, 4, 5]);
    const expected = convTranspose1d(line, layer.weight, undefined, { dilation: 2 });
    expect(numbers(layer.forward(line))).toEqual(numbers(expected));
  });
});

test('weights of transposed convolutions start with the fan of PyTorch, the second axis times the window', () => {
  const layer = new ConvTranspose2d(8, 16, 3, { groups: 2 });
  const limit = Math.sqrt(6 / (8 * 9));
  const largest = Math.max(...numbers(layer.weight).map(Math.abs));
  expect(largest).toBeLessThanOrEqual(Math.fround(limit));
  expect(largest).toBeGreaterThan(0.98 * limit);
});

describe('padding', () => {
  const line = tensor([1, 2, 3]).reshape([1, 1, 3]);
  const plane = tensor([1, 2, 3, 4]).reshape([1, 1, 2, 2]);

  test.each<[string, Module, Tensor, number[]]>([
    ['ConstantPad1d', new ConstantPad1d(1, 9), line, [9, 1, 2, 3, 9]],
    ['ReflectionPad1d', new ReflectionPad1d(2), line, [3, 2, 1, 2, 3, 2, 1]],
    ['ReplicationPad1d', new ReplicationPad1d([[2, 0]]), line, [1, 1, 1, 2, 3]],
    ['CircularPad1d', new CircularPad1d([[1, 2]]), line, [3, 1, 2, 3, 1, 2]],
    ['a width below 0', new ConstantPad1d([[-1, 1]], 9), line, [2, 3, 9]],
    ['ZeroPad2d', new ZeroPad2d([1, 0]), plane, [0, 0, 1, 2, 3, 4, 0, 0]],
    ['ReflectionPad2d', new ReflectionPad2d([0, 1]), plane, [2, 1, 2, 1, 4, 3, 4, 3]],
    [
      'ReplicationPad2d',
      new ReplicationPad2d([
        [0, 1],
        [0, 0],
      ]),
      plane,
      [1, 2, 3, 4, 3, 4],
    ],
    [
      'CircularPad2d',
      new CircularPad2d([
        [0, 0],
        [1, 0],
      ]),
      plane,
      [2, 1, 2, 4, 3, 4],
    ],
  ])('%s', (_, layer, x, expected) => {
    expect(numbers(layer.forward(x))).toEqual(expected);
  });
});

describe('errors', () => {
  test.each<[string, () => unknown, PnnError]>([
    [
      'groups that do not divide the filters',
      () => new ConvTranspose2d(4, 3, 2, { groups: 2 }),
      new ArgumentError('ConvTranspose2d: 2 groups do not divide 4 input and 3 output channels'),
    ],
    [
      'a plane for a line',
      () => new ConvTranspose1d(4, 3, 2).forward(zeros([1, 4, 2, 2])),
      new ShapeError('ConvTranspose1d: [1,4,2,2]: the input must be [N,C,L]'),
    ],
    [
      'a line for a plane',
      () => new ConvTranspose2d(4, 3, 2).forward(zeros([1, 4, 2])),
      new ShapeError('ConvTranspose2d: [1,4,2]: the input must be [N,C,H,W]'),
    ],
    [
      'a volume for a plane',
      () => new ReflectionPad2d(1).forward(zeros([1, 4, 2, 2, 2])),
      new ShapeError('ReflectionPad2d: [1,4,2,2,2]: the input must be [N,C,H,W]'),
    ],
    [
      'a padding for other axes',
      () => new ZeroPad2d([1, 2, 3, 4] as never),
      new ArgumentError('ZeroPad2d: padding must be for 2 axes, not 1,2,3,4'),
    ],
    [
      'a window of four axes',
      () => new Conv3d(1, 1, [1, 2] as never),
      new ArgumentError('Conv3d: kernel must be an integer of 1 or more, or three of them, not 1,2'),
    ],
  ])('of %s', (_, compute, expected) => {
    expect(compute).toThrow(expected);
  });
});

test('describe their settings', () => {
  const described: [Module, string][] = [
    [
      new Conv2d(2, 4, 3, {
        padding: [
          [0, 1],
          [2, 3],
        ],
      }),
      '2 → 4, kernel 3×3, padding [0,1],[2,3]',
    ],
    [new Conv2d(2, 4, 3, { padding: 'same' }), '2 → 4, kernel 3×3, padding same'],
    [
      new ConvTranspose2d(4, 2, [2, 3], { stride: 2, outputPadding: [1, 0], bias: false }),
      '4 → 2, kernel 2×3, stride 2, outputPadding 1,0, no bias',
    ],
    [new Upsample({ scaleFactor: 2 }), 'factor 2, nearest'],
    [new Upsample({ size: [4, 5], mode: 'bicubic', alignCorners: true }), 'size 4,5, bicubic, aligned corners'],
    [new PixelShuffle(3), '3'],
    [
      new Conv3d(1, 2, 3, { padding: 1, paddingMode: 'reflect' }),
      '1 → 2, kernel 3×3×3, padding 1, paddingMode reflect',
    ],
    [new AvgPool2d(3, { ceilMode: true, countIncludePad: false }), 'kernel 3, ceilMode true, countIncludePad false'],
    [new AdaptiveAvgPool2d([2, 3]), 'size 2,3'],
    [new ConstantPad1d(2, 0.5), 'padding 2, value 0.5'],
    [
      new ReplicationPad2d([
        [0, 1],
        [2, 3],
      ]),
      'padding [0,1],[2,3]',
    ],
    [new Unfold(2, { stride: 2 }), 'kernel 2, stride 2'],
    [new Fold(4, 2, { stride: 2 }), 'size 4, kernel 2, stride 2'],
    [new PixelUnshuffle(2), '2'],
  ];
  for (const [layer, text] of described) expect(layer.describe()).toBe(text);
});
