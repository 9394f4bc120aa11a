import { apply, operators, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { beforeAll, describe, test } from 'vitest';
import { type OpenedDevice, openDevice } from '../../src/devices/webgpu/device.js';
import { tileNames } from '../../src/devices/webgpu/kernels/product.js';
import type { TileName } from '../../src/devices/webgpu/wgsl/gemm.js';
import { tableOf, withinSums } from '../gpu/cases/kernel-case.js';
import { missing } from './adapter.js';

/** These take every way to read factors; the others, which take a processor long to compile, those that differ in code. */
const small: readonly TileName[] = ['32x32x16/4x4', 'registers/4x4'];

type Product = readonly [sizes: readonly [number, number, number], transposeA: boolean, transposeB: boolean];

const products: readonly Product[] = [
  [[133, 53, 70], false, false],
  [[132, 53, 136], true, true],
];
const otherProducts: readonly Product[] = [
  [[132, 53, 136], false, false],
  [[133, 53, 70], true, true],
  [[68, 53, 40], true, false],
  [[67, 53, 41], false, true],
];

const tiles: readonly TileName[] = [...tileNames, 'registers/4x4', 'registers/8x8'];

describe.skipIf(missing).each(tiles)('products in tiles of %s', (tile) => {
  let opened: OpenedDevice;
  beforeAll(async () => {
    opened = await openDevice(() => {});
  });

  test.each([1, 3])('matmul in %i parts', async (parts) => {
    const { device, executor } = opened;
    executor.cut = { tile, parts };
    const all = small.includes(tile) && parts === 1 ? [...products, ...otherProducts] : products;
    for (const [[m, k, n], transposeA, transposeB] of all) {
      const inputs = fc.tuple(tableOf(transposeA ? [k, m] : [m, k]), tableOf(transposeB ? [n, k] : [k, n]));
      const [a, b] = fc.sample(inputs, { numRuns: 1, seed: 7 })[0]!;
      await withinSums(device, [a, b], k, (x, y) => [x!.matmul(y!, { transposeA, transposeB })]);
    }
  });

  test.each([
    ['rows of four places', 8, [1, 1]],
    ['places one after the other', 7, [1, 3]],
    ['windows two places apart', 8, [2, 2]],
  ] as const)('convolution of %s', async (kind, width, stride) => {
    const { device, executor } = opened;
    executor.cut = { tile, parts: 2 };
    const height = 6;
    const inputs = fc.tuple(tableOf([2, 4, height, width]), tableOf([6, 2, 3, 3]), tableOf([6]));
    const [x, weight, bias] = fc.sample(inputs, { numRuns: 1, seed: 7 })[0]!;
    const geometry = { kernel: [3, 3], stride, padding: [1, 1], dilation: [1, 1], groups: 2 } as const;
    const places = [Math.floor((height - 1) / stride[0]) + 1, Math.floor((width - 1) / stride[1]) + 1];
    const shape = [2, 6, ...places];
    const gradient = {
      shape,
      data: Array.from({ length: shape.reduce((size, length) => size * length) }, (_, i) => (i % 7) - 3),
    };
    if (small.includes(tile) || kind === 'places one after the other') {
      await withinSums(device, [x, weight, bias], 19, (...operands) => [
        apply(operators.conv2d, operands as [Tensor, Tensor, Tensor], geometry)[0]!,
      ]);
      await withinSums(device, [gradient, x], 2 * places[0]! * places[1]!, (...operands) => [
        apply(operators.conv2dWeightGradient, operands as [Tensor, Tensor], { ...geometry, shape: weight.shape })[0]!,
      ]);
    }
    if (small.includes(tile) || kind !== 'places one after the other') {
      await withinSums(device, [gradient, weight], 27, (...operands) => [
        apply(operators.conv2dInputGradient, operands as [Tensor, Tensor], { ...geometry, shape: x.shape })[0]!,
      ]);
    }
  });
});
