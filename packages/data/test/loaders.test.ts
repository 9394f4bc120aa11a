import { Generator } from '@pnn/nn';
import { expect, it } from 'vitest';
import { type DatasetSplits, type ImageDataset, imageLoaders, normalize } from '../src/index.js';

const size = 2 * 3 * 5;

function imagesOf(name: string, count: number): ImageDataset {
  const generator = new Generator(3, name);
  return {
    name,
    images: Uint8Array.from({ length: count * size }, (_, i) => generator.integer(256) >> (Math.floor(i / 15) % 2)),
    labels: Int32Array.from({ length: count }, () => generator.integer(2)),
    count,
    channels: 2,
    height: 3,
    width: 5,
    classes: ['bright', 'dark'],
  };
}

const splits: DatasetSplits = { train: imagesOf('train', 23), test: imagesOf('test', 7) };

it('hands out the bits that normalize gives, of the statistics of the training images', () => {
  const { train, test, statistics, inputShape } = imageLoaders(splits, { batchSize: 5, testBatchSize: 4 });
  expect(inputShape).toEqual([2, 3, 5]);
  expect([train.length, test.length]).toEqual([4, 2]);
  for (const [loader, split] of [[train, splits.train] as const, [test, splits.test] as const]) {
    const expected = normalize(split, statistics);
    for (using batch of loader) {
      const images = Array.from(batch.indices, (index) => [...expected.subarray(index * size, (index + 1) * size)]);
      expect([...batch.inputs.dataSync()]).toEqual(images.flat());
      expect([...batch.labels.dataSync()]).toEqual(Array.from(batch.indices, (index) => split.labels[index]));
    }
    expect(loader.dataset.classes).toEqual(['bright', 'dark']);
  }
});

it('keeps the bytes of the images and not a number for each', () => {
  const { train } = imageLoaders(splits, { batchSize: 5 });
  expect(train.dataset.inputType).toBe('uint8');
  expect(Reflect.get(train.dataset, 'inputs')).toBe(splits.train.images);
});
