import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits } from '@pnn/data';
import { compile } from '@pnn/he';
import { serve } from '@pnn/he/node';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/command.js';
import { encrypt } from '../../src/commands/encrypt.js';
import type { EncryptedRunRecord } from '../../src/commands/encrypted-document.js';
import { defaultExperiment, Experiment } from '../../src/index.js';
import { parseHtml } from '../report/parse-html.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-encrypt-'));
  model = join(folder, 'polynomial.safetensors');
  await saveTrained(model, [16], 2);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains a small network, and saves it. */
async function saveTrained(path: string, widths: readonly number[], degree: number): Promise<void> {
  const mlp = { name: 'mlp', widths, order: 'normalization-first', dropout: 0 } as const;
  const { method } = defaultExperiment;
  const polynomial = { ...method.polynomial!, degree };
  const spec = { ...defaultExperiment, model: mlp, method: { ...method, polynomial } };
  const experiment = new Experiment(spec, digits({ train: 500, test: 10 }));
  for await (const _ of experiment.run());
  await saveNetwork(path, experiment.described);
}

/** Runs the command; a terminal that is one may act on what it is shown. */
async function pnnEncrypt(
  words: readonly string[],
  { status = 0, onWrite }: { status?: number; onWrite?: (text: string) => void } = {},
): Promise<string> {
  let text = '';
  const write = (part: string) => {
    text += part;
    onWrite?.(part);
  };
  expect(await runCommand(encrypt, words, { write, isTTY: onWrite !== undefined, columns: 100 })).toBe(status);
  return text;
}

const samples = ['--dataset', 'digits', '--samples', '300'];
const readRecord = (out: string) => JSON.parse(readFileSync(join(out, 'encrypt.json'), 'utf8')) as EncryptedRunRecord;

test('plan prints how a network is computed', async () => {
  const text = await pnnEncrypt(['plan', model, ...samples]);
  expect(text).toMatch(/^CKKS with N = 8192 .* 128-bit secure by the standard of 2018/);
  expect(await pnnEncrypt(['plan', model, ...samples, '--security', 'guidelines'])).toMatch(
    /^CKKS with N = 8192 .* 128-bit secure by the standard of 2018 and the guidelines of 2024\n/,
  );
  expect(text).toMatch(/784 to 16/);
  const batches = await pnnEncrypt(['plan', model, ...samples, '--optimize', 'throughput']);
  expect(batches).toMatch(/^batches of 4096 images/);
  expect(await pnnEncrypt(['plan', model, ...samples, '--optimize', 'throughput', '--layout', 'single'])).toBe(text);
});

test('run serves a network to itself, compares, and writes a report', async () => {
  const out = join(folder, 'run');
  const text = await pnnEncrypt(['run', model, '--dataset', 'digits', '--samples', '40', '--count', '8', '--out', out]);
  expect(text).toContain('✓ all 8 samples have the class of the plain network');
  const record = readRecord(out);
  expect(record).toMatchObject({ kind: 'encrypt', data: 'digits/test', samples: 8, asked: 8 });
  const { agreement, errors, operations, plan, messages, times } = record;
  expect(agreement).toMatchObject({ same: 8, close: 0, different: 0 });
  expect(agreement!.plainAccuracy).toBe(agreement!.encryptedAccuracy);
  expect(errors.beyond).toBe(0);
  expect(errors.largest).toBeGreaterThan(0);
  expect(errors.histogram.counts.reduce((a, b) => a + b)).toBe(80);
  expect(operations!.map(({ name }) => name)).toEqual(expect.arrayContaining(['rotate', 'sumOfProducts', 'square']));
  expect(plan.steps!.map(({ name }) => name)).toEqual([
    'input',
    'linear',
    expect.stringMatching(/PolynomialActivation/),
    'linear',
  ]);
  expect(plan.steps!.at(-1)!.level).toBe(0);
  expect(plan.certificate!.layers).toHaveLength(1);
  expect(messages.keys).toBeGreaterThan(messages.request);
  expect(times.answer.median).toBeGreaterThanOrEqual(times.answer.least);
  const html = readFileSync(join(out, 'encrypt.html'), 'utf8');
  expect(html).toMatch(/primes of [\d +]+ = \d+ bits, 128-bit secure by the standard of 2018/);
  const drawings = parseHtml(html.replace(/transform="[^"]*"/g, '')).filter(
    ({ attributes }) => attributes.role === 'img',
  );
  expect(drawings).toHaveLength(3);
});

test('Ctrl-C ends run with a report of what was measured', async () => {
  const out = join(folder, 'interrupted');
  let interrupted = false;
  const onWrite = (text: string) => {
    if (interrupted || !text.includes('samples')) return;
    interrupted = true;
    expect(text).toMatch(/1\/30 .* left/);
    process.emit('SIGINT', 'SIGINT');
  };
  const words = ['run', model, '--dataset', 'digits', '--samples', '40', '--count', '30', '--out', out];
  const text = await pnnEncrypt(words, { status: 130, onWrite });
  expect(text).toContain('! interrupted after 1 of 30 samples');
  expect(readRecord(out)).toMatchObject({ samples: 1, asked: 30 });
});

test('keys and run ask a server', async () => {
  const { network, description } = await loadNetwork(model);
  const { inputShape, normalization } = description;
  const { train } = digits({ train: 300, test: 1 });
  const plan = await compile(network, { input: inputShape, calibrate: train, normalization, maxPrimeBits: 40 });
  const server = await serve(plan);
  const out = join(folder, 'asked');
  try {
    const key = join(folder, 'me.key');
    expect(await pnnEncrypt(['keys', server.url, '--key', key])).toContain('whoever has it can decrypt');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const words = ['run', server.url, model, '--dataset', 'digits', '--samples', '50', '--split', 'test'];
    const text = await pnnEncrypt([...words, '--key', key, '--count', '2', '--out', out]);
    expect(text).toContain('✓ all 2 samples have the class of the plain network');
    expect(text).toContain('! the server has another plan than the one that this network gets');
    expect(text).toContain('! the server does not say how long its operations take');
    expect(readRecord(out)).toMatchObject({ operations: null, plan: { hash: plan.hash, steps: null } });
  } finally {
    await server.close();
  }
});

test('with --refresh the client helps where levels run out, and without it both sides say no', async () => {
  const deep = join(folder, 'deep.safetensors');
  await saveTrained(deep, [8, 8], 8);
  const text = await pnnEncrypt(['plan', deep, ...samples, '--refresh']);
  expect(text).toMatch(/^CKKS with N = 8192 /);
  expect(text).toMatch(/refreshes: [12] round trips?/);
  expect(text).toContain('WARNING: clients see the results of');
  const out = join(folder, 'refreshed');
  const words = ['run', deep, '--dataset', 'digits', '--samples', '40', '--count', '2', '--out', out];
  expect(await pnnEncrypt([...words, '--refresh'])).toContain('✓ all 2 samples have the class of the plain network');
  expect(readRecord(out).messages.refreshes.length).toBeGreaterThan(0);
  const { network, description } = await loadNetwork(deep);
  const { inputShape: input, normalization } = description;
  const { train } = digits({ train: 300, test: 1 });
  const server = await serve(await compile(network, { input, calibrate: train, normalization, refresh: true }));
  const keys = ['keys', server.url, '--key', join(folder, 'refresh.key')];
  await expect(pnnEncrypt(keys)).rejects.toThrow(/decrypt and encrypt again [12] times.*--refresh/);
  expect(await pnnEncrypt([...keys, '--refresh'])).toContain('whoever has it can decrypt');
  await server.close();
});

test.each<[string[], string]>([
  [[], 'ACTION (plan, serve, keys or run) is missing'],
  [['hide'], "'hide' is not one of plan, serve, keys, run"],
  [['plan'], 'the file of a network is missing'],
  [['keys', 'http://127.0.0.1:9', '--key', 'x'], 'there is no answer from'],
])('pnn encrypt %j says what is wrong', async (words, message) => {
  await expect(pnnEncrypt(words)).rejects.toThrow(message);
});
