import { FormatError } from '@pnn/tensor';
import { decodeIdx } from '../formats/idx.js';
import { readDataFile } from '../node/folder-source.js';
import type { DatasetSplits, ImageDataset } from '../statistics.js';

const SIZE = 28;

/** A data set published in the four files of MNIST. */
interface Publication {
  readonly reader: string;
  readonly name: string;
  readonly classes: readonly string[];
}

async function readIdx(reader: string, directory: string, name: string) {
  const advice = 'put the four files of the data set there as they are published, compressed or not';
  const { path, bytes } = await readDataFile(reader, directory, [`${name}.gz`, name], advice);
  return { path, ...decodeIdx(bytes, path) };
}

async function readSplit(
  { reader, name, classes }: Publication,
  directory: string,
  split: 'train' | 'test',
): Promise<ImageDataset> {
  const prefix = split === 'train' ? 'train' : 't10k';
  const pixels = await readIdx(reader, directory, `${prefix}-images-idx3-ubyte`);
  const [count = 0, height, width] = pixels.shape;
  const images = pixels.data;
  if (!(images instanceof Uint8Array) || pixels.shape.length !== 3 || height !== SIZE || width !== SIZE) {
    throw new FormatError(
      `${reader}: ${pixels.path} has values of the shape [${pixels.shape}] in a ${images.constructor.name} where bytes of the shape [count,${SIZE},${SIZE}] are needed`,
    );
  }
  if (count === 0) throw new FormatError(`${reader}: ${pixels.path} has no images`);
  const marks = await readIdx(reader, directory, `${prefix}-labels-idx1-ubyte`);
  if (!(marks.data instanceof Uint8Array) || marks.shape.length !== 1) {
    throw new FormatError(
      `${reader}: ${marks.path} has values of the shape [${marks.shape}] in a ${marks.data.constructor.name} where bytes of the shape [count] are needed`,
    );
  }
  if (marks.data.length !== count) {
    throw new FormatError(
      `${reader}: ${pixels.path} has ${count} images and ${marks.path} ${marks.data.length} labels: they do not belong together`,
    );
  }
  const wrong = marks.data.findIndex((label) => label >= classes.length);
  if (wrong >= 0) {
    throw new FormatError(
      `${reader}: ${marks.path} gives image ${wrong} the label ${marks.data[wrong]}, and labels go from 0 to ${classes.length - 1}`,
    );
  }
  const labels = Int32Array.from(marks.data);
  return { name: `${name}/${split}`, images, labels, count, channels: 1, height: SIZE, width: SIZE, classes };
}

async function readSplits(publication: Publication, directory: string): Promise<DatasetSplits> {
  const train = await readSplit(publication, directory, 'train');
  return { train, test: await readSplit(publication, directory, 'test') };
}

/**
 * MNIST, 60,000 and 10,000 grey images of handwritten digits, 28x28 (LeCun, Cortes and Burges).
 *
 * @param directory holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
 *   `t10k-labels-idx1-ubyte`, each compressed (`.gz`) or not
 * @throws ArgumentError where a file is not there or cannot be read
 * @throws FormatError where a file is damaged, or is not of 28x28 byte images or as many labels from 0 to 9
 */
export function mnist(directory: string): Promise<DatasetSplits> {
  const classes = Array.from({ length: 10 }, (_, digit) => `${digit}`);
  return readSplits({ reader: 'mnist', name: 'mnist', classes }, directory);
}

/**
 * Fashion-MNIST, 60,000 and 10,000 grey images of garments, 28x28 (Xiao, Rasul and Vollgraf, arXiv 1708.07747).
 *
 * @param directory holds the four files, which are named as those of MNIST
 * @throws ArgumentError where a file is not there or cannot be read
 * @throws FormatError where a file is damaged, or is not of 28x28 byte images or as many labels from 0 to 9
 */
export function fashionMnist(directory: string): Promise<DatasetSplits> {
  const classes = [
    'T-shirt/top',
    'trouser',
    'pullover',
    'dress',
    'coat',
    'sandal',
    'shirt',
    'sneaker',
    'bag',
    'ankle boot',
  ];
  return readSplits({ reader: 'fashionMnist', name: 'fashion-mnist', classes }, directory);
}
