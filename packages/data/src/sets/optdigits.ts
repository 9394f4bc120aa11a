import { ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type FileSource, readDataFile } from '../file-source.js';
import { excerpt } from '../formats/excerpt.js';
import { readTable } from '../formats/table.js';
import type { DatasetSplits } from '../splits.js';

const NAME = 'optdigits';
const SIDE = 8;
/** Pixels count the set ones of 4x4 blocks. */
const MAX_VALUE = 16;
/** Makes 240 of the largest, so that bytes are a picture; whole, so that nothing is rounded. */
const SCALE = 15;

const FILES = 'optdigits.tra and optdigits.tes, compressed (.gz) or not, from https://archive.ics.uci.edu/dataset/80';

const classes = Array.from({ length: 10 }, (_, digit) => `${digit}`);

async function readSplit(source: FileSource, name: string): Promise<ArrayDataset> {
  const advice = `put ${FILES} there`;
  const { path, bytes } = await readDataFile({ dataset: NAME, source, names: [name, `${name}.gz`], advice });
  const { columns, features, labels } = readTable(bytes, `${NAME}: ${path}`);
  if (columns.length !== SIDE * SIDE) {
    throw new FormatError(`${NAME}: ${path} has ${columns.length} pixels in a row, not ${SIDE * SIDE}`);
  }
  const wrong = features.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value <= MAX_VALUE));
  if (wrong >= 0) {
    throw new FormatError(
      `${NAME}: ${path} has the pixel ${features[wrong]} in image ${Math.floor(wrong / (SIDE * SIDE))}, and they go from 0 to ${MAX_VALUE}`,
    );
  }
  const unknown = labels.findIndex((label) => !classes.includes(label));
  if (unknown >= 0) {
    throw new FormatError(
      `${NAME}: ${path} gives image ${unknown} the label '${excerpt(labels[unknown]!)}', and labels go from 0 to 9`,
    );
  }
  return new ArrayDataset({
    inputs: Uint8Array.from(features, (value) => SCALE * value),
    inputShape: [1, SIDE, SIDE],
    labels: Int32Array.from(labels, Number),
    classes,
  });
}

/**
 * Optical recognition of handwritten digits, 3,823 and 1,797 gray images, 8x8 (Alpaydin and Kaynak, UCI Machine Learning
 * Repository, 1998). Pixels of the files, 0 to 16, become bytes of 15 times that.
 *
 * @param source holds `optdigits.tra` and `optdigits.tes`, compressed (`.gz`) or not
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is not made of rows of 64 pixels and a digit
 */
export async function optdigits(source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  const train = await readSplit(source, 'optdigits.tra');
  return { name: NAME, train, test: await readSplit(source, 'optdigits.tes') };
}

/** {@link optdigits} by name. */
export const optdigitsDataset: DatasetEntry = {
  name: NAME,
  summary: '5,620 gray images of handwritten digits, 8x8',
  inputShape: [1, SIDE, SIDE],
  files: FILES,
  published: [
    {
      name: 'optdigits.zip',
      addresses: ['https://archive.ics.uci.edu/static/public/80/optical+recognition+of+handwritten+digits.zip'],
      archive: { format: 'zip', maxBytes: 50_000_000 },
    },
  ],
  training: { epochs: 20 },
  preset: 'mnist',
  load: (source) => optdigits(source),
};
