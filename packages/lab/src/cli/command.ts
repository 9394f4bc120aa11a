import { type OptionSpecs, type Options, optionLines } from './options.js';
import type { Terminal } from './terminal.js';

/** A command of `pnn`. */
export interface Command {
  /** The word that it is called by. */
  readonly name: string;
  /** What it does, in a line of `pnn --help`. */
  readonly summary: string;
  /** What `--help` says before the options. */
  readonly description: string;
  /** The options; a function where the registries decide what there is. */
  readonly options: () => OptionSpecs;
  /** What `--help` says after the options, such as examples. */
  readonly notes?: string;
  /** Does the work and returns the exit status. */
  readonly run: (options: Options, terminal: Terminal) => Promise<number>;
}

/** What `pnn NAME --help` prints. */
export function helpOf({ name, description, options, notes }: Command): string {
  const head = `Usage: pnn ${name} [options]\n\n${description}\n\nOptions:\n${optionLines(options())}\n`;
  return notes === undefined ? head : `${head}\n${notes}\n`;
}
