import { ArrayDataset, FormatError } from '@pnn/nn';
import { type FileSource, type LendMemory, readDataFile } from '../../file-source.js';

const SIDE = 32;
const CHANNELS = 3;
const IMAGE_BYTES = CHANNELS * SIDE * SIDE;

/** The shape of an image of both data sets. */
export const CIFAR_SHAPE = [CHANNELS, SIDE, SIDE] as const;

/** A data set that is published in records of labels and an image: the red, the green and the blue plane. */
export interface Publication {
  readonly name: string;
  /** The labels at the beginning of a record, a byte each: the names of their classes. */
  readonly labels: readonly (readonly string[])[];
  /** The records of the first file as it is published. */
  readonly recordsOfFirstFile: number;
  /** The largest of its files may have so many bytes. */
  readonly maxBytes: number;
  /** The folder that the archive is unpacked to. */
  readonly folder: string;
  /** Which files there are and where they come from. */
  readonly files: string;
}

/** The file as checked records, in the memory if the source uses it. */
async function readRecords(
  { name: dataset, labels, maxBytes, folder, files }: Publication,
  source: FileSource,
  name: string,
  memory: LendMemory,
): Promise<Uint8Array> {
  const advice = `put ${files} there`;
  const request = { dataset, source, names: [name], folders: [folder], advice, memory, maxBytes };
  const { path, bytes } = await readDataFile(request);
  const recordBytes = labels.length + IMAGE_BYTES;
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
    throw new FormatError(
      `${dataset}: ${path} has ${bytes.length} bytes, which is not a positive multiple of the ${recordBytes} of a record: it is truncated, or not the binary version`,
    );
  }
  for (let start = 0; start < bytes.length; start += recordBytes) {
    for (const [place, classes] of labels.entries()) {
      if (bytes[start + place]! < classes.length) continue;
      throw new FormatError(
        `${dataset}: ${path} gives record ${start / recordBytes} the label ${bytes[start + place]}, and labels go from 0 to ${classes.length - 1}`,
      );
    }
  }
  return bytes;
}

/**
 * Joins the files of a split. Each is read to where its images belong, if the source can do that, and then moved together
 * over the labels in between: so that nothing but the images takes memory.
 *
 * @param place which of the labels of a record is taken
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is not made of whole records with labels of the classes
 */
export async function readSplit(
  publication: Publication,
  source: FileSource,
  names: readonly string[],
  place: number,
): Promise<ArrayDataset> {
  const labelBytes = publication.labels.length;
  const recordBytes = labelBytes + IMAGE_BYTES;
  let images = new Uint8Array(0);
  let labels = new Int32Array(0);
  let count = 0;
  /** Makes room for the records of a file: for all files where it is as they are published. */
  const reserve = (bytes: number) => {
    const added = Math.ceil(bytes / recordBytes);
    const end = count + added;
    if (end <= labels.length) return;
    const isPublished = end === publication.recordsOfFirstFile;
    const records = Math.max(2 * labels.length, isPublished ? names.length * end : end);
    const moved = new Uint8Array(records * IMAGE_BYTES + added * labelBytes);
    moved.set(images.subarray(0, count * IMAGE_BYTES));
    images = moved;
    const movedLabels = new Int32Array(records);
    movedLabels.set(labels.subarray(0, count));
    labels = movedLabels;
  };
  for (const name of names) {
    const records = await readRecords(publication, source, name, (bytes) => {
      reserve(bytes);
      const room = images.subarray(count * IMAGE_BYTES);
      return bytes <= room.length ? room.subarray(0, bytes) : new Uint8Array(bytes);
    });
    reserve(records.length);
    for (let start = 0; start < records.length; start += recordBytes, count++) {
      labels[count] = records[start + place]!;
      images.set(records.subarray(start + labelBytes, start + recordBytes), count * IMAGE_BYTES);
    }
  }
  // Where there was room for more, it is given back.
  const isFull = count === labels.length;
  return new ArrayDataset({
    inputs: isFull ? images.subarray(0, count * IMAGE_BYTES) : images.slice(0, count * IMAGE_BYTES),
    inputShape: CIFAR_SHAPE,
    labels: isFull ? labels : labels.slice(0, count),
    classes: publication.labels[place]!,
  });
}
