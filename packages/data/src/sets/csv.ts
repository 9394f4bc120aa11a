import { ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type DataFile, type FileSource, readDataFile } from '../file-source.js';
import { readTable, type Table, type TableOptions } from '../formats/table.js';
import { holdOut } from '../hold-out.js';
import type { DatasetSplits } from '../splits.js';
import { classesOf, type LabelTask, labelTasks, numbersOf, sortedNames } from './labels.js';

/** Which files `csv` reads, and how. */
export interface CsvDatasetOptions extends TableOptions {
  /**
   * Whether labels are the names of classes, or numbers to predict.
   *
   * @default 'classes'
   */
  readonly task?: LabelTask;
  /**
   * The name of the only file; a fifth of its rows, of every class alike, is set aside for tests.
   *
   * @default none: `train.csv` and `test.csv` are read
   */
  readonly file?: string;
}

const NAME = 'csv';
const MAX_BYTES = 256 * 2 ** 20;

/** The share of the rows that is set aside for tests where they are all in one file. */
const TEST_SHARE = 0.2;

const FILES = 'train.csv and test.csv (.gz or not), or one file that the option file names';

interface TableFile extends Table {
  readonly path: string;
}

async function read(source: FileSource, name: string, options: CsvDatasetOptions): Promise<TableFile> {
  const names = name.endsWith('.gz') ? [name] : [name, `${name}.gz`];
  const advice = `put ${FILES} there`;
  const file: DataFile = await readDataFile({ dataset: NAME, source, names, advice, maxBytes: MAX_BYTES });
  return { path: file.path, ...readTable(file.bytes, `${NAME}: ${file.path}`, options) };
}

/** The samples of a table. Classes are those of the training table, so that both number them alike. */
function samplesOf(table: TableFile, task: LabelTask, classes: readonly string[]): ArrayDataset {
  const inputShape = [table.columns.length];
  return task === 'numbers'
    ? new ArrayDataset({ inputs: table.features, inputShape, labels: numbersOf(NAME, table) })
    : new ArrayDataset({ inputs: table.features, inputShape, labels: classesOf(NAME, table, classes), classes });
}

/**
 * Rows [F] of numbers with a label each, from CSV files of your own: a header that names the columns or none, the label in one
 * of them, numbers in all others.
 *
 * @param source holds `train.csv` and `test.csv`, compressed (`.gz`) or not, or the file that the options name
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is no such table, the two have other columns, or a label of the test is unknown
 */
export async function csv(source: FileSource, options: CsvDatasetOptions = {}): Promise<DatasetSplits> {
  const { task = 'classes', file } = options;
  const train = await read(source, file ?? 'train.csv', options);
  const classes = task === 'classes' ? sortedNames(train.labels) : [];
  const samples = samplesOf(train, task, classes);
  if (file !== undefined) {
    const { train: rest, heldOut } = holdOut(samples, { share: TEST_SHARE });
    return { name: file, train: rest, test: heldOut };
  }
  const test = await read(source, 'test.csv', options);
  const [own, other] = [train, test].map(({ columns, label }) => [...columns, label].join());
  if (own !== other) {
    throw new FormatError(`${NAME}: ${train.path} and ${test.path} have other columns: they do not belong together`);
  }
  return { name: NAME, train: samples, test: samplesOf(test, task, classes) };
}

/** {@link csv} by name. */
export const csvDataset: DatasetEntry = {
  name: NAME,
  summary: 'rows of numbers with a label each, from CSV files of your own',
  files: FILES,
  options: {
    label: { value: 'COLUMN', description: 'the column of the labels (default label, class, target or y)' },
    task: { value: 'NAME', description: 'classes (default) or numbers to predict', choices: labelTasks },
    file: { value: 'FILE', description: 'the only file, of which a fifth is for tests' },
    separator: { value: 'CHARACTER', description: 'what stands between fields (default a comma)' },
  },
  training: { epochs: 20, batchSize: 32 },
  model: 'mlp',
  load: (source, _, { task, ...settings }) =>
    csv(source, { ...settings, task: task === 'numbers' ? 'numbers' : 'classes' }),
};
