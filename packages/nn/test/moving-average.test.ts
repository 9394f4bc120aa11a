import { noGrad } from '@pnn/autograd';
import { ArgumentError, type HostArray, memory, normal, scope, setSeed } from '@pnn/tensor';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { BatchNorm1d, Linear, Sequential } from '../src/layers/index.js';
import { ExponentialMovingAverage, type MovingAverageState } from '../src/moving-average.js';
import { AdamW } from '../src/optimizers/index.js';
import { StateDictError } from '../src/state-dict.js';
import { bitsOf, expectClose } from './trained-parameters.js';

beforeEach(() => setSeed(2));

const networkOf = () => new Sequential(new Linear(3, 4), new BatchNorm1d(4), new Linear(4, 2)).cast('float64');
const bits = (network: Sequential) => [...network.stateDict()].map(([name, tensor]) => `${name} ${bitsOf(tensor)}`);

/** Changes all floating parameters and buffers to other numbers, the same for the same seed. */
function change(network: Sequential, seed: number): void {
  setSeed(seed);
  scope(() => {
    for (const tensor of network.stateDict().values()) {
      if (tensor.dtype !== 'int32') noGrad(() => tensor.assign(normal(tensor.shape, 0, 1, { dtype: 'float64' })));
    }
  });
}

function stored({ settings, tensors }: MovingAverageState): MovingAverageState<HostArray> {
  const arrays = Array.from(tensors, ([name, tensor]): [string, HostArray] => {
    const { dtype, shape } = tensor;
    return [name, { dtype, shape, data: tensor.dataSync() }];
  });
  return { settings: JSON.parse(JSON.stringify(settings)), tensors: new Map(arrays) };
}

describe('ExponentialMovingAverage', () => {
  it('is the weights after the first update, then decay·average + (1 − decay)·weights', () => {
    const decays = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        decays,
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 1, max: 6 }),
        (decay, warmUp, averageBuffers, n) => {
          const network = networkOf();
          using average = new ExponentialMovingAverage(network, { decay, warmUp, averageBuffers });
          let expected = new Map<string, number[]>();
          for (let update = 0; update < n; update++) {
            change(network, update);
            average.update();
            const share = update === 0 ? 0 : warmUp ? Math.min(decay, (1 + update) / (10 + update)) : decay;
            const next = [...network.stateDict()].map(([name, tensor]): [string, number[]] => [
              name,
              Array.from(tensor.dataSync(), (value, i) => share * (expected.get(name)?.[i] ?? 0) + (1 - share) * value),
            ]);
            expected = new Map(next);
          }
          const last = new Map([...network.stateDict()].map(([name, tensor]) => [name, tensor.dataSync()]));
          average.apply();
          for (const [name, tensor] of network.stateDict()) {
            const isAveraged = !/running|tracked/i.test(name) || (averageBuffers && tensor.dtype !== 'int32');
            expectClose(tensor.dataSync(), isAveraged ? expected.get(name)! : last.get(name)!, name);
          }
          expect(average.updates).toBe(n);
          network.dispose();
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is applied and taken back to the bit', () => {
    const network = networkOf();
    using average = new ExponentialMovingAverage(network, { decay: 0.5, averageBuffers: true });
    const untouched = bits(network);
    average.apply()();
    expect(bits(network)).toEqual(untouched);
    for (const seed of [1, 2]) {
      change(network, seed);
      average.update();
    }
    const weights = bits(network);
    const alive = memory();
    const takeBack = average.apply();
    const averaged = bits(network);
    expect(averaged).not.toEqual(weights);
    expect(() => average.apply()).toThrow(ArgumentError);
    expect(() => average.update()).toThrow(
      'ExponentialMovingAverage.update: the average is applied: take it back first',
    );
    takeBack();
    takeBack();
    expect(bits(network)).toEqual(weights);
    expect(memory()).toEqual(alive);
    average.apply();
    expect(bits(network)).toEqual(averaged);
  });

  it('can begin anew', () => {
    const network = networkOf();
    using average = new ExponentialMovingAverage(network);
    change(network, 1);
    average.update();
    average.restart();
    change(network, 2);
    average.update();
    const weights = bits(network);
    average.apply();
    expect([average.updates, bits(network)]).toEqual([1, weights]);
  });

  it('continues from its state bit for bit, and from no other', () => {
    const options = { decay: 0.75, warmUp: true };
    const [network, twin] = [networkOf(), networkOf()];
    using average = new ExponentialMovingAverage(network, options);
    for (const seed of [1, 2, 3]) {
      change(network, seed);
      average.update();
    }
    using resumed = new ExponentialMovingAverage(twin, options);
    resumed.loadStateDict(stored(average.stateDict()));
    for (const each of [network, twin]) change(each, 4);
    average.update();
    resumed.update();
    expect(stored(resumed.stateDict())).toEqual(stored(average.stateDict()));

    using other = new ExponentialMovingAverage(twin, { decay: 0.5, averageBuffers: true });
    const attempt = () => other.loadStateDict(stored(average.stateDict()));
    expect(attempt).toThrow(StateDictError);
    expect(attempt).toThrow(
      'ExponentialMovingAverage.loadStateDict: decay is 0.75 instead of 0.5; warmUp is true instead of false; ' +
        'averageBuffers is false instead of true; missing: 1.runningMean, 1.runningVariance',
    );
    expect(other.updates).toBe(0);
  });

  it('keeps nothing from step to step, and frees what it keeps', () => {
    const network = networkOf();
    const before = memory();
    const average = new ExponentialMovingAverage(network);
    const optimizer = new AdamW(network.parameters());
    const step = () =>
      scope(() => {
        optimizer.zeroGrad();
        network
          .forward(normal([5, 3], 0, 1, { dtype: 'float64' }))
          .square()
          .mean()
          .backward();
        optimizer.step();
        average.update();
      });
    step();
    const alive = memory();
    for (let i = 0; i < 5; i++) step();
    expect(memory()).toEqual(alive);
    average.dispose();
    optimizer.zeroGrad();
    optimizer.dispose();
    expect(memory()).toEqual(before);
  });

  it('frees the weights that it has taken the place of for good', () => {
    const network = networkOf();
    const before = memory();
    const average = new ExponentialMovingAverage(network);
    average.update();
    const takeBack = average.apply();
    const own = bits(network);
    average.dispose();
    expect(memory()).toEqual(before);
    takeBack();
    expect(bits(network)).toEqual(own);
  });

  it('refuses what cannot be averaged', () => {
    expect(() => new ExponentialMovingAverage(networkOf(), { decay: 1 })).toThrow(
      'ExponentialMovingAverage: decay must be from 0 to below 1, not 1',
    );
    expect(() => new ExponentialMovingAverage(new Sequential())).toThrow('the module has no parameters to average');
    const network = networkOf();
    using average = new ExponentialMovingAverage(network);
    network.cast('float32');
    expect(() => average.update()).toThrow(
      'ExponentialMovingAverage: 0.weight was freed: make the average after cast()',
    );
  });
});
