import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import { beforeEach, describe, expect, test } from 'vitest';
import { kernelCases } from '../gpu/cases/index.js';
import { missing, tested } from './adapter.js';

test('says which adapter is tested', () => {
  console.warn(tested);
  expect(missing ?? '').toMatch(/^$|install/);
});

/** gpu.js gives NaN for what its sine does not reach. */
const OF_GPU_JS = 'sin, cos and tan of what is too large';

describe.skipIf(missing)('kernels', () => {
  let device: WebGpuDevice;
  beforeEach(async () => {
    device = await webgpu({ software: true });
  });

  test.each(kernelCases.filter(({ name }) => name !== OF_GPU_JS))('$name', ({ check }) => check(device, 12));
});
