import { describe, expect, it } from 'vitest';
import { exportsOf, listedUnder } from '../../../test/readme-exports.js';

const readme = new URL('../README.md', import.meta.url);

describe.each([
  ['@pnn/nn', '../src/index.ts'],
  ['@pnn/nn/node', '../src/node/index.ts'],
])('the README', (entry, path) => {
  it(`lists every export of ${entry}, each once`, () => {
    const expected = exportsOf(new URL(path, import.meta.url));
    expect(expected.length).toBeGreaterThan(5);
    expect(listedUnder(readme, `Exports of \`${entry}\``).sort()).toEqual(expected.sort());
  });
});
