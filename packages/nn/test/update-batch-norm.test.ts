import { ArgumentError, Generator, normal, scope, setSeed, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sequential } from '../src/layers/index.js';
import { updateBatchNorm } from '../src/update-batch-norm.js';
import { bitsOf } from './trained-parameters.js';

const float64 = { dtype: 'float64' } as const;

const networkOf = () =>
  new Sequential(
    new Conv2d(2, 3, 3, { padding: 1 }),
    new BatchNorm2d(3),
    new ReLU(),
    new Flatten(),
    new Linear(3 * 16, 4),
    new BatchNorm1d(4),
  ).cast('float64');

const batchesOf = (count: number, seed: number): Tensor[] => {
  const generator = new Generator(seed);
  return Array.from({ length: count }, (_, i) => normal([3 + i, 2, 4, 4], i, 1 + i, { ...float64, generator }));
};

const normsOf = (network: Sequential) =>
  [...network.namedModules()].flatMap(([, module]) =>
    module instanceof BatchNorm1d || module instanceof BatchNorm2d ? [module] : [],
  );
const statistics = (network: Sequential) =>
  normsOf(network).map((norm) => [norm.runningMean!, norm.runningVariance!, norm.batchesTracked!].map(bitsOf));

describe('updateBatchNorm', () => {
  it('makes running statistics the plain averages over the batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(), (count, seed) => {
        const norm = new BatchNorm2d(2, { ...float64, momentum: 0.3 });
        const batches = batchesOf(count, seed);
        norm.forward(batches[0]!);
        updateBatchNorm(norm, batches);
        const axes = [0, 2, 3];
        const averages = [
          batches.map((x) => x.mean(axes).dataSync()),
          batches.map((x) => x.variance(axes, { correction: 1 }).dataSync()),
        ].map((each) => [0, 1].map((c) => each.reduce((sum, values) => sum + values[c]!, 0) / count));
        for (const [i, found] of [norm.runningMean!, norm.runningVariance!].entries()) {
          for (const c of [0, 1]) expect(found.dataSync()[c]).toBeCloseTo(averages[i]![c]!, 10);
        }
        expect([norm.batchesTracked!.dataSync()[0], norm.momentum]).toEqual([count, 0.3]);
      }),
      { numRuns: 20 },
    );
  });

  it('depends on the weights and the batches alone, in deep networks too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.nat(), (count, before, seed) => {
        const [fresh, used] = [0, 1].map(() => {
          setSeed(seed);
          return networkOf();
        }) as [Sequential, Sequential];
        for (const x of batchesOf(before, seed + 1)) scope(() => void used.forward(x));
        const batches = batchesOf(count, seed);
        for (const network of [fresh, used]) updateBatchNorm(network, batches);
        expect(statistics(used)).toEqual(statistics(fresh));
        expect(statistics(used)).not.toEqual(statistics(networkOf()));
      }),
      { numRuns: 10 },
    );
  });

  it('gives a promise of the same bits where batches come one by one', async () => {
    async function* later(batches: readonly Tensor[]) {
      for (const batch of batches) yield batch;
    }
    const networks = [0, 1].map(() => {
      setSeed(2);
      return networkOf();
    }) as [Sequential, Sequential];
    updateBatchNorm(networks[0], batchesOf(3, 4));
    await updateBatchNorm(networks[1], later(batchesOf(3, 4)));
    expect(statistics(networks[1])).toEqual(statistics(networks[0]));
    expect(normsOf(networks[1]).map(({ momentum }) => momentum)).toEqual([0.1, 0.1]);
    await expect(updateBatchNorm(networks[1], later([]))).rejects.toThrow('updateBatchNorm: there are no batches');
  });

  it('leaves layers in evaluation mode and layers without running statistics as they are', () => {
    const network = networkOf();
    const [frozen, trained] = normsOf(network) as [BatchNorm2d, BatchNorm1d];
    frozen.eval();
    const [before] = statistics(network);
    updateBatchNorm(network, batchesOf(2, 1));
    expect(statistics(network)[0]).toEqual(before);
    expect(trained.batchesTracked!.dataSync()[0]).toBe(2);
    const plain = new BatchNorm2d(2, { ...float64, trackRunningStatistics: false });
    updateBatchNorm(plain, batchesOf(1, 1));
    expect(plain.momentum).toBe(0.1);
  });

  it('refuses a network in evaluation mode, where it would change nothing', () => {
    const network = networkOf().eval();
    const before = statistics(network);
    expect(() => updateBatchNorm(network, batchesOf(1, 5))).toThrow(
      new ArgumentError('updateBatchNorm: the network is in evaluation mode: call train() first'),
    );
    expect(statistics(network)).toEqual(before);
  });

  it('refuses no batches, and gives back the momentum where a forward throws', () => {
    const network = networkOf();
    for (const x of batchesOf(1, 5)) network.forward(x);
    const before = statistics(network);
    expect(() => updateBatchNorm(network, [])).toThrow(new ArgumentError('updateBatchNorm: there are no batches'));
    expect(statistics(network)).toEqual(before);
    expect(() => updateBatchNorm(network, [normal([2, 3, 4, 4], 0, 1, float64)])).toThrow('conv2d');
    expect(normsOf(network).map(({ momentum }) => momentum)).toEqual([0.1, 0.1]);
  });
});
