import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStatistics, normalize } from '@pnn/data';
import { loadNetwork, type NetworkDescription, saveNetwork } from '@pnn/models/node';
import { FormatError, type Module, memory, noGrad, randomState, scope, tensor } from '@pnn/nn';
import { FileError, loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import { polynomialActivations, takeCheckpoint } from '@pnn/pnn';
import { loadCheckpoint, saveCheckpoint } from '@pnn/pnn/node';
import { assert, asyncProperty, nat } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, networkBits } from '../../pnn/test/training/toy.js';
import { Experiment } from '../src/index.js';
import { toySettings, toySplits } from './experiment/toy-images.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

const splits = toySplits();

async function trained(...settings: Parameters<typeof toySettings>): Promise<Experiment> {
  const experiment = new Experiment(toySettings(...settings), splits);
  await all(experiment.run());
  return experiment;
}

/** The class probabilities of the test images, from nothing but what a file holds. */
function predictionsOf(network: Module, { statistics }: NetworkDescription): number[] {
  const images = normalize(splits.test, statistics);
  return scope(() =>
    noGrad(() => [
      ...network
        .forward(tensor(images, { shape: [20, 1, 4, 4] }))
        .softmax()
        .dataSync(),
    ]),
  );
}

describe('saveNetwork and loadNetwork', () => {
  it.each([
    ['a calibrated network', toySettings()],
    ['learned coefficients', toySettings({ target: 'tanh' }, { learnable: true, degree: 7 })],
    ['plain Horner', toySettings({}, { basis: 'monomial', bound: { kind: 'fixed', bound: 4 } })],
    ['convolutions', toySettings({ model: 'cnn', widths: [2] })],
    ['a twin', toySettings({ activation: null })],
  ])('bring back %s, to the bit', async (name, settings) => {
    const experiment = await trained(settings, settings.activation ?? undefined);
    const path = join(folder, `${name}.safetensors`);
    await saveNetwork(path, experiment);
    const expected = await experiment.predictions(20);
    const random = randomState();
    const { network, description } = await loadNetwork(path);
    expect(randomState()).toEqual(random);

    expect(description).toEqual({
      version: 1,
      settings: experiment.settings,
      channels: 1,
      height: 4,
      width: 4,
      classes: ['row', 'column', 'corner'],
      statistics: channelStatistics(splits.train),
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
    expect(network.toString()).toBe(experiment.network.toString());
    expect(network.training).toBe(false);
    expect(predictionsOf(network, description)).toEqual(expected.flat());
    network.dispose();
    experiment.dispose();
  });

  it('bring back a network that was still warming up with the targets', async () => {
    const experiment = new Experiment(toySettings({ epochs: 100 }), splits);
    await experiment.run().next();
    expect(experiment.activations.every(([, { approximating }]) => !approximating)).toBe(true);
    const path = join(folder, 'warming up');
    await saveNetwork(path, experiment);
    const { network, description } = await loadNetwork(path);
    expect(predictionsOf(network, description)).toEqual((await experiment.predictions(20)).flat());
  });

  it('tell what is wrong with a file', async () => {
    const at = (name: string) => join(folder, name);
    await expect(loadNetwork(at('nothing'))).rejects.toThrow(FileError);
    await expect(loadNetwork(at('nothing'))).rejects.toThrow(at('nothing'));
    await writeFile(at('text'), 'no safetensors');
    await expect(loadNetwork(at('text'))).rejects.toThrow(FormatError);
    const save = async (name: string, metadata: Record<string, string>) => {
      await saveSafetensors(at(name), {}, metadata);
      return loadNetwork(at(name));
    };
    await expect(save('foreign', {})).rejects.toThrow(
      new FormatError(`${at('foreign')} is no network of this software: its metadata has no pnn.network`),
    );
    await expect(save('torn', { 'pnn.network': '{' })).rejects.toThrow(/torn: the metadata pnn.network is no JSON$/);
    await expect(save('future', { 'pnn.network': '{"version":2}' })).rejects.toThrow(
      new FormatError(`${at('future')}: version 2 is not known, only 1 is`),
    );
    await expect(save('null', { 'pnn.network': 'null' })).rejects.toThrow(FormatError);
    await expect(save('bare', { 'pnn.network': '{"version":1,"settings":{},"classes":[]}' })).rejects.toThrow(
      new FormatError(`${at('bare')}: the metadata pnn.network lacks channels, height, width, statistics, activations`),
    );
    const experiment = await trained();
    await saveNetwork(at('whole'), experiment);
    const { tensors, metadata } = await loadSafetensors(at('whole'));
    const before = memory();
    const description = JSON.parse(metadata['pnn.network']!) as NetworkDescription;
    for (const change of [{ classes: ['only'] }, { settings: { ...description.settings, widths: null } }]) {
      await saveSafetensors(at('changed'), tensors, { 'pnn.network': JSON.stringify({ ...description, ...change }) });
      await expect(loadNetwork(at('changed'))).rejects.toThrow(FormatError);
      await expect(loadNetwork(at('changed'))).rejects.toThrow(/changed: its tensors and its description are not/);
    }
    expect(memory()).toEqual(before);
    await expect(saveNetwork(join(folder, 'missing', 'x'), experiment)).rejects.toThrow(FileError);
  });
});

describe('saveCheckpoint and loadCheckpoint', () => {
  it('bring everything back', async () => {
    const experiment = await trained({ dropout: 0.1 }, { lambda: { kind: 'dual', initial: 3 } });
    const checkpoint = await takeCheckpoint(experiment.trainer, experiment.epochs, { plan: [1, 'two'] });
    const path = join(folder, 'whole.safetensors');
    await saveCheckpoint(path, checkpoint);
    const loaded = await loadCheckpoint(path);
    expect(loaded.state).toEqual(checkpoint.state);
    expect(new Map([...loaded.tensors].sort())).toEqual(new Map([...checkpoint.tensors].sort()));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('notice every changed bit and every missing byte', async () => {
    const experiment = await trained({ widths: [2], epochs: 1 });
    const path = join(folder, 'damaged.safetensors');
    await saveCheckpoint(path, await takeCheckpoint(experiment.trainer, experiment.epochs));
    const intact = await readFile(path);
    await assert(
      asyncProperty(nat(8 * intact.length - 1), async (position) => {
        const bytes = Buffer.from(intact);
        bytes[position >> 3]! ^= 1 << (position & 7);
        await writeFile(path, bytes);
        await expect(loadCheckpoint(path)).rejects.toThrow(FormatError);
        await expect(loadCheckpoint(path)).rejects.toThrow(path);
      }),
      { numRuns: 300 },
    );
    await assert(
      asyncProperty(nat(intact.length - 1), async (length) => {
        await writeFile(path, intact.subarray(0, length));
        await expect(loadCheckpoint(path)).rejects.toThrow(FormatError);
      }),
      { numRuns: 50 },
    );
  });

  it('refuse a checkpoint without its checksum', async () => {
    const experiment = await trained({ epochs: 1 });
    const path = join(folder, 'bare.safetensors');
    await saveCheckpoint(path, await takeCheckpoint(experiment.trainer));
    const { tensors, metadata } = await loadSafetensors(path);
    const { 'pnn.sha256': _, ...rest } = metadata;
    await saveSafetensors(path, tensors, rest);
    await expect(loadCheckpoint(path)).rejects.toThrow(
      new FormatError(`${path} is damaged: its content does not match its checksum`),
    );
    await saveNetwork(path, experiment);
    await expect(loadCheckpoint(path)).rejects.toThrow(
      new FormatError(`${path} is no checkpoint: its metadata has no pnn.checkpoint`),
    );
    expect(polynomialActivations(experiment.network)).toHaveLength(2);
  });
});
