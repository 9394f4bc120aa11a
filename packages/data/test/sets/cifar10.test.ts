import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@pnn/tensor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { channelStatistics } from '../../src/index.js';
import { cifar10 } from '../../src/sets/cifar10.js';

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
  return cifar10(directory).then(
    () => expect.unreachable('the files were accepted'),
    (error: unknown) => error as Error,
  );
}

describe('cifar10', () => {
  test('joins the five batches in order and keeps the test batch apart', async () => {
    const { train, test } = await cifar10(directory);
    expect(train).toMatchObject({ name: 'cifar10/train', count: 25, channels: 3, height: 32, width: 32 });
    expect(test).toMatchObject({ name: 'cifar10/test', count: 8, channels: 3, height: 32, width: 32 });
    expect(train.classes.length).toBe(10);
    expect(train.images.length).toBe(25 * 3072);
    let image = 0;
    for (let file = 0; file < 5; file++) {
      const records = batch(file, 3 + file);
      for (let record = 0; record < 3 + file; record++, image++) {
        expect(train.labels[image]).toBe((file + record) % 10);
        expect(train.images.subarray(image * 3072, (image + 1) * 3072)).toEqual(
          records.subarray(record * RECORD + 1, (record + 1) * RECORD),
        );
      }
    }
    expect([...test.labels]).toEqual([5, 6, 7, 8, 9, 0, 1, 2]);
  });

  test('says which file was looked for, where, and what to do', async () => {
    await rm(join(directory, 'data_batch_4.bin'));
    await expect(cifar10(directory)).rejects.toThrow(
      new ArgumentError(
        `cifar10: the directory '${directory}' has no file data_batch_4.bin: put the six .bin files of the binary version of CIFAR-10 there`,
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
  test('has 5,000 and 1,000 images of each class and the known means', async () => {
    const { train, test } = await cifar10(join(process.env.PNN_DATA ?? '', 'cifar10'));
    expect([train.count, test.count]).toEqual([50_000, 10_000]);
    for (let k = 0; k < 10; k++) {
      expect(train.labels.filter((label) => label === k).length).toBe(5000);
      expect(test.labels.filter((label) => label === k).length).toBe(1000);
    }
    // The first training image is a frog, the first test image a cat.
    expect([train.classes[train.labels[0]!], test.classes[test.labels[0]!]]).toEqual(['frog', 'cat']);
    const { mean, std } = channelStatistics(train);
    [0.4914, 0.4822, 0.4465].forEach((value, channel) => {
      expect(mean[channel]).toBeCloseTo(value, 4);
    });
    [0.247, 0.2435, 0.2616].forEach((value, channel) => {
      expect(std[channel]).toBeCloseTo(value, 4);
    });
  });
});
