import { type GpuDevice, gpu } from '@pnn/tensor/gpu';
import { beforeAll, describe, test } from 'vitest';
import { kernelCases } from './cases/index.js';

describe.each(['cpu', 'webasm'] as const)('kernels in mode %s', (mode) => {
  let device: GpuDevice;
  beforeAll(async () => {
    device = await gpu({ mode });
  });

  test.each(kernelCases)('$name', ({ check }) => check(device, 30));
});
