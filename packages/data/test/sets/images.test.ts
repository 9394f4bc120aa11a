import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ArgumentError, FormatError } from '@pnn/nn';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { datasets, type FileSource, filesInMemory, images, loadDataset } from '../../src/index.js';
import { decodeImage, folder } from '../../src/node/index.js';
import { imageFiles } from '../formats/image-files.js';
import { storedInputs } from '../normalized.js';

/** A PNG file in which a pixel at a row and column has these colors. */
function png(height: number, width: number, colorAt: (row: number, column: number) => readonly number[]): Uint8Array {
  const image = new PNG({ width, height });
  for (let i = 0; i < height * width; i++) {
    image.data.set([...colorAt(Math.floor(i / width), i % width), 255], 4 * i);
  }
  return new Uint8Array(PNG.sync.write(image, { colorType: 2 }));
}

const one = (value: number) => png(2, 2, () => [value, 0, 0]);
const source = (files: Readonly<Record<string, Uint8Array>>): FileSource => ({
  ...filesInMemory(new Map(Object.entries(files))),
  decodeImage,
});

describe('images', () => {
  test('reads the splits, and the classes from the names of folders, in the order of people', async () => {
    const files = {
      'train/class 10/a.png': one(1),
      'train/class 2/deep/b.PNG': one(2),
      'test/class 2/c.png': one(3),
      'validation/class 10/d.png': one(4),
      'train/class 10/.hidden.png': Uint8Array.of(1),
      'train/notes.txt': Uint8Array.of(1),
    };
    const { train, test: held, validation } = await images(source(files));
    expect([train.classes, train.inputShape, train.inputType]).toEqual([['class 2', 'class 10'], [3, 2, 2], 'uint8']);
    expect([...storedInputs(train)]).toEqual([
      ...Array(4).fill(1),
      ...Array(8).fill(0),
      ...Array(4).fill(2),
      ...Array(8).fill(0),
    ]);
    expect([held.length, validation?.length]).toEqual([1, 1]);
    const labels = new Int32Array(2);
    train.read([0, 1], new Uint8Array(24), labels);
    expect([...labels]).toEqual([1, 0]);
  });

  test('sets a fifth of every class aside if there are no splits, from a folder', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pnn-images-'));
    try {
      for (let i = 0; i < 20; i++) {
        const path = join(directory, i % 2 === 0 ? 'even' : 'odd', `${i}.png`);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, one(i));
      }
      const splits = await loadDataset('images', { source: folder(directory) });
      expect([splits.train.length, splits.test.length, splits.train.classes]).toEqual([16, 4, ['even', 'odd']]);
      const reds = [...storedInputs(splits.test)].filter((_, i) => i % 12 === 0);
      expect(reds.filter((red) => red % 2 === 0)).toHaveLength(2);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('makes gray of colors, and one channel of images that are all gray', async () => {
    const files = { 'a/1.png': png(1, 1, () => [100, 50, 200]), 'b/2.png': png(1, 1, () => [10, 10, 10]) };
    const { train, test: held } = await images(source({ ...files, 'a/3.png': files['a/1.png'] }), { channels: 1 });
    expect([...storedInputs(train), ...storedInputs(held)].sort((a, b) => a - b)).toEqual([10, 82, 82]);
    const gray = imageFiles.get('gray.jpg')!;
    const all = await images(source({ 'train/a/1.jpg': gray, 'test/a/2.jpeg': gray }));
    expect(all.train.inputShape).toEqual([1, 8, 8]);
    const mixed = await images(source({ 'train/a/1.jpg': gray, 'test/a/2.jpg': imageFiles.get('color.jpg')! }));
    const pixels = storedInputs(mixed.train);
    expect(mixed.train.inputShape).toEqual([3, 8, 8]);
    expect(pixels.slice(64, 128)).toEqual(pixels.slice(0, 64));
  });

  test('brings images to squares: the shorter side to its length, and the middle of the longer one', async () => {
    const wide = png(2, 6, (_, column) => [40 * column, 7, 9]);
    const { train } = await images(source({ 'train/a/1.png': wide, 'test/a/2.png': one(5) }), { side: 2 });
    expect(train.inputShape).toEqual([3, 2, 2]);
    expect([...storedInputs(train).slice(0, 4)]).toEqual([80, 120, 80, 120]);
    const large = await images(source({ 'train/a/1.png': wide, 'test/a/2.png': one(5) }), { side: 4 });
    expect(large.train.inputShape).toEqual([3, 4, 4]);
  });

  test.each([
    [{}, ArgumentError, 'images: memory has no image: put images (.png, .jpg, .jpeg)'],
    [{ '1.png': one(1) }, ArgumentError, 'images: 1.png is in no folder of a class: put '],
    [{ 'train/a/1.png': one(1) }, ArgumentError, 'images: memory has no image in the folder test'],
    [{ 'a/1.gif': one(1) }, FormatError, 'images: a/1.gif is neither PNG nor JPEG: store it as one of them'],
    [{ 'a/1.png': Uint8Array.of(1) }, FormatError, 'images: a/1.png is neither a PNG nor a JPEG file'],
    [
      { 'a/1.png': one(1), 'a/2.png': png(3, 2, () => [0, 0, 0]) },
      FormatError,
      'images: a/1.png has 2x2 pixels and a/2.png 3x2: give a side, to which they are all brought',
    ],
    [
      { 'train/a/1.png': one(1), 'test/b/1.png': one(1) },
      FormatError,
      "images: test/b/1.png is of the class 'b', of which there is no image to train on",
    ],
  ])('refuses %#', async (files, type, problem) => {
    const error = await images(source(files)).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message.startsWith(problem), (error as Error).message).toBe(true);
  });

  test('refuses a side that is none, and a source that cannot tell its files', async () => {
    await expect(
      loadDataset('images', { source: source({ 'a/1.png': one(1) }), settings: { side: 'x' } }),
    ).rejects.toThrow('images: the side must be an integer from 1 to 4096, not NaN');
    const page: FileSource = { description: 'a page', pathOf: (name) => name, read: async () => undefined };
    await expect(images(page)).rejects.toThrow('images: a page cannot be looked through: take a folder of files');
  });

  test('learns in batches as small as rows of a table, since people have a few hundred of their own', () => {
    const [own, table] = ['images', 'csv'].map((name) => datasets.get(name).training?.batchSize);
    expect([own, table]).toEqual([32, 32]);
  });

  test('says where a source has no decoder', async () => {
    const files = filesInMemory(
      new Map([
        ['train/a/1.png', one(1)],
        ['test/a/2.png', one(2)],
      ]),
      'a page',
    );
    await expect(images(files)).rejects.toThrow(new ArgumentError('images: a page cannot decode images'));
  });
});
