import {
  ArgumentError,
  ArrayDataset,
  type ArrayDatasetContent,
  decodeNpy,
  FormatError,
  formatShape,
  npyElementType,
  type Shape,
  sizeOf,
} from '@pnn/nn';
import type { DatasetEntry } from '../dataset-entry.js';
import { type FileSource, readDataFile } from '../file-source.js';
import type { DatasetSplits } from '../splits.js';

const NAME = 'npy';
const MAX_BYTES = 2 ** 31;
const MAX_CLASSES = 65_536;

const FILES = 'x_train.npy, y_train.npy, x_test.npy and y_test.npy, or X_train.npy and X_test.npy';

/** An array of a file: samples or labels one after another along its first axis. */
interface StoredArray {
  readonly path: string;
  readonly shape: Shape;
  readonly data: Uint8Array | Int32Array | Float32Array;
}

async function read(source: FileSource, names: readonly string[]): Promise<StoredArray> {
  const advice = `put ${FILES} there`;
  const { path, bytes } = await readDataFile({ dataset: NAME, source, names, advice, maxBytes: MAX_BYTES });
  const { shape, data } = decodeNpy(bytes, `${NAME}: ${path}`);
  if (shape.length === 0 || shape.includes(0)) {
    throw new FormatError(`${NAME}: ${path} has the shape ${formatShape(shape)}: it needs one sample or more`);
  }
  if (npyElementType(bytes, path) === 'uint8') return { path, shape, data: Uint8Array.from(data) };
  if (data instanceof Float64Array || data instanceof Float32Array) {
    return { path, shape, data: Float32Array.from(data) };
  }
  return { path, shape, data: Int32Array.from(data) };
}

/** Whether [H,W,C] is meant: three channels or one stand last, and not first. */
function isChannelsLast(shape: Shape): boolean {
  const isChannels = (length: number | undefined) => length === 1 || length === 3;
  return shape.length === 3 && isChannels(shape[2]) && !isChannels(shape[0]);
}

/** [N,H,W,C] in the order [N,C,H,W]. */
function channelsFirst<T extends Uint8Array | Float32Array>(data: T, [height = 0, width = 0, channels = 0]: Shape): T {
  const area = height * width;
  const result = data.slice() as T;
  for (let start = 0; start < data.length; start += area * channels) {
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0; i < area; i++) result[start + channel * area + i] = data[start + i * channels + channel]!;
    }
  }
  return result;
}

/** The samples, channels first: bytes [H,W] and [H,W,C] are images, a single number is a row of one. */
function inputsOf({ shape, data }: StoredArray): Pick<ArrayDatasetContent, 'inputs' | 'inputShape'> {
  const sample = shape.slice(1);
  const inputs = data instanceof Int32Array ? Float32Array.from(data) : data;
  if (isChannelsLast(sample)) {
    return { inputs: channelsFirst(inputs, sample), inputShape: [sample[2]!, sample[0]!, sample[1]!] };
  }
  const isGray = inputs instanceof Uint8Array && sample.length === 2;
  return { inputs, inputShape: isGray ? [1, ...sample] : sample.length === 0 ? [1] : sample };
}

/** The number of classes if the labels are whole numbers. */
function classCount({ path, data }: StoredArray): number | undefined {
  if (data instanceof Float32Array) return undefined;
  const wrong = data.findIndex((label: number) => label < 0 || label >= MAX_CLASSES);
  if (wrong >= 0) {
    throw new FormatError(
      `${NAME}: ${path} gives sample ${wrong} the label ${data[wrong]}, and classes are numbered from 0 to at most ${MAX_CLASSES - 1}: labels of another kind are floating-point numbers`,
    );
  }
  let count = 0;
  for (const label of data) count = Math.max(count, label + 1);
  return count;
}

function samplesOf(inputs: StoredArray, labels: StoredArray, classes: number | undefined): ArrayDataset {
  const labelShape = sizeOf(labels.shape.slice(1)) === 1 ? [] : labels.shape.slice(1);
  if (inputs.shape[0] !== labels.shape[0]) {
    throw new FormatError(
      `${NAME}: ${inputs.path} has ${inputs.shape[0]} samples and ${labels.path} ${labels.shape[0]} labels: they do not belong together`,
    );
  }
  const targets = classes === undefined ? (labels.data as Float32Array) : Int32Array.from(labels.data);
  try {
    return new ArrayDataset({
      ...inputsOf(inputs),
      labels: targets,
      labelShape,
      ...(classes !== undefined && { classes }),
    });
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new FormatError(`${NAME}: ${inputs.path} with ${labels.path}: ${cause.message}`, { cause });
  }
}

/**
 * Samples of any shape from NumPy's files, `numpy.save`: an array of inputs and one of labels for each split, samples along the
 * first axis. Bytes (uint8) stay bytes, and are images where they are [N,H,W]; [N,H,W,C] with one or three channels becomes
 * [N,C,H,W]; all other numbers become float32. Labels that are whole numbers are classes, others numbers to predict.
 *
 * @param source holds `x_train.npy`, `y_train.npy`, `x_test.npy` and `y_test.npy`; the x may be a capital letter
 * @throws ArgumentError if a file is not there or cannot be read
 * @throws FormatError if a file is damaged, samples and labels are not as many, or those of both splits differ in shape
 */
export async function npy(source: FileSource): Promise<DatasetSplits<ArrayDataset>> {
  const readPair = async (split: string): Promise<[inputs: StoredArray, labels: StoredArray]> => [
    await read(source, [`x_${split}.npy`, `X_${split}.npy`]),
    await read(source, [`y_${split}.npy`, `Y_${split}.npy`]),
  ];
  const [inputs, labels] = await readPair('train');
  const [testInputs, testLabels] = await readPair('test');
  for (const [own, other] of [
    [inputs, testInputs],
    [labels, testLabels],
  ] as const) {
    const isAlike = formatShape(own.shape.slice(1)) === formatShape(other.shape.slice(1));
    if (isAlike && own.data.constructor === other.data.constructor) continue;
    const [kind, otherKind] = [own, other].map(
      ({ data, shape }) => `${formatShape(shape.slice(1))} in a ${data.constructor.name}`,
    );
    throw new FormatError(
      `${NAME}: ${own.path} has samples ${kind}, and ${other.path} ${otherKind}: they must be alike`,
    );
  }
  const [count, testCount] = [classCount(labels), classCount(testLabels)];
  const classes = count === undefined || testCount === undefined ? undefined : Math.max(count, testCount);
  return {
    name: NAME,
    train: samplesOf(inputs, labels, classes),
    test: samplesOf(testInputs, testLabels, classes),
  };
}

/** {@link npy} by name. */
export const npyDataset: DatasetEntry = {
  name: NAME,
  summary: "samples of any shape with a label each, from NumPy's files of your own",
  files: FILES,
  load: (source) => npy(source),
};
