import { expect, it } from 'vitest';
import { type Command, runCommand } from '../../src/cli/command.js';
import { UsageError } from '../../src/cli/options.js';

const compare: Command = {
  name: 'compare',
  summary: 'compare two reports',
  positionals: ['A', 'B'],
  description: 'Compares two reports.',
  options: () => [],
  run: async (options, terminal) => {
    terminal.write(options.positionals.join(' and '));
    return 7;
  },
};

/** What a call writes, and the status that it returns. */
async function call(command: Command, ...words: string[]): Promise<[written: string, status: number]> {
  let written = '';
  const status = await runCommand(command, words, { write: (text) => (written += text) });
  return [written, status];
}

it('a command gets the words that it names, and no more', async () => {
  expect(await call(compare, 'first.json', 'second.json')).toEqual(['first.json and second.json', 7]);
  await expect(call(compare, 'a', 'b', 'c')).rejects.toThrow(UsageError);
  await expect(call(compare, 'a', 'b', 'c')).rejects.toThrow(/^pnn compare: 'c' is not expected/);
  const { positionals: _, ...plain } = compare;
  await expect(call(plain, 'a')).rejects.toThrow(/^pnn compare: 'a' is not expected/);
});

it('help names the words', async () => {
  expect((await call(compare, '--help'))[0]).toMatch(/^Usage: pnn compare A B \[options\]\n\nCompares two reports\.\n/);
});
