import { dataLoaders } from '@pnn/data';
import { ArgumentError } from '@pnn/nn';
import { evaluate, optimizerNames, restoreCheckpoint, takeCheckpoint } from '@pnn/pnn';
import { beforeAll, describe, expect, it } from 'vitest';
import { all, networkBits, withoutTimes } from '../../../pnn/test/training/toy.js';
import { Experiment } from '../../src/index.js';
import { type ToyChanges, toySpec, toySplits } from './toy-images.js';

const splits = toySplits();

/** A finished experiment, and what came of it. */
async function finished(changes: ToyChanges, resumeFrom?: Awaited<ReturnType<typeof takeCheckpoint>>) {
  const experiment = new Experiment(toySpec(changes), splits);
  if (resumeFrom) {
    restoreCheckpoint(experiment.trainer, resumeFrom);
    experiment.epochs.push(...resumeFrom.state.epochs);
  }
  await all(experiment.run());
  await experiment.finish();
  const record = await experiment.record('toy');
  const result = { record, network: networkBits(experiment.network), validation: experiment.validation };
  experiment.dispose();
  return result;
}

describe('an experiment that keeps its best epoch', () => {
  it('chooses it by samples held out, and is tested on the test data with its weights', async () => {
    const { record, validation } = await finished({ keepBest: true, epochs: 6, lr: 0.1 });
    const losses = record.epochs.map(({ validationLoss }) => validationLoss!);
    const warmUp = 1;
    const best = losses.indexOf(Math.min(...losses.slice(warmUp))) + 1;
    expect([validation, record.final!.epoch]).toEqual(['held out', best]);
    expect(record.epochs.filter((epoch) => epoch.best).at(-1)!.epoch).toBe(best);
    // 29 of 32 samples are left, in whole batches of 8.
    expect(record.epochs.map(({ steps }) => steps)).toEqual(new Array(6).fill(3));
    expect(losses).not.toContain(record.final!.testLoss);
    expect(record.settings).toMatchObject({ weights: 'of the epoch that is best on samples held out' });
  });

  it('holds out the same samples for the same seed, and none where there is nothing to choose', async () => {
    const [first, again, other] = [
      await finished({ keepBest: true }),
      await finished({ keepBest: true }),
      await finished({ keepBest: true, seed: 1 }),
    ];
    expect(withoutTimes(again.record)).toEqual(withoutTimes(first.record));
    expect(again.network).toEqual(first.network);
    expect(other.record.epochs[0]!.validationLoss).not.toBe(first.record.epochs[0]!.validationLoss);
    const plain = await finished({});
    expect([plain.validation, plain.record.epochs[0]!.steps, plain.record.epochs[0]!.best]).toEqual([
      'test',
      4,
      undefined,
    ]);
    expect(plain.record.final!.testLoss).toBe(plain.record.epochs.at(-1)!.validationLoss);
  });
});

describe('an experiment that stops early', () => {
  it('ends where no epoch is better, and goes on from a checkpoint to the same bits', async () => {
    const changes: ToyChanges = {
      epochs: 40,
      lr: 0.3,
      patience: 2,
      keepBest: true,
      averageDecay: 0.5,
      accumulate: 2,
      optimizer: 'radam',
    };
    const expected = await finished(changes);
    expect(expected.record.epochs.length).toBeLessThan(40);
    const experiment = new Experiment(toySpec(changes), splits);
    for await (const { epoch } of experiment.run()) {
      const checkpoint = await takeCheckpoint(experiment.trainer, experiment.epochs);
      if (epoch % 2 === 0 || experiment.trainer.endedEarly) {
        const result = await finished(changes, checkpoint);
        expect(withoutTimes(result)).toEqual(withoutTimes(expected));
      }
    }
    experiment.dispose();
  });
});

describe('an experiment with an average of its weights', () => {
  it('is tested with it', async () => {
    const [plain, averaged] = [await finished({}), await finished({ averageDecay: 0.8 })];
    expect(averaged.record.epochs.map(({ trainLoss }) => trainLoss)).toEqual(
      plain.record.epochs.map(({ trainLoss }) => trainLoss),
    );
    expect(averaged.network).not.toEqual(plain.network);
    expect(averaged.record.settings).toMatchObject({ 'average of the weights': 'decay 0.8' });
  });

  it('has running statistics of the averaged weights after every epoch and in the end', async () => {
    const experiment = new Experiment(toySpec({ averageDecay: 0.8 }), splits);
    await all(experiment.run());
    const { average } = experiment.trainer.options;
    const takeBack = average!.apply();
    const before = networkBits(experiment.network);
    takeBack();
    await experiment.finish();
    const after = networkBits(experiment.network);
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed).toEqual(Object.keys(after).filter((name) => /running|batchesTracked/.test(name)));
    expect(changed.length).toBeGreaterThan(0);
    const { testLoss } = (await experiment.record('toy')).final!;
    expect(testLoss).toBe(experiment.epochs.at(-1)!.validationLoss);
    const { loss } = await evaluate(experiment.network, dataLoaders(splits, { batchSize: 8 }).test);
    expect(loss).toBe(testLoss);
    experiment.dispose();
  });
});

describe('an experiment with a learning rate of coefficients', () => {
  it('moves them by that much more, and nothing else', async () => {
    const moved = async (coefficientRate: number) => {
      const abort = new AbortController();
      const changes = { coefficientRate, lr: 1e-3, weightDecay: 0 };
      const experiment = new Experiment(toySpec(changes, { bound: { kind: 'fixed', bound: 8 } }), splits, {
        onStep: () => abort.abort(),
      });
      const groups = experiment.network.parameterGroups();
      const values = () => groups.map(({ parameters }) => parameters.flatMap((each) => Array.from(each.dataSync())));
      const before = values();
      await all(experiment.run(abort.signal));
      const after = values();
      experiment.dispose();
      const largest = (i: number) => Math.max(...after[i]!.map((value, k) => Math.abs(value - before[i]![k]!)));
      return new Map(groups.map(({ name }, i) => [name, largest(i)]));
    };
    const [usual, fast] = [await moved(1), await moved(30)];
    for (const [name, size] of usual)
      expect(fast.get(name)! / size, name).toBeCloseTo(name === 'polynomial' ? 30 : 1, 1);
    const { record } = await finished({ coefficientRate: 30 });
    expect(record.settings).toMatchObject({ 'learning rate of coefficients': '30 times' });
  });
});

describe('an experiment by another optimizer', () => {
  let byAdamW: Awaited<ReturnType<typeof finished>>;
  beforeAll(async () => {
    byAdamW = await finished({ lr: 0.001, epochs: 2, accumulate: 2 });
  });

  it.each(optimizerNames.filter((name) => name !== 'adamw'))('is trained by it: %s', async (optimizer) => {
    const { record, network } = await finished({ optimizer, lr: 0.001, epochs: 2, accumulate: 2 });
    expect(record.stopped).toBeNull();
    expect(record.epochs.map(({ trainLoss }) => Number.isFinite(trainLoss))).toEqual([true, true]);
    expect(record.settings).toMatchObject({ optimizer, 'batches in a step': 2 });
    expect(network).not.toEqual(byAdamW.network);
  });
  it('refuses numbers out of their range', () => {
    expect(() => new Experiment(toySpec({ averageDecay: 1 }), splits)).toThrow(ArgumentError);
    expect(() => new Experiment(toySpec({ patience: 0 }), splits)).toThrow(ArgumentError);
    expect(() => new Experiment(toySpec({ accumulate: 0 }), splits)).toThrow(ArgumentError);
  });
});
