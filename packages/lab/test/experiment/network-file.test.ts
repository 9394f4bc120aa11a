import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStatistics } from '@pnn/data';
import type { NetworkDescription } from '@pnn/models';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import { DataLoader, type Module, noGrad, normalizeChannels, scope } from '@pnn/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, networkBits } from '../../../pnn/test/training/toy.js';
import { Experiment, type ExperimentSpec } from '../../src/index.js';
import { toySpec, toySplits } from './toy-images.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-networks-'));
});
afterAll(() => rm(folder, { recursive: true }));

const splits = toySplits();

/** The class probabilities of the test images, from nothing but what a file holds. */
function predictionsOf(network: Module, { normalization }: NetworkDescription): number[] {
  const { mean, std } = normalization!;
  const loader = new DataLoader(splits.test, { batchSize: 20, transforms: [normalizeChannels(mean, std)] });
  return scope(() =>
    noGrad(() => Array.from(loader, ({ inputs }) => [...network.forward(inputs).softmax().dataSync()]).flat()),
  );
}

describe('the network of an experiment', () => {
  it.each<[string, ExperimentSpec]>([
    ['a calibrated network', toySpec()],
    ['learned coefficients', toySpec({ target: 'tanh' }, { learnable: true, degree: 7 })],
    ['plain Horner', toySpec({}, { basis: 'monomial', bound: { kind: 'fixed', bound: 4 } })],
    ['convolutions', toySpec({ model: 'cnn', widths: [2] })],
    ['a twin', toySpec({}, null)],
  ])('predicts the same from its file: %s', async (name, spec) => {
    const experiment = new Experiment(spec, splits);
    await all(experiment.run());
    const path = join(folder, `${name}.safetensors`);
    await saveNetwork(path, experiment.described);
    const expected = await experiment.predictions(20);
    const { network, description } = await loadNetwork(path);
    expect(description).toEqual({
      version: 2,
      model: spec.model,
      method: spec.method,
      inputShape: [1, 4, 4],
      inputType: 'uint8',
      normalization: channelStatistics(splits.train),
      outputs: 3,
      classes: ['row', 'column', 'corner'],
      activations: experiment.activations.map(([layer, { fit, bound, alpha }]) => ({
        name: layer,
        target: fit.target,
        degree: fit.degree,
        bound,
        alpha,
        approximating: true,
      })),
    });
    expect(networkBits(network)).toEqual(networkBits(experiment.network));
    expect(predictionsOf(network, description)).toEqual(expected.flat());
    network.dispose();
    experiment.dispose();
  });

  it('predicts the same from its file while it is still warming up with the targets', async () => {
    const experiment = new Experiment(toySpec({ epochs: 100 }), splits);
    await experiment.run().next();
    expect(experiment.activations.every(([, { approximating }]) => !approximating)).toBe(true);
    const path = join(folder, 'warming up');
    await saveNetwork(path, experiment.described);
    const { network, description } = await loadNetwork(path);
    expect(predictionsOf(network, description)).toEqual((await experiment.predictions(20)).flat());
  });
});
