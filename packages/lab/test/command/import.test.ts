import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@pnn/nn';
import { loadCheckpoint } from '@pnn/pnn/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutTimes } from '../../../pnn/test/training/toy.js';
import { parseReport } from '../../src/index.js';
import { addressOf, Call, exampleFile, interruptedPnn, pnn } from './call.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

/** Noisy rows [6] of two classes, a model with one hidden layer, and a target. */
const mine = () => `
import { datasets } from '${addressOf('data')}';
import { models } from '${addressOf('models')}';
import { ArrayDataset, Generator, Linear, Sequential, sizeOf } from '${addressOf('nn')}';
import { targets } from '${addressOf('pnn')}';

function rows(name, count) {
  const generator = new Generator(3, name);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const inputs = Float32Array.from({ length: 6 * count }, (_, i) => generator.normal() + 2 * labels[Math.floor(i / 6)]);
  return new ArrayDataset({ inputs, inputShape: [6], labels, classes: ['low', 'high'] });
}

datasets.register({
  name: 'mine',
  summary: 'rows of two classes',
  training: { epochs: 40, batchSize: 16, lr: 0.02 },
  widths: { 'my-model': [7] },
  load: async () => ({ name: 'my rows', train: rows('train', 64), test: rows('test', 40) }),
});

models.register({
  name: 'my-model',
  summary: 'one hidden layer',
  widths: [4],
  dropout: false,
  make: ({ inputShape, outputs, activation, widths: [width] }) =>
    new Sequential(new Linear(sizeOf(inputShape), width), activation(), new Linear(width, outputs)),
});

targets.register({ name: 'square', evaluate: (x) => x * x, apply: (x) => x.square() });
`;

/** Rows [2] with two numbers to predict. */
const numbers = () => `
import { datasets } from '${addressOf('data')}';
import { ArrayDataset, Generator } from '${addressOf('nn')}';

function rows(name, count) {
  const generator = new Generator(5, name);
  const inputs = Float32Array.from({ length: 2 * count }, () => generator.normal());
  const labels = Float32Array.from({ length: 2 * count }, (_, i) => {
    const [a, b] = inputs.subarray(i - (i % 2));
    return i % 2 === 0 ? a + b : Math.abs(a);
  });
  return new ArrayDataset({ inputs, inputShape: [2], labels, labelShape: [2] });
}

datasets.register({
  name: 'numbers',
  summary: 'two numbers of two numbers',
  load: async () => ({ name: 'numbers', train: rows('train', 128), test: rows('test', 50) }),
});
`;

const reportIn = async (out: string) => parseReport(await readFile(join(out, 'report.json'), 'utf8'));

describe('pnn train --import', () => {
  it('trains a data set, a model and a target of the user, and finds them again after an interruption', async () => {
    const module = await write('mine.mjs', mine());
    const args = ['train', '--import', 'mine.mjs', '--dataset', 'mine', '--model', 'my-model', '--target', 'square'];
    const whole = new Call([...args, '--degree', '4', '--out', join(folder, 'whole')], { cwd: folder });
    expect(await whole.result).toMatchObject({ status: 0, stderr: '' });
    const report = await reportIn(join(folder, 'whole'));
    expect(report.title).toBe('Degree-4 polynomial network on mine');
    expect(report.dataset).toEqual({ name: 'my rows', train: 64, test: 40, classes: ['low', 'high'] });
    expect(report.samples).toEqual([]);
    expect(report.runs.map(({ settings }) => settings)).toMatchObject([
      { model: 'my-model 7', epochs: 40, 'batch size': 16, activation: 'square, degree 4, density' },
      { model: 'my-model 7', activation: 'square' },
    ]);
    for (const { final } of report.runs) expect(final!.testMetrics.accuracy).toBeGreaterThan(0.9);

    const out = join(folder, 'interrupted');
    const interruption = { after: 'polynomial, degree 4: epoch 3/' };
    const interrupted = await interruptedPnn([...args, '--degree', '4', '--out', out], interruption, folder);
    expect(interrupted).toMatchObject({ status: 130 });
    const checkpoint = join(out, 'checkpoint.safetensors');
    expect((await loadCheckpoint(checkpoint)).state.settings).toMatchObject({ plan: { imports: [module] } });
    // From another folder, too.
    expect(await pnn('train', '--resume', checkpoint)).toMatchObject({ status: 0, stderr: '' });
    expect(withoutTimes(await reportIn(out))).toEqual(withoutTimes(report));
  });

  it('trains numbers to predict by the mean squared error, and speaks of losses alone', async () => {
    const out = join(folder, 'numbers');
    const module = await write('numbers.mjs', numbers());
    const call = `--dataset numbers --model mlp --widths 16 --epochs 30 --batch-size 16 --lr 0.02 --lambda 10`.split(
      ' ',
    );
    const { status, stdout, stderr } = await pnn('train', '--import', module, ...call, '--out', out);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^polynomial, degree 8: epoch 30\/30 {2}loss \d\.\d+ {2}test loss \d\.\d+ {2}boundary loss /m,
    );
    expect(stdout).toMatch(/\nnumbers, 50 test examples\n\n +test +boundary .*\nrun +loss +loss /);
    expect(stdout).not.toMatch(/accuracy|points|chance|NaN|undefined/);
    const report = await reportIn(out);
    expect(report).toMatchObject({ dataset: { classes: [] }, samples: [] });
    for (const { epochs, final } of report.runs) {
      expect(final!.testMetrics).toEqual({});
      // The labels have variances of 2 and 0.36.
      expect(epochs[0]!.trainLoss).toBeGreaterThan(0.4);
      expect(final!.testLoss).toBeLessThan(0.15);
    }
    const html = await readFile(join(out, 'report.html'), 'utf8');
    expect(html).not.toMatch(/accuracy|at chance|NaN|undefined|classes|Sample images/);
    expect((await readdir(out)).sort()).toEqual([
      'polynomial.safetensors',
      'report.html',
      'report.json',
      'twin.safetensors',
    ]);
  });

  it('says on one line what is wrong with a module', async () => {
    const broken = await write('broken.mjs', "throw new Error('no such sensor');\n");
    const taken = await write(
      'taken.mjs',
      `import { datasets } from '${addressOf('data')}';\ndatasets.register({ name: 'digits', summary: '', load: async () => {} });\n`,
    );
    const module = await write('mine.mjs', mine());
    const missing = join(folder, 'missing.mjs');
    const results = await Promise.all([
      pnn('train', '--import', missing),
      pnn('train', '--import', `${module},${broken}`),
      pnn('train', '--import', taken),
      pnn('train', '--import', module, '--dataset', 'yours'),
      pnn('train', '--import', module, '--dataset', 'mine', '--model', 'cnn', '--out', join(folder, 'never')),
    ]);
    expect(results.map(({ status }) => status)).toEqual([1, 1, 1, 2, 1]);
    const messages = results.map(({ stderr }) => stderr.replace(/\n$/, ''));
    for (const message of messages) expect(message).not.toContain('\n');
    expect(messages[0]!.startsWith(`${missing} cannot be imported (`)).toBe(true);
    expect(messages[1]).toBe(`${broken} cannot be imported (no such sensor)`);
    expect(messages[2]).toBe("the name 'digits' is taken by another data set");
    expect(messages[3]).toMatch(/--dataset yours is none of digits, mnist, .*, mine: see/);
    expect(messages[4]).toBe('the model cnn takes images [C,H,W], not samples [6]');
  });

  it('runs the example that reads windows from CSV files, and says what is wrong with them', async () => {
    const data = await mkdtemp(join(folder, 'windows-'));
    const generator = new Generator(1, 'windows');
    /** Windows [3,64] of three classes, the faster the wider. */
    const lines = (count: number) =>
      Array.from({ length: count }, (_, i) => {
        const speed = i % 3;
        const values = Array.from(
          { length: 3 * 64 },
          (__, k) => speed * Math.sin(0.4 * speed * k) + generator.normal(),
        );
        return [speed, ...values.map((value) => value.toFixed(2))].join(',');
      });
    await writeFile(join(data, 'train.csv'), `${lines(150).join('\n')}\n`);
    const options = [
      '--import',
      exampleFile('windows.mjs'),
      '--dataset',
      'windows',
      '--model',
      'window-net',
      '--data',
      data,
    ];
    const out = join(folder, 'windows');
    const run = () => pnn('train', ...options, '--out', out);
    const missing = await run();
    expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining(`'${data}' has no test.csv: put `) });
    await writeFile(join(data, 'test.csv'), `${lines(30).join('\n')},8\n`);
    const damaged = await run();
    expect(damaged).toMatchObject({ status: 1, stderr: expect.stringContaining('line 30 has 193 values, not 192') });
    await writeFile(join(data, 'test.csv'), `${lines(60).join('\n')}\n`);
    const { status, stderr } = await run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { runs } = await reportIn(out);
    for (const { final } of runs) expect(final!.testMetrics.accuracy).toBeGreaterThan(0.8);
  });
});
