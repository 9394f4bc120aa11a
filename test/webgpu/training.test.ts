import { reference } from '@pnn/tensor';
import { webgpu } from '@pnn/tensor/webgpu';
import { describe, expect, test } from 'vitest';
import { missing } from '../../packages/tensor/test/webgpu/adapter.js';
import { compareTrainings, train } from '../gpu/training.js';

describe.skipIf(missing)('training on webgpu', () => {
  test.each(['AdamW', 'SGD'] as const)('has the losses of the reference, with %s', async (optimizer) => {
    const { losses } = await compareTrainings(await webgpu({ software: true }), reference, optimizer);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  test('creates no buffer after the second step, and has the same bits twice', async () => {
    const device = await webgpu({ software: true });
    const created: number[] = [];
    const first = await train(device, 'AdamW', () => created.push(device.counts.buffers));
    expect(created).toHaveLength(6);
    expect(new Set(created.slice(1)).size).toBe(1);
    expect(await train(device, 'AdamW')).toEqual(first);
  });
});
