import { ArgumentError, FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { filesInMemory, har } from '../../src/index.js';

const signals = ['body_acc', 'body_gyro', 'total_acc'].flatMap((name) =>
  ['x', 'y', 'z'].map((axis) => `${name}_${axis}`),
);

/** A number that tells where it stands, as the published files write numbers. */
const numberAt = (row: number, channel: number, column: number) =>
  ((row + 1) * 1000 + channel * 200 + column) / 2 ** 10;

const encode = (text: string) => new TextEncoder().encode(text);

function rows(count: number, columns: number, channel: number): Uint8Array {
  const line = (row: number) =>
    Array.from({ length: columns }, (_, column) => numberAt(row, channel, column).toExponential(10).padStart(18)).join(
      '',
    );
  return encode(`${Array.from({ length: count }, (_, row) => line(row)).join('\n')}\n`);
}

/** The archive with 3 training and 2 test samples. */
function archive(prefix = ''): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [split, count] of [
    ['train', 3],
    ['test', 2],
  ] as const) {
    const path = (name: string) => `${prefix}${split}/${name}_${split}.txt`;
    files.set(path('X'), rows(count, 561, 0));
    files.set(path('y'), encode(`${[6, 1, 4].slice(0, count).join('\n')}\n`));
    files.set(path('subject'), encode(`${[30, 1, 1].slice(0, count).join('\n')}\n`));
    for (const [channel, signal] of signals.entries()) {
      files.set(path(`Inertial Signals/${signal}`), rows(count, 128, channel));
    }
  }
  return files;
}

const intact = archive();

const withFile = (name: string, bytes: Uint8Array) => filesInMemory(new Map(intact).set(name, bytes));

describe('har', () => {
  test('gives windows with nine channels, and whose they are', async () => {
    const { name, train, test, groups } = await har(filesInMemory(intact));
    expect([name, train.inputShape, train.length, test.length]).toEqual(['har', [9, 128], 3, 2]);
    expect([...train.labels, ...test.labels]).toEqual([5, 0, 3, 5, 0]);
    expect(train.classes?.[5]).toBe('lying');
    expect([...groups!]).toEqual([29, 0, 0]);
    const expected = Float32Array.from({ length: 3 * 9 * 128 }, (_, i) =>
      numberAt(Math.floor(i / (9 * 128)), Math.floor(i / 128) % 9, i % 128),
    );
    expect([...train.inputs]).toEqual([...expected]);
  });

  test('gives the features instead', async () => {
    const { name, train, test } = await har(filesInMemory(intact), { inputs: 'features' });
    expect([name, train.inputShape, train.length, test.length]).toEqual(['har-features', [561], 3, 2]);
    expect([...test.inputs]).toEqual(
      Array.from({ length: 2 * 561 }, (_, i) => numberAt(Math.floor(i / 561), 0, i % 561)),
    );
  });

  test('is found where the archive is unpacked to', async () => {
    const inside = filesInMemory(archive('UCI HAR Dataset/'));
    expect(await har(inside)).toEqual(await har(filesInMemory(intact)));
  });

  const cases: readonly (readonly [string, string, string | Uint8Array, string])[] = [
    ['a label that there is not', 'train/y_train.txt', '1\n7\n2\n', 'has 7 in row 2, and they go from 1 to 6'],
    ['half a label', 'train/y_train.txt', '1\n2.5\n2\n', 'has 2.5 in row 2, and they go from 1 to 6'],
    ['a subject that there is not', 'test/subject_test.txt', '0\n3\n', 'has 0 in row 1, and they go from 1 to 30'],
    [
      'too few subjects',
      'test/subject_test.txt',
      '2\n',
      'has 1 rows, and there are 2 labels: they do not belong together',
    ],
    ['too few windows', 'test/Inertial Signals/total_acc_z_test.txt', rows(1, 128, 0), 'has 1 rows, and there are 2'],
    [
      'a shorter line',
      'train/Inertial Signals/body_acc_x_train.txt',
      rows(3, 127, 0),
      'line 1 has 127 numbers where 128',
    ],
    [
      'words',
      'train/y_train.txt',
      '1\nwalking\n2\n',
      "line 2 has 'walking' where a finite number is needed, in column 1",
    ],
    ['hexadecimals', 'train/y_train.txt', '1\n0x2\n2\n', "line 2 has '0x2' where a finite number is needed"],
    [
      'numbers beyond float32',
      'train/y_train.txt',
      '1\n1e39\n2\n',
      "line 2 has '1e39' where a finite number is needed",
    ],
    ['an empty file', 'train/y_train.txt', '\n \n', 'has no numbers'],
  ];
  test.each(cases)('refuses %s, naming the file', async (_, name, content, message) => {
    const bytes = typeof content === 'string' ? encode(content) : content;
    const error = await har(withFile(name, bytes)).catch((reason) => reason);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(`har: ${name}`);
    expect(error.message).toContain(message);
  });

  test('says which file is missing, and what to do', async () => {
    const files = archive();
    files.delete('test/Inertial Signals/body_gyro_y_test.txt');
    await expect(har(filesInMemory(files))).rejects.toThrow(
      'har: memory has no file test/Inertial Signals/body_gyro_y_test.txt, nor has its folder UCI HAR Dataset: put the folders train and test',
    );
    await expect(har(filesInMemory(new Map()))).rejects.toThrow(ArgumentError);
  });
});
