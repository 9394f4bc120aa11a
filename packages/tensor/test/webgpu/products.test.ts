import { apply, operators, type Tensor } from '@pnn/tensor';
import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { forceCut, tileNames } from '../../src/devices/webgpu/kernels/product.js';
import { tableOf, withinSums } from '../gpu/cases/kernel-case.js';
import { missing } from './adapter.js';

describe.skipIf(missing).each([...tileNames, 'registers'] as const)('products in tiles of %s', (tile) => {
  let device: WebGpuDevice;
  beforeEach(async () => {
    device = await webgpu({ software: true });
  });
  afterEach(() => forceCut({}));

  test.each([
    [1, false, false],
    [3, true, false],
    [2, false, true],
    [1, true, true],
  ] as const)('matmul in %i parts, transposed: %s, %s', async (parts, transposeA, transposeB) => {
    forceCut({ tile, parts });
    for (const [m, k, n] of [
      [133, 53, 70],
      [132, 53, 136],
    ] as const) {
      const inputs = fc.tuple(tableOf(transposeA ? [k, m] : [m, k]), tableOf(transposeB ? [n, k] : [k, n]));
      const [a, b] = fc.sample(inputs, { numRuns: 1, seed: 7 })[0]!;
      await withinSums(device, [a, b], k, (x, y) => [x!.matmul(y!, { transposeA, transposeB })]);
    }
  });

  test.each([
    ['rows of four places', 8, 2],
    ['other rows', 7, 3],
  ] as const)('convolution of %s', async (_, width, stride) => {
    forceCut({ tile, parts: 2 });
    const inputs = fc.tuple(tableOf([2, 4, 6, width]), tableOf([6, 2, 3, 3]), tableOf([6]), tableOf([2, 4, 6, width]));
    const [x, weight, bias] = fc.sample(inputs, { numRuns: 1, seed: 7 })[0]!;
    for (const own of [1, stride]) {
      const geometry = { kernel: [3, 3], stride: [1, own], padding: [1, 1], dilation: [1, 1], groups: 2 } as const;
      const outWidth = Math.floor((width - 1) / own) + 1;
      const gradient = {
        shape: [2, 6, 6, outWidth],
        data: Array.from({ length: 72 * outWidth }, (_, i) => (i % 7) - 3),
      };
      await withinSums(device, [x, weight, bias], 19, (...operands) => [
        apply(operators.conv2d, operands as [Tensor, Tensor, Tensor], geometry)[0]!,
      ]);
      await withinSums(device, [gradient, weight], 27, (...operands) => [
        apply(operators.conv2dInputGradient, operands as [Tensor, Tensor], { ...geometry, shape: x.shape })[0]!,
      ]);
      await withinSums(device, [gradient, x], 12 * outWidth, (...operands) => [
        apply(operators.conv2dWeightGradient, operands as [Tensor, Tensor], { ...geometry, shape: weight.shape })[0]!,
      ]);
    }
  });
});
