import { beforeAll, describe, test } from 'vitest';
import { type OpenedDevice, openDevice } from '../../src/devices/webgpu/device.js';
import { missing } from './adapter.js';
import { casesOfWebGpu } from './cases.js';

/** What has other kernels, or workgroups, on a processor; products are tested by their tiles, reductions by themselves. */
const differing = casesOfWebGpu.filter(({ name }) => /^(polynomial|batchNorm|cast$|where)/.test(name));

describe.skipIf(missing)('kernels that GPUs take, where a processor takes others', () => {
  let opened: OpenedDevice;
  beforeAll(async () => {
    opened = await openDevice(() => {});
    opened.executor.isSoftware = false;
  });

  test.each(differing)('$name', ({ check }) => check(opened.device, 4));
});
