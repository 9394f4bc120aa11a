import {
  BatchNorm1d,
  DataLoader,
  type Device,
  getDevice,
  hasWasm,
  Linear,
  reference,
  Sequential,
  setDevice,
  wasm,
} from '@pnn/nn';
import { gpu } from '@pnn/tensor/gpu';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dualAscent, PolynomialActivation } from '../../src/index.js';
import { all, blobLoader, blobs, toyNetwork, toyTrainer, withInputs } from './toy.js';

const own = getDevice();
afterEach(() => {
  setDevice(own);
  vi.restoreAllMocks();
});

describe('a step', () => {
  it('waits once for a device with a memory of its own, whatever it measures, and so does a batch of an evaluation', async () => {
    const device = await gpu({ mode: 'cpu' });
    setDevice(device);
    const reads = vi.spyOn(device.memory, 'read');
    const counts: number[] = [];
    const trainer = toyTrainer({
      network: toyNetwork({ learnable: true, outside: 'tangent' }, 0.1),
      lambda: dualAscent(),
      metrics: { size: (outputs) => outputs.abs().sum(), other: (outputs) => outputs.sum() },
      onStep: () => {
        counts.push(reads.mock.calls.length);
        reads.mockClear();
      },
    });
    // Every step of these takes the distributions, too.
    for await (const _ of trainer.fit(blobLoader(48), { epochs: 2, validation: blobLoader(36) })) {
      expect(reads).toHaveBeenCalledTimes(3);
      reads.mockClear();
    }
    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it.each([reference, ...(hasWasm() ? [wasm()] : [])])(
    'measures the norm of the gradients once on $name',
    async (device: Device) => {
      setDevice(device);
      const trainer = toyTrainer({ network: new Sequential(new Linear(4, 3)) });
      const norm = vi.spyOn(device.kernels, 'euclideanNorm');
      await all(trainer.fit(blobLoader(12), { epochs: 1 }));
      expect(norm).toHaveBeenCalledTimes(1);
    },
  );

  it('copies what changes, and nothing else', async () => {
    const trainer = toyTrainer();
    const { network } = trainer;
    const [normalization] = network.children().flatMap(([, module]) => (module instanceof BatchNorm1d ? [module] : []));
    const copied: unknown[] = [];
    const { copy } = getDevice().kernels;
    vi.spyOn(getDevice().kernels, 'copy').mockImplementation((x, out) => {
      copied.push(x.buffer);
      copy(x, out);
    });
    for await (const { epoch } of trainer.fit(blobLoader(24), { epochs: 3 })) {
      // After the first steps: two steps of an epoch.
      if (epoch < 3) copied.length = 0;
    }
    const changing = [normalization!.runningMean!, normalization!.runningVariance!, normalization!.batchesTracked!];
    const ofBuffers = copied.filter((buffer) =>
      [...network.namedBuffers()].some(([, { buffer: each }]) => each === buffer),
    );
    expect(new Set(ofBuffers)).toEqual(new Set(changing.map(({ buffer }) => buffer)));
    expect(ofBuffers).toHaveLength(2 * changing.length);
  });

  it('that diverges says what kind of layer it was in', async () => {
    const spoiled = withInputs(blobs(12), (x, i) => (i === 0 ? Number.NaN : x));
    const trainer = toyTrainer();
    await all(trainer.fit(new DataLoader(spoiled, { batchSize: 12 }), { epochs: 1 }));
    expect(trainer.stopped).toMatchObject({ layer: '3', kind: 'PolynomialActivation' });
  });

  it('that diverges right after the calibration leaves polynomials that go with their bounds', async () => {
    let losses = 0;
    const trainer = toyTrainer({
      calibration: { steps: 1 },
      loss: (outputs) =>
        outputs
          .square()
          .mean()
          .mul(++losses === 2 ? Number.NaN : 1),
    });
    await all(trainer.fit(blobLoader(48), { epochs: 1 }));
    expect(trainer.stopped).toMatchObject({ step: 2 });
    const [activation] = trainer.network
      .children()
      .flatMap(([, module]) => (module instanceof PolynomialActivation ? [module] : []));
    expect(activation!.domain.dataSync()[0]).toBe(activation!.bound);
    const fresh = toyNetwork();
    fresh.loadStateDict(trainer.network.stateDict());
    expect(fresh.toString()).toBe(trainer.network.toString());
  });
});

describe('Trainer.validation', () => {
  it('is that of the network as it stands, for as long as it stands', async () => {
    const trainer = toyTrainer({ onStep: () => expect(trainer.validation).toBeUndefined() });
    const validation = blobLoader(12, { shuffle: false });
    expect(trainer.validation).toBeUndefined();
    for await (const { validationLoss } of trainer.fit(blobLoader(), { epochs: 2, validation })) {
      expect(trainer.validation!.loss).toBe(validationLoss);
    }
    expect(trainer.validation!.tracker.histogram(0, 2).counts.reduce((a, b) => a + b)).toBe(12 * 8);
    trainer.restore(trainer.progress());
    expect(trainer.validation).toBeUndefined();
    await all(trainer.fit(blobLoader(), { epochs: 3 }));
    expect(trainer.validation).toBeUndefined();
  });
});
