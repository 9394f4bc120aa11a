import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import { beforeEach, describe, expect, test } from 'vitest';
import { missing, tested } from './adapter.js';
import { casesOfWebGpu } from './cases.js';

test('says which adapter is tested', () => {
  console.warn(tested);
  expect(missing ?? '').toMatch(/^$|install/);
});

/** Random inputs of each case; the browser's tests draw others. */
const RUNS = 4;

describe.skipIf(missing)('kernels', () => {
  let device: WebGpuDevice;
  beforeEach(async () => {
    device = await webgpu({ software: true });
  });

  test.each(casesOfWebGpu)('$name', ({ check }) => check(device, RUNS));
});
