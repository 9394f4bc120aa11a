import {
  ExponentialMovingAverage,
  type Module,
  memory,
  StateDictError,
  setSeed,
  toHostArrays,
  updateBatchNorm,
} from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import {
  checkpointMetadata,
  type EpochRecord,
  evaluate,
  parseCheckpoint,
  restoreCheckpoint,
  type StepRecord,
  Trainer,
  type TrainerOptions,
  takeCheckpoint,
} from '../../src/index.js';
import { BestWeights } from '../../src/training/best-weights.js';
import { Monitor, type MonitorOptions } from '../../src/training/monitor.js';
import { settledMemory } from '../settled-memory.js';
import { all, blobLoader, networkBits, toyNetwork, toyTrainer, withoutTimes } from './toy.js';

const record = (epoch: number, values: Partial<EpochRecord>): EpochRecord => ({
  epoch,
  steps: 1,
  trainLoss: 1,
  boundaryLoss: 0,
  trainMetrics: { accuracy: 0.5 },
  validationLoss: null,
  validationMetrics: null,
  learningRate: 1,
  seconds: 0,
  gradientNorm: { median: 1, max: 1 },
  clippedShare: 0,
  layers: [],
  ...values,
});

describe('Monitor', () => {
  const observed = (options: MonitorOptions, records: readonly Partial<EpochRecord>[]) => {
    const monitor = new Monitor('Trainer: best', options);
    const better = records.map((each, i) => monitor.observe(record(i + 1, each)));
    return { better, state: monitor.state };
  };

  it('takes the loss of the validation, or of the training where there is none', () => {
    const losses = [3, 2, 2, 1, 5].map((validationLoss) => ({ validationLoss, trainLoss: 0 }));
    expect(observed({}, losses)).toEqual({
      better: [true, true, false, true, false],
      state: { value: 1, epoch: 4, since: 1 },
    });
    expect(observed({}, [{ trainLoss: 2 }, { trainLoss: 1 }]).state).toEqual({ value: 1, epoch: 2, since: 0 });
  });

  it('takes a metric, which is good where it is large unless it is said otherwise', () => {
    const records = [0.5, 0.7, 0.6].map((accuracy) => ({ validationMetrics: { accuracy } }));
    expect(observed({ metric: 'accuracy' }, records).state).toEqual({ value: 0.7, epoch: 2, since: 1 });
    expect(observed({ metric: 'accuracy', mode: 'min' }, records).state).toEqual({ value: 0.5, epoch: 1, since: 2 });
    expect(observed({ metric: 'loss', mode: 'max' }, [{ trainLoss: 1 }, { trainLoss: 2 }]).state.epoch).toBe(2);
    expect(() => observed({ metric: 'recall' }, records)).toThrow(
      'Trainer: there is no metric recall to watch: name one of loss, accuracy',
    );
  });

  it('asks for a difference, in which nothing counts that is not finite', () => {
    const losses = [Number.NaN, -1, -1.05, -1.2, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const { better, state } = observed(
      { minDelta: 0.1 },
      losses.map((trainLoss) => ({ trainLoss })),
    );
    expect(better).toEqual([false, true, false, true, false, false]);
    expect(state).toEqual({ value: -1.2, epoch: 4, since: 2 });
  });

  it('refuses wrong options', () => {
    expect(() => observed({ mode: 'low' as 'min' }, [])).toThrow('Trainer: best: mode must be min or max, not low');
    expect(() => observed({ minDelta: -1 }, [])).toThrow(
      'Trainer: best: minDelta must be a finite number of 0 or more',
    );
  });
});

/** A training that soon becomes worse, since the rate is far too large. */
const wild = { adam: { lr: 1 }, lambda: 0 } as const;
const validation = () => blobLoader(24, { shuffle: false });

describe('Trainer with best', () => {
  it('marks the epochs that were the best so far, and ends with the weights of the last of them', async () => {
    // Large losses pass for good ones, so that the last epoch is not the best.
    const trainer = toyTrainer({ ...wild, best: { mode: 'max' } });
    const bits: Record<string, string>[] = [];
    const epochs: EpochRecord[] = [];
    for await (const epoch of trainer.fit(blobLoader(), { epochs: 8, validation: validation() })) {
      epochs.push(epoch);
      bits.push(networkBits(trainer.network));
    }
    const losses = epochs.map(({ validationLoss }) => validationLoss!);
    const marks = losses.map((loss, i) => losses.slice(0, i).every((before) => loss > before));
    expect(epochs.map(({ best }) => best)).toEqual(marks);
    const last = marks.lastIndexOf(true);
    expect(last).toBeLessThan(7);
    expect(trainer.best).toEqual({ epoch: last + 1, value: losses[last] });
    expect(trainer.weightsOfEpoch).toBe(8);
    await trainer.finish();
    expect(networkBits(trainer.network)).toEqual(bits[last]);
    expect(trainer.weightsOfEpoch).toBe(last + 1);
    expect(trainer.validation).toBeUndefined();
    expect((await evaluate(trainer.network, validation())).loss).toBe(losses[last]);
    await expect(all(trainer.fit(blobLoader(), { epochs: 9 }))).rejects.toThrow(
      'Trainer.fit: the trainer was finished',
    );
  });

  it('does not take an epoch of the warm-up for the best, in which the polynomials are not in use', async () => {
    const trainer = toyTrainer({ best: { metric: 'accuracy', mode: 'min' }, calibration: { steps: 6 } });
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 3, validation: validation() }));
    expect(epochs[0]!.best).toBe(false);
    expect(trainer.best!.epoch).toBeGreaterThan(1);
  });

  it('marks nothing where it is not asked to, and leaves the network as it is', async () => {
    const trainer = toyTrainer();
    const [epoch] = await all(trainer.fit(blobLoader(), { epochs: 1, validation: validation() }));
    const { validation: found } = trainer;
    const bits = networkBits(trainer.network);
    await trainer.finish();
    await trainer.finish();
    expect([epoch!.best, trainer.best, trainer.validation]).toEqual([undefined, undefined, found]);
    expect(networkBits(trainer.network)).toEqual(bits);
  });

  it('names the metric that is not there', async () => {
    const trainer = toyTrainer({ best: { metric: 'recall' } });
    await expect(all(trainer.fit(blobLoader(), { epochs: 1 }))).rejects.toThrow('there is no metric recall to watch');
  });

  it('refuses best weights that lack some, and keeps those that it had', async () => {
    const trainer = toyTrainer({ best: { mode: 'max' } });
    await all(trainer.fit(blobLoader(), { epochs: 2, validation: validation() }));
    const best = new BestWeights();
    best.take(trainer.network);
    const some = new Map([...(await toHostArrays(trainer.network.stateDict(), ''))].slice(1));
    expect(() => best.restore(trainer.network, some)).toThrow(
      new StateDictError(
        `BestWeights: the weights of the best epoch lack ${[...trainer.network.stateDict().keys()][0]}`,
      ),
    );
    expect(best.tensors.size).toBe(trainer.network.stateDict().size);
    best.restore(trainer.network, new Map());
    expect(best.tensors.size).toBe(0);
  });

  it('gives the copies back', async () => {
    const before = await settledMemory();
    const trainer = toyTrainer({ best: {} });
    await all(trainer.fit(blobLoader(), { epochs: 2 }));
    trainer.dispose();
    const { optimizer } = trainer.options;
    optimizer.zeroGrad();
    optimizer.dispose();
    trainer.network.dispose();
    expect(memory()).toEqual(before);
  });
});

describe('Trainer with early stopping', () => {
  it('ends after so many epochs without a better one, and does not go on', async () => {
    const trainer = toyTrainer({ ...wild, earlyStopping: { patience: 2 } });
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 50, validation: validation() }));
    const losses = epochs.map(({ validationLoss }) => validationLoss!);
    const best = losses.indexOf(Math.min(...losses));
    expect(epochs.length).toBe(best + 3);
    expect([trainer.endedEarly, trainer.stopped]).toEqual([true, undefined]);
    expect(await all(trainer.fit(blobLoader(), { epochs: 50, validation: validation() }))).toEqual([]);
  });

  it('does not count the epochs of a warm-up', async () => {
    const never = { patience: 1, mode: 'max' } as const;
    const trainer = toyTrainer({ earlyStopping: { ...never, minDelta: 1e9 }, calibration: { steps: 9 } });
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 9, validation: validation() }));
    expect(epochs).toHaveLength(4);
  });

  it('refuses a patience that is none', () => {
    expect(() => toyTrainer({ earlyStopping: { patience: 0 } })).toThrow(
      'Trainer: earlyStopping.patience must be an integer above 0, not 0',
    );
  });
});

/** The same trainer with an average of its network's weights. */
function averaging(trainer: Trainer, decay = 0.8, more: Partial<TrainerOptions> = {}): Trainer {
  trainer.dispose();
  const { network, options } = trainer;
  return new Trainer(network, { ...options, ...more, average: new ExponentialMovingAverage(network, { decay }) });
}

/** Inputs to take running statistics from, in the order in which they are. */
function* someInputs() {
  for (const batch of validation()) {
    yield batch.inputs;
    batch.dispose();
  }
}

describe('Trainer with an average', () => {
  it('validates the average, trains on with the weights, and ends with the average', async () => {
    const options = () => ({ epochs: 2, validation: validation() });
    const plain = toyTrainer();
    const expected = await all(plain.fit(blobLoader(), options()));
    const averaged = averaging(toyTrainer());
    const found = await all(averaged.fit(blobLoader(), options()));
    expect(networkBits(averaged.network)).toEqual(networkBits(plain.network));
    expect(found.map(({ trainLoss }) => trainLoss)).toEqual(expected.map(({ trainLoss }) => trainLoss));
    expect(found[1]!.validationLoss).not.toBe(expected[1]!.validationLoss);
    const { validation: before } = averaged;
    await averaged.finish();
    expect(averaged.validation).toBe(before);
    expect((await evaluate(averaged.network, validation())).loss).toBe(found[1]!.validationLoss);
  });

  it('validates and ends with running statistics of the average where there are inputs for them', async () => {
    const options = () => ({ epochs: 3, validation: validation() });
    const plain = averaging(toyTrainer());
    const expected = await all(plain.fit(blobLoader(), options()));
    const refreshed = averaging(toyTrainer(), 0.8, { averageInputs: someInputs });
    const found = await all(refreshed.fit(blobLoader(), options()));
    expect(networkBits(refreshed.network)).toEqual(networkBits(plain.network));
    expect(found.map(({ trainLoss }) => trainLoss)).toEqual(expected.map(({ trainLoss }) => trainLoss));
    const losses = [found, expected].map((epochs) => epochs.map(({ validationLoss }) => validationLoss));
    for (const [i, loss] of losses[0]!.entries()) expect(loss).not.toBe(losses[1]![i]);
    refreshed.network.eval();
    await Promise.all([plain.finish(), refreshed.finish()]);
    expect(refreshed.network.training).toBe(false);
    expect((await evaluate(refreshed.network, validation())).loss).toBe(losses[0]![2]);
    updateBatchNorm(plain.network.train(), someInputs());
    expect(networkBits(plain.network)).toEqual(networkBits(refreshed.network));
  });

  it('ends once, and is not trained any more meanwhile, however often it is asked to at a time', async () => {
    const endedBy = async (end: (trainer: Trainer) => Promise<unknown>) => {
      setSeed(1);
      const trainer = averaging(toyTrainer(), 0.8, { averageInputs: someInputs });
      await all(trainer.fit(blobLoader(), { epochs: 2 }));
      trainer.network.eval();
      await end(trainer);
      expect(trainer.network.training).toBe(false);
      return networkBits(trainer.network);
    };
    const once = await endedBy((trainer) => trainer.finish());
    const more = await endedBy(async (trainer) => {
      const ends = [trainer.finish(), trainer.finish()];
      await expect(all(trainer.fit(blobLoader(), { epochs: 3 }))).rejects.toThrow('the trainer was finished');
      await Promise.all(ends);
    });
    expect(more).toEqual(once);
  });

  it('draws no random numbers of the training while it takes running statistics', async () => {
    const bitsWith = async (more: Partial<TrainerOptions>) => {
      setSeed(1);
      const trainer = averaging(toyTrainer({ network: toyNetwork({}, 0.5) }), 0.5, more);
      await all(trainer.fit(blobLoader(), { epochs: 3 }));
      return networkBits(trainer.network);
    };
    expect(await bitsWith({ averageInputs: someInputs })).toEqual(await bitsWith({}));
  });

  it('goes on from a checkpoint that is restored after it ended', async () => {
    const make = () => {
      setSeed(3);
      const trainer = toyTrainer();
      const average = new ExponentialMovingAverage(trainer.network, { decay: 0.5 });
      return new Trainer(trainer.network, { ...trainer.options, average });
    };
    const whole = make();
    await all(whole.fit(blobLoader(), { epochs: 2 }));
    const trainer = make();
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    const checkpoint = await takeCheckpoint(trainer);
    await trainer.finish();
    restoreCheckpoint(trainer, checkpoint);
    await all(trainer.fit(blobLoader(), { epochs: 2 }));
    expect(networkBits(trainer.network)).toEqual(networkBits(whole.network));
  });

  it('begins anew when the polynomials are fitted', async () => {
    const trainer = averaging(toyTrainer({ calibration: { steps: 4 } }));
    await all(trainer.fit(blobLoader(), { epochs: 2 }));
    expect(trainer.options.average!.updates).toBe(4);
  });

  it('keeps the average of the best epoch', async () => {
    const trainer = averaging(toyTrainer({ ...wild, best: {} }), 0.5);
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 6, validation: validation() }));
    await trainer.finish();
    const { loss } = await evaluate(trainer.network, validation());
    expect(loss).toBe(Math.min(...epochs.map(({ validationLoss }) => validationLoss!)));
  });
});

describe('a checkpoint of all this', () => {
  const everything = (onStep?: (step: StepRecord) => void): Trainer =>
    averaging(
      toyTrainer({
        ...wild,
        best: { metric: 'accuracy' },
        earlyStopping: { patience: 3, minDelta: 0.01 },
        calibration: { steps: 2 },
        ...(onStep && { onStep }),
      }),
    );
  const options = (signal?: AbortSignal) => ({ epochs: 20, validation: validation(), ...(signal && { signal }) });
  const resultOf = ({ network, best, endedEarly, weightsOfEpoch }: Trainer & { network: Module }) => ({
    bits: networkBits(network),
    best,
    endedEarly,
    weightsOfEpoch,
  });

  it('goes on with the bits of a training that was not interrupted, in any place', async () => {
    const whole = everything();
    const expected = await all(whole.fit(blobLoader(), options()));
    expect(whole.endedEarly).toBe(true);
    await whole.finish();
    for (const last of [1, 3, 4, 9, 4 * expected.length]) {
      const abort = new AbortController();
      const first = everything(({ step }) => step === last && abort.abort());
      const before = await all(first.fit(blobLoader(), options(abort.signal)));
      const { tensors, state } = await takeCheckpoint(first, before);
      const checkpoint = parseCheckpoint({ tensors, metadata: checkpointMetadata(state) }, 'x');
      const second = everything();
      restoreCheckpoint(second, checkpoint);
      const after = await all(second.fit(blobLoader(), options()));
      expect(withoutTimes([...before, ...after])).toEqual(withoutTimes(expected));
      await second.finish();
      expect(resultOf(second)).toEqual(resultOf(whole));
    }
  });

  it('is refused by a trainer that keeps something else', async () => {
    const checkpoint = await takeCheckpoint(everything());
    const without = (...names: (keyof TrainerOptions)[]) => {
      const trainer = everything();
      const kept = Object.entries(trainer.options).filter(([name]) => !names.includes(name as keyof TrainerOptions));
      return new Trainer(trainer.network, Object.fromEntries(kept) as unknown as TrainerOptions);
    };
    for (const [name, what] of [
      ['average', 'an average of the weights'],
      ['best', 'the best weights'],
      ['earlyStopping', 'early stopping'],
    ] as const) {
      expect(() => restoreCheckpoint(without(name), checkpoint)).toThrow(StateDictError);
      expect(() => restoreCheckpoint(without(name), checkpoint)).toThrow(
        `restoreCheckpoint: the checkpoint was taken with ${what}, the trainer is of the other kind`,
      );
    }
    const plain = await takeCheckpoint(without('best', 'average', 'earlyStopping'));
    expect(() => restoreCheckpoint(everything(), plain)).toThrow('was taken without an average of the weights');
  });
});
