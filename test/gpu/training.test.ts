import { memory, reference } from '@pnn/tensor';
import { gpu } from '@pnn/tensor/gpu';
import { describe, expect, test } from 'vitest';
import { nodeModes } from '../../packages/tensor/test/gpu/modes.js';
import { compareTrainings, train } from './training.js';

describe.each(nodeModes)('training in mode %s', (mode) => {
  test.each(['AdamW', 'SGD'] as const)('has the losses of the reference, with %s', async (optimizer) => {
    const { losses } = await compareTrainings(await gpu({ mode }), reference, optimizer);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  test('keeps no more elements after any step than after the second', async () => {
    const device = await gpu({ mode });
    const held: number[] = [];
    await train(device, 'AdamW', () => held.push(device.held));
    // What was left of earlier trainings may be collected on the way.
    const [, second, ...later] = held;
    expect(later).toHaveLength(4);
    expect(second).toBeGreaterThan(20);
    expect(Math.max(...later)).toBeLessThanOrEqual(second!);
    expect(device.held).toBeLessThanOrEqual(memory().buffers);
  });
});
