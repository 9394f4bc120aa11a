import { FormatError } from '@pnn/nn';
import { type CsvOptions, csvRecords } from './csv.js';
import { excerpt } from './excerpt.js';

/** How a table of numbers and one label in each row is read. */
export interface TableOptions extends CsvOptions {
  /**
   * The column of the labels, by its name in the header, or by its number, counted from 1.
   *
   * @default the one called label, class, target or y; the last one where there is no header
   */
  readonly label?: string;
}

/** A table of numbers with one label in each row. */
export interface Table {
  /** The names of the columns of features; numbers from 1 where there is no header. */
  readonly columns: readonly string[];
  /** What the labels are called. */
  readonly label: string;
  /** The numbers, row by row. */
  readonly features: Float32Array;
  /** The labels as they are written, row by row. */
  readonly labels: readonly string[];
}

/** What a column of labels is called, in lower case. */
const LABEL_NAMES = ['label', 'class', 'target', 'y'];

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The finite single-precision number that a field holds, spaces around it aside; undefined if there is none. */
export function numberIn(field: string): number | undefined {
  const trimmed = field.trim();
  if (!NUMBER.test(trimmed)) return undefined;
  const value = Math.fround(Number(trimmed));
  return Number.isFinite(value) ? value : undefined;
}

/** The names of at most eight columns, as a sentence lists them. */
function listed(names: readonly string[]): string {
  return `${names.slice(0, 8).map(excerpt).join(', ')}${names.length > 8 ? ', …' : ''}`;
}

function labelColumn(names: readonly string[], hasHeader: boolean, wanted: string | undefined, name: string): number {
  if (wanted === undefined) {
    if (!hasHeader) return names.length - 1;
    const found = names.findIndex((each) => LABEL_NAMES.includes(each.toLowerCase()));
    if (found >= 0) return found;
    throw new FormatError(
      `${name}: no column is called ${LABEL_NAMES.join(', ')}: say which of ${listed(names)} is the label`,
    );
  }
  const byName = names.indexOf(wanted);
  if (byName >= 0) return byName;
  const number = Number(wanted);
  if (Number.isInteger(number) && number >= 1 && number <= names.length) return number - 1;
  throw new FormatError(`${name}: no column is called '${excerpt(wanted)}'; there are ${listed(names)}`);
}

/**
 * Whether the first record names the columns: one of its fields is no number. The label may be a word in every row, though, so
 * that a single word where labels stand is a name only if it is one that labels have.
 */
function isHeader(fields: readonly string[], label: string | undefined): boolean {
  const words = fields.flatMap((field, column) => (numberIn(field) === undefined ? [column] : []));
  if (words.length !== 1) return words.length > 0;
  const word = fields[words[0]!]!.trim();
  if (word === label || LABEL_NAMES.includes(word.toLowerCase())) return true;
  const place = label === undefined ? fields.length : Number(label);
  return words[0]! !== place - 1;
}

/** Numbers one after another, in memory that grows. */
class GrowingNumbers {
  #values = new Float32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float32Array(2 * this.#length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  get values(): Float32Array {
    return this.#values.slice(0, this.#length);
  }
}

/**
 * A table from a CSV file: one sample in each row, one of its columns the label, all others numbers. There is a header if the
 * first record has a field that is no number.
 *
 * @param name what errors call the file
 * @throws FormatError if it is no CSV, has no row, a row has other fields than the first, or a field is no finite number
 *   where one is needed
 */
export function readTable(bytes: Uint8Array, name: string, options: TableOptions = {}): Table {
  let names: readonly string[] | undefined;
  let label = -1;
  const features = new GrowingNumbers();
  const labels: string[] = [];
  for (const { line, fields } of csvRecords(bytes, name, options)) {
    if (!names) {
      const hasHeader = isHeader(fields, options.label);
      names = fields.map((field, i) => (hasHeader ? field.trim() : String(i + 1)));
      if (fields.length < 2) throw new FormatError(`${name} has one column: features and a label make two or more`);
      label = labelColumn(names, hasHeader, options.label, name);
      if (hasHeader) continue;
    }
    if (fields.length !== names.length) {
      throw new FormatError(`${name}: line ${line} has ${fields.length} fields, and the first one ${names.length}`);
    }
    fields.forEach((field, column) => {
      if (column === label) {
        labels.push(field.trim());
        return;
      }
      const value = numberIn(field);
      if (value === undefined) {
        const what = field.trim() === '' ? 'nothing' : `'${excerpt(field.trim())}'`;
        throw new FormatError(
          `${name}: line ${line} has ${what} in the column ${excerpt(names![column]!)}, where a finite number is needed: repair the row, or leave it or the column out`,
        );
      }
      features.push(value);
    });
  }
  if (!names || labels.length === 0) throw new FormatError(`${name} has no rows`);
  return {
    columns: names.filter((_, column) => column !== label),
    label: names[label]!,
    features: features.values,
    labels,
  };
}
