import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadNetwork } from '@pnn/models/node';
import { polynomialActivations } from '@pnn/pnn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrate } from '../../src/commands/calibrate.js';
import { findingsIn } from './findings-in.js';
import { printed } from './terminal.js';
import { registerToy, trainToy } from './toy-network.js';

registerToy();

let folder: string;
let path: string;
beforeAll(async () => {
  ({ folder, path } = await trainToy({}, { bound: { kind: 'fixed', bound: 40 } }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('pnn calibrate', () => {
  it('writes a network whose bounds fit the data, and shows before and after', async () => {
    const original = await readFile(path);
    const { status, text } = await printed(
      calibrate,
      path,
      '--dataset',
      'toy',
      '--margin',
      '2',
      '--quantile',
      '1',
      '--out',
      folder,
    );
    expect(status).toBe(0);
    expect(Buffer.compare(await readFile(path), original)).toBe(0);
    const { before, after } = await findingsIn(folder, 'calibrate');
    const { network, description } = await loadNetwork(join(folder, 'calibrated.safetensors'));
    const bounds = polynomialActivations(network).map(([, { bound }]) => bound);
    expect(after.layers.map(({ bound }) => bound)).toEqual(bounds);
    expect(before.layers.map(({ bound }) => bound)).toEqual([40, 40]);
    expect(description.method.polynomial!.bound).toEqual({
      kind: 'calibrated',
      steps: 0,
      quantile: 1,
      margin: 2,
      density: true,
    });
    // On all 96 training samples |x| reaches half of B in the first layer, whose inputs no polynomial has changed.
    expect(bounds[0]!).toBeLessThan(40);
    expect(after.layers[0]!.maxAbs / bounds[0]!).toBeGreaterThan(0.25);
    expect(after.layers[0]!.shareOutside).toBe(0);
    expect(text).toMatch(/accuracy +\d+\.\d\d% +\d+\.\d\d%/);
  });

  it('refuses what is out of range', async () => {
    const call = (...words: string[]) => printed(calibrate, path, '--dataset', 'toy', '--out', folder, ...words);
    await expect(call('--quantile', '0')).rejects.toThrow('--quantile 0 is not a number above 0, up to 1');
    await expect(call('--margin', '-1')).rejects.toThrow('--margin -1 is not a positive number');
  });
});
