import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { datasets } from '../src/index.js';
import * as node from '../src/node/index.js';

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const readme = text('../README.md');

/** The cells of the rows of the table below a heading, without its head. */
function tableOf(heading: string): string[][] {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the README lists the data sets of the registry', () => {
  const listed = tableOf('Data sets').map(([name, summary, shape, files]) => [name, summary, shape, files !== 'none']);
  expect(listed).toEqual(
    datasets
      .entries()
      .map(({ name, summary, inputShape, files }) => [`\`${name}\``, summary, `[${inputShape}]`, files !== undefined]),
  );
});

test('the README lists all that is exported, and nothing else', () => {
  const listed = tableOf('Exports').flatMap(([names = '']) =>
    [...names.matchAll(/`(\w+)(?:\(.*?\))?`/g)].map(([, name]) => name),
  );
  const exported = [...text('../src/index.ts').matchAll(/^export (?:type )?\{(.*?)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace('type ', '').trim()),
  );
  expect(listed.sort()).toEqual([...exported, ...Object.keys(node)].sort());
});
