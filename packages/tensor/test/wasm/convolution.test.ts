import { apply, operators, reference, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Case,
  cases,
  check,
  forward,
  forwardWithoutBias,
  inputGradient,
  type Table,
  weightGradient,
} from './convolutions.js';
import { ordinary, place, variants, withSpecials } from './variants.js';

describe.each(variants)('convolution on %s', (_, device) => {
  test.each([
    ['the output', forward],
    ['the output without bias', forwardWithoutBias],
    ['the gradient of the input', inputGradient],
    ['the gradient of the weight', weightGradient],
  ] as const)('gives %s within the error of float32 sums', (_name, of) => {
    fc.assert(
      fc.property(cases(ordinary), (each) => check(device, of(each))),
      { numRuns: 150 },
    );
  });

  test.each([
    ['the output', forward],
    ['the gradient of the input', inputGradient],
    ['the gradient of the weight', weightGradient],
  ] as const)('has NaN and infinities in %s where the sum has them', (_name, of) => {
    fc.assert(fc.property(cases(withSpecials), (each) => check(device, of(each))));
  });

  // More positions than a slab has, more taps than a block is deep, more filters than a panel is wide.
  test.each([
    { name: 'many channels and images', shape: [7, 32, 9, 9], filters: 37, kernel: [3, 3], stride: [1, 1], groups: 1 },
    { name: 'a large plane', shape: [2, 3, 50, 61], filters: 5, kernel: [5, 3], stride: [2, 1], groups: 1 },
    { name: 'a long row', shape: [1, 2, 3, 2600], filters: 3, kernel: [2, 3], stride: [1, 2], groups: 1 },
    {
      name: 'one filter for each channel',
      shape: [3, 12, 40, 40],
      filters: 12,
      kernel: [3, 3],
      stride: [1, 1],
      groups: 12,
    },
    { name: 'windows of one element', shape: [9, 300, 8, 8], filters: 70, kernel: [1, 1], stride: [2, 2], groups: 1 },
  ] as const)('is right for $name', ({ shape, filters, kernel, stride, groups }) => {
    const [images, channels, height, width] = shape;
    const padding = [(kernel[0] - 1) >> 1, (kernel[1] - 1) >> 1] as const;
    const length = (size: number, axis: 0 | 1) =>
      Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    const waves = (sizes: readonly number[], pace: number): Table => {
      const size = sizes.reduce((product, each) => product * each, 1);
      return [sizes, Array.from({ length: size }, (_unused, i) => Math.fround(Math.sin(pace * i + 1)))];
    };
    const geometry = { kernel, stride, padding, dilation: [1, 1] as const, groups };
    const each: Case = {
      x: waves(shape, 0.7),
      weight: waves([filters, channels / groups, ...kernel], 1.3),
      bias: waves([filters], 2.1),
      gradient: waves([images, filters, length(height, 0), length(width, 1)], 0.9),
      geometry,
    };
    check(device, forward(each));
    check(device, inputGradient(each));
    check(device, weightGradient(each));
  });

  test('gives what the reference gives for float64', () => {
    scope(() => {
      const compute = (on: typeof device) => {
        const x = place(
          on,
          [1, 2, 3, 3],
          Array.from({ length: 18 }, (_unused, i) => i / 7),
          'float64',
        );
        const weight = place(
          on,
          [2, 2, 2, 2],
          Array.from({ length: 16 }, (_unused, i) => i / 3),
          'float64',
        );
        return apply(operators.conv2d, [x, weight, undefined], {
          kernel: [2, 2],
          stride: [1, 1],
          padding: [1, 0],
          dilation: [1, 1],
          groups: 1,
        })[0]!;
      };
      expect(compute(device).dataSync()).toEqual(compute(reference).dataSync());
    });
  });
});

describe.each(variants)('a convolution without filters on %s', (_, device) => {
  test('has an input whose gradient is zero', () => {
    scope(() => {
      const out = place(device, [2, 3, 6, 6], Array<number>(216).fill(7));
      const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
      device.kernels.conv2dInputGradient(
        place(device, [2, 0, 6, 6], []),
        place(device, [0, 3, 3, 3], []),
        out,
        geometry,
      );
      expect(new Set(out.dataSync())).toEqual(new Set([0]));
    });
  });
});
