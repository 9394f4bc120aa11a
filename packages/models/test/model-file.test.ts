import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ArrayDataset,
  crossEntropy,
  DataLoader,
  FormatError,
  type Module,
  noGrad,
  randomState,
  scope,
  setSeed,
  tensor,
} from '@pnn/nn';
import { FileError, loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import {
  activationFactory,
  defaultMethod,
  defaultPolynomial,
  defaultTraining,
  type MethodSpec,
  optimizerOf,
  polynomialActivations,
  Trainer,
} from '@pnn/pnn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutationsOf } from '../../pnn/test/codec/mutations.js';
import { settledMemory } from '../../pnn/test/settled-memory.js';
import { all, networkBits } from '../../pnn/test/training/toy.js';
import { buildModel, type DescribedNetwork, encodeNetworkFile, type ModelSpec } from '../src/index.js';
import { networkDescription } from '../src/network-description.js';
import { loadNetwork, saveNetwork } from '../src/node/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-models-'));
});
afterAll(() => rm(folder, { recursive: true }));

const inputShape = [1, 4, 4];
const classes = ['dark', 'bright'];
const mlp: ModelSpec = { name: 'mlp', widths: [6, 5], order: 'normalization-first', dropout: 0 };
const polynomial = { ...defaultPolynomial, degree: 4 };
const method: MethodSpec = { ...defaultMethod, polynomial };

/** Images that are dark or bright. */
const images = new ArrayDataset({
  inputs: Uint8Array.from({ length: 32 * 16 }, (_, i) => ((i * 37) % 101) + (Math.floor(i / 16) % 2) * 120),
  inputShape,
  labels: Int32Array.from({ length: 32 }, (_, i) => i % 2),
  classes,
});

/** A network after an epoch of 4 steps, of which so many are a warm-up. */
async function trained(model: ModelSpec, spec: MethodSpec, warmUp = 2): Promise<DescribedNetwork> {
  setSeed(2);
  const network = buildModel(model, { inputShape, outputs: 2, activation: activationFactory(spec) });
  const bound = spec.polynomial?.bound;
  const trainer = new Trainer(network, {
    optimizer: optimizerOf({ ...defaultTraining, lr: 0.01 }, network),
    loss: crossEntropy,
    ...(bound?.kind === 'calibrated' && { calibration: { ...bound, steps: warmUp } }),
  });
  const loader = new DataLoader(images, { batchSize: 8, shuffle: true });
  await all(trainer.fit(loader, { epochs: 1 }));
  trainer.dispose();
  const normalization = { mean: [0.4], std: [0.2] };
  return { network, model, method: spec, inputShape, inputType: 'uint8', normalization, outputs: 2, classes };
}

/** The outputs for a few inputs. */
function outputsOf(network: Module, shape: readonly number[] = inputShape): number[] {
  const size = 2 * shape.reduce((product, length) => product * length);
  const x = Float32Array.from({ length: size }, (_, i) => ((i * 37) % 251) / 255 - 0.5);
  return scope(() =>
    noGrad(() => [
      ...network
        .eval()
        .forward(tensor(x, { shape: [2, ...shape] }))
        .dataSync(),
    ]),
  );
}

describe('saveNetwork and loadNetwork', () => {
  it.each<[name: string, model: ModelSpec, method: MethodSpec]>([
    ['a calibrated network', mlp, method],
    ['dropout', { ...mlp, dropout: 0.25 }, method],
    ['learned coefficients', mlp, { target: 'tanh', polynomial: { ...polynomial, degree: 7, learnable: true } }],
    [
      'plain Horner and a fixed bound',
      mlp,
      { target: 'relu', polynomial: { ...polynomial, basis: 'monomial', bound: { kind: 'fixed', bound: 4 } } },
    ],
    ['convolutions', { ...mlp, name: 'cnn', widths: [2], order: 'activation-first' }, method],
    ['residual blocks', { ...mlp, name: 'resnet8', widths: [] }, method],
    ['a twin', mlp, { target: 'silu', polynomial: null }],
  ])('bring back %s, to the bit', async (name, model, spec) => {
    const described = await trained(model, spec);
    const path = join(folder, `${name}.safetensors`);
    await saveNetwork(path, described);
    const random = randomState();
    const { network, description } = await loadNetwork(path);
    expect(randomState()).toEqual(random);

    const { network: saved, ...rest } = described;
    expect(description).toEqual({
      version: 2,
      ...rest,
      activations: polynomialActivations(saved).map(([layer, { fit, bound, alpha }]) => ({
        name: layer,
        target: fit.target,
        degree: fit.degree,
        bound,
        alpha,
        approximating: true,
      })),
    });
    expect(networkBits(network)).toEqual(networkBits(saved));
    expect(network.toString()).toBe(saved.toString());
    expect(network.training).toBe(false);
    expect(outputsOf(network)).toEqual(outputsOf(saved));
    network.dispose();
    saved.dispose();
  });

  it('bring back a network that was still warming up with the targets', async () => {
    const described = await trained(mlp, method);
    const activations = polynomialActivations(described.network);
    for (const [, activation] of activations) activation.approximating = false;
    const path = join(folder, 'warming up');
    await saveNetwork(path, described);
    const { network, description } = await loadNetwork(path);
    expect(description.activations.map(({ approximating }) => approximating)).toEqual([false, false]);
    expect(outputsOf(network)).toEqual(outputsOf(described.network));
    for (const [, activation] of activations) activation.approximating = true;
    expect(outputsOf(network)).not.toEqual(outputsOf(described.network));
  });

  it('bring back a network for numbers, of rows that are not normalized', async () => {
    const network = buildModel(mlp, { inputShape: [3], outputs: 2, activation: activationFactory(method) });
    const rows = { inputShape: [3], inputType: 'float64', normalization: null, outputs: 2, classes: null } as const;
    const path = join(folder, 'rows');
    await saveNetwork(path, { network, model: mlp, method, ...rows });
    const saved = await loadNetwork(path);
    expect(saved.description).toMatchObject(rows);
    expect(outputsOf(saved.network, [3])).toEqual(outputsOf(network, [3]));
  });

  it('write equal bytes of equal networks, in whatever order their descriptions are put together', async () => {
    const described = await trained(mlp, method);
    const bytes = await encodeNetworkFile(described);
    const turned = Object.fromEntries(Object.entries(polynomial).reverse()) as unknown as typeof polynomial;
    expect(await encodeNetworkFile({ ...described, method: { polynomial: turned, target: 'relu' } })).toEqual(bytes);
    await expect(encodeNetworkFile({ ...described, outputs: 0.5 })).rejects.toThrow(
      new FormatError('encodeNetworkFile: the description.outputs must be an integer of 0 or more, not 0.5'),
    );
  });

  it('tell what is wrong with a file', async () => {
    const at = (name: string) => join(folder, name);
    await expect(loadNetwork(at('nothing'))).rejects.toThrow(FileError);
    await expect(loadNetwork(at('nothing'))).rejects.toThrow(at('nothing'));
    await writeFile(at('text'), 'no safetensors');
    await expect(loadNetwork(at('text'))).rejects.toThrow(FormatError);
    const save = async (name: string, metadata: Record<string, string>) => {
      await saveSafetensors(at(name), {}, { metadata });
      return loadNetwork(at(name));
    };
    await expect(save('foreign', {})).rejects.toThrow(
      new FormatError(`${at('foreign')} is no network of this software: its metadata has no pnn.network`),
    );
    await expect(save('torn', { 'pnn.network': '{' })).rejects.toThrow(FormatError);
    await expect(save('torn', { 'pnn.network': '{' })).rejects.toThrow(/torn: pnn\.network is no JSON: /);
    await expect(save('future', { 'pnn.network': '{"version":3}' })).rejects.toThrow(
      new FormatError(`${at('future')}: pnn.network has version 3, and this software reads versions 1 and 2`),
    );
    await expect(save('null', { 'pnn.network': 'null' })).rejects.toThrow(
      new FormatError(`${at('null')}: pnn.network must be an object, not null`),
    );
    await expect(save('bare', { 'pnn.network': '{"version":2}' })).rejects.toThrow(
      new FormatError(`${at('bare')}: pnn.network.model must be an object, not nothing`),
    );
  });

  it('tell when tensors and description are not those of one network, and keep nothing of it', async () => {
    const described = await trained(mlp, method);
    const path = join(folder, 'changed');
    await saveNetwork(path, described);
    const { tensors, metadata } = await loadSafetensors(path);
    // What earlier tests forgot is freed first, and not in between.
    const before = await settledMemory();
    const description = JSON.parse(metadata['pnn.network']!) as Record<string, unknown>;
    for (const [change, reason] of [
      [{ outputs: 3 }, /7\.weight is float32 \[2,5\] instead of float32 \[3,5\]/],
      [{ model: { ...mlp, widths: [6] } }, /2 activations are described, the network has 1/],
      [{ activations: [] }, /0 activations are described, the network has 2/],
    ] as const) {
      await saveSafetensors(path, tensors, {
        metadata: { 'pnn.network': JSON.stringify({ ...description, ...change }) },
      });
      await expect(loadNetwork(path)).rejects.toThrow(FormatError);
      await expect(loadNetwork(path)).rejects.toThrow(/changed: its tensors and its description are not/);
      await expect(loadNetwork(path)).rejects.toThrow(reason);
    }
    for (const [change, reason] of [
      [
        { model: { ...mlp, name: 'alexnet' } },
        /its model 'alexnet' is not registered: .* models\.register\(\).* cnn, mlp, /,
      ],
      [
        { method: { ...method, target: 'swish' } },
        /its target 'swish' is not registered: .* targets\.register\(\).* relu, /,
      ],
    ] as const) {
      await saveSafetensors(path, tensors, {
        metadata: { 'pnn.network': JSON.stringify({ ...description, ...change }) },
      });
      await expect(loadNetwork(path)).rejects.toThrow(FormatError);
      await expect(loadNetwork(path)).rejects.toThrow(reason);
    }
    expect(await settledMemory()).toEqual(before);
    await expect(saveNetwork(join(folder, 'missing', 'x'), described)).rejects.toThrow(FileError);
  });
});

describe('the description of a network', () => {
  it('with one field replaced is read as it is, or refused with the path of that field', async () => {
    const path = join(folder, 'description');
    await saveNetwork(path, await trained(mlp, method));
    const { metadata } = await loadSafetensors(path);
    for (const mutations of mutationsOf(JSON.parse(metadata['pnn.network']!))) {
      let refused = 0;
      for (const { path: place, value } of mutations) {
        try {
          expect(networkDescription(value, 'file'), place).toEqual(value);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
          expect(error.message, place).toContain(place === '.version' ? 'file' : `file${place}`);
        }
      }
      expect(refused, mutations[0]!.path).toBeGreaterThan(0);
    }
  });
});

describe('a network file of version 1', () => {
  const path = fileURLToPath(new URL('fixtures/version1.safetensors', import.meta.url));

  it('is read as one of this version, and gives the same outputs', async () => {
    const { network, description } = await loadNetwork(path);
    const bound = { kind: 'calibrated', steps: 40, quantile: 0.9999, margin: 1.5, density: true } as const;
    expect(description).toEqual({
      version: 2,
      model: { name: 'cnn', widths: [2, 2, 2], order: 'activation-first', dropout: 0 },
      method: { target: 'silu', polynomial: { ...defaultPolynomial, degree: 6, bound, learnable: true } },
      inputShape: [1, 28, 28],
      inputType: 'uint8',
      normalization: { mean: [0.14771619585334134], std: [0.25603733812329194] },
      outputs: 10,
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      activations: [10.696676015853882, 12.787455081939697, 6.726611852645874].map((bound, i) => ({
        name: `${1 + 4 * i}`,
        target: 'silu',
        degree: 6,
        bound,
        alpha: 0.7,
        approximating: true,
      })),
    });
    // What the release that wrote the file computes.
    const expected = [
      -0.2688708007335663, -0.32958510518074036, 0.008299452252686024, -0.4041648507118225, -0.5382102727890015,
      -0.0882575660943985, 0.3292868435382843, 0.29887595772743225, 0.061027925461530685, -0.8062058687210083,
      -0.2632367014884949, -0.30850374698638916, 0.00790057796984911, -0.4072316586971283, -0.5349299311637878,
      -0.0766461193561554, 0.3232739567756653, 0.29155203700065613, 0.0804133266210556, -0.7870162725448608,
    ];
    const outputs = outputsOf(network, [1, 28, 28]);
    expect(outputs).toHaveLength(expected.length);
    // Processors round fused products differently.
    for (const [i, output] of outputs.entries()) expect(output, `${i}`).toBeCloseTo(expected[i]!, 5);
  });

  it('is left as it is', async () => {
    const before = await readFile(path);
    await loadNetwork(path);
    expect(await readFile(path)).toEqual(before);
  });

  it('names orders and widths in other words, and may be of a twin', async () => {
    const { metadata } = await loadSafetensors(path);
    const old = JSON.parse(metadata['pnn.network']!) as { settings: Record<string, unknown> };
    const read = (settings: Record<string, unknown>) =>
      networkDescription({ ...old, settings: { ...old.settings, ...settings } }, 'old');
    const order = 'normalisation-first';
    expect(read({ model: 'mlp', order, dropout: 0.3 }).model).toEqual({
      name: 'mlp',
      widths: [2, 2, 2],
      order: 'normalization-first',
      dropout: 0.3,
    });
    // Widths and dropout were there whether or not the model had a use for them.
    expect(read({ model: 'resnet8', dropout: 0.3 }).model).toMatchObject({ widths: [], dropout: 0 });
    expect(read({ activation: null }).method).toEqual({ target: 'silu', polynomial: null });
  });

  it('with one field replaced is refused with the path of that field, or read', async () => {
    const { metadata } = await loadSafetensors(path);
    for (const { path: place, value } of mutationsOf(JSON.parse(metadata['pnn.network']!)).flat()) {
      try {
        expect(networkDescription(value, 'file'), place).toMatchObject({ version: 2 });
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        expect(error.message, place).toContain(place === '.version' ? 'file' : `file${place}`);
      }
    }
  });
});
