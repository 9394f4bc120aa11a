import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import { polynomialActivations } from '@pnn/pnn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/options.js';
import { certify } from '../../src/commands/certify.js';
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

const record = () => findingsIn(folder, 'certify');

/** The network with its first bounds as they are and the last one this wide. */
async function withLastBound(name: string, bound: number): Promise<string> {
  const { network, description } = await loadNetwork(path);
  polynomialActivations(network).at(-1)![1].refit(bound);
  const file = join(folder, name);
  await saveNetwork(file, { ...description, network });
  return file;
}

describe('pnn certify', () => {
  it('proves bounds that no search exceeds, and counts held-out samples', async () => {
    const { status, text } = await printed(certify, path, '--dataset', 'toy', '--split', 'train', '--out', folder);
    expect(status).toBe(0);
    const { layers, network, searches } = await record();
    expect(searches).toBe(10);
    for (const { proven, byIntervals, reached, statistics } of layers) {
      expect(reached).toBeLessThanOrEqual(proven);
      expect(proven).toBeLessThanOrEqual(byIntervals);
      expect(statistics!.samples).toBe(96);
      expect(statistics!.outside).toBeLessThanOrEqual(network!.outside);
    }
    // The first layer is linear, and a search finds the corner of the box that reaches farthest.
    expect(layers[0]!.reached / layers[0]!.proven).toBeGreaterThan(0.99);
    if (network!.outside === 0) expect(network!.upper).toBeCloseTo(1 - 0.01 ** (1 / 96), 10);
    expect(text).toMatch(/proven by +proven by +reached by/);
    parseHtml(await readFile(join(folder, 'certify.html'), 'utf8'));
  });

  it('tells what is proven inside from what was found outside', async () => {
    await printed(certify, await withLastBound('wide.safetensors', 1000), '--out', folder);
    expect((await record()).layers.at(-1)!.verdict).toBe('inside');
    const { text } = await printed(certify, await withLastBound('narrow.safetensors', 0.01), '--out', folder);
    expect((await record()).layers.at(-1)!.verdict).toBe('leaves');
    expect(text).toMatch(/! an input can leave the range/);
    expect((await record()).network).toBeNull();
  });

  it('asks what numbers may be, where they are no pixels', async () => {
    const { network, description } = await loadNetwork(path);
    const file = join(folder, 'numbers.safetensors');
    await saveNetwork(file, { ...description, inputType: 'float32', network });
    await expect(printed(certify, file, '--out', folder)).rejects.toThrow(UsageError);
    await expect(printed(certify, file, '--box', '1,0', '--out', folder)).rejects.toThrow(
      /--box 1,0 is not of the form LOW,HIGH/,
    );
    await printed(certify, file, '--box', '-0.5,0.25', '--out', folder);
    expect((await record()).box).toEqual([-0.5, 0.25]);
  });
});
