import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@pnn/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../../src/commands/inspect.js';
import { stringifyReport } from '../../src/index.js';
import { exampleReport } from '../report/example-report.js';
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

const record = () => findingsIn(folder, 'inspect');

describe('pnn inspect', () => {
  it('shows layers, polynomials and costs', async () => {
    const { status, text } = await printed(inspect, path, '--dataset', 'toy', '--out', folder);
    expect(status).toBe(0);
    const { modules, layers, depth, data } = await record();
    expect(modules.map(({ kind }) => kind)).toEqual(
      'Flatten Linear BatchNorm1d PolynomialActivation Linear BatchNorm1d PolynomialActivation Linear'.split(' '),
    );
    expect(layers.map(({ degree }) => degree)).toEqual([4, 4]);
    // Three linear layers, and three levels for each polynomial of degree 4.
    expect(depth).toBe(3 + 2 * 3);
    expect(data).toBe('toy/test');
    for (const { range, bound, lower, schemes } of layers) {
      expect(range!.maxAbs).toBeLessThan(3 * bound);
      expect(lower.map((each) => each.degree)).toEqual([2, 1]);
      expect(lower[0]).toMatchObject({ savedLevels: 1, savedMultiplications: 1 });
      expect(schemes.map(({ scheme }) => scheme)).toContain('Paterson–Stockmeyer');
    }
    expect(text).toMatch(/even-odd Horner/);
    parseHtml(await readFile(join(folder, 'inspect.html'), 'utf8'));
  });

  it('takes the ranges from the report beside the network, if it is about the same layers', async () => {
    await printed(inspect, path, '--out', folder);
    expect((await record()).data).toBeNull();
    const report = exampleReport();
    await writeFile(join(folder, 'report.json'), stringifyReport(report));
    await printed(inspect, path, '--out', folder);
    expect((await record()).data).toBeNull();

    const { layers } = await record();
    const run = report.runs.find((each) => each.final && each.layers.length >= 2)!;
    const own = {
      ...run,
      layers: layers.map(({ name, bound }, i) => ({ ...run.layers[i]!, name, bound })),
      final: {
        ...run.final!,
        layers: [0.5, 0.95].map((share, i) => ({ maxAbs: share * layers[i]!.bound, q999: 1, shareOutside: 0 })),
      },
    };
    await writeFile(join(folder, 'report.json'), stringifyReport({ ...report, runs: [own] }));
    const { text } = await printed(inspect, path, '--out', folder);
    expect((await record()).data).toContain(`${report.dataset.name}/test`);
    expect(text).toMatch(new RegExp(`! ${layers[1]!.name}: an input reached 0\\.95 B, near the bound`));
    expect(text).not.toMatch(new RegExp(`! ${layers[0]!.name}:`));
  });

  it('refuses a network without polynomials', async () => {
    const twin = await trainToy({}, null);
    await expect(printed(inspect, twin.path, '--out', folder)).rejects.toThrow(ArgumentError);
    await rm(twin.folder, { recursive: true });
  });
});
