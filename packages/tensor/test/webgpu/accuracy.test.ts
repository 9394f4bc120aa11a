import { type WebGpuDevice, webgpu } from '@pnn/tensor/webgpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MeasuredName, measuredFunctions, worstOf, worstOverAll } from './accuracy.js';
import { missing } from './adapter.js';

const names = Object.keys(measuredFunctions) as MeasuredName[];

describe.skipIf(missing)('functions are within two units in the last place of their exact values', () => {
  let device: WebGpuDevice;
  beforeAll(async () => {
    device = await webgpu({ software: true });
  });

  test.each(names)('%s, densely over all floats', async (name) => {
    const worst = await worstOverAll(device, name, 2 ** 15);
    expect(worst.units, `at ${worst.at}`).toBeLessThanOrEqual(2);
  });

  test.each(names)('%s, at random', async (name) => {
    const [min, max] = measuredFunctions[name];
    const numbers = fc.oneof(fc.float(), fc.float({ min, max, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(numbers, { minLength: 500, maxLength: 2000 }), async (values) => {
        expect((await worstOf(device, name, Float32Array.from(values))).units).toBeLessThanOrEqual(2);
      }),
      { numRuns: 5 },
    );
  });
});
