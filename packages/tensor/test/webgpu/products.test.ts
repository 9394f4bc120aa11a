import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { forceCut, tileNames } from '../../src/devices/webgpu/kernels/product.js';
import { convolutionCases } from '../gpu/cases/convolution.js';
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
    const [m, k, n] = [133, 53, 70];
    const inputs = fc.tuple(tableOf(transposeA ? [k, m] : [m, k]), tableOf(transposeB ? [n, k] : [k, n]));
    const [a, b] = fc.sample(inputs, { numRuns: 1, seed: 7 })[0]!;
    await withinSums(device, [a, b], k, (x, y) => [x!.matmul(y!, { transposeA, transposeB })]);
  });

  test.each(convolutionCases)('$name', async ({ check }) => {
    forceCut({ tile, parts: 2 });
    await check(device, 3);
  });
});
