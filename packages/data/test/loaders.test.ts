import {
  ArrayDataset,
  type DataLoader,
  type Dataset,
  Generator,
  randomCrop,
  randomTimeShift,
  type Shape,
  sizeOf,
  type Transform,
} from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DatasetSplits, dataLoaders, Subset } from '../src/index.js';
import { datasetOf, numbers } from './generated-datasets.js';
import { normalized, storedInputs } from './normalized.js';

const arrays = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };

function samplesOf(stream: string, length: number, inputShape: Shape, inputType: Dataset['inputType']): ArrayDataset {
  const generator = new Generator(3, stream);
  const area = sizeOf(inputShape) / (inputShape[0] ?? 1);
  const inputs = new arrays[inputType](length * sizeOf(inputShape));
  for (let i = 0; i < inputs.length; i++) {
    const channel = Math.floor(i / area) % (inputShape[0] ?? 1);
    inputs[i] =
      inputType === 'uint8' ? generator.integer(256) >> (channel % 2) : (channel + 1) * generator.normal() - 3;
  }
  const labels = Int32Array.from({ length }, () => generator.integer(2));
  return new ArrayDataset({ inputs, inputShape, labels, classes: ['bright', 'dark'] });
}

function splitsOf(inputShape: Shape, inputType: Dataset['inputType']): DatasetSplits<ArrayDataset> {
  const train = samplesOf('train', 23, inputShape, inputType);
  return { name: 'random', train, test: samplesOf('test', 7, inputShape, inputType) };
}

const images = splitsOf([2, 3, 5], 'uint8');

/** The samples of an epoch by their indices, in the order in which they were handed out. */
function epochOf(loader: DataLoader): Map<number, number[]> {
  const size = sizeOf(loader.dataset.inputShape);
  const samples = new Map<number, number[]>();
  for (using batch of loader) {
    const inputs = Array.from(batch.inputs.dataSync());
    batch.indices.forEach((index, row) => {
      samples.set(index, inputs.slice(row * size, (row + 1) * size));
    });
  }
  return samples;
}

/** All values of an epoch in the order of the data set. */
function inOrder(loader: DataLoader): number[] {
  return [...epochOf(loader)].sort(([a], [b]) => a - b).flatMap(([, sample]) => sample);
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const kinds: readonly (readonly [kind: string, shape: Shape, type: Dataset['inputType']])[] = [
  ['images of bytes', [2, 3, 5], 'uint8'],
  ['images of numbers', [3, 4, 4], 'float32'],
  ['recordings', [1, 50], 'float32'],
  ['windows', [9, 16], 'float32'],
  ['windows in double precision', [9, 16], 'float64'],
  ['rows', [6], 'float32'],
  ['rows of bytes', [6], 'uint8'],
];

/** Puts a mark in the place of the first value. */
const marking =
  (mark: number): Transform =>
  (sample) => {
    sample.fill(mark, 0, 1);
  };

describe('dataLoaders', () => {
  it.each(kinds)(
    'hands out the bits of (x − mean)/std, of the statistics of the training data: %s',
    (_, shape, type) => {
      const splits = splitsOf(shape, type);
      const size = sizeOf(shape);
      const { train, test, statistics } = dataLoaders(splits, { batchSize: 5, testBatchSize: 4 });
      expect(statistics?.mean.length).toBe(shape[0]);
      expect([train.length, test.length]).toEqual([4, 2]);
      for (const [loader, split] of [[train, splits.train] as const, [test, splits.test] as const]) {
        const expected = normalized(split, statistics!);
        for (using batch of loader) {
          expect(batch.inputs.shape).toEqual([batch.size, ...shape]);
          expect(batch.inputs.dtype).toBe(type === 'float64' ? 'float64' : 'float32');
          const samples = Array.from(batch.indices, (index) => [
            ...expected.subarray(index * size, (index + 1) * size),
          ]);
          expect([...batch.inputs.dataSync()]).toEqual(samples.flat());
          expect([...batch.labels.dataSync()]).toEqual(Array.from(batch.indices, (index) => split.labels[index]));
        }
        expect(loader.dataset.classes).toEqual(['bright', 'dark']);
      }
    },
  );

  it('hands out these bits for data of every shape and type', () => {
    fc.assert(
      fc.property(datasetOf(numbers), (data) => {
        const { train, test, statistics } = dataLoaders({ name: 'random', train: data, test: data }, { batchSize: 1 });
        const expected = [...normalized(data, statistics!)];
        for (const loader of [train, test]) expect(inOrder(loader)).toEqual(expected);
      }),
    );
  });

  it('gives every channel mean 0 and standard deviation 1', () => {
    fc.assert(
      fc.property(datasetOf(numbers.map((x) => Math.fround(x / 1e5))), (data) => {
        const { test, statistics } = dataLoaders({ name: 'random', train: data, test: data }, { batchSize: 1 });
        const { std } = statistics!;
        const values = inOrder(test);
        const size = sizeOf(data.inputShape);
        fc.pre(std.every((each) => each > 0.01));
        for (let channel = 0; channel < std.length; channel++) {
          const plane = values.filter((_, i) => Math.floor(((i % size) * std.length) / size) === channel);
          const isConstant = plane.every((value) => value === plane[0]);
          expect(meanOf(plane)).toBeCloseTo(0, 5);
          expect(meanOf(plane.map((value) => value ** 2))).toBeCloseTo(isConstant ? 0 : 1, 5);
        }
      }),
    );
  });

  it('is undone by the inverse map', () => {
    const images = datasetOf(numbers).filter(({ inputType }) => inputType === 'uint8');
    fc.assert(
      fc.property(images, (data) => {
        const { test, statistics } = dataLoaders({ name: 'random', train: data, test: data }, { batchSize: 3 });
        const { mean, std } = statistics!;
        const area = sizeOf(data.inputShape) / mean.length;
        const back = inOrder(test).map((value, i) => {
          const channel = Math.floor(i / area) % mean.length;
          return Math.round(255 * Math.abs(value * std[channel]! + mean[channel]!));
        });
        expect(back).toEqual([...data.inputs]);
      }),
    );
  });

  it('keeps the bytes of the images and not a number for each', () => {
    const { train } = dataLoaders(images, { batchSize: 5 });
    expect(train.dataset.inputType).toBe('uint8');
    expect(train.dataset).toBe(images.train);
  });

  it('leaves the data as they are, bytes on the scale 0 to 1, if they are not to be normalized', () => {
    const { train, test, statistics } = dataLoaders(images, { batchSize: 23, normalize: false });
    expect(statistics).toBeUndefined();
    for (const loader of [train, test]) {
      const stored = storedInputs(loader.dataset);
      for (const [index, sample] of epochOf(loader)) {
        expect(sample).toEqual(
          [...stored.subarray(index * 30, (index + 1) * 30)].map((byte) => Math.fround(byte / 255)),
        );
      }
    }
  });

  it('shuffles training samples alone, and drops those that do not fill the last batch', () => {
    const { train, test } = dataLoaders(images, { batchSize: 5, testBatchSize: 3 });
    expect([...epochOf(test).keys()]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const orders = [[...epochOf(train).keys()], [...epochOf(train).keys()]];
    for (const order of orders) expect(new Set(order).size).toBe(20);
    expect(orders[0]).not.toEqual(orders[1]);
  });

  it('makes one batch of fewer training samples than a batch has', () => {
    const { train, test } = dataLoaders(images, { batchSize: 64 });
    expect([train.length, test.length]).toEqual([1, 1]);
    expect(epochOf(train).size).toBe(23);
  });

  it('changes training samples by what comes with the data set, unless something else is asked for', () => {
    const { train } = splitsOf([2, 3], 'float32');
    const splits = { name: 'marked', train, test: train, augmentation: [randomTimeShift(0), marking(7)] };
    const first = (augmentation?: readonly Transform[]) => {
      const { train: loader } = dataLoaders(splits, {
        batchSize: 23,
        normalize: false,
        ...(augmentation && { augmentation }),
      });
      return new Set([...epochOf(loader).values()].map(([value]) => value));
    };
    expect(first()).toEqual(new Set([7]));
    expect(first([marking(8)])).toEqual(new Set([8]));
    expect(first([]).size).toBe(23);
    const { test } = dataLoaders(splits, { batchSize: 23, normalize: false });
    expect(inOrder(test)).toEqual([...storedInputs(train)]);
  });

  it('changes training samples by the augmentation, before they are normalized, and no test sample', () => {
    const mark = 200 / 255;
    const { train, test, statistics } = dataLoaders(images, {
      batchSize: 23,
      augmentation: [(sample) => sample.fill(mark, 0, 1)],
    });
    const { mean, std } = statistics!;
    const expected = normalized(images.train, statistics!);
    for (const [index, [first, ...rest]] of epochOf(train)) {
      expect(first).toBeCloseTo((mark - mean[0]!) / std[0]!, 5);
      // After a transform that is not one of values or places, bytes are normalized in float32.
      rest.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[index * 30 + 1 + i]!, 5);
      });
    }
    expect([...epochOf(test).values()].flat()).toEqual([...normalized(images.test, statistics!)]);
  });

  it('crops images at random, the border being black and each epoch another', () => {
    const { train, statistics } = dataLoaders(images, { batchSize: 23, augmentation: [randomCrop(1)] });
    const border = statistics!.mean.map((mean, channel) => Math.fround((0 - mean) / statistics!.std[channel]!));
    const original = normalized(images.train, statistics!);
    const epochs = [epochOf(train), epochOf(train)];
    expect(epochs[0]).not.toEqual(epochs[1]);
    for (const [index, sample] of epochs[0]!) {
      const pixelAt = (channel: number, row: number, column: number) =>
        row < 0 || row > 2 || column < 0 || column > 4
          ? border[channel]
          : original[index * 30 + channel * 15 + row * 5 + column];
      const moves = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right] as const));
      const candidates = moves.map(([down, right]) =>
        sample.map((_, i) => pixelAt(Math.floor(i / 15), (Math.floor(i / 5) % 3) - down, (i % 5) - right)),
      );
      expect(candidates).toContainEqual(sample);
    }
  });

  it('takes any data set: a subset, one that computes its samples', () => {
    const ramp: Dataset<'float64', 'float32'> = {
      length: 9,
      inputShape: [2],
      inputType: 'float64',
      labelShape: [1],
      labelType: 'float32',
      read(indices, inputs, labels) {
        Array.from(indices).forEach((index, row) => {
          inputs.set([index, 10 * index], 2 * row);
          labels[row] = -index;
        });
      },
    };
    const { train, test, statistics } = dataLoaders(
      { name: 'ramp', train: ramp, test: new Subset(ramp, [8, 0]) },
      { batchSize: 3 },
    );
    expect(statistics).toEqual({ mean: [4, 40], std: [Math.sqrt(60 / 9), Math.sqrt(6000 / 9)] });
    expect(epochOf(train).size).toBe(9);
    for (using batch of test) {
      const [low, high] = [-4 / Math.sqrt(60 / 9), 4 / Math.sqrt(60 / 9)];
      Array.from(batch.inputs.dataSync()).forEach((x, i) => {
        expect(x).toBeCloseTo([high, high, low, low][i]!, 12);
      });
      expect(batch.labels.shape).toEqual([2, 1]);
      expect([...batch.labels.dataSync()]).toEqual([-8, -0]);
    }
  });

  it('refuses batches of no samples', () => {
    for (const batchSize of [0, -1, 1.5]) {
      expect(() => dataLoaders(images, { batchSize })).toThrow('DataLoader: batchSize must be an integer above 0');
      expect(() => dataLoaders(images, { batchSize: 5, testBatchSize: batchSize })).toThrow('batchSize must be');
    }
  });
});
