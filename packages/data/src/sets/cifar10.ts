import { FormatError } from '@pnn/tensor';
import { readDataFile } from '../node/folder-source.js';
import type { DatasetSplits, ImageDataset } from '../statistics.js';

const SIZE = 32;
const CHANNELS = 3;
const IMAGE = CHANNELS * SIZE * SIZE;
/** One byte of label, then the red, the green and the blue plane. */
const RECORD = 1 + IMAGE;

const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** The file as checked records. */
async function readRecords(directory: string, name: string): Promise<Uint8Array> {
  const advice = 'put the six .bin files of the binary version of CIFAR-10 there';
  const { path, bytes } = await readDataFile('cifar10', directory, [name], advice);
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new FormatError(
      `cifar10: ${path} has ${bytes.length} bytes, which is not a positive multiple of the ${RECORD} of a record: it is truncated, or not the binary version`,
    );
  }
  for (let start = 0; start < bytes.length; start += RECORD) {
    if (bytes[start]! >= classes.length) {
      throw new FormatError(
        `cifar10: ${path} gives record ${start / RECORD} the label ${bytes[start]}, and labels go from 0 to ${classes.length - 1}`,
      );
    }
  }
  return bytes;
}

async function readSplit(directory: string, split: 'train' | 'test', names: readonly string[]): Promise<ImageDataset> {
  const files: Uint8Array[] = [];
  for (const name of names) files.push(await readRecords(directory, name));
  const count = files.reduce((sum, file) => sum + file.length / RECORD, 0);
  const images = new Uint8Array(count * IMAGE);
  const labels = new Int32Array(count);
  let image = 0;
  for (const file of files) {
    for (let start = 0; start < file.length; start += RECORD) {
      labels[image] = file[start]!;
      images.set(file.subarray(start + 1, start + RECORD), image * IMAGE);
      image++;
    }
  }
  return { name: `cifar10/${split}`, images, labels, count, channels: CHANNELS, height: SIZE, width: SIZE, classes };
}

/**
 * CIFAR-10, 50,000 and 10,000 colour images of ten things, 3x32x32, channels red, green, blue (Krizhevsky, "Learning
 * Multiple Layers of Features from Tiny Images", 2009).
 *
 * @param directory holds `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` of the binary version
 * @throws ArgumentError where a file is not there or cannot be read
 * @throws FormatError where a file is not made of whole records with labels from 0 to 9
 */
export async function cifar10(directory: string): Promise<DatasetSplits> {
  const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
  const train = await readSplit(directory, 'train', batches);
  return { train, test: await readSplit(directory, 'test', ['test_batch.bin']) };
}
