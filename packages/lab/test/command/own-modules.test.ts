import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutTimes } from '../../../pnn/test/training/toy.js';
import { parseReport } from '../../src/index.js';
import { addressOf, exampleFile, interruptedPnn, pnn } from './call.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-own-'));
});
afterAll(() => rm(folder, { recursive: true }));

const reportIn = async (out: string) => parseReport(await readFile(join(out, 'report.json'), 'utf8'));

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('pnn train --dataset FILE --model FILE', () => {
  it('trains the examples, which are TypeScript, and finds them again after an interruption', async () => {
    const own = ['--dataset', exampleFile('own-data.ts'), '--model', exampleFile('own-network.ts'), '--degree', '4'];
    const whole = await pnn('train', ...own, '--out', join(folder, 'whole'));
    expect(whole).toMatchObject({ status: 0, stderr: '' });
    const report = await reportIn(join(folder, 'whole'));
    expect(report.title).toBe('Degree-4 polynomial network on waves');
    expect(report.runs[0]!.settings).toMatchObject({ model: 'wave-net 8-16', epochs: 6, 'batch size': 32 });
    for (const { final } of report.runs) expect(final!.testMetrics.accuracy).toBeGreaterThan(0.8);

    const out = join(folder, 'interrupted');
    const interruption = { after: 'polynomial, degree 4: epoch 2/' };
    expect(await interruptedPnn(['train', ...own, '--out', out], interruption)).toMatchObject({ status: 130 });
    const resumed = await pnn('train', '--resume', join(out, 'checkpoint.safetensors'));
    expect(resumed).toMatchObject({ status: 0, stderr: '' });
    expect(withoutTimes(await reportIn(out))).toEqual(withoutTimes(report));
  });

  it('says on one line, before it trains, what is wrong with a network', async () => {
    const model = await write(
      'relu.mjs',
      `import { Flatten, Linear, ReLU, Sequential, sizeOf } from '${addressOf('nn')}';
export const model = {
  name: 'relu-net',
  summary: 'forgets the activation',
  widths: null,
  dropout: false,
  make: ({ inputShape, outputs }) =>
    new Sequential(new Flatten(), new Linear(sizeOf(inputShape), 4), new ReLU(), new Linear(4, outputs)),
};
`,
    );
    const own = ['--dataset', exampleFile('own-data.ts'), '--model', model];
    const { status, stdout, stderr } = await pnn('train', ...own, '--out', join(folder, 'relu'));
    expect(status).toBe(1);
    expect(stdout).not.toContain('epoch');
    expect(stderr).toBe(
      'the model relu-net: its network has no polynomial activation: call the activation() that make is given, once for ' +
        'each layer, where another would have a ReLU\n',
    );
  });

  it('says on one line what is wrong with a file', async () => {
    const empty = await write('empty.mjs', 'export const other = 1;\n');
    const half = await write('half.mjs', "export const model = { name: 'half', summary: '' };\n");
    const missing = join(folder, 'missing.ts');
    const broken = await write('broken.mts', 'export const model = (;\n');
    const results = await Promise.all([
      pnn('train', '--model', empty),
      pnn('train', '--dataset', empty),
      pnn('train', '--model', half),
      pnn('train', '--model', missing),
      pnn('train', '--model', broken),
    ]);
    expect(results.map(({ status }) => status)).toEqual([2, 2, 1, 1, 1]);
    const messages = results.map(({ stderr }) => stderr.replace(/\n$/, ''));
    for (const message of messages) expect(message).not.toContain('\n');
    expect(messages[0]).toContain(
      `--model ${empty} exports no model: it needs \`export const model\`, a ModelEntry of @pnn/models: see`,
    );
    expect(messages[1]).toContain(
      `--dataset ${empty} exports no dataset: it needs \`export const dataset\`, a Dataset`,
    );
    expect(messages[2]).toBe(`${half}: its export model lacks make, widths, dropout`);
    expect(messages[3]).toContain(`${missing} cannot be imported (`);
    expect(messages[4]).toContain(`${broken} cannot be imported (`);
  });
});
