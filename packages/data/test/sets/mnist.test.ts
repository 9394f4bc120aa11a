import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@pnn/nn';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { channelStatistics, encodeIdx, fashionMnist, filesInMemory, mnist } from '../../src/index.js';
import { folder } from '../../src/node/index.js';

const TRAIN_IMAGES = 'train-images-idx3-ubyte';
const TRAIN_LABELS = 'train-labels-idx1-ubyte';
const TEST_IMAGES = 't10k-images-idx3-ubyte';
const TEST_LABELS = 't10k-labels-idx1-ubyte';

const imageFile = (count: number) =>
  encodeIdx({ shape: [count, 28, 28], data: Uint8Array.from({ length: count * 784 }, (_, i) => (i * 7) % 256) });
const labelFile = (count: number) =>
  encodeIdx({ shape: [count], data: Uint8Array.from({ length: count }, (_, i) => (i * 3) % 10) });

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pnn-mnist-'));
  await writeFile(join(directory, `${TRAIN_IMAGES}.gz`), gzipSync(imageFile(30)));
  await writeFile(join(directory, `${TRAIN_LABELS}.gz`), gzipSync(labelFile(30)));
  await writeFile(join(directory, `${TEST_IMAGES}.gz`), gzipSync(imageFile(20)));
  await writeFile(join(directory, `${TEST_LABELS}.gz`), gzipSync(labelFile(20)));
});

afterEach(() => rm(directory, { recursive: true }));

/** The error of reading the directory after one file was replaced. */
async function errorWith(name: string, bytes: Uint8Array): Promise<Error> {
  await writeFile(join(directory, name), bytes);
  return mnist(folder(directory)).then(
    () => expect.unreachable('the files were accepted'),
    (error: unknown) => error as Error,
  );
}

describe('mnist', () => {
  test('reads the four compressed files', async () => {
    const { name, train, test } = await mnist(folder(directory));
    expect(name).toBe('mnist');
    expect(train).toMatchObject({ length: 30, inputShape: [1, 28, 28], inputType: 'uint8' });
    expect(test).toMatchObject({ length: 20, inputShape: [1, 28, 28], inputType: 'uint8' });
    expect([train.labelShape, train.labelType]).toEqual([[], 'int32']);
    expect(train.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(train.inputs).toEqual(Uint8Array.from({ length: 30 * 784 }, (_, i) => (i * 7) % 256));
    expect([...test.labels.subarray(0, 5)]).toEqual([0, 3, 6, 9, 2]);
  });

  test('reads files that are not compressed, whatever their names say', async () => {
    const compressed = await mnist(folder(directory));
    await rm(join(directory, `${TRAIN_IMAGES}.gz`));
    await writeFile(join(directory, TRAIN_IMAGES), imageFile(30));
    await writeFile(join(directory, `${TRAIN_LABELS}.gz`), labelFile(30));
    const { train } = await mnist(folder(directory));
    expect(train.inputs).toEqual(compressed.train.inputs);
    expect(train.labels).toEqual(compressed.train.labels);
  });

  const dotted = (name: string) => name.replace('-idx', '.idx');
  const places: readonly (readonly [string, (name: string) => string])[] = [
    ['with a dot in the name', (name) => dotted(name)],
    ['with a dot in the name, compressed', (name) => `${dotted(name)}.gz`],
    ['in raw', (name) => `raw/${name}`],
    ['in raw, compressed', (name) => `raw/${name}.gz`],
    ['in the folder of torchvision', (name) => `MNIST/raw/${name}`],
    ['in the folder of torchvision, with a dot', (name) => `MNIST/raw/${dotted(name)}`],
  ];
  test.each(places)('reads files %s', async (_, place) => {
    const expected = await mnist(folder(directory));
    for (const name of [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS]) {
      const compressed = await readFile(join(directory, `${name}.gz`));
      await rm(join(directory, `${name}.gz`));
      const path = join(directory, place(name));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, path.endsWith('.gz') ? compressed : gunzipSync(compressed));
    }
    expect(await mnist(folder(directory))).toEqual(expected);
  });

  test('reads files that are in memory', async () => {
    const names = await readdir(directory);
    const files = names.map(async (name) => [name, await readFile(join(directory, name))] as const);
    const source = filesInMemory(new Map(await Promise.all(files)));
    expect(await mnist(source)).toEqual(await mnist(folder(directory)));
    expect(await fashionMnist(source)).toEqual(await fashionMnist(folder(directory)));
    await expect(mnist(filesInMemory(new Map(), 'the page'))).rejects.toThrow('mnist: the page has no file');
  });

  test('says which file was looked for, where, and what to do', async () => {
    await rm(join(directory, `${TEST_LABELS}.gz`));
    const names = `${TRAIN_IMAGES}, ${TRAIN_LABELS}, ${TEST_IMAGES} and ${TEST_LABELS}`;
    const advice = `put the four files ${names}, compressed (.gz) or not there, from http://yann.lecun.com/exdb/mnist or one of its mirrors`;
    const looked = `${TEST_LABELS}.gz, ${TEST_LABELS}, t10k-labels.idx1-ubyte.gz or t10k-labels.idx1-ubyte`;
    await expect(mnist(folder(directory))).rejects.toThrow(
      new ArgumentError(
        `mnist: the folder '${directory}' has no file ${looked}, nor has its folder raw or MNIST/raw: ${advice}`,
      ),
    );
    const nowhere = join(directory, 'nowhere');
    await expect(mnist(folder(nowhere))).rejects.toThrow(
      `mnist: the folder '${nowhere}' has no file ${TRAIN_IMAGES}.gz, ${TRAIN_IMAGES}, `,
    );
    await expect(mnist(folder(join(directory, `${TRAIN_IMAGES}.gz`)))).rejects.toThrow(ArgumentError);
  });

  test('refuses what is not a file', async () => {
    await rm(join(directory, `${TRAIN_IMAGES}.gz`));
    await mkdir(join(directory, `${TRAIN_IMAGES}.gz`));
    const path = join(directory, `${TRAIN_IMAGES}.gz`);
    await expect(mnist(folder(directory))).rejects.toThrow(new ArgumentError(`mnist: ${path} is not a file`));
  });

  test('reports any other reason why a file cannot be read', async () => {
    await expect(mnist(folder('a\0b'))).rejects.toThrow(ArgumentError);
    await expect(mnist(folder('a\0b'))).rejects.toThrow(/^mnist: a.*cannot be read \(/s);
  });

  test('refuses a truncated gzip stream at every length', async () => {
    const whole = gzipSync(labelFile(30));
    for (let length = 2; length < whole.length; length++) {
      const error = await errorWith(`${TRAIN_LABELS}.gz`, whole.subarray(0, length));
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toMatch(/^mnist: .*train-labels-idx1-ubyte\.gz is damaged \(unexpected end of file\)/);
    }
    for (let length = 0; length < 2; length++) {
      const error = await errorWith(`${TRAIN_LABELS}.gz`, whole.subarray(0, length));
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toContain('too few for the header');
    }
  });

  test('refuses a gzip stream with a changed byte', async () => {
    const damaged = Uint8Array.from(gzipSync(imageFile(30)));
    const middle = Math.floor(damaged.length / 2);
    damaged[middle]! ^= 0x55;
    const error = await errorWith(`${TRAIN_IMAGES}.gz`, damaged);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^mnist: .*train-images-idx3-ubyte\.gz is damaged \(.+\): download it again$/);
  });

  test('refuses a gzip stream that expands beyond any file of the data set, and a larger file', async () => {
    const bomb = gzipSync(new Uint8Array(65 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    const error = await errorWith(`${TRAIN_IMAGES}.gz`, bomb);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(`${TRAIN_IMAGES}.gz expands to over 67108864 bytes`);
    expect(error.message).toMatch(/^mnist: /);
    const large = await errorWith(`${TRAIN_IMAGES}.gz`, new Uint8Array(2 ** 26 + 1));
    expect(large).toBeInstanceOf(FormatError);
    expect(large.message).toContain(`${TRAIN_IMAGES}.gz has 67108865 bytes, more than any file`);
    expect(large.message).toMatch(/^mnist: /);
  });

  test('refuses as many labels as there are no images', async () => {
    const error = await errorWith(`${TEST_LABELS}.gz`, gzipSync(labelFile(19)));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/t10k-images\S+ has 20 images and \S+t10k-labels\S+ 19 labels: they do not belong/);
  });

  test('refuses a label beyond the classes', async () => {
    const bytes = labelFile(20);
    bytes[8 + 13] = 10;
    const error = await errorWith(`${TEST_LABELS}.gz`, gzipSync(bytes));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(`${TEST_LABELS}.gz gives image 13 the label 10, and labels go from 0 to 9`);
  });

  test('refuses other magic numbers, types, sizes and files in each other’s place', async () => {
    const magic = imageFile(30);
    magic[0] = 1;
    const faults: readonly (readonly [string, Uint8Array, string])[] = [
      [TRAIN_IMAGES, magic, 'begins with two zero bytes'],
      [
        TRAIN_IMAGES,
        labelFile(30),
        'has values of the shape [30] in a Uint8Array where bytes of the shape [count,28,28]',
      ],
      [TRAIN_IMAGES, encodeIdx({ shape: [2, 28, 27], data: new Uint8Array(2 * 28 * 27) }), 'the shape [2,28,27]'],
      [TRAIN_IMAGES, encodeIdx({ shape: [1, 28, 28], data: new Int8Array(784) }), 'the shape [1,28,28] in a Int8Array'],
      [TRAIN_IMAGES, encodeIdx({ shape: [0, 28, 28], data: new Uint8Array(0) }), 'has no images'],
      [TRAIN_IMAGES, imageFile(30).subarray(0, 5000), 'it is truncated'],
      [
        TRAIN_LABELS,
        imageFile(30),
        'has values of the shape [30,28,28] in a Uint8Array where bytes of the shape [count]',
      ],
      [TRAIN_LABELS, encodeIdx({ shape: [30], data: new Int32Array(30) }), 'the shape [30] in a Int32Array'],
    ];
    for (const [name, bytes, message] of faults) {
      const error = await errorWith(`${name}.gz`, gzipSync(bytes));
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toContain(message);
      expect(error.message).toContain(join(directory, `${name}.gz`));
      await writeFile(join(directory, `${TRAIN_IMAGES}.gz`), gzipSync(imageFile(30)));
    }
  });
});

describe('fashionMnist', () => {
  test('reads the same files with other classes', async () => {
    const { name, train, test } = await fashionMnist(folder(directory));
    expect(name).toBe('fashion-mnist');
    expect([train.length, test.length]).toEqual([30, 20]);
    expect(train.classes?.length).toBe(10);
    expect(train.classes?.[9]).toBe('ankle boot');
    const raw = join(directory, 'FashionMNIST', 'raw');
    await mkdir(raw, { recursive: true });
    for (const file of await readdir(directory)) {
      if (file.endsWith('.gz')) await rename(join(directory, file), join(raw, file));
    }
    expect(await fashionMnist(folder(directory))).toEqual({ name, train, test });
    await expect(mnist(folder(directory))).rejects.toThrow(ArgumentError);
    await expect(fashionMnist(folder(join(directory, 'nowhere')))).rejects.toThrow('fashion-mnist: the folder');
  });
});

describe.skipIf(!process.env.PNN_DATA)('the published files in PNN_DATA', () => {
  const published = process.env.PNN_DATA ?? '';

  test('MNIST has 60,000 and 10,000 images, mean 0.1307 and std 0.3081', async () => {
    const { train, test } = await mnist(folder(join(published, 'mnist')));
    expect([train.length, test.length]).toEqual([60_000, 10_000]);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    const { mean, std } = channelStatistics(train);
    expect(mean[0]).toBeCloseTo(0.1307, 4);
    expect(std[0]).toBeCloseTo(0.3081, 4);
  });

  test('Fashion-MNIST has 60,000 and 10,000 images, mean 0.2860 and std 0.3530, 6,000 of each class', async () => {
    const { train, test } = await fashionMnist(folder(join(published, 'fashion-mnist')));
    expect([train.length, test.length]).toEqual([60_000, 10_000]);
    const { mean, std } = channelStatistics(train);
    expect(mean[0]).toBeCloseTo(0.286, 4);
    expect(std[0]).toBeCloseTo(0.353, 4);
    for (let k = 0; k < 10; k++) expect([...train.labels].filter((label) => label === k).length).toBe(6000);
  });
});
