import {
  AdamW,
  ArrayDataset,
  DataLoader,
  Linear,
  meanSquaredError,
  memory,
  normalizeChannels,
  Sequential,
  setSeed,
} from '@pnn/nn';
import { evaluate, Trainer } from '@pnn/pnn';
import { describe, expect, it } from 'vitest';
import { settledMemory } from '../../../pnn/test/settled-memory.js';
import { all, blobLoader, blobs, toyTrainer, withoutTimes } from '../../../pnn/test/training/toy.js';
import {
  Experiment,
  parseReport,
  renderReport,
  renderSummary,
  reportOf,
  stringifyReport,
  version,
} from '../../src/index.js';
import { toySpec, toySplits } from './toy-images.js';

const test = new DataLoader(blobs(30, 7), { batchSize: 12 });

describe('reportOf', () => {
  it('tells of a training of any network what the command tells of its own', async () => {
    const splits = toySplits();
    const spec = toySpec({ seed: 6 });
    const experiment = new Experiment(spec, splits);
    await all(experiment.run());
    const record = await experiment.record('mine');
    const loaders = {
      train: new DataLoader(splits.train, { batchSize: 8 }),
      test: new DataLoader(splits.test, { batchSize: 8 }),
    };
    const { epochs, trainer } = experiment;
    const report = await reportOf(trainer, { title: 'Toy', name: 'mine', dataset: 'toy', ...loaders, epochs });
    expect(report).toMatchObject({
      version: 2,
      title: 'Toy',
      software: `@pnn/lab ${version}`,
      dataset: { name: 'toy', train: 32, test: 20, classes: ['row', 'column', 'corner'] },
    });
    const { settings } = report.runs[0]!;
    expect(withoutTimes({ ...report.runs[0]!, settings: {} })).toEqual(withoutTimes({ ...record, settings: {} }));
    expect(settings).toEqual({ epochs: 3, 'batch size': 8, 'learning rate': 0.01 });
    expect(Math.abs(Date.parse(report.created) - Date.now())).toBeLessThan(60_000);
    expect(parseReport(stringifyReport(report))).toEqual(report);
  });

  it('takes names, seed and settings, and tests the network if the trainer has not', async () => {
    const trainer = toyTrainer({ lambda: 10 });
    const train = blobLoader();
    const epochs = await all(trainer.fit(train, { epochs: 2 }));
    const { loss, metrics } = await evaluate(trainer.network, test);
    const options = { title: 'Blobs', train, test, epochs, settings: { rate: 'slow' } };
    const { runs, dataset, samples } = await reportOf(trainer, options);
    expect(runs).toMatchObject([
      {
        name: 'network',
        role: 'polynomial',
        seed: 3,
        settings: { rate: 'slow' },
        final: { testLoss: loss, testMetrics: metrics, epoch: 2 },
      },
    ]);
    expect(dataset).toMatchObject({ name: 'data', train: 48, test: 30 });
    // Rows of numbers cannot be shown as images.
    expect(samples).toEqual([]);
    expect((await reportOf(trainer, { ...options, seed: 9 })).runs[0]!.seed).toBe(9);
  });

  it('shows the first test images in the order of the loader, with what the network makes of them', async () => {
    const splits = toySplits(32, 40);
    const experiment = new Experiment(toySpec(), splits);
    await all(experiment.run());
    const { trainer, epochs } = experiment;
    const { mean, std } = experiment.described.normalization!;
    const loader = new DataLoader(splits.test, {
      batchSize: 7,
      shuffle: true,
      transforms: [normalizeChannels(mean, std)],
    });
    const report = await reportOf(trainer, { title: 'Toy', train: loader, test: loader, epochs });
    expect(report.samples).toHaveLength(24);
    const { inputs } = splits.test;
    const predictions = await experiment.predictions(40);
    const positions = report.samples.map(({ image, label, predictions: [row] }) => {
      const position = [...predictions.keys()].find((i) =>
        inputs.slice(16 * i, 16 * i + 16).every((b, k) => b === image[k]),
      )!;
      expect(label).toBe(position % 3);
      expect(row).toEqual(predictions[position]!.map((p) => expect.closeTo(p, 5)));
      return position;
    });
    expect(new Set(positions).size).toBe(24);
    expect(positions).not.toEqual([...positions].sort((a, b) => a - b));
  });

  it('reports a network without polynomials that learns numbers', async () => {
    setSeed(2);
    const lines = new ArrayDataset({
      inputs: Float32Array.from({ length: 40 }, (_, i) => i / 20 - 1),
      inputShape: [1],
      labels: Float32Array.from({ length: 40 }, (_, i) => i / 10 - 2),
      labelShape: [1],
    });
    const loader = new DataLoader(lines, { batchSize: 10 });
    const network = new Sequential(new Linear(1, 1));
    const optimizer = new AdamW(network.parameterGroups(), { lr: 0.05 });
    const trainer = new Trainer(network, { optimizer, loss: meanSquaredError });
    const epochs = await all(trainer.fit(loader, { epochs: 30, validation: loader }));
    const report = await reportOf(trainer, { title: 'A line', train: loader, test: loader, epochs });
    expect(report).toMatchObject({ dataset: { classes: [] }, samples: [], runs: [{ role: 'twin', layers: [] }] });
    expect(report.runs[0]!.final).toMatchObject({ testLoss: epochs.at(-1)!.validationLoss, testMetrics: {} });
    expect(renderSummary(report)).toMatch(/^A line\ndata, 40 test examples\n\n +test /);
    expect(renderReport(report)).toContain('<small> test loss</small>');
  });

  it('leaves the network as it was, and no tensors behind', async () => {
    const trainer = toyTrainer();
    const train = blobLoader();
    const epochs = await all(trainer.fit(train, { epochs: 1 }));
    trainer.network.train();
    const before = await settledMemory();
    await reportOf(trainer, { title: 'Blobs', train, test, epochs });
    expect(trainer.network.training).toBe(true);
    expect(memory()).toEqual(before);
  });
});
