import { expect, it } from 'vitest';
import { exportsOf, listedUnder } from '../../../test/readme-exports.js';

it('the README lists every export, each once', () => {
  const expected = exportsOf(new URL('../src/index.ts', import.meta.url));
  expect(expected.length).toBeGreaterThan(30);
  const listed = listedUnder(new URL('../README.md', import.meta.url), 'Exports of `@pnn/lab`');
  expect(listed.sort()).toEqual(expected.sort());
});
