import { apply, concat, Generator, normal, operators, scope, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceWith } from '../../src/devices/wasm/index.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import {
  check,
  forward,
  forwardWithoutBias,
  inputGradient,
  type Table,
  transformedCases,
  weightGradient,
} from './convolutions.js';
import { ordinary, reversed, variants, withSpecials } from './variants.js';

const passes = [
  ['the output', forward],
  ['the output without bias', forwardWithoutBias],
  ['the gradient of the input', inputGradient],
  ['the gradient of the weight', weightGradient],
] as const;

describe.each(variants)('convolution through transforms on %s', (name, device) => {
  test.each(passes)('gives %s within the bound of its error', (_name, of) => {
    fc.assert(
      fc.property(transformedCases(ordinary), (each) => check(device, of(each))),
      { numRuns: 20 },
    );
  });

  test.each(passes)('has NaN and infinities in %s where the sum has them', (_name, of) => {
    fc.assert(
      fc.property(transformedCases(withSpecials), (each) => check(device, of(each))),
      { numRuns: 15 },
    );
  });

  test.each([
    ['finite gradients', 1, 0],
    ['infinite gradients', Number.POSITIVE_INFINITY, Number.NaN],
  ])('gives weights that see padding alone what they make of %s', (_what, factor, seen) => {
    const [images, channels, filters, height, width] = [2, 16, 16, 12, 2];
    // Three columns of padding before the plane, and three of outputs: no window has its first column in the plane, and the
    // windows of the first outputs have none there.
    const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 3], dilation: [1, 1], groups: 1 } as const;
    scope(() => {
      const drawn = { generator: new Generator(3), device };
      const x = normal([images, channels, height, width], 0, 1, drawn);
      const slopes = concat(
        [
          normal([images, filters, height, 1], 0, 1, drawn).mul(factor),
          normal([images, filters, height, 2], 0, 1, drawn),
        ],
        3,
      );
      const shape = [filters, channels, 3, 3];
      const [gradient] = apply(operators.conv2dWeightGradient, [slopes, x], { ...geometry, shape });
      const first = gradient!.slice([[], [], [], 0]);
      expect(new Set(first.dataSync())).toEqual(new Set([seen]));
    });
  });

  test('is finite where the sum is, although the transforms overflow', () => {
    const huge = (table: Table): Table => [table[0], table[1].map((value) => Math.fround(Math.sign(value) * 2e38))];
    const tiny = (table: Table): Table => [table[0], table[1].map((value) => Math.fround(value * 1e-38))];
    fc.assert(
      fc.property(transformedCases(fc.float({ min: -1, max: 1, noNaN: true })), (each) => {
        check(device, forward({ ...each, x: huge(each.x), weight: tiny(each.weight) }));
        check(device, inputGradient({ ...each, gradient: huge(each.gradient), weight: tiny(each.weight) }));
        check(device, weightGradient({ ...each, gradient: huge(each.gradient), x: tiny(each.x) }));
      }),
      { numRuns: 5 },
    );
  });

  test('gives the same bits whatever the order of the blocks', () => {
    const other = deviceWith(reversed(instantiate(compile(name))));
    scope(() => {
      const [x, weight, bias, gradient] = [[9, 70, 22, 22], [66, 70, 3, 3], [66], [9, 66, 22, 22]].map((shape) =>
        normal(shape, 0, 1, { device }),
      ) as [Tensor, Tensor, Tensor, Tensor];
      const geometry = { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
      const results = ({ kernels }: typeof device) => {
        const outputs = [gradient, x, weight].map(({ shape }) => normal(shape, 0, 1, { device }));
        const [output, inputSlopes, weightSlopes] = outputs as [Tensor, Tensor, Tensor];
        kernels.conv2d(x, weight, bias, output, geometry);
        kernels.conv2dInputGradient(gradient, weight, inputSlopes, geometry);
        kernels.conv2dWeightGradient(gradient, x, weightSlopes, geometry);
        return outputs.map((each) => new Uint8Array(each.dataSync().buffer));
      };
      const expected = results(device);
      for (const [i, bytes] of results(other).entries()) expect(Buffer.compare(bytes, expected[i]!)).toBe(0);
    });
  });
});
