import { FormatError } from '@pnn/nn';
import { excerpt } from '../formats/excerpt.js';
import { numberIn } from '../formats/table.js';

/** The tasks that labels are for: one of some classes, or a number to predict. */
export const labelTasks = ['classes', 'numbers'] as const;

/** What labels are for. */
export type LabelTask = (typeof labelTasks)[number];

/** Labels as they are written, of one file. */
export interface WrittenLabels {
  /** What errors call the file. */
  readonly path: string;
  readonly labels: readonly string[];
}

/** Sorts names as people count: 2 before 10. */
export function sortedNames(names: Iterable<string>): string[] {
  const order = new Intl.Collator('en', { numeric: true });
  // Names that the collator takes for equal, such as 1 and 01, are told apart by their letters.
  return [...new Set(names)].sort((a, b) => order.compare(a, b) || (a < b ? -1 : 1));
}

/**
 * The position of each label among the classes.
 *
 * @throws FormatError if a label is none of the classes
 */
export function classesOf(dataset: string, { path, labels }: WrittenLabels, classes: readonly string[]): Int32Array {
  const positions = new Map(classes.map((name, i) => [name, i]));
  return Int32Array.from(labels, (label, row) => {
    const position = positions.get(label);
    if (position !== undefined) return position;
    throw new FormatError(
      `${dataset}: ${path} gives sample ${row} the label '${excerpt(label)}', which no training sample has`,
    );
  });
}

/**
 * The numbers that labels are.
 *
 * @throws FormatError if one is no finite number
 */
export function numbersOf(dataset: string, { path, labels }: WrittenLabels): Float32Array {
  return Float32Array.from(labels, (label, row) => {
    const value = numberIn(label);
    if (value !== undefined) return value;
    throw new FormatError(
      `${dataset}: ${path} gives sample ${row} the label '${excerpt(label)}', which is no finite number`,
    );
  });
}
