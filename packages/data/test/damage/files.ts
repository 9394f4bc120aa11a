import { gzipSync } from 'node:zlib';
import { encodeNpy, sizeOf } from '@pnn/nn';
import {
  cifar10,
  cifar100,
  csv,
  type DatasetSplits,
  encodeIdx,
  type FileSource,
  fashionMnist,
  filesInMemory,
  images,
  mnist,
  npy,
  optdigits,
} from '../../src/index.js';
import { decodeImage } from '../../src/node/index.js';
import { imageFiles } from '../formats/image-files.js';

/** A file of a data set, and what reads the whole set with other bytes in its place. */
export interface DatasetFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Says what is wrong with what was read, if it was not refused. */
  read(mutated: Uint8Array): Promise<string | undefined>;
}

type Files = readonly (readonly [name: string, bytes: Uint8Array])[];

/** What is wrong with samples that were read: a length, a number or a label that cannot be. */
function wrongSplits({ train, test }: DatasetSplits): string | undefined {
  for (const split of [train, test]) {
    const inputs = new Float32Array(split.length * sizeOf(split.inputShape));
    const bytes = split.inputType === 'uint8' ? new Uint8Array(inputs.length) : undefined;
    const labels = new (split.labelType === 'int32' ? Int32Array : Float32Array)(
      split.length * sizeOf(split.labelShape),
    );
    split.read(
      Array.from({ length: split.length }, (_, i) => i),
      bytes ?? inputs,
      labels,
    );
    if (!inputs.every(Number.isFinite) || !labels.every(Number.isFinite)) return 'a number is not finite';
    const count = split.classes?.length;
    if (count !== undefined && labels.some((label) => label < 0 || label >= count)) return 'a label is no class';
  }
  return undefined;
}

function filesOf(files: Files, read: (source: FileSource) => Promise<DatasetSplits>): DatasetFile[] {
  return files.map(([name, bytes]) => ({
    name,
    bytes,
    read: async (mutated) => wrongSplits(await read(filesInMemory(new Map([...files, [name, mutated]])))),
  }));
}

const idx = (shape: readonly number[]) =>
  encodeIdx({ shape, data: Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 7) % 10) });

const text = (content: string) => new TextEncoder().encode(content);

const compressed = ([name, bytes]: Files[number]) => [`${name}.gz`, new Uint8Array(gzipSync(bytes))] as const;

const idxFiles: Files = [
  ['train-images-idx3-ubyte', idx([3, 28, 28])],
  ['train-labels-idx1-ubyte', idx([3])],
  ['t10k-images-idx3-ubyte', idx([2, 28, 28])],
  ['t10k-labels-idx1-ubyte', idx([2])],
];

const records = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * 7) % 10);

const cifar10Names = [...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`), 'test_batch.bin'];

const pixels = Array.from({ length: 64 }, (_, i) => i % 17).join(',');

const tables: Files = [
  ['train.csv', text('x,"the ""y""",label\n1,2e-3,red\r\n-.5,4,blue\n0,0,red\n')],
  ['test.csv', text('x,"the ""y""",label\n1,2,blue\n')],
];

const floats = (shape: readonly number[]) =>
  encodeNpy({ dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 3) });
const integers = (values: readonly number[]) =>
  encodeNpy({ dtype: 'int32', shape: [values.length], data: Int32Array.from(values) });

const arrays: Files = [
  ['x_train.npy', floats([3, 2, 4])],
  ['y_train.npy', integers([0, 2, 1])],
  ['x_test.npy', floats([2, 2, 4])],
  ['y_test.npy', integers([1, 1])],
];

/** The files of every data set that is read from files, small ones. */
export function datasetFiles(): readonly DatasetFile[] {
  return [
    ...filesOf(idxFiles, mnist),
    ...filesOf(idxFiles.map(compressed), fashionMnist),
    ...filesOf(
      cifar10Names.map((name) => [name, records(3073)] as const),
      cifar10,
    ),
    ...filesOf(
      [
        ['train.bin', records(2 * 3074)],
        ['test.bin', records(3074)],
      ],
      cifar100,
    ),
    ...filesOf(
      (
        [
          ['optdigits.tra', text(`${pixels},3\n${pixels},7\n\n`)],
          ['optdigits.tes', text(`${pixels},0\n`)],
        ] as const
      ).map(compressed),
      optdigits,
    ),
    ...filesOf(tables, csv),
    ...filesOf(arrays, npy),
    ...filesOf(
      Array.from(imageFiles, ([name, bytes], i) => [`${i % 2 === 0 ? 'train' : 'test'}/a/${name}`, bytes] as const),
      (source) => images({ ...source, decodeImage }, { side: 4 }),
    ),
  ];
}
