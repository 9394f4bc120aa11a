import { ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type FileSource, type LendMemory, readDataFile } from '../file-source.js';
import type { DatasetSplits } from '../splits.js';

const SIDE = 32;
const CHANNELS = 3;
const IMAGE_BYTES = CHANNELS * SIDE * SIDE;
/** One byte of label, then the red, the green and the blue plane. */
const RECORD_BYTES = 1 + IMAGE_BYTES;
/** The records of each file as it is published. */
const RECORDS_PER_FILE = 10_000;

/** The folder that the archive is unpacked to. */
const FOLDER = 'cifar-10-batches-bin';

const FILES = 'the six .bin files of the binary version of CIFAR-10, https://www.cs.toronto.edu/~kriz/cifar.html';

const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** The file as checked records, in the memory if the source uses it. */
async function readRecords(source: FileSource, name: string, memory: LendMemory): Promise<Uint8Array> {
  const advice = `put ${FILES} there`;
  const { path, bytes } = await readDataFile({
    dataset: 'cifar10',
    source,
    names: [name],
    folders: [FOLDER],
    advice,
    memory,
  });
  if (bytes.length === 0 || bytes.length % RECORD_BYTES !== 0) {
    throw new FormatError(
      `cifar10: ${path} has ${bytes.length} bytes, which is not a positive multiple of the ${RECORD_BYTES} of a record: it is truncated, or not the binary version`,
    );
  }
  for (let start = 0; start < bytes.length; start += RECORD_BYTES) {
    if (bytes[start]! >= classes.length) {
      throw new FormatError(
        `cifar10: ${path} gives record ${start / RECORD_BYTES} the label ${bytes[start]}, and labels go from 0 to ${classes.length - 1}`,
      );
    }
  }
  return bytes;
}

/**
 * Joins the files of a split. Each is read to where its images belong, if the source can do that, and then moved together
 * over the labels in between: so that nothing but the images takes memory.
 */
async function readSplit(source: FileSource, names: readonly string[]): Promise<ArrayDataset> {
  let images = new Uint8Array(0);
  let labels = new Int32Array(0);
  let count = 0;
  /** Makes room for the records of a file: for all files where it is as they are published. */
  const reserve = (bytes: number) => {
    const end = count + Math.ceil(bytes / RECORD_BYTES);
    if (end <= labels.length) return;
    const records = Math.max(2 * labels.length, end === RECORDS_PER_FILE ? names.length * end : end);
    const moved = new Uint8Array(records * IMAGE_BYTES + RECORDS_PER_FILE);
    moved.set(images.subarray(0, count * IMAGE_BYTES));
    images = moved;
    const movedLabels = new Int32Array(records);
    movedLabels.set(labels.subarray(0, count));
    labels = movedLabels;
  };
  for (const name of names) {
    const records = await readRecords(source, name, (bytes) => {
      reserve(bytes);
      const room = images.subarray(count * IMAGE_BYTES);
      return bytes <= room.length ? room.subarray(0, bytes) : new Uint8Array(bytes);
    });
    reserve(records.length);
    for (let start = 0; start < records.length; start += RECORD_BYTES, count++) {
      labels[count] = records[start]!;
      images.set(records.subarray(start + 1, start + RECORD_BYTES), count * IMAGE_BYTES);
    }
  }
  // Where there was room for more, it is given back.
  const isFull = count === labels.length;
  return new ArrayDataset({
    inputs: isFull ? images.subarray(0, count * IMAGE_BYTES) : images.slice(0, count * IMAGE_BYTES),
    inputShape: [CHANNELS, SIDE, SIDE],
    labels: isFull ? labels : labels.slice(0, count),
    classes,
  });
}

/**
 * CIFAR-10, 50,000 and 10,000 color images of ten things, 3x32x32, channels red, green, blue (Krizhevsky, "Learning
 * Multiple Layers of Features from Tiny Images", 2009).
 *
 * @param source holds `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` of the binary version, itself or in
 *   `cifar-10-batches-bin`
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is not made of whole records with labels from 0 to 9
 */
export async function cifar10(source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
  const train = await readSplit(source, batches);
  return { name: 'cifar10', train, test: await readSplit(source, ['test_batch.bin']) };
}

/** {@link cifar10} by name. */
export const cifar10Dataset: DatasetEntry = {
  name: 'cifar10',
  summary: '60,000 color images of ten things, 32x32',
  inputShape: [CHANNELS, SIDE, SIDE],
  files: FILES,
  load: cifar10,
};
