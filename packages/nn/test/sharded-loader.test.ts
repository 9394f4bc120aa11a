import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  type Batch,
  DataLoader,
  type DataLoaderOptions,
  Generator,
  randomCrop,
  randomHorizontalFlip,
  setSeed,
  shardsOf,
} from '../src/index.js';

function images(count: number): ArrayDataset {
  const generator = new Generator(5, 'images');
  return new ArrayDataset({
    inputs: Uint8Array.from({ length: 48 * count }, () => generator.integer(256)),
    inputShape: [3, 4, 4],
    labels: Int32Array.from({ length: count }, (_, i) => i % 3),
    classes: 3,
  });
}

function loaderOf(count: number, options: Partial<DataLoaderOptions> = {}): DataLoader {
  setSeed(4);
  return new DataLoader(images(count), { batchSize: 8, shuffle: true, dropLast: true, ...options });
}

const augmentation = [randomCrop(1), randomHorizontalFlip()];

/** The bits of a batch, which is freed. */
function taken(batch: Batch): string {
  const text = [batch.inputs, batch.labels, batch.indices].map((each) => {
    const data = each instanceof Int32Array ? each : each.dataSync();
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
  });
  batch.dispose();
  return text.join('/');
}

/** The shards of two epochs, batch by batch, as so many processes make them together. */
function sharded(count: number, size: number, options: Partial<DataLoaderOptions>): string[][] {
  const processes = Array.from({ length: size }, (_, rank) => {
    const loader = loaderOf(20, options);
    return [1, 2].flatMap(() => Array.from(loader.shards(shardsOf({ rank, size }, count)), (own) => own.map(taken)));
  });
  return processes[0]!.map((_, i) => processes.flatMap((batches) => batches[i]!));
}

describe('DataLoader.shards', () => {
  it.each([[[]], [augmentation]])('makes the same shards in any number of processes, transformed %j', (transforms) => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4, 8), fc.nat(3), (count, digits) => {
        const size = Math.min(count, 2 ** digits);
        expect(sharded(count, size, { transforms })).toEqual(sharded(count, 1, { transforms }));
      }),
      { numRuns: 10 },
    );
  });

  it('cuts each batch in the order of its samples', () => {
    const batches = Array.from(loaderOf(20), ({ indices }) => [...indices]);
    const cut = loaderOf(20).shards(shardsOf({ rank: 0, size: 1 }, 4));
    expect(Array.from(cut, (own) => own.flatMap(({ indices }) => [...indices]))).toEqual(batches);
  });

  it('augments every shard by numbers of its own', () => {
    const { inputs } = images(1);
    const alike = new ArrayDataset({
      inputs: Uint8Array.from({ length: 48 * 64 }, (_, i) => inputs[i % 48]!),
      inputShape: [3, 4, 4],
      labels: new Int32Array(64),
    });
    const loader = new DataLoader(alike, { batchSize: 64, transforms: augmentation });
    const [shards] = loader.shards(shardsOf({ rank: 0, size: 1 }, 4));
    expect(new Set(shards!.map((each) => taken(each).split('/')[0])).size).toBe(4);
  });

  it('goes on from a state in the middle of an epoch', () => {
    const options = { transforms: augmentation };
    const expected = sharded(4, 1, options);
    const shards = shardsOf({ rank: 0, size: 1 }, 4);
    const first = loaderOf(20, options);
    const batches = first.shards(shards);
    batches.next().value!.map(taken);
    const state = JSON.parse(JSON.stringify(first.state()));
    const resumed = loaderOf(20, options);
    resumed.restore(state);
    const rest = [...resumed.shards(shards), ...resumed.shards(shards)].map((own) => own.map(taken));
    expect(rest).toEqual(expected.slice(1));
  });

  it('refuses batches that cannot be cut equally', () => {
    const shards = shardsOf({ rank: 0, size: 1 }, 4);
    expect(() => loaderOf(20, { batchSize: 10 }).shards(shards)).toThrow(
      'DataLoader: batches of 10 cannot be cut into 4 equal shards: take a multiple of 4',
    );
    expect(() => loaderOf(20, { dropLast: false }).shards(shards)).toThrow(
      'DataLoader: 20 samples leave a last batch smaller than 8, which cannot be cut into 4 shards like the others: ' +
        'pass dropLast: true',
    );
    expect([...loaderOf(16, { dropLast: false }).shards(shards)].map((own) => own.map(taken))).toHaveLength(2);
  });
});

describe('DataLoader.dealt', () => {
  it.each([[[]], [augmentation]])('gives all processes together the batches of one, transformed %j', (transforms) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 }), (size, count) => {
        const options = { transforms, dropLast: false };
        const expected = Array.from(loaderOf(count, options), taken);
        const dealt = Array.from({ length: size }, (_, rank) =>
          Array.from(loaderOf(count, options).dealt({ rank, size }), taken),
        );
        expect(expected.map((_, i) => dealt[i % size]![Math.floor(i / size)])).toEqual(expected);
        expect(dealt.flat()).toHaveLength(expected.length);
      }),
      { numRuns: 10 },
    );
  });
});
