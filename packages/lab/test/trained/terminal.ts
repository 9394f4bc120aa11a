import { type Command, runCommand } from '../../src/cli/command.js';

/** What a command prints to a stream that is no terminal, run in this process. */
export async function printed(command: Command, ...words: string[]): Promise<{ status: number; text: string }> {
  let text = '';
  const status = await runCommand(command, words, { write: (part) => (text += part), columns: 120 });
  return { status, text };
}
