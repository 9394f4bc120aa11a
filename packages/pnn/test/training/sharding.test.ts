import {
  AdamW,
  ArrayDataset,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  type Communicator,
  Conv2d,
  DataLoader,
  type DataLoaderOptions,
  Dropout,
  ExponentialMovingAverage,
  Flatten,
  Generator,
  getThreads,
  hasWasm,
  Linear,
  memory,
  normalizeChannels,
  oneProcess,
  ReduceLROnPlateau,
  randomCrop,
  randomHorizontalFlip,
  Sequential,
  SGD,
  setSeed,
  setThreads,
} from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  dualAscent,
  type EpochRecord,
  evaluate,
  PolynomialActivation,
  type PolynomialActivationOptions,
  restoreCheckpoint,
  shareCheckpoint,
  Trainer,
  type TrainerOptions,
  takeCheckpoint,
} from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';
import { replicas } from './replicas.js';
import { all, blobLoader, toyNetwork, withoutTimes } from './toy.js';

const SAMPLES = 44;
const BATCH = 16;

function images(count: number, seed: number): ArrayDataset {
  const generator = new Generator(seed, 'images');
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  return new ArrayDataset({
    inputs: Uint8Array.from(
      { length: 48 * count },
      (_, i) => (generator.integer(256) + 40 * labels[Math.floor(i / 48)]!) % 256,
    ),
    inputShape: [3, 4, 4],
    labels,
    classes: 3,
  });
}

/** @param generator what a second layer of dropout draws from, which no checkpoint keeps */
function imageNetwork(activation: Partial<PolynomialActivationOptions> = {}, generator?: Generator): Sequential {
  return new Sequential(
    new Conv2d(3, 4, 3, { padding: 1 }),
    new BatchNorm2d(4),
    new PolynomialActivation({ degree: 4, bound: 2, learnable: true, ...activation }),
    new AvgPool2d(2),
    new Flatten(),
    new BatchNorm1d(16),
    new Dropout(0.3),
    new Dropout(0.1, generator),
    new Linear(16, 3),
  );
}

/** Shuffled, moved, mirrored and normalized. */
function trainLoader(options: Partial<DataLoaderOptions> = {}): DataLoader {
  return new DataLoader(images(SAMPLES, 1), {
    batchSize: BATCH,
    shuffle: true,
    dropLast: true,
    transforms: [randomCrop(1), randomHorizontalFlip(), normalizeChannels([0.5, 0.5, 0.5], [0.3, 0.3, 0.3])],
    ...options,
  });
}

interface Run {
  /** Whether a layer draws from a generator of its own. */
  readonly ownGenerator?: boolean;
  readonly network?: Partial<PolynomialActivationOptions>;
  readonly trainer?: Partial<TrainerOptions>;
  readonly epochs?: number;
  readonly resume?: Checkpoint;
  /** The step at which the last process asks for an end. */
  readonly stopAt?: number;
}

/** What a training leaves in a process. */
interface Left {
  readonly checkpoint: Checkpoint;
  /** All that is to be the same in any number of processes, as text. */
  readonly bits: string;
  readonly stopped: Trainer['stopped'];
  readonly step: number;
}

/** Tensors and everything else that a training goes on with, as text. */
function bitsOfState({ tensors, state }: Checkpoint): string {
  const contents = Array.from(tensors, ([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ]);
  return JSON.stringify([contents, withoutTimes(state)]);
}

/** A training with everything that draws random numbers, keeps statistics or looks at whole batches. */
async function training(communicator: Communicator, shards: number | undefined, run: Run): Promise<Left> {
  // As in a process that has seeded otherwise: all begin like the first.
  setSeed(communicator.rank === 0 ? 3 : 77);
  const network = imageNetwork(run.network, run.ownGenerator ? new Generator(9, 'own') : undefined);
  const optimizer = new AdamW(network.parameterGroups(), { lr: 0.01, maxNorm: 1 });
  const average = new ExponentialMovingAverage(network, { decay: 0.9, averageBuffers: true });
  const steps: unknown[] = [];
  const abort = new AbortController();
  using trainer = new Trainer(network, {
    optimizer,
    average,
    best: {},
    scheduler: new ReduceLROnPlateau(optimizer, { patience: 0 }),
    lambda: dualAscent({ initial: 1 }),
    calibration: { steps: 2 },
    onStep: (step) => {
      steps.push(withoutTimes(step));
      if (step.step === run.stopAt && communicator.rank === communicator.size - 1) abort.abort();
    },
    communicator,
    ...(shards !== undefined && { shards }),
    ...run.trainer,
  });
  if (run.resume) {
    // Only the first has the file.
    const own = communicator.rank === 0 ? run.resume : undefined;
    restoreCheckpoint(trainer, await shareCheckpoint(communicator, own));
  }
  // Generators of its own: it takes no seeds from the program's streams, which a resumed one would do a second time.
  const [generator, augmentationGenerator] = [new Generator(0), new Generator(0)];
  const validation = new DataLoader(images(21, 2), { batchSize: 4, generator, augmentationGenerator });
  const epochs = await all(trainer.fit(trainLoader(), { epochs: run.epochs ?? 2, validation, signal: abort.signal }));
  const checkpoint = await takeCheckpoint(trainer);
  const { stopped } = trainer;
  const bits = JSON.stringify([bitsOfState(checkpoint), steps, withoutTimes(epochs), stopped]);
  average.dispose();
  optimizer.dispose();
  network.dispose();
  return { checkpoint, bits, stopped, step: trainer.progress().step };
}

/** The same in one process, or by several together. */
const together = (size: number, shards?: number, run: Run = {}) =>
  size === 1
    ? training(oneProcess, shards, run).then((left) => [left])
    : replicas(size, (communicator) => training(communicator, shards, run));

/** What a training has led to. */
interface Trained {
  readonly record: EpochRecord;
  readonly state: readonly (readonly number[])[];
}

/** The cases that together use everything that could depend on the number of processes. */
const cases: readonly [string, Run][] = [
  ['BatchNorm, dropout, augmentation, calibration, dual ascent and an average of the weights', { ownGenerator: true }],
  ['several batches in a step', { trainer: { accumulate: 2, calibration: { steps: 1 } } }],
  [
    'the penalty max-norm',
    { network: { penalty: { form: 'max-norm' }, bound: 1 }, trainer: { accumulate: 2, calibration: { steps: 0 } } },
  ],
  ['BatchNorm over all shards', { ownGenerator: true, trainer: { syncBatchNorm: true } }],
];

describe('a training in shards', () => {
  it.each(cases)('has the same bits in 1, 2 and 4 processes: %s', async (_, run) => {
    const [alone] = await together(1, 4, run);
    expect(alone!.stopped).toBeUndefined();
    for (const size of [2, 4]) {
      for (const each of await together(size, 4, run)) expect(each.bits === alone!.bits).toBe(true);
    }
  });

  it('has the same bits where gradients are not sent before backward has ended', async () => {
    const run: Run = { trainer: { accumulate: 2, calibration: { steps: 1 } } };
    const [first] = await together(2, 4, run);
    const [second] = await together(2, 4, { trainer: { ...run.trainer, overlap: false } });
    expect(first!.bits === second!.bits).toBe(true);
  });

  it.runIf(hasWasm())('has the same bits on any number of threads', async () => {
    const before = getThreads();
    try {
      const [one, two] = await [1, 2].reduce<Promise<string[]>>(async (done, threads) => {
        const bits = await done;
        setThreads(threads);
        return [...bits, (await together(threads, 4))[0]!.bits];
      }, Promise.resolve([]));
      expect(one === two).toBe(true);
    } finally {
      setThreads(before);
    }
  });

  it('ends in all processes after the same step, and goes on in any number of them', async () => {
    const [uninterrupted] = await together(1, 4);
    // In the middle of the second epoch.
    const interrupted = await together(4, 4, { stopAt: 3 });
    expect(interrupted.map(({ step }) => step)).toEqual([3, 3, 3, 3]);
    const resume = interrupted[0]!.checkpoint;
    for (const size of [1, 2]) {
      for (const { checkpoint } of await together(size, 4, { resume })) {
        expect(bitsOfState(checkpoint) === bitsOfState(uninterrupted!.checkpoint)).toBe(true);
      }
    }
    await expect(together(2, 2, { resume })).rejects.toThrow(
      'Trainer.restore: the training had 4 shards in a batch, this one has 2: pass shards: 4',
    );
  });

  it('stops in all processes alike where a shard diverges', async () => {
    const diverging = (calls = 0): Run => ({
      trainer: {
        calibration: { steps: 0 },
        loss: (outputs) =>
          outputs
            .square()
            .mean()
            // The last shard of the second step.
            .mul(++calls === 8 ? Number.NaN : 1),
      },
    });
    const [alone] = await together(1, 4, diverging());
    expect(alone!.stopped).toMatchObject({ step: 2, reason: 'the loss is NaN' });
    const calls = [4, 4, 4, 6];
    const processes = await replicas(4, (communicator) =>
      training(communicator, 4, diverging(calls[communicator.rank])),
    );
    expect(processes.map(({ bits }) => bits === alone!.bits)).toEqual([true, true, true, true]);
  });

  it('in one shard is that of a batch in one piece', async () => {
    const run: Run = { trainer: { accumulate: 2, calibration: { steps: 1 } } };
    const [first] = await together(1, 1, run);
    const [second] = await together(1, undefined, run);
    expect(first!.bits === second!.bits).toBe(true);
  });

  it('is close to that of whole batches where no layer looks at the batch', async () => {
    for (const form of ['exponential', 'max-norm'] as const) {
      const [whole, sharded] = await [1, 4].reduce<Promise<EpochRecord[]>>(async (done, shards) => {
        const records = await done;
        setSeed(10);
        const network = new Sequential(
          new Linear(4, 8),
          new PolynomialActivation({ degree: 4, bound: 1.5, penalty: { form } }),
          new Linear(8, 3),
        );
        using trainer = new Trainer(network, {
          optimizer: new SGD(network.parameterGroups(), { lr: 0.1, maxNorm: 1 }),
          lambda: dualAscent({ initial: 1 }),
          shards,
        });
        return [...records, ...(await all(trainer.fit(blobLoader(48), { epochs: 1 })))];
      }, Promise.resolve([]));
      expect(sharded!.trainLoss).toBeCloseTo(whole!.trainLoss, 5);
      expect(sharded!.boundaryLoss).toBeCloseTo(whole!.boundaryLoss, 5);
      expect(sharded!.boundaryLoss).toBeGreaterThan(0);
      expect(sharded!.trainMetrics).toEqual(whole!.trainMetrics);
      expect(sharded!.gradientNorm.max).toBeCloseTo(whole!.gradientNorm.max, 4);
      expect(sharded!.layers[0]!.train.maxAbs).toBeCloseTo(whole!.layers[0]!.train.maxAbs, 5);
      expect(sharded!.layers[0]!.lambda).toBeCloseTo(whole!.layers[0]!.lambda, 10);
    }
  });

  it('is close to that of whole batches where BatchNorm looks at all shards', async () => {
    const [whole, sharded] = await [1, 4].reduce<Promise<Trained[]>>(async (done, shards) => {
      const before = await done;
      setSeed(10);
      const network = new Sequential(
        new Conv2d(3, 4, 3),
        new BatchNorm2d(4),
        new PolynomialActivation({ degree: 4, bound: 1.5 }),
        new Flatten(),
        new Linear(16, 6),
        // Without γ and β.
        new BatchNorm1d(6, { affine: false }),
        new PolynomialActivation({ degree: 2, bound: 1.5 }),
        new Linear(6, 3),
      );
      const optimizer = new SGD(network.parameterGroups(), { lr: 0.1 });
      using trainer = new Trainer(network, { optimizer, lambda: 2, shards, syncBatchNorm: true });
      const [record] = await all(trainer.fit(trainLoader({ transforms: [] }), { epochs: 1 }));
      return [
        ...before,
        { record: record!, state: Array.from(network.stateDict(), ([, each]) => [...each.dataSync()]) },
      ];
    }, Promise.resolve([]));
    expect(sharded!.record.trainLoss).toBeCloseTo(whole!.record.trainLoss, 5);
    expect(sharded!.record.boundaryLoss).toBeCloseTo(whole!.record.boundaryLoss, 5);
    expect(sharded!.record.gradientNorm.max).toBeCloseTo(whole!.record.gradientNorm.max, 4);
    // Parameters after two steps, and running statistics.
    sharded!.state.forEach((values, i) => {
      values.forEach((value, k) => {
        expect(value).toBeCloseTo(whole!.state[i]![k]!, 4);
      });
    });
  });

  it('refuses what BatchNorm over all shards does not go with', () => {
    const optimizerOf = (network: Sequential) => new SGD(network.parameterGroups(), { lr: 0.1 });
    const make = (network: Sequential, accumulate = 1) =>
      new Trainer(network, { optimizer: optimizerOf(network), shards: 2, syncBatchNorm: true, accumulate });
    expect(() => make(toyNetwork(), 2)).toThrow(
      'Trainer: syncBatchNorm makes a step of each batch: leave accumulate out',
    );
    expect(() => make(toyNetwork({ penalty: { form: 'max-norm' } }))).toThrow(
      'Trainer: syncBatchNorm does not go with the penalty max-norm: take another form',
    );
  });

  it.each([{ accumulate: 2, calibration: { steps: 1 } }, { syncBatchNorm: true }])(
    'leaves nothing behind on the device: %j',
    async (trainer) => {
      const run = () => together(2, 4, { trainer });
      await run();
      const { tensors } = await settledMemory();
      await run();
      expect(memory().tensors).toBe(tensors);
    },
  );

  it('refuses what cannot be shared equally', async () => {
    const network = toyNetwork();
    const optimizer = new SGD(network.parameterGroups(), { lr: 0.1 });
    expect(() => new Trainer(network, { optimizer, shards: 3 })).toThrow(
      'shards: the number of shards must be a power of two, not 3',
    );
    const three = { ...oneProcess, size: 3 };
    expect(() => new Trainer(network, { optimizer, shards: 4, communicator: three })).toThrow(
      'shards: 3 processes cannot share 4 shards: start a power of two of processes, 4 at most',
    );
    using trainer = new Trainer(network, { optimizer, shards: 8 });
    await expect(all(trainer.fit(blobLoader(48), { epochs: 1 }))).rejects.toThrow(
      'DataLoader: batches of 12 cannot be cut into 8 equal shards: take a multiple of 8',
    );
  });
});

describe('an evaluation by several processes', () => {
  it('finds what one process finds, also where there are fewer batches than processes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2, 4),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (size, count, plain) => {
          setSeed(2);
          const network = toyNetwork({ bound: 1 });
          const find = async (communicator: Communicator) => {
            const loader = blobLoader(count, { batchSize: 5, shuffle: false });
            const { tracker, ...rest } = await evaluate(network, plain ? [...loader] : loader, { communicator });
            return JSON.stringify([rest, tracker.state()]);
          };
          const expected = await find(oneProcess);
          expect(await replicas(size, find)).toEqual(Array(size).fill(expected));
          network.dispose();
        },
      ),
      { numRuns: 12 },
    );
  });
});
