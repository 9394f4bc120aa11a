import { ArgumentError, ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry, SampleCounts } from '../../dataset-entry.js';
import { type FileSource, openDataFile, readDataFile } from '../../file-source.js';
import { csvRecords } from '../../formats/csv.js';
import type { DatasetSplits } from '../../splits.js';
import { AXES, forEachWindow, STEPS } from './windows.js';

const NAME = 'capture24';
const DICTIONARY = 'annotation-label-dictionary.csv';
const FOLDER = 'capture24';
const RECORD = 'https://ora.ox.ac.uk/objects/uuid:99d7c092-d865-4a19-b096-cc16440cd001';
const FILES = `P001.csv.gz to P151.csv.gz and ${DICTIONARY} of Capture-24, from ${RECORD}`;
const ADVICE = `put ${FILES} there`;

/** What a day of a participant expands to. */
const MAX_RECORDING_BYTES = 2 ** 31;

const participant = (number: number) => `P${String(number).padStart(3, '0')}`;
/** The authors train with the first hundred participants and test with the others. */
const FIRST_TEST_PARTICIPANT = 101;
const LAST_PARTICIPANT = 151;

/** The label schemes of the dictionary, by the papers that they come from. */
export const capture24Labels = [
  'Willetts2018',
  'WillettsSpecific2018',
  'WillettsMET2018',
  'Doherty2018',
  'DohertySpecific2018',
  'Walmsley2020',
] as const;

/** How Capture-24 is read: all, or only the first windows of each split. */
export interface Capture24Options extends SampleCounts {
  /**
   * The column of the dictionary that annotations are summed up by.
   *
   * @default 'Willetts2018'
   */
  readonly labels?: (typeof capture24Labels)[number];
}

/** The labels of annotations, and their names. */
interface Labels {
  readonly ofAnnotation: ReadonlyMap<string, number>;
  readonly classes: readonly string[];
}

async function readDictionary(source: FileSource, labels: string): Promise<Labels> {
  const request = { dataset: NAME, source, names: [DICTIONARY], folders: [FOLDER], advice: ADVICE };
  const { path, bytes } = await readDataFile(request);
  const [header, ...records] = csvRecords(bytes, `${NAME}: ${path}`);
  const annotationColumn = header?.fields.indexOf('annotation') ?? -1;
  const labelColumn = header?.fields.indexOf(`label:${labels}`) ?? -1;
  if (annotationColumn < 0 || labelColumn < 0) {
    throw new FormatError(`${NAME}: ${path} has no columns called annotation and label:${labels}`);
  }
  const names = new Map<string, string>();
  for (const { line, fields } of records) {
    const [annotation, label] = [fields[annotationColumn], fields[labelColumn]];
    if (!annotation || label === undefined) {
      throw new FormatError(`${NAME}: ${path}: line ${line} has no annotation, or no label`);
    }
    if (label !== '') names.set(annotation, label);
  }
  const classes = [...new Set(names.values())].sort();
  if (classes.length === 0) throw new FormatError(`${NAME}: ${path} has no labels`);
  return {
    ofAnnotation: new Map(Array.from(names, ([annotation, name]) => [annotation, classes.indexOf(name)])),
    classes,
  };
}

/** Windows one after another, in memory that grows. */
class WindowStore {
  #values = new Float32Array(0);
  readonly labels: number[] = [];
  readonly participants: number[] = [];

  add(values: Float32Array, label: number, number: number): void {
    const start = this.labels.length * values.length;
    if (start + values.length > this.#values.length) {
      const grown = new Float32Array(Math.ceil(1.5 * start) + 1024 * values.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(values, start);
    this.labels.push(label);
    this.participants.push(number);
  }

  get values(): Float32Array {
    return this.#values.slice(0, this.labels.length * AXES * STEPS);
  }
}

/** The windows of these participants whose annotations have a label, until there are so many of them. */
async function readSplit(
  source: FileSource,
  { ofAnnotation, classes }: Labels,
  [first, last]: readonly [number, number],
  count = Number.POSITIVE_INFINITY,
): Promise<{ samples: ArrayDataset; participants: Int32Array }> {
  const store = new WindowStore();
  for (let number = first; number <= last && store.labels.length < count; number++) {
    const names = [`${participant(number)}.csv.gz`, `${participant(number)}.csv`];
    const request = { dataset: NAME, source, names, folders: [FOLDER], advice: ADVICE, maxBytes: MAX_RECORDING_BYTES };
    const { path, chunks } = await openDataFile(request);
    await forEachWindow(chunks, path, ({ values, annotation }) => {
      const label = ofAnnotation.get(annotation);
      if (label !== undefined && store.labels.length < count) store.add(values, label, number);
    });
  }
  if (store.labels.length === 0) {
    throw new FormatError(`${NAME}: ${participant(first)} to ${participant(last)} have no window with a label`);
  }
  return {
    samples: new ArrayDataset({
      inputs: store.values,
      inputShape: [AXES, STEPS],
      labels: Int32Array.from(store.labels),
      classes,
    }),
    participants: Int32Array.from(store.participants),
  };
}

/**
 * Capture-24: a day each of 151 people with an accelerometer at the wrist (Chan et al., arXiv 2402.19229), in windows of ten
 * seconds [3,250] at 25 Hz, in g. The first hundred are for training, the others for testing. A window has the label of what was
 * done most of its time; those without an annotation, or whose annotation has no label in the dictionary, are left out.
 *
 * @param source holds `P001.csv.gz` to `P151.csv.gz` and `annotation-label-dictionary.csv`, itself or in `capture24`; where only
 *   the first windows are wanted, only the files that they are in
 * @throws ArgumentError if a file is not there or cannot be read, or there are no such labels
 * @throws FormatError if a file is damaged
 */
export async function capture24(
  source: FileSource,
  options: Capture24Options = {},
): Promise<DatasetSplits<ArrayDataset>> {
  const { labels = 'Willetts2018', train, test } = options;
  if (!capture24Labels.includes(labels)) {
    throw new ArgumentError(`${NAME}: the labels must be ${capture24Labels.join(', ')}, not ${labels}`);
  }
  const dictionary = await readDictionary(source, labels);
  const training = await readSplit(source, dictionary, [1, FIRST_TEST_PARTICIPANT - 1], train);
  const testing = await readSplit(source, dictionary, [FIRST_TEST_PARTICIPANT, LAST_PARTICIPANT], test);
  return { name: NAME, train: training.samples, test: testing.samples, groups: training.participants };
}

/** {@link capture24} by name. */
export const capture24Dataset: DatasetEntry = {
  name: NAME,
  summary: 'a day of 151 people with a sensor at the wrist, in windows of 10 s',
  inputShape: [AXES, STEPS],
  files: FILES,
  published: [
    {
      name: 'capture24.zip',
      addresses: [`${RECORD}/files/rpr76f381b`],
      bytes: 6_902_652_480,
      // Not published by the authors, but stated alike by several who have downloaded it.
      sha256: '69740c22d3e000367988373336dc6486c10fe3f3f929811fd66e4d84861e40e2',
      // Its files are compressed already.
      archive: { format: 'zip', maxBytes: 8_000_000_000 },
    },
  ],
  options: {
    labels: { value: 'NAME', description: 'Willetts2018 (default) or another scheme', choices: capture24Labels },
  },
  model: 'mlp',
  widths: { mlp: [256, 128, 64, 32, 16, 64] },
  load: (source, counts, { labels }) => {
    const scheme = capture24Labels.find((name) => name === labels);
    return capture24(source, { ...counts, ...(scheme && { labels: scheme }) });
  },
};
