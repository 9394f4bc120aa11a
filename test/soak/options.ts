import { parseArgs } from 'node:util';

/** What --help shows. */
export const help = `Loads the library for a long time with whatever went wrong elsewhere, and tells what was lost or wrong.

npm run soak -- [options]
  --minutes N    how long (default 60)
  --seed N       seed of everything random (default: drawn, and printed)
  --part NAME    only this part: files, operators, kills, batches, forgotten,
                 encrypted or ciphertexts
  --case N       only this case of the part, to repeat a failure
  --help         shows this

The parts take turns but for the kills, which run beside them in processes of their own. A failure ends the run with status 1
and prints the call that repeats it. Memory is printed every minute, and at the end it must not have grown.`;

/** A wrong call: told in one sentence. */
export class UsageError extends Error {}

/** What was asked for. */
export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly part: string | undefined;
  readonly case: number | undefined;
  readonly help: boolean;
}

/** A number of the command line. */
function numberOf(option: string, text: string, isInteger: boolean): number {
  const value = Number(text);
  const isNumber = text.trim() !== '' && Number.isFinite(value) && value >= 0;
  if (!isNumber || (isInteger && !Number.isSafeInteger(value))) {
    throw new UsageError(`--${option} ${text}: it must be ${isInteger ? 'an integer' : 'a number'} of 0 or more`);
  }
  return value;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '60' },
        seed: { type: 'string' },
        part: { type: 'string' },
        case: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ')[0]}: see --help`);
  }
}

/** @throws UsageError where they cannot be understood */
export function readOptions(args: readonly string[]): Options {
  const { minutes, seed, part, case: index, help: wantsHelp } = parse(args);
  if (index !== undefined && (part === undefined || seed === undefined)) {
    throw new UsageError('--case needs --part and --seed: cases of one seed are counted in each part');
  }
  return {
    minutes: numberOf('minutes', minutes, false),
    seed: seed === undefined ? Math.floor(2 ** 31 * Math.random()) : numberOf('seed', seed, true),
    part,
    case: index === undefined ? undefined : numberOf('case', index, true),
    help: wantsHelp,
  };
}
