import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { version } from '../src/index.js';

it('the version is that of the package', async () => {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as unknown;
  expect(manifest).toMatchObject({ version });
});
