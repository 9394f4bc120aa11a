import { buildModel, type ModelEntry, models } from '@pnn/models';
import {
  ArgumentError,
  ArrayDataset,
  BatchNorm1d,
  Flatten,
  Linear,
  Module,
  ReLU,
  randomState,
  Sequential,
  ShapeError,
  setSeed,
  sizeOf,
  type Tensor,
  uniform,
} from '@pnn/nn';
import { activationFactory } from '@pnn/pnn';
import { afterEach, describe, expect, it } from 'vitest';
import { all, networkBits } from '../../../pnn/test/training/toy.js';
import { Experiment } from '../../src/index.js';
import { toySpec, toySplits } from './toy-images.js';

const splits = toySplits();

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** The settings of an experiment with a model that a user might write, called `net`. */
function specOf(make: ModelEntry['make'], ...[changes, polynomial]: Parameters<typeof toySpec>) {
  removals.push(models.register({ name: 'net', summary: 'for tests', widths: [6], dropout: false, make }));
  return toySpec({ model: 'net', widths: [6], ...changes }, polynomial);
}

/** A network with one hidden layer and the given number of outputs. */
function giving(count: (outputs: number) => number): ModelEntry['make'] {
  return ({ inputShape, outputs, activation }) =>
    new Sequential(new Flatten(), new Linear(sizeOf(inputShape), 6), activation(), new Linear(6, count(outputs)));
}

const withReLU: ModelEntry['make'] = ({ inputShape, outputs }) =>
  new Sequential(new Flatten(), new Linear(sizeOf(inputShape), 6), new ReLU(), new Linear(6, outputs));

/** Samples [2] with labels that are numbers. */
function numbers(labelShape: readonly number[]) {
  const samples = new ArrayDataset({
    inputs: Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)),
    inputShape: [2],
    labels: new Float32Array(8 * sizeOf(labelShape)),
    labelShape,
  });
  return { name: 'numbers', train: samples, test: samples };
}

/** Adds noise in evaluation, too. */
class Noisy extends Module {
  override forward(x: Tensor): Tensor {
    return x.add(uniform(x.shape));
  }
}

/** Outputs [N,1] as [N]. */
class WithoutAxis extends Module {
  override forward(x: Tensor): Tensor {
    return x.squeeze(1);
  }
}

describe('before an experiment trains', () => {
  it('refuses a network without the activation that it is to have', () => {
    const spec = specOf(withReLU);
    expect(() => new Experiment(spec, splits)).toThrow(
      new ArgumentError(
        'the model net: its network has no polynomial activation: call the activation() that make is given, once for each ' +
          'layer, where another would have a ReLU',
      ),
    );
  });

  it('lets a twin have any activation', async () => {
    const experiment = new Experiment(specOf(withReLU, { epochs: 1 }, null), splits);
    expect(await all(experiment.run())).toHaveLength(1);
  });

  it('refuses a network that does not give a number for each class', () => {
    for (const polynomial of [{}, null]) {
      const spec = specOf(
        giving(() => 5),
        {},
        polynomial,
      );
      expect(() => new Experiment(spec, splits)).toThrow(
        new ShapeError('the model net gives [2,5] for 2 samples, not [2,3]: the data have 3 classes'),
      );
      removals.pop()!();
    }
  });

  it.each([
    [[], '[2,2] for 2 samples, not [2,1]: the data have 1 number to predict'],
    [[2, 2], '[2,5] for 2 samples, not [2,4]: the data have 4 numbers to predict'],
  ])('refuses a network that does not give as many numbers as labels of the shape %o have', (labelShape, message) => {
    const spec = specOf(giving((outputs) => outputs + 1));
    expect(() => new Experiment(spec, numbers(labelShape))).toThrow(new ShapeError(`the model net gives ${message}`));
  });

  it('lets a number to predict come without an axis of its own', async () => {
    const spec = specOf((options) => new Sequential(giving((outputs) => outputs)(options), new WithoutAxis()), {
      epochs: 1,
    });
    expect(await all(new Experiment(spec, numbers([])).run())).toHaveLength(1);
  });

  it('says which model cannot take which samples', () => {
    const spec = specOf(
      ({ outputs, activation }) => new Sequential(new Linear(7, 6), activation(), new Linear(6, outputs)),
    );
    const make = () => new Experiment(spec, splits);
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(/^the model net cannot take samples of \[1,4,4\]: .*7/);
  });

  it('changes neither parameters, statistics, modes nor random numbers by that', () => {
    const spec = specOf((options) => {
      const { inputShape, outputs, activation } = options;
      const size = sizeOf(inputShape);
      const hidden = [new Linear(size, 6), new BatchNorm1d(6), activation()];
      return new Sequential(new Flatten(), new Noisy(), ...hidden, new Linear(6, outputs));
    });
    const { network } = new Experiment(spec, splits);
    const after = randomState();
    setSeed(spec.training.seed);
    const activation = activationFactory(spec.method);
    const made = buildModel(spec.model, { inputShape: [1, 4, 4], outputs: 3, activation });
    expect(after).toEqual(randomState());
    expect(networkBits(network)).toEqual(networkBits(made));
    for (const [name, module] of network.namedModules()) expect(module.training, name).toBe(true);
  });
});
