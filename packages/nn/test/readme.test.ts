import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The names that a source file exports, types included; those of other packages are left to their own READMEs. */
function exportsOf(path: string): string[] {
  const source = read(path);
  const all = [...source.matchAll(/^export \* from '(\.[^']+)\.js';/gm)];
  const named = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from '[^']+';/gm)];
  const declared = source.matchAll(
    /^export (?:abstract |async )*(?:class|function\*?|const|interface|type) ([A-Za-z0-9_]+)/gm,
  );
  return [
    ...all.flatMap(([, file]) => exportsOf(new URL(`${file}.ts`, new URL(path, import.meta.url)).href)),
    ...named.flatMap(([, list]) => list!.split(',').flatMap((name) => name.trim().replace(/^type /, '') || [])),
    ...[...declared].map(([, name]) => name!),
  ];
}

/** The names in the table of exports under a heading. */
function listedUnder(heading: string): string[] {
  const section = read('../README.md')
    .split(/^#+ /m)
    .find((text) => text.startsWith(heading))!;
  const rows = section.split('\n').filter((line) => /^\| (?!---|subject)/.test(line));
  return rows.flatMap((row) => [...row.split('|')[2]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

describe.each([
  ['@pnn/nn', '../src/index.ts'],
  ['@pnn/nn/node', '../src/node/index.ts'],
])('the README', (entry, path) => {
  it(`lists every export of ${entry}, each once`, () => {
    const expected = exportsOf(path);
    expect(expected.length).toBeGreaterThan(5);
    expect(listedUnder(`Exports of \`${entry}\`\n`).sort()).toEqual(expected.sort());
  });
});
