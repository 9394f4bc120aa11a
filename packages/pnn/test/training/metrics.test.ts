import {
  AdamW,
  ArgumentError,
  ArrayDataset,
  BatchNorm1d,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  DataLoader,
  Linear,
  meanSquaredError,
  memory,
  Sequential,
  setSeed,
  type Tensor,
  tensor,
} from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { accuracy, defaultMetrics, evaluate, PolynomialActivation, Trainer } from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';
import { all, blobLoader, blobs, toyTrainer } from './toy.js';

const smallNetwork = () =>
  new Sequential(
    new Linear(4, 8),
    new BatchNorm1d(8),
    new PolynomialActivation({ degree: 4, bound: 6 }),
    new Linear(8, 2),
  );

/** Points of R² with the sum and the difference of their coordinates, or whether these are positive. */
function plane(count: number, asSigns: boolean): DataLoader {
  const { inputs } = blobs(count);
  const targets = Float32Array.from({ length: 2 * count }, (_, i) => {
    const [x, y] = [inputs[4 * (i >> 1)]!, inputs[4 * (i >> 1) + 1]!];
    const value = i % 2 === 0 ? x + y : x - y;
    return asSigns ? Number(value > 0) : value;
  });
  const dataset = new ArrayDataset({
    inputs: inputs as Float32Array,
    inputShape: [4],
    labels: targets,
    labelShape: [2],
  });
  return new DataLoader(dataset, { batchSize: 8, shuffle: true });
}

describe('a training of another task than classification', () => {
  it.each([
    ['meanSquaredError', meanSquaredError, false],
    ['binaryCrossEntropyWithLogits', binaryCrossEntropyWithLogits, true],
  ] as const)('learns by %s, without an accuracy', async (_, loss, asSigns) => {
    setSeed(1);
    const network = smallNetwork();
    const optimizer = new AdamW(network.parameterGroups(), { lr: 0.02, maxNorm: 1 });
    const trainer = new Trainer(network, { optimizer, loss, lambda: 1 });
    const validation = plane(20, asSigns);
    const epochs = await all(trainer.fit(plane(48, asSigns), { epochs: 15, validation }));
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(0.5 * epochs[0]!.trainLoss);
    expect(epochs.at(-1)).toMatchObject({ trainMetrics: {}, validationMetrics: {} });
    const found = await evaluate(network, validation, { loss });
    expect(epochs.at(-1)!.validationLoss).toBeCloseTo(found.loss, 5);
  });

  it('measures what it is asked to, as means over the samples', async () => {
    const within = (outputs: Tensor, labels: Tensor) => outputs.sub(labels).abs().max(1).less(0.5).cast('int32').sum();
    const absolute = (outputs: Tensor, labels: Tensor) => outputs.sub(labels).abs().mean(1).sum();
    setSeed(1);
    const network = smallNetwork();
    const metrics = { within, absolute };
    const trainer = new Trainer(network, {
      optimizer: new AdamW(network.parameterGroups(), { lr: 0 }),
      loss: meanSquaredError,
      metrics,
    });
    const [epoch] = await all(trainer.fit(plane(18, false), { epochs: 1, validation: plane(18, false) }));
    expect(Object.keys(epoch!.trainMetrics)).toEqual(['within', 'absolute']);
    expect(Number.isInteger(18 * epoch!.trainMetrics.within!)).toBe(true);
    const found = await evaluate(network, plane(18, false), { loss: meanSquaredError, metrics });
    expect(epoch!.validationMetrics!.absolute).toBeCloseTo(found.metrics.absolute!, 5);
    expect(epoch!.validationMetrics!.within).toBe(found.metrics.within);
  });
});

describe('means over samples', () => {
  /** Without BatchNorm, which cannot learn from a single sample. */
  const plainNetwork = () =>
    new Sequential(new Linear(4, 8), new PolynomialActivation({ degree: 4, bound: 1, alpha: 0.5 }), new Linear(8, 3));
  /** The size of the batch: a mean that no sample has by itself. */
  const size = (outputs: Tensor, labels: Tensor) => outputs.mul(0).sum().add(labels.shape[0]!);

  it('weigh a batch of one beside one of eight by a ninth', async () => {
    const loader = new DataLoader(blobs(9), { batchSize: 8 });
    const trainer = toyTrainer({ network: plainNetwork(), loss: size });
    const [epoch] = await all(trainer.fit(loader, { epochs: 1, validation: loader }));
    expect(epoch!.trainLoss).toBeCloseTo((8 * 8 + 1) / 9, 12);
    expect(epoch!.validationLoss).toBeCloseTo((8 * 8 + 1) / 9, 12);
    const { loss } = await evaluate(trainer.network, loader, { loss: size });
    expect(loss).toBe(epoch!.validationLoss);
  });

  it('are the same however the samples are cut into batches', async () => {
    const { network } = toyTrainer();
    const by = (batchSize: number) => evaluate(network, new DataLoader(blobs(30), { batchSize }));
    const whole = await by(30);
    for (const batchSize of [1, 7, 29]) {
      const { loss, metrics } = await by(batchSize);
      expect(loss).toBeCloseTo(whole.loss, 5);
      expect(metrics).toEqual(whole.metrics);
    }
  });

  it('weigh the boundary loss likewise', async () => {
    const steps: { samples: number; boundary: number }[] = [];
    const trainer = toyTrainer({ network: plainNetwork(), lambda: 10, onStep: (step) => steps.push(step) });
    const [epoch] = await all(trainer.fit(new DataLoader(blobs(9), { batchSize: 8 }), { epochs: 1 }));
    const [eight, one] = steps as [(typeof steps)[0], (typeof steps)[0]];
    expect(one.boundary).not.toBeCloseTo(eight.boundary, 2);
    expect(epoch!.boundaryLoss).toBeCloseTo((8 * eight.boundary + one.boundary) / 9, 12);
  });
});

describe('metrics', () => {
  it('count the rows that are right', () => {
    const outputs = tensor([1, 2, 0, 3, 1, 1], { shape: [2, 3] });
    expect(accuracy(outputs, tensor([1, 2], { dtype: 'int32' })).itemSync()).toBe(1);
    expect(accuracy(outputs, tensor([1, 0], { dtype: 'int32' })).itemSync()).toBe(2);
  });

  it('are an accuracy for classes, and nothing for other labels', () => {
    const classes = tensor([1, 2], { dtype: 'int32' });
    const scores = tensor([1, 2, 0, 3, 1, 1], { shape: [2, 3] });
    expect(Object.keys(defaultMetrics(scores, classes))).toEqual(['accuracy']);
    expect(defaultMetrics(scores, scores)).toEqual({});
    expect(defaultMetrics(scores, classes.unsqueeze(1))).toEqual({});
    expect(defaultMetrics(tensor([1, 2]), classes)).toEqual({});
  });

  it('leave nothing behind, and no history', async () => {
    let last: Tensor | undefined;
    const kept = (outputs: Tensor) => {
      last = outputs.sum();
      return last;
    };
    const trainer = toyTrainer({ metrics: { kept } });
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    const before = await settledMemory();
    await all(trainer.fit(blobLoader(), { epochs: 2 }));
    expect(memory()).toEqual(before);
    expect(last!.requiresGrad).toBe(false);
    expect(last!.disposed).toBe(true);
  });

  it('fail as they do, and the step counts for nothing', async () => {
    const metrics = {
      none: () => {
        throw new ArgumentError('no metric today');
      },
    };
    const trainer = toyTrainer({ metrics, loss: crossEntropy });
    await expect(all(trainer.fit(blobLoader(), { epochs: 1 }))).rejects.toThrow('no metric today');
    expect(trainer.progress().step).toBe(0);
  });
});
