import { ArgumentError, ArrayDataset } from '@pnn/nn';
import type { DatasetEntry, SampleCounts } from '../dataset-entry.js';
import { LogMel } from '../features/log-mel.js';
import type { FileSource } from '../file-source.js';
import type { DatasetSplits } from '../splits.js';
import { center, decodeRecording, leveled, readRecording } from './recording.js';

const NAME = 'fsdd';
const SAMPLE_RATE = 8000;
const DIGITS = 10;
const speakers = ['george', 'jackson', 'lucas', 'nicolas', 'theo', 'yweweler'];
/** Recordings of each digit by each speaker; the first of them are for testing. */
const TAKES = 50;
const TEST_TAKES = 5;
/** The speakers that are for testing where the split is by speaker: the last ones. */
const TEST_SPEAKERS = 2;

const MELS = 40;
const FRAMES = 64;
const WINDOW = 256;
const HOP = 128;
/** 1.04 s, which all but one in 200 recordings fit into. */
const LENGTH = WINDOW + (FRAMES - 1) * HOP;

const FOLDER = 'recordings';
const FILES =
  'the folder recordings of the Free Spoken Digit Dataset, with its 3,000 WAV files, from https://github.com/Jakobovski/free-spoken-digit-dataset';

/** How Free Spoken Digits are split into training and test. */
export const fsddSplits = ['official', 'speaker'] as const;

/** How Free Spoken Digits are read: all, or only the first ones of each split. */
export interface FsddOptions extends SampleCounts {
  /**
   * By the number of the recording (0–4 of 50 are for testing), as published; or by the speaker (two of six are for testing):
   * then the network has never heard whom it is tested with, and what is held out to choose by is of one speaker, too.
   *
   * @default 'official'
   */
  readonly split?: (typeof fsddSplits)[number];
}

interface Recording {
  readonly digit: number;
  readonly speaker: number;
  readonly take: number;
}

/** All recordings in an order in which the first ones are of all digits and speakers. */
const recordings: readonly Recording[] = Array.from({ length: TAKES * speakers.length * DIGITS }, (_, i) => ({
  digit: i % DIGITS,
  speaker: Math.floor(i / DIGITS) % speakers.length,
  take: Math.floor(i / (DIGITS * speakers.length)),
}));

const isForTesting: Readonly<Record<(typeof fsddSplits)[number], (recording: Recording) => boolean>> = {
  official: ({ take }) => take < TEST_TAKES,
  speaker: ({ speaker }) => speaker >= speakers.length - TEST_SPEAKERS,
};

/** Makes spectrograms of recordings at the sample rate. */
class Spectrograms {
  readonly #logMel = new LogMel({
    sampleRate: SAMPLE_RATE,
    windowLength: WINDOW,
    hopLength: HOP,
    mels: MELS,
    floor: 1e-6,
  });
  readonly #samples = new Float32Array(LENGTH);

  compute(recording: Float32Array, out: Float32Array): Float32Array {
    center(leveled(recording), this.#samples);
    return this.#logMel.compute(this.#samples, out);
  }
}

async function spectrogramsOf(source: FileSource, chosen: readonly Recording[]): Promise<ArrayDataset> {
  const spectrograms = new Spectrograms();
  const size = MELS * FRAMES;
  const inputs = new Float32Array(chosen.length * size);
  for (const [i, { digit, speaker, take }] of chosen.entries()) {
    const names = [`${digit}_${speakers[speaker]}_${take}.wav`];
    const request = { dataset: NAME, source, names, folders: [FOLDER], advice: `put ${FILES} there` };
    spectrograms.compute(await readRecording(request, SAMPLE_RATE), inputs.subarray(i * size, (i + 1) * size));
  }
  return new ArrayDataset({
    inputs,
    inputShape: [1, MELS, FRAMES],
    labels: Int32Array.from(chosen, ({ digit }) => digit),
    classes: Array.from({ length: DIGITS }, (_, digit) => `${digit}`),
  });
}

/**
 * Free Spoken Digits: 3,000 recordings of ten digits by six speakers, 50 each (Jackson et al.,
 * doi.org/10.5281/zenodo.1342401), as log-mel spectrograms [1,40,64]: windows of 32 ms, one every 16 ms, for 1.04 s around
 * the middle of the recording, all equally loud. They are computed once.
 *
 * @param source holds the WAV files, itself or in `recordings`
 * @throws ArgumentError if a file is not there or cannot be read, or there is no such split
 * @throws FormatError if a file is damaged
 */
export async function fsdd(source: FileSource, options: FsddOptions = {}): Promise<DatasetSplits<ArrayDataset>> {
  const { split = 'official', train: trainCount, test: testCount } = options;
  if (!fsddSplits.includes(split)) {
    throw new ArgumentError(`${NAME}: the split must be ${fsddSplits.join(' or ')}, not ${split}`);
  }
  const isTest = isForTesting[split];
  const train = recordings.filter((recording) => !isTest(recording)).slice(0, trainCount);
  const test = recordings.filter(isTest).slice(0, testCount);
  return {
    name: split === 'official' ? NAME : `${NAME}, by speaker`,
    train: await spectrogramsOf(source, train),
    test: await spectrogramsOf(source, test),
    ...(split === 'speaker' && { groups: Int32Array.from(train, ({ speaker }) => speaker) }),
  };
}

/** {@link fsdd} by name. */
export const fsddDataset: DatasetEntry = {
  name: NAME,
  summary: '3,000 spoken digits as log-mel spectrograms, 40x64',
  inputShape: [1, MELS, FRAMES],
  files: FILES,
  published: [
    {
      name: 'free-spoken-digit-dataset.tar.gz',
      addresses: ['https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz'],
      archive: { format: 'tar.gz', strip: 1, maxBytes: 200_000_000 },
    },
  ],
  options: {
    split: { value: 'NAME', description: 'official (default), or speaker: of people never heard', choices: fsddSplits },
  },
  training: { epochs: 12, batchSize: 64, lr: 0.002, averageDecay: 0.98 },
  // Voices that were never heard reach about three times as far as one of four speakers held out of the training data, so the
  // boundary loss begins at a quarter of B, where that one stays below a third.
  margin: 5,
  alpha: 0.25,
  model: 'spectrogram-cnn',
  fileReaders: {
    '.wav': (bytes, path) =>
      new Spectrograms().compute(decodeRecording(NAME, path, bytes, SAMPLE_RATE), new Float32Array(MELS * FRAMES)),
  },
  load: (source, counts, { split }) => fsdd(source, { ...counts, ...(split === 'speaker' && { split }) }),
};
