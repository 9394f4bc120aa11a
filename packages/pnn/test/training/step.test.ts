import {
  BatchNorm1d,
  type Communicator,
  DataLoader,
  type Device,
  getDevice,
  hasWasm,
  Linear,
  type Module,
  noGrad,
  oneProcess,
  reference,
  Sequential,
  SGD,
  scope,
  setDevice,
  setSeed,
  type Tensor,
  tensor,
  wasm,
} from '@pnn/nn';
import { gpu } from '@pnn/tensor/gpu';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dualAscent, PolynomialActivation, type StepRecord, Trainer } from '../../src/index.js';
import { all, blobLoader, blobs, networkBits, toyNetwork, toyTrainer, withInputs } from './toy.js';

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

/** Processes that meet in this one: each call waits until every one of them has made it. */
function meeting(size: number): Communicator[] {
  let arrived: unknown[] = [];
  let release: (values: readonly unknown[]) => void;
  let meet: Promise<readonly unknown[]>;
  const renew = () => {
    arrived = [];
    meet = new Promise((resolve) => {
      release = resolve;
    });
  };
  renew();
  const exchange = <T>(rank: number, value: T): Promise<readonly T[]> => {
    const current = meet;
    arrived[rank] = value;
    if (arrived.filter((each) => each !== undefined).length === size) {
      release(arrived);
      renew();
    }
    return current as Promise<readonly T[]>;
  };
  const replace = (tensors: readonly Tensor[], values: (i: number) => ArrayLike<number>) =>
    noGrad(() =>
      tensors.forEach((each, i) => {
        scope(() =>
          each.assign(tensor(Array.from(values(i)), { shape: each.shape, dtype: each.dtype, device: each.device })),
        );
      }),
    );
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    async sum(tensors) {
      const parts = await exchange(
        rank,
        tensors.map((each) => each.dataSync()),
      );
      replace(tensors, (i) => parts[0]![i]!.map((__, k) => parts.reduce((sum, part) => sum + part[i]![k]!, 0)));
    },
    gather: (numbers) =>
      exchange(
        rank,
        numbers.map((each) => Array.from(each)),
      ),
    async broadcast(tensors) {
      const [first] = await exchange(
        rank,
        tensors.map((each) => each.dataSync()),
      );
      replace(tensors, (i) => first![i]!);
    },
  }));
}

describe('Trainer in two processes', () => {
  const plainNetwork = () =>
    new Sequential(new Linear(4, 8), new PolynomialActivation({ degree: 4, bound: 3 }), new Linear(8, 3));

  /** Every process has half of each batch; its network is its own, as it would be after another seed. */
  function pair(
    make: () => Module,
    extra: (rank: number) => Partial<ConstructorParameters<typeof Trainer>[1]> = () => ({}),
  ) {
    const dataset = blobs(48);
    const inputs = dataset.inputs as Float32Array;
    return meeting(2).map((communicator, rank) => {
      setSeed(10 + rank);
      const network = make();
      const steps: StepRecord[] = [];
      const trainer = new Trainer(network, {
        optimizer: new SGD(network.parameterGroups(), { lr: 0.1, maxNorm: 1 }),
        lambda: dualAscent({ initial: 1 }),
        onStep: (step) => steps.push(step),
        communicator,
        ...extra(rank),
      });
      const rows = Array.from({ length: 48 }, (_, i) => i).filter((i) => Math.floor(i / 6) % 2 === rank);
      const half = new DataLoader(
        Object.assign(blobs(24), {
          inputs: Float32Array.from(rows.flatMap((row) => Array.from(inputs.subarray(4 * row, 4 * row + 4)))),
          labels: Int32Array.from(rows, (row) => dataset.labels[row]!),
        }),
        { batchSize: 6 },
      );
      return { trainer, steps, half };
    });
  }

  it('does what one process does with the whole batches', async () => {
    const processes = pair(plainNetwork);
    setSeed(10);
    const network = plainNetwork();
    const steps: StepRecord[] = [];
    const alone = new Trainer(network, {
      optimizer: new SGD(network.parameterGroups(), { lr: 0.1, maxNorm: 1 }),
      lambda: dualAscent({ initial: 1 }),
      onStep: (step) => steps.push(step),
      communicator: oneProcess,
    });
    const [expected] = await all(alone.fit(new DataLoader(blobs(48), { batchSize: 12 }), { epochs: 1 }));
    const epochs = await Promise.all(processes.map(({ trainer, half }) => all(trainer.fit(half, { epochs: 1 }))));
    const [first, second] = processes.map(({ trainer }) => networkBits(trainer.network));
    expect(first).toEqual(second);
    for (const [epoch] of epochs) {
      expect(epoch!.trainLoss).toBeCloseTo(expected!.trainLoss, 5);
      expect(epoch!.boundaryLoss).toBeCloseTo(expected!.boundaryLoss, 5);
      expect(epoch!.trainMetrics).toEqual(expected!.trainMetrics);
      expect(epoch!.layers[0]!.train.shareOutside).toBeCloseTo(expected!.layers[0]!.train.shareOutside, 5);
      expect(epoch!.layers[0]!.train.maxAbs).toBeCloseTo(expected!.layers[0]!.train.maxAbs, 5);
      expect(epoch!.layers[0]!.train.q999).toBeCloseTo(expected!.layers[0]!.train.q999, 2);
      expect(epoch!.layers[0]!.lambda).toBeCloseTo(expected!.layers[0]!.lambda, 10);
      expect(epoch!.gradientNorm.max).toBeCloseTo(expected!.gradientNorm.max, 4);
    }
    expect(processes[0]!.steps.map(({ samples }) => samples)).toEqual([12, 12, 12, 12]);
    expect(processes[0]!.steps[0]!.metrics).toEqual(steps[0]!.metrics);
  });

  it('shares running statistics, and the network of the first', async () => {
    const processes = pair(() => toyNetwork());
    await Promise.all(processes.map(({ trainer, half }) => all(trainer.fit(half, { epochs: 2 }))));
    const [first, second] = processes.map(({ trainer }) => networkBits(trainer.network));
    expect(first).toEqual(second);
  });

  it('stops in all where one diverges, and after the same step where one is told to', async () => {
    const diverging = pair(plainNetwork, (rank) => {
      let calls = 0;
      return {
        loss: (outputs) =>
          outputs
            .square()
            .mean()
            .mul(++calls === 3 && rank === 1 ? Number.NaN : 1),
      };
    });
    await Promise.all(diverging.map(({ trainer, half }) => all(trainer.fit(half, { epochs: 1 }))));
    expect(diverging[0]!.trainer.stopped).toMatchObject({ step: 3 });
    expect(diverging[1]!.trainer.stopped).toEqual(diverging[0]!.trainer.stopped);
    expect(networkBits(diverging[0]!.trainer.network)).toEqual(networkBits(diverging[1]!.trainer.network));

    const abort = new AbortController();
    const interrupted = pair(plainNetwork, (rank) => ({
      onStep: ({ step }) => {
        if (rank === 1 && step === 2) abort.abort();
      },
    }));
    await Promise.all(
      interrupted.map(({ trainer, half }, rank) =>
        all(trainer.fit(half, { epochs: 1, ...(rank === 1 && { signal: abort.signal }) })),
      ),
    );
    expect(interrupted.map(({ trainer }) => trainer.progress().step)).toEqual([2, 2]);
  });

  it('refuses to calibrate in each', () => {
    const [communicator] = meeting(2);
    const network = plainNetwork();
    const optimizer = new SGD(network.parameterGroups(), { lr: 0.1 });
    expect(() => new Trainer(network, { optimizer, calibration: { steps: 1 }, communicator: communicator! })).toThrow(
      /^Trainer: each process would calibrate on inputs of its own: calibrate before/,
    );
  });
});
