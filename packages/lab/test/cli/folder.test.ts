import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '@pnn/nn/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeNewFolder } from '../../src/cli/folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('trainings that begin in the same second get folders of their own', async () => {
  const path = join(folder, 'runs', 'digits');
  const made = await Promise.all([1, 2, 3, 4].map(() => makeNewFolder(path)));
  expect(made.sort()).toEqual([path, `${path}-2`, `${path}-3`, `${path}-4`]);
  expect((await readdir(join(folder, 'runs'))).sort()).toEqual(['digits', 'digits-2', 'digits-3', 'digits-4']);
});

it('a folder below a file cannot be made', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(makeNewFolder(join(folder, 'file', 'run'))).rejects.toThrow(FileError);
});
