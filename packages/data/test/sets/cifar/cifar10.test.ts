import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@pnn/nn';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { channelStatistics, cifar10, type FileSource, filesInMemory } from '../../../src/index.js';
import { folder } from '../../../src/node/index.js';

const RECORD = 3073;
const NAMES = [...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`), 'test_batch.bin'];

/** Records with labels that count up from `first`, and pixels that tell their file, record and place. */
function batch(first: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * RECORD);
  for (let record = 0; record < count; record++) {
    bytes[record * RECORD] = (first + record) % 10;
    for (let i = 1; i < RECORD; i++) bytes[record * RECORD + i] = (31 * first + 7 * record + i) % 256;
  }
  return bytes;
}

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pnn-cifar10-'));
  for (const [i, name] of NAMES.entries()) await writeFile(join(directory, name), batch(i, 3 + i));
});

afterEach(() => rm(directory, { recursive: true }));

async function errorWith(name: string, bytes: Uint8Array): Promise<Error> {
  await writeFile(join(directory, name), bytes);
  return cifar10(folder(directory)).then(
    () => expect.unreachable('the files were accepted'),
    (error: unknown) => error as Error,
  );
}

describe('cifar10', () => {
  test('joins the five batches in order and keeps the test batch apart', async () => {
    const { name, train, test } = await cifar10(folder(directory));
    expect(name).toBe('cifar10');
    expect(train).toMatchObject({ length: 25, inputShape: [3, 32, 32], inputType: 'uint8' });
    expect(test).toMatchObject({ length: 8, inputShape: [3, 32, 32], inputType: 'uint8' });
    expect([train.labelShape, train.labelType]).toEqual([[], 'int32']);
    expect(train.classes?.length).toBe(10);
    expect(train.inputs.length).toBe(25 * 3072);
    let image = 0;
    for (let file = 0; file < 5; file++) {
      const records = batch(file, 3 + file);
      for (let record = 0; record < 3 + file; record++, image++) {
        expect(train.labels[image]).toBe((file + record) % 10);
        expect(train.inputs.subarray(image * 3072, (image + 1) * 3072)).toEqual(
          records.subarray(record * RECORD + 1, (record + 1) * RECORD),
        );
      }
    }
    expect([...test.labels]).toEqual([5, 6, 7, 8, 9, 0, 1, 2]);
  });

  test('reads files that are in memory, and leaves them as they are', async () => {
    const files = new Map(NAMES.map((name, i) => [name, batch(i, 3 + i)]));
    expect(await cifar10(filesInMemory(files))).toEqual(await cifar10(folder(directory)));
    expect(files).toEqual(new Map(NAMES.map((name, i) => [name, batch(i, 3 + i)])));
    await expect(cifar10(filesInMemory(new Map()))).rejects.toThrow(
      'cifar10: memory has no file data_batch_1.bin, nor has its folder cifar-10-batches-bin: put',
    );
  });

  test('reads files where the published archive puts them', async () => {
    const expected = await cifar10(folder(directory));
    await mkdir(join(directory, 'cifar-10-batches-bin'));
    for (const name of NAMES) await rename(join(directory, name), join(directory, 'cifar-10-batches-bin', name));
    expect(await cifar10(folder(directory))).toEqual(expected);
  });

  test('reads compressed files', async () => {
    const expected = await cifar10(folder(directory));
    await writeFile(join(directory, 'data_batch_3.bin'), gzipSync(batch(2, 5)));
    expect(await cifar10(folder(directory))).toEqual(expected);
  });

  test('lends memory for files: what the source puts there needs no other', async () => {
    const published = new Uint8Array(10_000 * RECORD);
    const files = filesInMemory(new Map(NAMES.map((name, i) => [name, i === 5 ? batch(5, 8) : published])));
    const lent: Uint8Array[] = [];
    const source: FileSource = {
      ...files,
      async read(name, maxBytes, lend) {
        const bytes = await files.read(name, maxBytes);
        if (!bytes || !lend) return bytes;
        const memory = lend(bytes.length);
        lent.push(memory);
        memory.set(bytes);
        return memory;
      },
    };
    const splits = await cifar10(source);
    expect(splits.train.length).toBe(50_000);
    expect(splits.train.inputs.every((value) => value === 0)).toBe(true);
    expect(splits.test).toEqual((await cifar10(files)).test);
    expect(lent.map(({ length }) => length)).toEqual([...Array(5).fill(10_000 * RECORD), 8 * RECORD]);
    expect(lent.slice(0, 5).every(({ buffer }) => buffer === splits.train.inputs.buffer)).toBe(true);
    expect(lent[5]?.buffer).toBe(splits.test.inputs.buffer);
  });

  test('lends as much as is asked for, whatever the sizes before', async () => {
    const sizes = [2, 1, 21_000, 5, 12_000, 1];
    const files = filesInMemory(new Map(NAMES.map((name, i) => [name, batch(i, sizes[i]!)])));
    const source: FileSource = {
      ...files,
      async read(name, maxBytes, lend) {
        const bytes = await files.read(name, maxBytes);
        const memory = lend!(bytes!.length);
        memory.set(bytes!);
        return memory;
      },
    };
    const [lent, kept] = [await cifar10(source), await cifar10(files)];
    expect(lent.test).toEqual(kept.test);
    // Matchers compare large arrays slowly.
    expect(Buffer.compare(lent.train.inputs as Uint8Array, kept.train.inputs as Uint8Array)).toBe(0);
    expect(lent.train.labels.every((label, i) => label === kept.train.labels[i])).toBe(true);
  });

  test('takes more records than the published files have', async () => {
    const sizes = [17_000, 17_000, 16_500, 1, 2, 10_001];
    const files = sizes.map((count, file) => {
      const records = new Uint8Array(count * RECORD);
      records.set(batch(file, 1));
      records.set(batch(file + 1, 1), (count - 1) * RECORD);
      return records;
    });
    const { train, test } = await cifar10(filesInMemory(new Map(NAMES.map((name, i) => [name, files[i]!]))));
    expect([train.length, test.length]).toEqual([50_503, 10_001]);
    const ends = [17_000, 34_000, 50_500, 50_501, 50_503, 10_001];
    ends.forEach((end, file) => {
      const split = file < 5 ? train : test;
      for (const record of [0, sizes[file]! - 1]) {
        const sample = end - sizes[file]! + record;
        const bytes = files[file]!.subarray(record * RECORD, (record + 1) * RECORD);
        expect(split.labels[sample]).toBe(bytes[0]);
        expect(split.inputs.subarray(sample * 3072, (sample + 1) * 3072)).toEqual(bytes.subarray(1));
      }
    });
  });

  test('says which file was looked for, where, and what to do', async () => {
    await rm(join(directory, 'data_batch_4.bin'));
    await expect(cifar10(folder(directory))).rejects.toThrow(
      new ArgumentError(
        `cifar10: the folder '${directory}' has no file data_batch_4.bin, nor has its folder cifar-10-batches-bin: put the six .bin files of the binary version of CIFAR-10, https://www.cs.toronto.edu/~kriz/cifar.html there`,
      ),
    );
  });

  test('refuses files that are not whole records', async () => {
    for (const length of [0, 1, RECORD - 1, RECORD + 1, 3 * RECORD - 1]) {
      const error = await errorWith('data_batch_2.bin', new Uint8Array(length));
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toContain(
        `data_batch_2.bin has ${length} bytes, which is not a positive multiple of the 3073`,
      );
    }
  });

  test('refuses a label beyond the classes', async () => {
    const bytes = batch(0, 3);
    bytes[2 * RECORD] = 200;
    const error = await errorWith('test_batch.bin', bytes);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain('test_batch.bin gives record 2 the label 200, and labels go from 0 to 9');
  });
});

describe.skipIf(!process.env.PNN_DATA)('the published CIFAR-10 in PNN_DATA', () => {
  const published = join(process.env.PNN_DATA ?? '', 'cifar10');

  test('takes less than 1.3 times the bytes of its files in memory, batches included', () => {
    const repository = fileURLToPath(new URL('../../../../..', import.meta.url));
    const program = fileURLToPath(new URL('cifar10-memory.ts', import.meta.url));
    const options = ['--import=tsx', '--conditions=@pnn/source', program, published];
    const growth = Number(execFileSync(process.execPath, options, { cwd: repository, encoding: 'utf8' }));
    expect(growth).toBeGreaterThan(6 * 10_000 * 3072);
    expect(growth).toBeLessThan(1.3 * 6 * 10_000 * RECORD);
  });

  test('has 5,000 and 1,000 images of each class and the known means', async () => {
    const { train, test } = await cifar10(folder(published));
    expect([train.length, test.length]).toEqual([50_000, 10_000]);
    for (let k = 0; k < 10; k++) {
      expect([...train.labels].filter((label) => label === k).length).toBe(5000);
      expect([...test.labels].filter((label) => label === k).length).toBe(1000);
    }
    // The first training image is a frog, the first test image a cat.
    expect([train.classes?.[train.labels[0]!], test.classes?.[test.labels[0]!]]).toEqual(['frog', 'cat']);
    const { mean, std } = channelStatistics(train);
    [0.4914, 0.4822, 0.4465].forEach((value, channel) => {
      expect(mean[channel]).toBeCloseTo(value, 4);
    });
    [0.247, 0.2435, 0.2616].forEach((value, channel) => {
      expect(std[channel]).toBeCloseTo(value, 4);
    });
  });
});
