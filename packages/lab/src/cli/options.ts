import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PnnError } from '@pnn/nn';
import { wrap } from '../report/terminal/text.js';

/** The command was called wrongly: exit status 2. */
export class UsageError extends PnnError {
  override readonly name = 'UsageError';
}

/** One option of a command; without `value` it is a switch. */
export interface OptionSpec {
  /** What stands for its value in the help, such as `NUMBER`. */
  readonly value?: string;
  readonly description: string;
}

/** Options by name, in the order of the help. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options that belong together, under a heading of the help. */
export interface OptionGroup {
  readonly heading: string;
  readonly options: OptionSpecs;
}

/** The options of all groups. */
export function specsOf(groups: readonly OptionGroup[]): OptionSpecs {
  return Object.assign({}, ...groups.map(({ options }) => options));
}

const HELP: OptionSpec = { description: 'show this text' };

/** Whether a word is an option rather than the value of the one before it; negative numbers are values. */
function looksLikeOption(word: string): boolean {
  return /^--?[a-z]/i.test(word);
}

/** Options as given, with ways to read them that name the option whose value is wrong. */
export class Options {
  readonly #command: string;
  readonly #specs: OptionSpecs;
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];

  /** @throws UsageError if an option does not exist or lacks its value, or there are more words than expected */
  constructor(command: string, args: readonly string[], specs: OptionSpecs, maxPositionals = 0) {
    this.#command = command;
    this.#specs = specs;
    const config = {
      args: [...args],
      allowPositionals: true,
      strict: false,
      tokens: true,
      options: Object.fromEntries(
        Object.entries({ help: HELP, ...specs } as OptionSpecs).map(([name, { value }]) => [
          name,
          {
            type: value === undefined ? ('boolean' as const) : ('string' as const),
            ...(name === 'help' && { short: 'h' }),
          },
        ]),
      ),
    } satisfies ParseArgsConfig;
    const { values, positionals, tokens } = parseArgs(config);
    for (const token of tokens) {
      if (token.kind !== 'option') continue;
      const spec = token.name === 'help' ? HELP : Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
      if (!spec) throw this.#usage(`there is no option ${token.rawName}`);
      if (spec.value === undefined && token.value !== undefined) throw this.#usage(`${token.rawName} takes no value`);
      const isMissing = !token.value || (!token.inlineValue && looksLikeOption(token.value));
      if (spec.value !== undefined && isMissing) throw this.#usage(`${token.rawName} needs a value, ${spec.value}`);
    }
    if (positionals.length > maxPositionals) throw this.#usage(`'${positionals[maxPositionals]}' is not expected`);
    this.#values = values as Record<string, string | boolean | undefined>;
    this.positionals = positionals;
  }

  #usage(problem: string): UsageError {
    return new UsageError(`${this.#command}: ${problem}: see ${this.#command} --help`);
  }

  /**
   * These options with others in place of some of them.
   *
   * @param values by name; true for a switch, undefined for what is not to be given
   * @param specs the options that there are then; those given before that are not among them are left out
   * @throws UsageError if a value is for an option that does not exist, or is not one
   */
  with(values: Readonly<Record<string, string | true | undefined>>, specs: OptionSpecs = this.#specs): Options {
    const known = Object.entries(this.#values).filter(([name]) => Object.hasOwn(specs, name));
    const words = Object.entries({ ...Object.fromEntries(known), ...values }).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return value === true ? `--${name}` : `--${name}=${value}`;
    });
    return new Options(this.#command, words, specs);
  }

  /** Whether a switch was given. */
  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** The value of an option as text. */
  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  /** @throws UsageError if the value is none of the choices */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || (choices as readonly string[]).includes(value)) return value as T | undefined;
    throw this.#usage(`--${name} ${value} is none of ${choices.join(', ')}`);
  }

  /** @throws UsageError if the value is not a number that `accepts` takes */
  number(name: string, wanted: string, accepts: (value: number) => boolean): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && accepts(value)) return value;
    throw this.#usage(`--${name} ${text} is not ${wanted}`);
  }

  /** @throws UsageError if the value is not an integer from `minimum` to `maximum` */
  integer(name: string, minimum: number, maximum = Number.MAX_SAFE_INTEGER): number | undefined {
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`;
    return this.number(
      name,
      `an integer ${range}`,
      (value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum,
    );
  }

  /**
   * A list of values with commas between them, each read as if it were the value of the option.
   *
   * @throws UsageError if one of them is not what `read` takes
   */
  list<T>(name: string, read: (options: Options, name: string) => T | undefined): T[] | undefined {
    return this.text(name)
      ?.split(',')
      .map((value) => read(this.with({ [name]: value }), name)!);
  }

  /** @throws UsageError if the value is not a positive number */
  positive(name: string): number | undefined {
    return this.number(name, 'a positive number', (value) => value > 0);
  }

  /** Throws a UsageError about options that do not go together. */
  refuse(problem: string): never {
    throw this.#usage(problem);
  }
}

/** Characters in a line of the help. */
const HELP_WIDTH = 100;

/** The options as lines of a help text, group by group, `--help` last. */
export function optionLines(groups: readonly OptionGroup[]): string {
  const last: OptionGroup = groups.at(-1) ?? { heading: 'Options', options: {} };
  const all = [...groups.slice(0, -1), { ...last, options: { ...last.options, help: HELP } }];
  const head = ([name, { value }]: [string, OptionSpec]) => `  --${name}${value === undefined ? '' : ` ${value}`}  `;
  const indent = Math.max(...all.flatMap(({ options }) => Object.entries(options).map((each) => head(each).length)));
  return all
    .map(({ heading, options }) => {
      const lines = Object.entries(options).flatMap((each) =>
        wrap(each[1].description, HELP_WIDTH - indent).map(
          (text, i) => (i === 0 ? head(each) : '').padEnd(indent) + text,
        ),
      );
      return [`${heading}:`, ...lines].join('\n');
    })
    .join('\n\n');
}
