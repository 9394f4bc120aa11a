import { describe, expect, it } from 'vitest';
import { exportsOf, listedUnder, rowsUnder } from '../../../test/readme-exports.js';
import { models } from '../src/index.js';

const readme = new URL('../README.md', import.meta.url);

describe('the README', () => {
  it.each([
    ['@pnn/models', '../src/index.ts', 20],
    ['@pnn/models/node', '../src/node/index.ts', 2],
  ])('lists every export of %s, each once', (entry, path, least) => {
    const expected = exportsOf(new URL(path, import.meta.url));
    expect(expected.length).toBeGreaterThanOrEqual(least);
    expect(listedUnder(readme, `Exports of \`${entry}\``).sort()).toEqual(expected.sort());
  });

  it('lists the models as they are registered', () => {
    expect(rowsUnder(readme, 'Models')).toEqual(
      models
        .entries()
        .map(({ name, summary, widths, dropout }) => [
          `\`${name}\``,
          summary,
          widths?.join(', ') ?? 'none',
          dropout ? 'yes' : 'no',
        ]),
    );
  });
});
