import { type GpuDevice, gpu } from '@pnn/tensor/gpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernelCases } from './cases/index.js';
import { nodeModes, tested } from './modes.js';

test('says which modes are tested', () => {
  for (const line of tested) console.warn(line);
  expect(nodeModes).toEqual(expect.arrayContaining(['webasm', 'cpu']));
});

describe.each(nodeModes)('kernels in mode %s', (mode) => {
  let device: GpuDevice;
  beforeAll(async () => {
    device = await gpu({ mode });
  });

  test.each(kernelCases)('$name', ({ check }) => check(device, mode === 'webasm' || mode === 'cpu' ? 20 : 4));
});
