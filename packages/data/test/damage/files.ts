import { gzipSync } from 'node:zlib';
import { encodeNpy, sizeOf } from '@pnn/nn';
import {
  capture24,
  cifar10,
  cifar100,
  csv,
  type DatasetSplits,
  encodeIdx,
  encodeWav,
  type FileSource,
  fashionMnist,
  filesInMemory,
  fsdd,
  har,
  images,
  mnist,
  npy,
  optdigits,
  speechCommands,
  type WavEncoding,
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

/** @param changed the names of those that are to be damaged, if not all: where many files are alike */
function filesOf(
  files: Files,
  read: (source: FileSource) => Promise<DatasetSplits>,
  changed: readonly string[] = files.map(([name]) => name),
): DatasetFile[] {
  const damaged = files.filter(([name]) => changed.includes(name));
  return damaged.map(([name, bytes]) => ({
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

const tone = (length: number, rate: number, encoding?: WavEncoding) =>
  encodeWav({ sampleRate: rate, channels: [Float32Array.from({ length }, (_, i) => 0.5 * Math.sin(i / 3))] }, encoding);

const digits: Files = [0, 5].flatMap((take) =>
  Array.from({ length: 2 }, (_, digit) => [`${digit}_george_${take}.wav`, tone(30, 8000)] as const),
);

const words: Files = [
  ['yes/a_nohash_0.wav', tone(40, 16_000)],
  ['no/b_nohash_0.wav', tone(50, 16_000, 'float32')],
  ['no/c_nohash_0.wav', tone(60, 22_050, 'pcm24')],
  ['validation_list.txt', text('no/b_nohash_0.wav\n')],
  ['testing_list.txt', text('no/c_nohash_0.wav\n')],
  ['_background_noise_/hum.wav', tone(300, 16_000, 'pcm8')],
];

const signals = ['body_acc', 'body_gyro', 'total_acc'].flatMap((signal) =>
  ['x', 'y', 'z'].map((axis) => `${signal}_${axis}`),
);

const numbers = (rows: number, columns: number) =>
  text(`${`  ${'1.25e-001 -3.5 '.repeat(columns / 2)}\n`.repeat(rows)}`);

const windows: Files = ['train', 'test'].flatMap((split) => [
  [`${split}/y_${split}.txt`, text('1\n6\n')] as const,
  [`${split}/subject_${split}.txt`, text('3\n30\n')] as const,
  ...signals.map((signal) => [`${split}/Inertial Signals/${signal}_${split}.txt`, numbers(2, 128)] as const),
]);

/** Ten seconds of a wrist, and the beginning of ten more. */
const wrist = text(
  `time,x,y,z,annotation\n${Array.from({ length: 1010 }, (_, i) => {
    const time = new Date(Date.UTC(2016, 10, 13) + 10 * i).toISOString().replace('T', ' ').replace('Z', '000');
    return `${time},0.5,-1,${i % 9}e-1,7030 sleeping;MET 0.95`;
  }).join('\n')}\n`,
);

const recordings: Files = [
  ['annotation-label-dictionary.csv', text('annotation,label:Willetts2018\n7030 sleeping;MET 0.95,sleep\n')],
  ['P001.csv.gz', new Uint8Array(gzipSync(wrist))],
  ['P101.csv', wrist],
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
    ...filesOf(digits, (source) => fsdd(source, { train: 2, test: 2 }), ['0_george_0.wav', '1_george_5.wav']),
    ...filesOf(words, (source) => speechCommands(source)),
    ...filesOf(words, (source) => speechCommands(source, { words: 'commands' }), ['_background_noise_/hum.wav']),
    ...filesOf(windows, (source) => har(source), [
      'train/y_train.txt',
      'test/subject_test.txt',
      'train/Inertial Signals/body_gyro_y_train.txt',
    ]),
    ...filesOf(recordings, (source) => capture24(source, { train: 1, test: 1 })),
    ...filesOf(tables, csv),
    ...filesOf(arrays, npy),
    ...filesOf(
      Array.from(imageFiles, ([name, bytes], i) => [`${i % 2 === 0 ? 'train' : 'test'}/a/${name}`, bytes] as const),
      (source) => images({ ...source, decodeImage }, { side: 4 }),
    ),
  ];
}
