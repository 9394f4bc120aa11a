import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasets } from '@pnn/data';
import { saveNetwork } from '@pnn/models/node';
import { afterAll, beforeAll } from 'vitest';
import { Experiment } from '../../src/index.js';
import { toySpec, toySplits } from '../experiment/toy-images.js';

/** Registers the data set `toy`, which the commands find by its name, for the tests of a file: others may share the registry. */
export function registerToy(): void {
  let remove: () => void;
  beforeAll(() => {
    remove = datasets.register({ name: 'toy', summary: 'for tests', load: async () => toySplits(96, 40) });
  });
  afterAll(() => remove());
}

/** A small network that was trained on the data set `toy`, in a file of a new folder; `null` for the twin. */
export async function trainToy(
  changes: Parameters<typeof toySpec>[0] = {},
  polynomial: Parameters<typeof toySpec>[1] = {},
): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pnn-trained-'));
  const path = join(folder, 'polynomial.safetensors');
  const experiment = new Experiment(toySpec(changes, polynomial), toySplits(96, 40));
  for await (const _ of experiment.run());
  await saveNetwork(path, experiment.described);
  experiment.dispose();
  return { folder, path };
}
