import { ArgumentError, ArrayDataset, FormatError } from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type DecodedImage, type FileSource, readDataFile } from '../file-source.js';
import { excerpt } from '../formats/excerpt.js';
import { resizePlane } from '../formats/resize.js';
import { holdOut } from '../hold-out.js';
import type { DatasetSplits } from '../splits.js';
import { sortedNames } from './labels.js';

/** How `images` makes samples of files. */
export interface ImagesOptions {
  /**
   * Makes squares of so many pixels a side: the shorter side is brought to it, and the middle of the longer one cut out.
   *
   * @default images stay as they are, and must all have one size
   */
  readonly side?: number;
  /**
   * Three channels or one; gray is .299 red + .587 green + .114 blue (ITU-R BT.601).
   *
   * @default 3 if any image has colors
   */
  readonly channels?: 1 | 3;
}

const NAME = 'images';
const TEST_SHARE = 0.2;
const MAX_SIDE = 4096;

const FILES =
  'images (.png, .jpg, .jpeg) in a folder for each class, these in the folders train and test, or by themselves: then a fifth is for tests';

const READABLE = /\.(?:png|jpe?g)$/i;
/** Other formats of images: nobody means them to be passed over. */
const UNREADABLE = /\.(?:gif|webp|bmp|tiff?|avif|heic|jp2|ppm|pgm)$/i;

/** An image file, and the class that its folder names. */
interface ImageFile {
  readonly name: string;
  readonly label: string;
}

/** The image files of each split, or of none. */
async function listFiles(source: FileSource): Promise<Map<string, ImageFile[]>> {
  if (!source.list) {
    throw new ArgumentError(`${NAME}: ${source.description} cannot be looked through: take a folder of files`);
  }
  const names = (await source.list()).filter((name) => !name.split('/').some((part) => part.startsWith('.')));
  const other = names.find((name) => UNREADABLE.test(name));
  if (other !== undefined) {
    throw new FormatError(`${NAME}: ${source.pathOf(other)} is neither PNG nor JPEG: store it as one of them`);
  }
  const splits = new Map<string, ImageFile[]>();
  const images = names.filter((name) => READABLE.test(name));
  const isSplit = images.length > 0 && images.every((name) => /^(?:train|test|validation)\//.test(name));
  for (const name of images) {
    const folders = name.split('/').slice(0, -1);
    const split = isSplit ? folders.shift()! : 'all';
    const [label] = folders;
    if (label === undefined) {
      throw new ArgumentError(`${NAME}: ${source.pathOf(name)} is in no folder of a class: put ${FILES}`);
    }
    const files = splits.get(split) ?? [];
    files.push({ name, label });
    splits.set(split, files);
  }
  return splits;
}

/** The planes of an image: red, green and blue, or gray. */
export function planesOf({ width, height, rgba }: DecodedImage, channels: 1 | 3): Uint8Array[] {
  const area = width * height;
  if (channels === 3) {
    return [0, 1, 2].map((channel) => Uint8Array.from({ length: area }, (_, i) => rgba[4 * i + channel]!));
  }
  const gray = Uint8Array.from({ length: area }, (_, i) =>
    Math.round(0.299 * rgba[4 * i]! + 0.587 * rgba[4 * i + 1]! + 0.114 * rgba[4 * i + 2]!),
  );
  return [gray];
}

/** The middle of a plane as a square with this side. */
function square(plane: Uint8Array, { width, height }: DecodedImage, side: number): Uint8Array {
  const shorter = Math.min(width, height);
  const [newHeight, newWidth] = [height, width].map((length) => Math.max(side, Math.round((length * side) / shorter)));
  const resized = shorter === side ? plane : resizePlane(plane, [height, width], [newHeight!, newWidth!]);
  const [top, left] = [newHeight!, newWidth!].map((length) => Math.floor((length - side) / 2));
  const result = new Uint8Array(side * side);
  for (let row = 0; row < side; row++) {
    const start = (top! + row) * newWidth! + left!;
    result.set(resized.subarray(start, start + side), row * side);
  }
  return result;
}

/** An image in the size that samples have. */
interface SizedImage {
  readonly path: string;
  readonly label: string;
  readonly height: number;
  readonly width: number;
  /** Three planes, or a single one. */
  readonly planes: readonly Uint8Array[];
  readonly hasColor: boolean;
}

async function readImages(
  source: FileSource,
  files: readonly ImageFile[],
  options: ImagesOptions,
): Promise<SizedImage[]> {
  const { side, channels } = options;
  if (!source.decodeImage) throw new ArgumentError(`${NAME}: ${source.description} cannot decode images`);
  const images: SizedImage[] = [];
  for (const { name, label } of files) {
    const advice = 'it was there a moment ago';
    const { path, bytes } = await readDataFile({ dataset: NAME, source, names: [name], advice });
    const image = await source.decodeImage(bytes, `${NAME}: ${path}`);
    const isGray = channels === 1 || (channels === undefined && !image.hasColor);
    const planes = planesOf(image, isGray ? 1 : 3);
    images.push({
      path,
      label,
      height: side ?? image.height,
      width: side ?? image.width,
      planes: side === undefined ? planes : planes.map((plane) => square(plane, image, side)),
      hasColor: !isGray,
    });
  }
  return images;
}

/** Puts images of one size one after another; gray ones have the same plane for every color. */
function samplesOf(images: readonly SizedImage[], shape: readonly number[], classes: readonly string[]): ArrayDataset {
  const [channels = 1, height = 1, width = 1] = shape;
  const area = height * width;
  const inputs = new Uint8Array(images.length * channels * area);
  images.forEach(({ planes }, i) => {
    for (let channel = 0; channel < channels; channel++) {
      inputs.set(planes[planes.length === 1 ? 0 : channel]!, (i * channels + channel) * area);
    }
  });
  const labels = Int32Array.from(images, ({ label }) => classes.indexOf(label));
  return new ArrayDataset({ inputs, inputShape: shape, labels, classes });
}

function checkClasses(images: readonly SizedImage[], classes: readonly string[]): void {
  const unknown = images.find(({ label }) => !classes.includes(label));
  if (!unknown) return;
  throw new FormatError(
    `${NAME}: ${unknown.path} is of the class '${excerpt(unknown.label)}', of which there is no image to train on`,
  );
}

/** The shape that all images have. */
function commonShape(images: readonly SizedImage[], channels: 1 | 3 | undefined): number[] {
  const first = images[0]!;
  const other = images.find(({ height, width }) => height !== first.height || width !== first.width);
  if (other) {
    throw new FormatError(
      `${NAME}: ${first.path} has ${first.height}x${first.width} pixels and ${other.path} ${other.height}x${other.width}: give a side, to which they are all brought`,
    );
  }
  return [channels ?? (images.some(({ hasColor }) => hasColor) ? 3 : 1), first.height, first.width];
}

/**
 * Images of your own, PNG or JPEG, sorted into a folder for each class: `train/cat/1.png`, `test/cat/2.png` and, if you like,
 * `validation/cat/3.png`; or `cat/1.png` alone, of which a fifth of every class is set aside for tests. Hidden files and those
 * with other endings are passed over.
 *
 * @param source can tell its files and decode them, as `folder` does
 * @throws ArgumentError if there is no image, one is in no folder of a class, or pngjs or jpeg-js is not installed
 * @throws FormatError if a file is damaged or of another format of images, or sizes differ and no side is given
 */
export async function images(source: FileSource, options: ImagesOptions = {}): Promise<DatasetSplits> {
  const { side, channels } = options;
  if (side !== undefined && !(Number.isInteger(side) && side >= 1 && side <= MAX_SIDE)) {
    throw new ArgumentError(`${NAME}: the side must be an integer from 1 to ${MAX_SIDE}, not ${side}`);
  }
  const files = await listFiles(source);
  if (files.size === 0) throw new ArgumentError(`${NAME}: ${source.description} has no image: put ${FILES}`);
  const missing = ['train', 'test'].find((split) => !files.has(split) && !files.has('all'));
  if (missing) throw new ArgumentError(`${NAME}: ${source.description} has no image in the folder ${missing}`);
  const read = new Map<string, SizedImage[]>();
  for (const [split, own] of files) read.set(split, await readImages(source, own, options));
  const classes = sortedNames((read.get('all') ?? read.get('train')!).map(({ label }) => label));
  const every = [...read.values()].flat();
  checkClasses(every, classes);
  const shape = commonShape(every, channels);
  const samples = (split: string) => samplesOf(read.get(split)!, shape, classes);
  if (read.has('all')) {
    const { train, heldOut } = holdOut(samples('all'), { share: TEST_SHARE });
    return { name: NAME, train, test: heldOut };
  }
  return {
    name: NAME,
    train: samples('train'),
    test: samples('test'),
    ...(read.has('validation') && { validation: samples('validation') }),
  };
}

/** {@link images} by name. */
export const imagesDataset: DatasetEntry = {
  name: NAME,
  summary: 'images of your own, PNG or JPEG, in a folder for each class',
  files: FILES,
  options: {
    side: { value: 'N', description: 'bring images to squares of so many pixels a side (default as they are)' },
    channels: { value: 'N', description: '1 or 3 (default 3 if any image has colors)', choices: ['1', '3'] },
  },
  training: { epochs: 10, batchSize: 32 },
  load: (source, _, { side, channels }) =>
    images(source, {
      ...(side !== undefined && { side: Number(side) }),
      ...(channels !== undefined && { channels: channels === '1' ? 1 : 3 }),
    }),
};
