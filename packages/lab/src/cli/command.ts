import { type OptionGroup, Options, optionLines, specsOf } from './options.js';
import type { Terminal } from './terminal.js';

/** A command of `pnn`. */
export interface Command {
  /** The word that it is called by. */
  readonly name: string;
  /** What it does, in a line of `pnn --help`. */
  readonly summary: string;
  /**
   * The words that it takes besides options, as help names them; any number where the last name ends with `…`.
   *
   * @default none
   */
  readonly positionals?: readonly string[];
  /** What `--help` says before the options. */
  readonly description: string;
  /** The options; a function, since the registries decide what there is. */
  readonly options: () => readonly OptionGroup[];
  /** What `--help` says after the options, such as examples. */
  readonly notes?: string;
  /** Does the work and returns the exit status. */
  readonly run: (options: Options, terminal: Terminal) => Promise<number>;
}

function helpOf({ name, positionals = [], description, options, notes }: Command): string {
  const parts = [
    `Usage: pnn ${[name, ...positionals].join(' ')} [options]`,
    description,
    optionLines(options()),
    ...(notes ? [notes] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * Runs a command, or prints its help if `--help` is among the words, and returns the exit status.
 *
 * @throws UsageError if the words are not options of the command
 */
export async function runCommand(command: Command, words: readonly string[], terminal: Terminal): Promise<number> {
  const { name, positionals = [] } = command;
  const maxPositionals = positionals.at(-1)?.endsWith('…') ? Number.POSITIVE_INFINITY : positionals.length;
  const options = new Options(`pnn ${name}`, words, specsOf(command.options()), maxPositionals);
  if (!options.has('help')) return command.run(options, terminal);
  terminal.write(helpOf(command));
  return 0;
}
