import { type DatasetEntry, datasets, decodeIdx, planesOf } from '@pnn/data';
import { decodeImage } from '@pnn/data/node';
import type { NetworkDescription } from '@pnn/models';
import {
  ArrayDataset,
  type Dataset,
  FormatError,
  formatShape,
  type HostArray,
  type Shape,
  sameShape,
  sizeOf,
} from '@pnn/nn';
import { loadNpy, readFileBytes } from '@pnn/nn/node';

/** Numbers from a file, before it is known whether a network takes them. */
interface Numbers {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
  /** Whether they are whole numbers by their type. */
  readonly areIntegers: boolean;
}

function fromNpy({ shape, data, dtype }: HostArray): Numbers {
  return { shape, data, areIntegers: dtype === 'int32' || dtype === 'bool' };
}

/** The planes of an image, as many as the network takes. */
async function readImage(path: string, { inputShape }: NetworkDescription): Promise<Numbers> {
  const image = await decodeImage(await readFileBytes(path), path);
  const channels = inputShape[0] === 1 ? 1 : 3;
  const planes = planesOf(image, channels);
  const data = new Uint8Array(planes.length * image.width * image.height);
  for (const [i, plane] of planes.entries()) data.set(plane, i * plane.length);
  return { shape: [channels, image.height, image.width], data, areIntegers: true };
}

/** The readers of files with samples, by the end of their names. */
const readers: Readonly<Record<string, (path: string, description: NetworkDescription) => Promise<Numbers>>> = {
  '.png': readImage,
  '.jpg': readImage,
  '.jpeg': readImage,
  '.npy': async (path) => fromNpy(await loadNpy(path)),
  ubyte: async (path) => {
    const { shape, data } = decodeIdx(await readFileBytes(path), path);
    return { shape, data, areIntegers: !(data instanceof Float32Array || data instanceof Float64Array) };
  },
};

/** What files of samples are called, for help and messages. */
export const sampleFileKinds = '.npy (NumPy), …ubyte (IDX, as MNIST has it), .png, .jpg, .wav';

/** The files that a data set makes samples of in its own way, by the ends of their names: for a network, there is one such way. */
async function readAsDataset(path: string, { inputShape }: NetworkDescription, chosen?: string): Promise<Numbers> {
  const readerOf = ({ fileReaders = {} }: DatasetEntry) =>
    Object.entries(fileReaders).find(([end]) => path.toLowerCase().endsWith(end))?.[1];
  const able = datasets.entries().filter((entry) => readerOf(entry));
  if (able.length === 0) {
    throw new FormatError(`${path}: samples are read from files ${sampleFileKinds}: convert it`);
  }
  const fitting = able.filter((entry) =>
    chosen === undefined ? entry.inputShape && sameShape(entry.inputShape, inputShape) : entry.name === chosen,
  );
  const [entry] = fitting;
  if (!entry || fitting.length > 1) {
    const known = able.map(({ name, inputShape: shape }) => `${name}${shape ? ` ${formatShape(shape)}` : ''}`);
    throw new FormatError(
      `${path}: the network takes a sample ${formatShape(inputShape)}, and data sets make of such a file: ${known.join(', ')}; name one of them by --dataset`,
    );
  }
  const data = readerOf(entry)!(await readFileBytes(path), path);
  return { shape: entry.inputShape ?? [data.length], data, areIntegers: false };
}

/** The number of samples, if the array holds samples of this shape: one, or several in a row. */
function countSamples(shape: Shape, inputShape: Shape): number | undefined {
  // One channel need not have an axis.
  const forms = inputShape[0] === 1 && inputShape.length > 1 ? [inputShape, inputShape.slice(1)] : [inputShape];
  for (const form of forms) {
    if (sameShape(shape, form)) return 1;
    if (shape.length === form.length + 1 && sameShape(shape.slice(1), form)) return shape[0];
  }
  return undefined;
}

/** @throws FormatError if a number is none of those that the network takes */
function inputsFrom({ data, areIntegers }: Numbers, inputType: Dataset['inputType'], path: string) {
  const refuseUnless = (wanted: string, accepts: (value: number) => boolean) => {
    const wrong = Array.prototype.findIndex.call(data, (value: number) => !accepts(value));
    if (wrong >= 0) throw new FormatError(`${path}: number ${wrong} is ${data[wrong]}: ${wanted}`);
  };
  if (inputType === 'int32') {
    refuseUnless('the network takes integers of 0 or more', (value) => Number.isSafeInteger(value) && value >= 0);
    return Int32Array.from(data);
  }
  if (inputType === 'uint8' && areIntegers) {
    refuseUnless('the network takes bytes, 0 to 255', (value) => value >= 0 && value <= 255);
    return Uint8Array.from(data);
  }
  if (inputType === 'uint8') {
    refuseUnless('the network takes pixels as integers from 0 to 255, or numbers from 0 to 1', (v) => v >= 0 && v <= 1);
  } else refuseUnless('the network takes finite numbers', Number.isFinite);
  return Float32Array.from(data);
}

/**
 * Reads the samples of a file for a network, without labels (they are 0). Numbers are those that the network was trained
 * on before normalization; pixels may be bytes, or numbers from 0 to 1; sounds become samples as a data set makes them.
 *
 * @param dataset the name of that data set, by default the one whose samples have the shape of the network's
 *
 * @throws FileError if the file cannot be read
 * @throws FormatError if it is none of the formats, or holds no samples that the network takes
 */
export async function readSamples(path: string, description: NetworkDescription, dataset?: string): Promise<Dataset> {
  const { inputShape, inputType } = description;
  const reader = Object.entries(readers).find(([end]) => path.toLowerCase().endsWith(end))?.[1];
  const numbers = reader ? await reader(path, description) : await readAsDataset(path, description, dataset);
  const count = countSamples(numbers.shape, inputShape);
  if (!count || numbers.data.length !== count * sizeOf(inputShape)) {
    throw new FormatError(
      `${path} holds ${formatShape(numbers.shape)}, and the network takes a sample ${formatShape(inputShape)} or several in a row`,
    );
  }
  return new ArrayDataset({
    inputs: inputsFrom(numbers, inputType, path),
    inputShape,
    labels: new Int32Array(count),
    classes: 1,
  });
}
