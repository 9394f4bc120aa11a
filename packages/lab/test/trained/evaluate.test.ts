import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasets, decodeWav, encodeIdx, encodeWav } from '@pnn/data';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import { ArgumentError, encodeNpy, FormatError, noGrad, tensor } from '@pnn/nn';
import { polynomialActivations } from '@pnn/pnn';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/options.js';
import { evaluate } from '../../src/commands/evaluate.js';
import { predict } from '../../src/commands/predict.js';
import { toySplits } from '../experiment/toy-images.js';
import { parseHtml } from '../report/parse-html.js';
import { findingsIn } from './findings-in.js';
import { printed } from './terminal.js';
import { registerToy, trainToy } from './toy-network.js';

registerToy();

let folder: string;
let path: string;
beforeAll(async () => {
  ({ folder, path } = await trainToy());
});
afterAll(() => rm(folder, { recursive: true }));

/** What the network makes of the test images, computed without the command: outputs and |x| / B of each layer. */
async function expected() {
  const { network, description } = await loadNetwork(path);
  const { test } = toySplits(96, 40);
  const { mean, std } = description.normalization!;
  const inputs = Float32Array.from(test.inputs as Uint8Array, (byte) => (byte / 255 - mean[0]!) / std[0]!);
  const x = tensor(inputs, { shape: [test.length, 1, 4, 4] });
  const reach: number[] = [];
  for (const [i, [, activation]] of polynomialActivations(network).entries()) {
    activation.addForwardHook((_, [input]) => {
      reach[i] = input!.abs().max().item() as unknown as number;
    });
  }
  const outputs = noGrad(() => network.forward(x));
  const guesses = Array.from(outputs.argmax(1).dataSync());
  const probabilities = outputs.softmax().dataSync();
  return { labels: Array.from(test.labels), guesses, probabilities, reach: await Promise.all(reach) };
}

describe('pnn evaluate', () => {
  it('counts what samples are taken for, and how far inputs reach', async () => {
    const { status, text } = await printed(evaluate, path, '--dataset', 'toy', '--out', folder);
    expect(status).toBe(0);
    const record = await findingsIn(folder, 'evaluate');
    const { labels, guesses, reach } = await expected();
    const confusion = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => labels.filter((label, k) => label === i && guesses[k] === j).length),
    );
    expect(record.confusion).toEqual(confusion);
    const right = labels.filter((label, k) => label === guesses[k]).length;
    expect(record.accuracy).toBeCloseTo(right / 40, 12);
    expect(record.samples).toBe(40);
    record.layers.forEach(({ maxAbs }, i) => {
      expect(maxAbs).toBeCloseTo(reach[i]!, 4);
    });
    expect(text).toContain(`${((100 * right) / 40).toFixed(2)}%`);
    expect(text).toMatch(/\nclass +samples +recognized/);

    const html = await readFile(join(folder, 'evaluate.html'), 'utf8');
    const drawings = parseHtml(html.replace(/transform="[^"]*"/g, '')).filter(
      ({ attributes }) => attributes.role === 'img',
    );
    expect(drawings).toHaveLength(3);
    expect(html).toContain('row taken for row');
  });

  it('takes the samples that are asked for', async () => {
    await printed(evaluate, path, '--dataset', 'toy', '--split', 'train', '--samples', '10', '--out', folder);
    expect(await findingsIn(folder, 'evaluate')).toMatchObject({ kind: 'evaluate', data: 'toy/train', samples: 10 });
  });

  it('refuses what does not go with the network', async () => {
    const call = (...words: string[]) => printed(evaluate, ...words, '--out', folder);
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call(path)).rejects.toThrow('pnn evaluate: --dataset NAME is missing');
    await expect(call(path, '--dataset', 'digits', '--samples', '2')).rejects.toThrow(
      /takes samples \[1,4,4\] of uint8, and digits has \[1,28,28\] of uint8/,
    );
    await expect(call(path, '--dataset', 'digits', '--samples', '2')).rejects.toThrow(ArgumentError);
    await expect(call(join(folder, 'nothing.safetensors'), '--dataset', 'toy')).rejects.toThrow(/nothing\.safetensors/);
  });
});

describe('pnn predict', () => {
  it('reads images of every form, and agrees with the network', async () => {
    const { test } = toySplits(96, 40);
    const bytes = test.inputs as Uint8Array;
    const asInt32 = { dtype: 'int32', shape: [2, 1, 4, 4], data: Int32Array.from(bytes.subarray(0, 32)) } as const;
    const asFloat = {
      dtype: 'float32',
      shape: [4, 4],
      data: Float32Array.from(bytes.subarray(0, 16), (b) => b / 255),
    } as const;
    const files = ['two.npy', 'one.npy', 'images-ubyte', 'image.PNG'].map((name) => join(folder, name));
    await writeFile(files[0]!, encodeNpy(asInt32));
    await writeFile(files[1]!, encodeNpy(asFloat));
    await writeFile(files[2]!, encodeIdx({ shape: [2, 4, 4], data: bytes.slice(16, 48) }));
    const png = new PNG({ width: 4, height: 4 });
    png.data.fill(255);
    for (let i = 0; i < 16; i++) png.data.fill(bytes[48 + i]!, 4 * i, 4 * i + 3);
    await writeFile(files[3]!, PNG.sync.write(png));
    const { status, text } = await printed(predict, path, ...files, '--out', folder);
    expect(status).toBe(0);
    const { predictions } = await findingsIn(folder, 'predict');
    const { guesses, probabilities } = await expected();
    const samples = [0, 1, 0, 1, 2, 3];
    expect(predictions.map(({ class: name }) => name)).toEqual(
      samples.map((i) => ['row', 'column', 'corner'][guesses[i]!]),
    );
    predictions.forEach(({ outputs, reach }, k) => {
      outputs.forEach((p, j) => {
        expect(p).toBeCloseTo(probabilities[3 * samples[k]! + j]!, 5);
      });
      expect(reach).toHaveLength(2);
    });
    expect(text).toContain(`${files[0]} 1`);
  });

  it('warns of a sample that drives a layer outside of its bound', async () => {
    const { network, description } = await loadNetwork(path);
    const [name, second] = polynomialActivations(network)[1]!;
    second.refit(0.01);
    const narrow = join(folder, 'narrow.safetensors');
    await saveNetwork(narrow, { ...description, network });
    const file = join(folder, 'strange.npy');
    const data = Int32Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? 255 : 0));
    await writeFile(file, encodeNpy({ dtype: 'int32', shape: [1, 4, 4], data }));
    const { text } = await printed(predict, narrow, file, '--out', folder);
    const { predictions } = await findingsIn(folder, 'predict');
    expect(predictions[0]!.reach[1]).toBeGreaterThan(1);
    expect(text.replaceAll('\n', ' ')).toMatch(new RegExp(`! \\S+ drives ${name} to \\S+ B, outside of its range`));
  });

  it.each([
    ['three.npy', [3, 3], [0], /holds \[3,3\], and the network takes a sample \[1,4,4\]/],
    ['large.npy', [4, 4], [256], /number 0 is 256: the network takes bytes/],
    ['text.txt', [4, 4], [0], /samples are read from files \.npy/],
  ])('refuses %s', async (name, shape, [value], message) => {
    const size = shape.reduce((product, each) => product * each, 1);
    const file = join(folder, name);
    await writeFile(file, encodeNpy({ dtype: 'int32', shape, data: new Int32Array(size).fill(value!) }));
    const call = printed(predict, path, file, '--out', folder);
    await expect(call).rejects.toThrow(FormatError);
    await expect(call).rejects.toThrow(message);
  });

  it('asks the data set whose samples have the shape of the network what to make of a sound', async () => {
    const values = Float32Array.from({ length: 16 }, (_, i) => (i % 4) / 4);
    const sound = join(folder, 'sound.WAV');
    await writeFile(sound, encodeWav({ sampleRate: 8000, channels: [values] }, 'float32'));
    const array = join(folder, 'same.npy');
    await writeFile(array, encodeNpy({ dtype: 'float32', shape: [4, 4], data: values }));
    const tones = (name: string, first: number) =>
      datasets.register({
        name,
        summary: 'sixteen samples',
        inputShape: [1, 4, 4],
        fileReaders: { '.wav': (bytes, file) => decodeWav(bytes, file).channels[0]!.map((x) => first + x) },
        load: async () => toySplits(1, 1),
      });
    await expect(printed(predict, path, sound, '--out', folder)).rejects.toThrow(
      `${sound}: the network takes a sample [1,4,4], and data sets make of such a file: fsdd [1,40,64], speech-commands [1,40,49]; name`,
    );
    const removers = [tones('tones', 0)];
    try {
      await printed(predict, path, sound, array, '--out', folder);
      const [heard, read] = (await findingsIn(folder, 'predict')).predictions;
      expect(heard!.outputs).toEqual(read!.outputs);
      removers.push(tones('loud tones', 2));
      await expect(printed(predict, path, sound, '--out', folder)).rejects.toThrow('name one of them by --dataset');
      await printed(predict, path, sound, '--dataset', 'tones', '--out', folder);
      expect((await findingsIn(folder, 'predict')).predictions[0]!.outputs).toEqual(read!.outputs);
      const wrong = printed(predict, path, sound, '--dataset', 'loud tones', '--out', folder);
      await expect(wrong).rejects.toThrow('number 0 is 2: the network takes pixels');
    } finally {
      for (const remove of removers) remove();
    }
  });

  it('refuses NaN', async () => {
    const file = join(folder, 'nan.npy');
    await writeFile(file, encodeNpy({ dtype: 'float32', shape: [4, 4], data: new Float32Array(16).fill(Number.NaN) }));
    await expect(printed(predict, path, file, '--out', folder)).rejects.toThrow(/number 0 is NaN/);
  });
});
