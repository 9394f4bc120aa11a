import { dataLoaders } from '@pnn/data';
import { ArgumentError, ArrayDataset, DTypeError, memory, noGrad, scope, tensor } from '@pnn/nn';
import { restoreCheckpoint, takeCheckpoint } from '@pnn/pnn';
import { describe, expect, it, vi } from 'vitest';
import { settledMemory } from '../../../pnn/test/settled-memory.js';
import { all, networkBits, withoutTimes } from '../../../pnn/test/training/toy.js';
import { Experiment, parseReport, type Report, sampleRecords, stringifyReport, twinOf } from '../../src/index.js';
import { toySpec, toySplits } from './toy-images.js';

const splits = toySplits();

async function trained(...changes: Parameters<typeof toySpec>): Promise<Experiment> {
  const experiment = new Experiment(toySpec(...changes), splits);
  await all(experiment.run());
  return experiment;
}

function reportOf(runs: Report['runs'], samples: Report['samples'] = []): Report {
  return {
    version: 2,
    title: 'toy',
    created: '2026-01-01T00:00:00Z',
    software: 'test',
    dataset: { name: 'toy', train: 32, test: 20, classes: splits.train.classes! },
    runs,
    samples,
  };
}

describe('Experiment', () => {
  it('learns to tell the images apart, and so does its twin', async () => {
    for (const settings of [toySpec({ epochs: 12 }), twinOf(toySpec({ epochs: 12 }))]) {
      const experiment = new Experiment(settings, splits);
      await all(experiment.run());
      const { final } = await experiment.record('run');
      expect(final!.testMetrics.accuracy).toBeGreaterThan(0.8);
      expect(experiment.epochs).toHaveLength(12);
    }
  });

  it('has a complete record that reports can be made of', async () => {
    const experiment = await trained({ seed: 11 });
    const record = await experiment.record('mine');
    const report = reportOf([record]);
    expect(parseReport(stringifyReport(report))).toEqual(report);

    const bound = experiment.activations[0]![1].bound;
    expect(record).toMatchObject({
      name: 'mine',
      role: 'polynomial',
      seed: 11,
      parameters: experiment.network.parameterCount(),
      clipNorm: 1,
      stopped: null,
      final: { epoch: 3 },
    });
    expect(record.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(record.layers.map(({ name }) => name)).toEqual(experiment.activations.map(([name]) => name));
    expect(record.layers[0]).toMatchObject({ target: 'relu', degree: 4, bound, alpha: 0.7 });
    const { edges, counts } = record.layers[0]!.histogram;
    expect([edges.length, edges[0], edges.at(-1)]).toEqual([129, -2 * bound, 2 * bound]);
    // All inputs of the layer on all test images.
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20 * 6);
    const last = record.epochs.at(-1)!;
    expect(record.final).toMatchObject({
      testLoss: last.validationLoss,
      testMetrics: last.validationMetrics,
      layers: last.layers.map(({ validation }) => validation),
    });
    expect(record.final!.seconds).toBeGreaterThanOrEqual(record.epochs.reduce((sum, { seconds }) => sum + seconds, 0));
    expect(record.settings).toMatchObject({
      model: 'mlp 6-5',
      clipping: 'selective, norm 1',
      activation: 'relu, degree 4, density',
      bound: 'calibrated after 3 steps: quantile 0.9999 times 2.5',
      lambda: 1000,
    });
  });

  it('does not test the network again that the last epoch has tested', async () => {
    const experiment = await trained({ epochs: 1 });
    const forward = vi.spyOn(experiment.network, 'forward');
    const { final, layers } = await experiment.record('mine');
    expect(forward).not.toHaveBeenCalled();
    expect(final!.testMetrics).toEqual(experiment.epochs[0]!.validationMetrics);
    // Another one, put where this one stands, has not seen the test yet.
    const resumed = new Experiment(toySpec({ epochs: 1 }), splits);
    restoreCheckpoint(resumed.trainer, await takeCheckpoint(experiment.trainer, experiment.epochs));
    const tested = vi.spyOn(resumed.network, 'forward');
    const record = await resumed.record('resumed');
    expect(tested).toHaveBeenCalled();
    expect(withoutTimes(record.final)).toEqual(withoutTimes(final));
    expect(record.layers).toEqual(layers);
  });

  it('has no layers in the record of a twin', async () => {
    const record = await (await trained({}, null)).record('twin');
    expect(record).toMatchObject({ role: 'twin', layers: [], final: { layers: [] } });
    expect(record.settings).toMatchObject({ activation: 'relu' });
    expect(record.settings).not.toHaveProperty('bound');
    expect(record.epochs.every(({ layers, boundaryLoss }) => layers.length === 0 && boundaryLoss === 0)).toBe(true);
  });

  it('draws every polynomial as the network evaluates it, learned or not', async () => {
    for (const learnable of [true, false]) {
      const experiment = await trained({ lr: 0.5 }, { learnable, degree: 6 });
      const { layers } = await experiment.record('run');
      experiment.network.eval();
      experiment.activations.forEach(([, activation], i) => {
        const { curve, bound } = layers[i]!;
        expect(curve).toHaveLength(161);
        expect(curve[0]!.x).toBeCloseTo(-1.15 * bound, 10);
        expect(curve.at(-1)!.x).toBeCloseTo(1.15 * bound, 10);
        const xs = curve.map(({ x }) => x);
        const outputs = scope(() => noGrad(() => activation.forward(tensor(xs)).dataSync()));
        expect(curve.map(({ polynomial }) => polynomial)).toEqual(Array.from(outputs));
        expect(curve.map(({ target }) => target)).toEqual(xs.map((x) => Math.max(x, 0)));
        const drift = Math.max(...curve.map(({ x, polynomial }) => Math.abs(polynomial - activation.fit.evaluate(x))));
        expect(drift > 0.01 * bound).toBe(learnable);
      });
    }
  });

  it('can be looked at on the way without changing what comes', async () => {
    const expected = withoutTimes((await trained({ dropout: 0.2 })).epochs);
    const experiment = new Experiment(toySpec({ dropout: 0.2 }), splits);
    for await (const { epoch } of experiment.run()) {
      const record = await experiment.record('so far');
      expect(record.epochs).toHaveLength(epoch);
      await experiment.predictions(3);
      expect(experiment.network.training).toBe(true);
    }
    expect(withoutTimes(experiment.epochs)).toEqual(expected);
  });

  it('predicts probabilities of the first test images', async () => {
    const experiment = await trained();
    const rows = await experiment.predictions(4);
    expect(rows.map(({ length }) => length)).toEqual([3, 3, 3, 3]);
    for (const row of rows) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(await experiment.predictions(1000)).toHaveLength(20);
    expect((await experiment.predictions(20)).slice(0, 4)).toEqual(
      rows.map((row) => row.map((p) => expect.closeTo(p, 5))),
    );
    experiment.network.eval();
    const { test } = dataLoaders(splits, { batchSize: 8 });
    const [logits] = scope(() => Array.from(test, ({ inputs }) => experiment.network.forward(inputs).dataSync()));
    const firstRow = logits!.slice(0, 3);
    expect(rows[0]!.indexOf(Math.max(...rows[0]!))).toBe(firstRow.indexOf(Math.max(...firstRow)));
  });

  it('clips γ and β in the plain form only', () => {
    const clipped = (clipping: 'plain' | 'selective') => {
      const { optimizer } = new Experiment(toySpec({ clipping }), splits).trainer.options;
      return Object.fromEntries(optimizer.groups.map((group) => [group.name, group.clipped ?? true]));
    };
    expect(clipped('selective')).toEqual({ weight: true, normalization: false, polynomial: true });
    expect(clipped('plain')).toEqual({ weight: true, normalization: true, polynomial: true });
  });

  it('warms up for a quarter of the training at most, and then calibrates', async () => {
    const bounds: number[][] = [];
    const steps: number[] = [];
    const experiment = new Experiment(toySpec({ epochs: 2 }), splits, {
      onStep: ({ step }) => steps.push(step),
      onCalibration: (layers) => {
        bounds.push(layers.map(({ bound }) => bound));
        expect(steps).toEqual([1, 2]);
      },
    });
    await all(experiment.run());
    expect(bounds).toEqual([experiment.activations.map(([, { bound }]) => bound)]);
  });

  it('says where it diverged, and records the network of the step before', async () => {
    const settings = toySpec(
      { lr: 1e4, maxNorm: null, order: 'activation-first' },
      {
        degree: 22,
        bound: { kind: 'fixed', bound: 1 },
        outside: 'polynomial',
        lambda: { kind: 'constant', lambda: 0 },
      },
    );
    const experiment = new Experiment(settings, splits);
    await all(experiment.run());
    const record = await experiment.record('diverged');
    expect(record.stopped).toMatchObject({ step: experiment.trainer.progress().step + 1 });
    expect(record.stopped!.reason).toMatch(/overflowed|not finite|gradient norm|loss/);
    const report = reportOf([record]);
    expect(parseReport(stringifyReport(report))).toEqual(report);
    for (const [name, values] of experiment.network.stateDict()) {
      expect(values.dataSync().every(Number.isFinite), name).toBe(true);
    }
  });

  it('gives its memory back', async () => {
    const before = await settledMemory();
    const experiment = await trained({ dropout: 0.1 }, { learnable: true });
    await experiment.record('run');
    await experiment.predictions(2);
    experiment.dispose();
    expect(memory()).toEqual(before);
  });

  it('trains without a look at the test images', async () => {
    const schedulers = [];
    const { inputs, inputShape, labels, classes } = splits.test;
    const turned = new ArrayDataset({
      inputs,
      inputShape,
      labels: labels.map((label) => 2 - label),
      classes: classes!,
    });
    for (const test of [splits.test, turned]) {
      const experiment = new Experiment(toySpec(), { ...splits, test });
      await all(experiment.run());
      schedulers.push(experiment.trainer.options.scheduler!.stateDict());
    }
    expect(schedulers[0]).toEqual(schedulers[1]);
  });

  it('depends on its seed alone, whatever ran before', async () => {
    const first = await trained({ seed: 3 });
    await trained({ seed: 8, dropout: 0.5 });
    expect(networkBits((await trained({ seed: 3 })).network)).toEqual(networkBits(first.network));
  });

  it.each([
    [{ epochs: 0 }, /epochs must be a positive integer, not 0/],
    [{ batchSize: 1.5 }, /batch size must be a positive integer, not 1.5/],
    [{ lr: 0 }, /learning rate must be positive, not 0/],
    [{ lr: Number.NaN }, /learning rate must be positive, not NaN/],
    [{ dropout: 1 }, /Dropout: the probability/],
    [{ seed: -1 }, /seed/],
  ])('refuses %o', (settings, message) => {
    const make = () => new Experiment(toySpec(settings), splits);
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});

it.each([{ labelShape: [] }, { labelShape: [1] }, { labelShape: [2, 1] }])(
  'an experiment learns numbers by the mean squared error: labels of the shape $labelShape',
  async ({ labelShape }) => {
    const width = labelShape[0] ?? 1;
    const numbers = (count: number) => {
      const inputs = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
      const labels = Float32Array.from(
        { length: width * count },
        (_, i) => 2 * inputs[Math.floor(i / width)]! + (i % width),
      );
      return new ArrayDataset({ inputs, inputShape: [1], labels, labelShape });
    };
    const experiment = new Experiment(toySpec({ epochs: 60, lr: 0.03 }), {
      name: 'numbers',
      train: numbers(64),
      test: numbers(20),
    });
    await all(experiment.run());
    expect(experiment.described).toMatchObject({ outputs: width, classes: null, inputType: 'float32' });
    const { final, epochs } = await experiment.record('numbers');
    expect(final!.testMetrics).toEqual({});
    expect(epochs[0]!.trainLoss).toBeGreaterThan(1);
    expect(final!.testLoss).toBeLessThan(0.1);
    expect(await experiment.predictions(3)).toEqual([]);
  },
);

it('an experiment refuses data that networks cannot compute with', () => {
  const single = { inputs: new Float32Array(4), labels: new Float32Array(2), inputShape: [2] };
  const double = 'the data set mine is of float64, networks are of float32: put it into Float32Arrays';
  const unnamed =
    'the data set mine has labels of int32 and names no classes: give classes, or numbers in a Float32Array';
  for (const [change, message] of [
    [{ inputs: new Float64Array(4) }, double],
    [{ labels: new Float64Array(2) }, double],
    [{ labels: new Int32Array(2) }, unnamed],
  ] as const) {
    const train = new ArrayDataset(single);
    const test = new ArrayDataset({ ...single, ...change });
    expect(() => new Experiment(toySpec(), { name: 'mine', train, test })).toThrow(new DTypeError(message));
  }
});

describe('sampleRecords', () => {
  it('shows images with their channels side by side, and what every network made of them', () => {
    const test = new ArrayDataset({
      inputs: Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => i),
      inputShape: [3, 2, 2],
      labels: Int32Array.of(2, 0),
      classes: splits.test.classes!,
    });
    const predictions = [
      [
        [0.2, 0.8],
        [1, 0],
      ],
      [[0.5, 0.5]],
    ];
    // As many as all networks predicted.
    expect(sampleRecords(test, predictions)).toEqual([
      {
        image: [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
        height: 2,
        width: 2,
        channels: 3,
        label: 2,
        predictions: [
          [0.2, 0.8],
          [0.5, 0.5],
        ],
      },
    ]);
    const [gray] = sampleRecords(splits.test, [[[1]]]);
    expect(gray).toMatchObject({ channels: 1, label: 0, image: Array.from(splits.test.inputs.slice(0, 16)) });
  });

  it('shows nothing of what are no images of classes', () => {
    const label = { labels: Int32Array.of(0), classes: 2 };
    for (const test of [
      new ArrayDataset({ inputs: Float32Array.of(1, 2), inputShape: [1, 1, 2], ...label }),
      new ArrayDataset({ inputs: new Uint8Array(4), inputShape: [1, 2, 2], labels: Float32Array.of(0) }),
      new ArrayDataset({ inputs: new Uint8Array(4), inputShape: [4], ...label }),
      new ArrayDataset({ inputs: new Uint8Array(8), inputShape: [2, 2, 2], ...label }),
    ]) {
      expect(sampleRecords(test, [[[1]]])).toEqual([]);
    }
  });
});
