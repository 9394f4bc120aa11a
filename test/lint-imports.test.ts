import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { importProblems, mayImport } from '../scripts/lint-imports.js';

let packages = '';

beforeEach(() => {
  packages = mkdtempSync(join(tmpdir(), 'pnn-imports-'));
});
afterEach(() => rmSync(packages, { recursive: true }));

/** A package of a few files, by their paths below its folder. */
function write(name: string, files: Readonly<Record<string, string>>, dependencies: readonly string[] = []): void {
  const manifest = { dependencies: Object.fromEntries(dependencies.map((each) => [`@pnn/${each}`, '1'])) };
  const references = dependencies.map((each) => ({ path: `../${each}` }));
  const all = { 'package.json': JSON.stringify(manifest), 'tsconfig.json': JSON.stringify({ references }), ...files };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(packages, name, path)), { recursive: true });
    writeFileSync(join(packages, name, path), content);
  }
}

it('the packages of the workspace import down only', () => {
  expect(importProblems(fileURLToPath(new URL('../packages', import.meta.url)))).toEqual([]);
});

it('nobody knows the workbench, and the table has no way up', () => {
  const names = Object.keys(mayImport);
  for (const [name, allowed] of Object.entries(mayImport)) {
    expect(allowed).not.toContain('lab');
    for (const each of allowed) expect(mayImport[each], `${name} knows ${each}`).not.toContain(name);
    for (const each of allowed) expect(names).toContain(each);
  }
});

it.each([
  ["import { x } from '@pnn/nn';", 'imports @pnn/nn: autograd may know only tensor'],
  ["import type { x } from '@pnn/lab';", 'imports @pnn/lab: autograd may know only tensor'],
  ["export * from '@pnn/pnn/node';", 'imports @pnn/pnn/node: autograd may know only tensor'],
  ["import {\n  x,\n  y,\n} from '@pnn/nn';", 'imports @pnn/nn: '],
  ["import '@pnn/nn';", 'imports @pnn/nn: '],
  ["const x = await import('@pnn/nn');", 'imports @pnn/nn: '],
  ["import { x } from '@pnn/autograd';", 'imports its own package as @pnn/autograd: use a relative path'],
  ["import { x } from '../../nn/src/x.js';", 'leaves the sources of its package by ../../nn/src/x.js'],
  ["import { readFile } from 'node:fs';", 'imports node:fs, but pages run it, too: that belongs to src/node/'],
  ["import { x } from '@pnn/tensor/node';", 'imports @pnn/tensor/node, but pages run it, too: '],
  ["export * from './node/index.js';", 'imports ./node/index.js, but pages run it, too: '],
])('%s is refused in autograd', (code, problem) => {
  write('autograd', { 'src/index.ts': `${code}\nimport { t } from '@pnn/tensor';\n` }, ['tensor']);
  const [first] = importProblems(packages);
  expect(first).toContain(`packages/autograd/src/index.ts ${problem}`);
});

it('tests may not know more than their package, and may call it by its name', () => {
  write('tensor', { 'test/a.test.ts': "import { x } from '@pnn/nn';\nimport { y } from '@pnn/tensor';\n" });
  expect(importProblems(packages)).toEqual([
    'packages/tensor/test/a.test.ts imports @pnn/nn: tensor may know no other package',
  ]);
});

it('manifest and references say what is imported', () => {
  write('nn', { 'src/node/a.ts': "import { x } from '@pnn/tensor';\nimport 'node:fs';\n" }, ['autograd']);
  expect(importProblems(packages)).toEqual([
    'packages/nn/package.json depends on [autograd], the sources import [tensor]',
    'packages/nn/tsconfig.json does not refer to tensor, which its sources import',
  ]);
});

it('a package that is in no table is refused', () => {
  write('onnx', {});
  expect(importProblems(packages)).toEqual([
    'packages/onnx is not in the table of scripts/lint-imports.ts: say what it may import',
  ]);
});
