import { FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { cifar100, filesInMemory, loadDataset } from '../../../src/index.js';

const RECORD = 3074;

/** Records whose coarse and fine labels count up, and whose pixels tell their record and place. */
function records(count: number, first: number): Uint8Array {
  return Uint8Array.from({ length: count * RECORD }, (_, i) => {
    const record = first + Math.floor(i / RECORD);
    const place = i % RECORD;
    if (place === 0) return record % 20;
    return place === 1 ? (7 * record) % 100 : (13 * record + place) % 256;
  });
}

const files = (test = records(3, 50)) =>
  new Map([
    ['cifar-100-binary/train.bin', records(25, 0)],
    ['cifar-100-binary/test.bin', test],
  ]);

describe('cifar100', () => {
  test('reads the hundred things, or their twenty groups, of the same images', async () => {
    const fine = await cifar100(filesInMemory(files()));
    const coarse = await cifar100(filesInMemory(files()), { labels: 'coarse' });
    expect([fine.name, coarse.name]).toEqual(['cifar100', 'cifar100, coarse']);
    expect([fine.train.length, fine.test.length]).toEqual([25, 3]);
    expect([...fine.train.labels]).toEqual(Array.from({ length: 25 }, (_, i) => (7 * i) % 100));
    expect([...coarse.train.labels]).toEqual(Array.from({ length: 25 }, (_, i) => i % 20));
    expect([fine.train.classes?.length, coarse.train.classes?.length]).toEqual([100, 20]);
    for (const { train } of [fine, coarse]) {
      for (const [image, place] of [
        [0, 0],
        [24, 3071],
      ] as const) {
        expect(train.inputs[image * 3072 + place]).toBe((13 * image + place + 2) % 256);
      }
    }
  });

  test('has the classes in the order of their names', async () => {
    const { classes } = (await cifar100(filesInMemory(files()))).train;
    expect([...classes!].sort()).toEqual([...classes!]);
    expect(new Set(classes).size).toBe(100);
    expect([classes![0], classes![53], classes![99]]).toEqual(['apple', 'orange', 'worm']);
  });

  test('refuses labels beyond the classes and records that are cut off', async () => {
    const damaged = records(3, 50);
    damaged[RECORD + 1] = 100;
    await expect(cifar100(filesInMemory(files(damaged)))).rejects.toThrow(
      new FormatError('cifar100: cifar-100-binary/test.bin gives record 1 the label 100, and labels go from 0 to 99'),
    );
    await expect(cifar100(filesInMemory(files(records(3, 0).subarray(1))))).rejects.toThrow(
      'has 9221 bytes, which is not a positive multiple of the 3074 of a record',
    );
  });

  test('is chosen by name, with its option', async () => {
    const source = filesInMemory(files());
    const splits = await loadDataset('cifar100', { source, settings: { labels: 'coarse' }, train: 4 });
    expect([splits.name, splits.train.length]).toEqual(['cifar100, coarse', 4]);
    await expect(loadDataset('cifar100', { source, settings: { labels: 'both' } })).rejects.toThrow(
      'the option labels of the data set cifar100 is coarse or fine, not both',
    );
    await expect(loadDataset('cifar10', { source, settings: { labels: 'fine' } })).rejects.toThrow(
      'the data set cifar10 has no option labels',
    );
  });
});
