import { ArgumentError } from '@pnn/nn';
import type { DatasetEntry } from './dataset-entry.js';

/** Something that can be chosen about a data set, as the command shows it. */
export interface DatasetOption {
  /** What stands for its value in the help, such as `NAME`. */
  readonly value: string;
  /** What it decides and its default, in a few words. */
  readonly description: string;
  /** The values that it may have; left out where any text will do. */
  readonly choices?: readonly string[];
}

/** What was chosen about a data set, by the names of its options. Plain data that survives JSON. */
export type DatasetSettings = Readonly<Record<string, string>>;

/**
 * Checks that a data set has these options, and may have these values.
 *
 * @throws ArgumentError if not: the message says what there is
 */
export function checkSettings({ name, options = {} }: DatasetEntry, settings: DatasetSettings): void {
  for (const [key, value] of Object.entries(settings)) {
    const option = Object.hasOwn(options, key) ? options[key] : undefined;
    if (!option) {
      const known = Object.keys(options);
      const instead = known.length > 0 ? `; it has ${known.join(', ')}` : '';
      throw new ArgumentError(`the data set ${name} has no option ${key}${instead}`);
    }
    if (option.choices && !option.choices.includes(value)) {
      throw new ArgumentError(
        `the option ${key} of the data set ${name} is ${option.choices.join(' or ')}, not ${value}`,
      );
    }
  }
}
