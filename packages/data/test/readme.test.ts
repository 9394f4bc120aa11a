import { expect, test } from 'vitest';
import { exportsOf, rowsUnder } from '../../../test/readme-exports.js';
import { augmentations, datasets } from '../src/index.js';

const readme = new URL('../README.md', import.meta.url);

test('the README lists the data sets of the registry', () => {
  const listed = rowsUnder(readme, 'Data sets').map(([name, summary, shape, files]) => [
    name,
    summary,
    shape,
    files !== 'none',
  ]);
  expect(listed).toEqual(
    datasets
      .entries()
      .map(({ name, summary, inputShape, files }) => [
        `\`${name}\``,
        summary,
        inputShape ? `[${inputShape}]` : 'any',
        files !== undefined,
      ]),
  );
});

test('the README lists the random changes of the registry', () => {
  expect(rowsUnder(readme, 'Random changes')).toEqual(
    augmentations.entries().map(({ name, summary, amount }) => [`\`${name}\``, summary, `${amount}`]),
  );
});

test('the README lists all that is exported, and nothing else', () => {
  const listed = rowsUnder(readme, 'Exports').flatMap(([names = '']) =>
    [...names.matchAll(/`(\w+)(?:\(.*?\))?`/g)].map(([, name]) => name),
  );
  const exported = ['../src/index.ts', '../src/node/index.ts'].flatMap((path) =>
    exportsOf(new URL(path, import.meta.url)),
  );
  expect(listed.sort()).toEqual(exported.sort());
});
