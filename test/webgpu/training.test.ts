import { resnet8 } from '@pnn/models';
import {
  AdamW,
  crossEntropy,
  type Device,
  full,
  getDevice,
  reference,
  scope,
  setDevice,
  setSeed,
  tensor,
} from '@pnn/nn';
import { boundaryLoss, PolynomialActivation } from '@pnn/pnn';
import { webgpu } from '@pnn/tensor/webgpu';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDevice } from '../../packages/tensor/src/devices/webgpu/device.js';
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

  test('compiles at most sixty kernels for a step of a residual network, before it where that is asked for', async () => {
    const { device } = await openDevice(() => {});
    const before = getDevice();
    onTestFinished(() => setDevice(before));
    /** The same network on each device, and what its step is computed from. */
    const residual = (on: Device) => {
      setDevice(on);
      setSeed(1);
      const activation = () => new PolynomialActivation({ target: 'relu', degree: 8, bound: 10, learnable: true });
      const network = resnet8({ channels: 3, classes: 10, activation });
      const images = full([2, 3, 8, 8], 0.5);
      const labels = tensor([1, 2], { dtype: 'int32' });
      const backward = () =>
        scope(() => {
          const task = crossEntropy(network.forward(images), labels);
          task.add(boundaryLoss(network, { lambda: 10 })).backward();
          return task.detach();
        });
      return { network, backward };
    };
    const expected = await residual(reference).backward().item();
    const { network, backward } = residual(device);
    const optimizer = new AdamW(network.parameterGroups(), { lr: 1e-3, maxNorm: 1 });
    await device.warmUp(() => backward().dispose());
    optimizer.zeroGrad();
    const warm = device.counts.pipelines;
    const loss = backward();
    expect(device.counts.pipelines).toBe(warm);
    optimizer.step();
    expect(await loss.item()).toBeCloseTo(expected, 4);
    expect(device.counts.pipelines).toBeLessThanOrEqual(60);
  });
});
