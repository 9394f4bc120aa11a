import {
  AdamW,
  ArrayDataset,
  BatchNorm1d,
  DataLoader,
  type Device,
  Generator,
  getDevice,
  Linear,
  reference,
  Sequential,
  setDevice,
  setSeed,
} from '@pnn/nn';
import { dualAscent, PolynomialActivation, restoreCheckpoint, Trainer, takeCheckpoint } from '@pnn/pnn';
import { webgpu } from '@pnn/tensor/webgpu';
import { describe, expect, onTestFinished, test } from 'vitest';
import { missing } from '../../packages/tensor/test/webgpu/adapter.js';

const generator = new Generator(3);
const inputs = Float32Array.from({ length: 64 * 4 }, () => generator.normal());
const labels = Int32Array.from({ length: 64 }, (_, i) => Number(inputs[4 * i]! * inputs[4 * i + 1]! > 0));
const samples = new ArrayDataset({ inputs, inputShape: [4], labels, classes: 2 });

/** A training that calibrates its bounds on the way, and the losses of its steps. */
function training(device: Device) {
  setDevice(device);
  setSeed(5);
  const network = new Sequential(
    new Linear(4, 8),
    new BatchNorm1d(8),
    new PolynomialActivation({ degree: 4, bound: 10, learnable: true }),
    new Linear(8, 2),
  );
  const losses: number[] = [];
  const trainer = new Trainer(network, {
    optimizer: new AdamW(network.parameterGroups(), { lr: 0.01, maxNorm: 1 }),
    lambda: dualAscent(),
    calibration: { steps: 2 },
    onStep: ({ loss }) => losses.push(loss),
  });
  const loader = new DataLoader(samples, { batchSize: 16, shuffle: true });
  const run = async (epochs: number) => {
    setDevice(device);
    for await (const _ of trainer.fit(loader, { epochs }));
  };
  return { trainer, losses, run };
}

describe.skipIf(missing)('a checkpoint of webgpu', () => {
  test('goes on there with the same bits, and on another device with nearly the same numbers', async () => {
    const before = getDevice();
    onTestFinished(() => setDevice(before));
    const device = await webgpu({ software: true });
    const first = training(device);
    await first.run(1);
    const checkpoint = await takeCheckpoint(first.trainer);
    await first.run(2);
    const expected = first.losses.slice(4);
    expect(expected).toHaveLength(4);

    const again = training(device);
    restoreCheckpoint(again.trainer, checkpoint);
    await again.run(2);
    expect(again.losses).toEqual(expected);

    const moved = training(reference);
    restoreCheckpoint(moved.trainer, checkpoint);
    await moved.run(2);
    for (const [i, loss] of moved.losses.entries()) expect(loss).toBeCloseTo(expected[i]!, 4);
  });
});
