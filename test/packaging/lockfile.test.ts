import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageNames, repository } from './consumer.js';

interface Entry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const read = (path: string) => JSON.parse(readFileSync(join(repository, path), 'utf8'));
const locked = (read('package-lock.json') as { packages: Readonly<Record<string, Entry>> }).packages;

test('the lock file names no registry, so that npm ci uses the one of whoever runs it', () => {
  const resolved = Object.values(locked).filter((entry) => entry.resolved !== undefined);
  expect(resolved.map((entry) => entry.resolved).sort()).toEqual(packageNames.map((name) => `packages/${name}`).sort());
  expect(resolved.every((entry) => entry.link === true)).toBe(true);
});

test('the lock file has the binaries of every platform, without which npm ci refuses it', () => {
  const names = new Set(Object.keys(locked).map((path) => path.slice(path.lastIndexOf('node_modules/'))));
  const wanted = Object.values(locked).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.filter((name) => !names.has(`node_modules/${name}`))).toEqual([]);
});

test.each(['', ...packageNames.map((name) => `packages/${name}`)])('the lock file knows %s as it is', (folder) => {
  const { name, version, dependencies, devDependencies, workspaces, engines, bin } = read(join(folder, 'package.json'));
  const entry = locked[folder]!;
  expect(entry.name).toBe(name);
  expect(entry).toMatchObject(
    JSON.parse(JSON.stringify({ version, dependencies, devDependencies, workspaces, engines, bin: bin && binOf(bin) })),
  );
});

/** As npm writes it down: without the leading ./ */
function binOf(bin: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(bin).map(([name, path]) => [name, path.replace(/^\.\//, '')]));
}
