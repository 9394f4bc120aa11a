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
  zeros,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import {
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  PixelShuffle,
  PixelUnshuffle,
  Upsample,
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
    [new PixelUnshuffle(2), '2'],
  ];
  for (const [layer, text] of described) expect(layer.describe()).toBe(text);
});
