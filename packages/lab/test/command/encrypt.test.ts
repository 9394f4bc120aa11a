import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits } from '@pnn/data';
import { compile } from '@pnn/he';
import { serve } from '@pnn/he/node';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/command.js';
import { encrypt } from '../../src/commands/encrypt.js';
import { defaultExperiment, Experiment } from '../../src/index.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-encrypt-'));
  model = join(folder, 'polynomial.safetensors');
  const mlp = { name: 'mlp', widths: [16], order: 'normalization-first', dropout: 0 } as const;
  const { method } = defaultExperiment;
  const polynomial = { ...method.polynomial!, degree: 2 };
  const spec = { ...defaultExperiment, model: mlp, method: { ...method, polynomial } };
  const experiment = new Experiment(spec, digits({ train: 500, test: 10 }));
  for await (const _ of experiment.run());
  await saveNetwork(model, experiment.described);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function pnnEncrypt(...words: string[]): Promise<string> {
  let text = '';
  const terminal = { write: (part: string) => (text += part) } as never;
  expect(await runCommand(encrypt, words, terminal)).toBe(0);
  return text;
}

test('plan prints how a network is computed', async () => {
  const text = await pnnEncrypt('plan', model, '--dataset', 'digits', '--samples', '300');
  expect(text).toMatch(/^CKKS with N = 8192 .* 128-bit secure\n/);
  expect(text).toMatch(/784 to 16/);
});

test('keys and run ask a server', async () => {
  const { network, description } = await loadNetwork(model);
  const { inputShape, normalization } = description;
  const { train } = digits({ train: 300, test: 1 });
  const plan = await compile(network, { input: inputShape, calibrate: train, normalization });
  const server = await serve(plan);
  try {
    const key = join(folder, 'me.key');
    expect(await pnnEncrypt('keys', server.url, '--key', key)).toContain('whoever has it can decrypt');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const words = ['run', server.url, model, '--dataset', 'digits', '--samples', '50', '--split', 'test'];
    const text = await pnnEncrypt(...words, '--key', key, '--count', '2');
    expect(text).toMatch(/^2 samples: 2 with the class of the plain network, largest error /);
  } finally {
    await server.close();
  }
});

test.each<[string[], string]>([
  [[], 'ACTION (plan, serve, keys or run) is missing'],
  [['hide'], "'hide' is not one of plan, serve, keys, run"],
  [['plan'], 'the file of a network is missing'],
  [['keys', 'http://127.0.0.1:9', '--key', 'x'], 'there is no answer from'],
])('pnn encrypt %j says what is wrong', async (words, message) => {
  await expect(pnnEncrypt(...words)).rejects.toThrow(message);
});
