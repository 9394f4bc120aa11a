import { ArgumentError, ArrayDataset, FormatError, Generator } from '@pnn/nn';
import type { DatasetEntry, SampleCounts } from '../dataset-entry.js';
import { LogMel } from '../features/log-mel.js';
import { type FileSource, readDataFile } from '../file-source.js';
import { quoted } from '../quoted.js';
import type { DatasetSplits } from '../splits.js';
import { center, decodeRecording, readRecording } from './recording.js';

const NAME = 'speech-commands';
const SAMPLE_RATE = 16_000;
/** A second: that is what the recordings were cut to. */
const LENGTH = SAMPLE_RATE;
const MELS = 40;
const FRAMES = 49;
const logMelOptions = { sampleRate: SAMPLE_RATE, windowLength: 480, hopLength: 320, mels: MELS, floor: 1e-6 } as const;

const VALIDATION_LIST = 'validation_list.txt';
const TESTING_LIST = 'testing_list.txt';
const NOISE_FOLDER = '_background_noise_';
const FILES = `the folders of the words, ${NOISE_FOLDER}, ${VALIDATION_LIST} and ${TESTING_LIST}, unpacked from http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz`;
const ADVICE = `put ${FILES} there`;

const commands = ['yes', 'no', 'up', 'down', 'left', 'right', 'on', 'off', 'stop', 'go'];
const UNKNOWN = 'unknown';
const SILENCE = 'silence';

/** Of the samples of the ten commands, so many more are of other words, and as many of silence. */
const EXTRA_SHARE = 0.1;

/** Where the pieces of background noise of each split come from, in parts of a recording: so that no piece is in two splits. */
const noiseParts = { train: [0, 0.8], validation: [0.8, 0.9], test: [0.9, 1] } as const;

type SplitName = keyof typeof noiseParts;

/** The words that Speech Commands are told apart by. */
export const speechCommandsWords = ['all', 'commands'] as const;

/** How Speech Commands are read: all, or only the first ones of each split. */
export interface SpeechCommandsOptions extends SampleCounts {
  /**
   * All words (35 of them in version 0.02), or the ten commands, with classes for unknown words and for silence.
   *
   * @default 'all'
   */
  readonly words?: (typeof speechCommandsWords)[number];
}

/** What a sample is made of: a recording of a word, or a piece of background noise. */
interface Item {
  readonly file: string;
  readonly label: number;
  /** Where the piece of a background noise begins, as a part of it, and how loud it is; undefined for a word. */
  readonly piece?: { readonly start: number; readonly gain: number };
}

/** The archive: the folder that it is in, and the names of its recordings without that. */
interface Archive {
  readonly source: FileSource;
  readonly prefix: string;
  readonly recordings: readonly string[];
  readonly noises: readonly string[];
}

async function openArchive(source: FileSource): Promise<Archive> {
  if (!source.list) {
    throw new ArgumentError(
      `${NAME}: ${source.description} cannot tell which files it has, and those of the training data are listed nowhere else`,
    );
  }
  const names = await source.list();
  const list = names.find((name) => name === TESTING_LIST || name.endsWith(`/${TESTING_LIST}`));
  if (list === undefined) {
    throw new ArgumentError(`${NAME}: ${source.description} has no file ${TESTING_LIST}: ${ADVICE}`);
  }
  const prefix = list.slice(0, -TESTING_LIST.length);
  const recordings = names
    .filter((name) => name.startsWith(prefix) && /^[^/]+\/[^/]+\.wav$/.test(name.slice(prefix.length)))
    .map((name) => name.slice(prefix.length));
  return {
    source,
    prefix,
    recordings: recordings.filter((name) => !name.startsWith('_')),
    noises: recordings.filter((name) => name.startsWith(`${NOISE_FOLDER}/`)),
  };
}

const wordOf = (file: string) => file.slice(0, file.indexOf('/'));

/** The recordings that a list names, all of which must be there. */
async function readList({ source, prefix, recordings }: Archive, name: string): Promise<Set<string>> {
  const request = { dataset: NAME, source, names: [`${prefix}${name}`], advice: ADVICE };
  const { path, bytes } = await readDataFile(request);
  const known = new Set(recordings);
  const listed = new TextDecoder().decode(bytes).split(/\r?\n/).filter(Boolean);
  if (listed.length === 0) throw new FormatError(`${NAME}: ${path} names no recording`);
  const missing = listed.findIndex((file) => !known.has(file));
  if (missing >= 0) {
    throw new FormatError(
      `${NAME}: ${path} names ${quoted(listed[missing]!)} in line ${missing + 1}, and there is no such recording: unpack the archive again`,
    );
  }
  return new Set(listed);
}

/** The items in a random order, which is the same every time: so that the first ones are of all classes. */
function shuffled<T>(items: readonly T[], stream: string): T[] {
  return Array.from(new Generator(0, stream).permutation(items.length), (i) => items[i]!);
}

/** The recordings of a split as commands, unknown words and silence. */
function commandItems(split: SplitName, files: readonly string[], noises: readonly string[]): Item[] {
  const wanted = files.filter((file) => commands.includes(wordOf(file)));
  const extra = Math.ceil(EXTRA_SHARE * wanted.length);
  const others = files.filter((file) => !commands.includes(wordOf(file)));
  const generator = new Generator(0, `${NAME} silence ${split}`);
  const [from, to] = noiseParts[split];
  const silence = Array.from({ length: extra }, () => ({
    file: noises[generator.integer(noises.length)]!,
    label: commands.length + 1,
    piece: { start: from + (to - from) * generator.uniform(), gain: generator.uniform() },
  }));
  return [
    ...wanted.map((file) => ({ file, label: commands.indexOf(wordOf(file)) })),
    ...shuffled(others, `${NAME} unknown ${split}`)
      .slice(0, extra)
      .map((file) => ({ file, label: commands.length })),
    ...silence,
  ];
}

/** Reads recordings as spectrograms. Background noises, which pieces are cut from, are read once. */
class SpectrogramReader {
  readonly #archive: Archive;
  readonly #logMel = new LogMel(logMelOptions);
  readonly #noises = new Map<string, Float32Array>();
  readonly #samples = new Float32Array(LENGTH);

  constructor(archive: Archive) {
    this.#archive = archive;
  }

  async read(item: Item, split: SplitName, out: Float32Array): Promise<void> {
    if (item.piece) this.#cut(await this.#noise(item.file), item.piece, noiseParts[split][1]);
    else center(await this.#recording(item.file), this.#samples);
    this.#logMel.compute(this.#samples, out);
  }

  #recording(file: string): Promise<Float32Array> {
    const { source, prefix } = this.#archive;
    return readRecording({ dataset: NAME, source, names: [`${prefix}${file}`], advice: ADVICE }, SAMPLE_RATE);
  }

  async #noise(file: string): Promise<Float32Array> {
    const noise = this.#noises.get(file) ?? (await this.#recording(file));
    this.#noises.set(file, noise);
    return noise;
  }

  #cut(noise: Float32Array, { start, gain }: NonNullable<Item['piece']>, end: number): void {
    const last = Math.floor(end * noise.length) - LENGTH;
    const first = Math.max(0, Math.min(Math.floor(start * noise.length), last));
    const piece = noise.subarray(first, first + LENGTH);
    center(piece, this.#samples);
    for (let i = 0; i < LENGTH; i++) this.#samples[i]! *= gain;
  }
}

async function readSplit(
  reader: SpectrogramReader,
  split: SplitName,
  items: readonly Item[],
  classes: readonly string[],
  count: number | undefined,
): Promise<ArrayDataset> {
  const chosen = shuffled(items, `${NAME} ${split}`).slice(0, count);
  const size = MELS * FRAMES;
  const inputs = new Float32Array(chosen.length * size);
  for (const [i, item] of chosen.entries()) {
    await reader.read(item, split, inputs.subarray(i * size, (i + 1) * size));
  }
  const labels = Int32Array.from(chosen, ({ label }) => label);
  return new ArrayDataset({ inputs, inputShape: [1, MELS, FRAMES], labels, classes });
}

/**
 * Speech Commands: a second each of 35 words by 2,618 speakers, 105,829 recordings in version 0.02 (Warden, arXiv
 * 1804.03209), as log-mel spectrograms [1,40,49]: windows of 30 ms, one every 20 ms. The lists of the archive say which are for
 * validation and for testing; no speaker is in two splits. With `words: 'commands'` there are twelve classes: the ten commands, a
 * tenth as many recordings of other words, and as many pieces of background noise of random loudness.
 *
 * Spectrograms are computed once. They take 7.8 KB a sample, a quarter of what the recordings do: 830 MB for all.
 *
 * @param source holds the unpacked archive and can list its files
 * @throws ArgumentError if a file is not there or cannot be read, or there are no such words
 * @throws FormatError if a file is damaged, or a list names a recording that is not there
 */
export async function speechCommands(
  source: FileSource,
  options: SpeechCommandsOptions = {},
): Promise<DatasetSplits<ArrayDataset>> {
  const { words = 'all', train, test } = options;
  if (!speechCommandsWords.includes(words)) {
    throw new ArgumentError(`${NAME}: the words must be ${speechCommandsWords.join(' or ')}, not ${words}`);
  }
  const archive = await openArchive(source);
  const lists = {
    validation: await readList(archive, VALIDATION_LIST),
    test: await readList(archive, TESTING_LIST),
  };
  const inBoth = [...lists.test].find((file) => lists.validation.has(file));
  if (inBoth !== undefined) throw new FormatError(`${NAME}: ${inBoth} is for validation and for testing at once`);
  const files: Readonly<Record<SplitName, readonly string[]>> = {
    train: archive.recordings.filter((file) => !lists.validation.has(file) && !lists.test.has(file)),
    validation: [...lists.validation].sort(),
    test: [...lists.test].sort(),
  };
  const all = [...new Set(archive.recordings.map(wordOf))].sort();
  const classes = words === 'all' ? all : [...commands, UNKNOWN, SILENCE];
  if (words === 'commands' && archive.noises.length === 0) {
    throw new ArgumentError(`${NAME}: ${source.description} has no recordings in ${NOISE_FOLDER}: ${ADVICE}`);
  }
  const itemsOf = (split: SplitName): Item[] =>
    words === 'all'
      ? files[split].map((file) => ({ file, label: all.indexOf(wordOf(file)) }))
      : commandItems(split, files[split], archive.noises);
  const reader = new SpectrogramReader(archive);
  const read = (split: SplitName, count?: number) => {
    const items = itemsOf(split);
    if (items.length > 0) return readSplit(reader, split, items, classes, count);
    throw new FormatError(`${NAME}: ${source.description} has no recording for ${split}: ${ADVICE}`);
  };
  return {
    name: words === 'all' ? NAME : `${NAME}, ten commands`,
    train: await read('train', train),
    validation: await read('validation'),
    test: await read('test', test),
  };
}

/** {@link speechCommands} by name. */
export const speechCommandsDataset: DatasetEntry = {
  name: NAME,
  summary: '105,829 spoken words as log-mel spectrograms, 40x49',
  inputShape: [1, MELS, FRAMES],
  files: FILES,
  published: [
    {
      name: 'speech_commands_v0.02.tar.gz',
      addresses: [
        'http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz',
        'https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz',
      ],
      bytes: 2_428_923_189,
      // As torchaudio and the checksums of TensorFlow Datasets have it.
      sha256: 'af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58',
      archive: { format: 'tar.gz', maxBytes: 5_000_000_000 },
    },
  ],
  options: {
    words: {
      value: 'NAME',
      description: 'all (default), or commands: ten of them, unknown words and silence',
      choices: speechCommandsWords,
    },
  },
  training: { epochs: 10 },
  model: 'spectrogram-cnn',
  fileReaders: {
    '.wav': (bytes, path) =>
      new LogMel(logMelOptions).compute(
        center(decodeRecording(NAME, path, bytes, SAMPLE_RATE), new Float32Array(LENGTH)),
        new Float32Array(MELS * FRAMES),
      ),
  },
  load: (source, counts, { words }) => speechCommands(source, { ...counts, ...(words === 'commands' && { words }) }),
};
