import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelStatistics, type ImageDataset, normalize, slice } from '../src/index.js';

const dataset = fc
  .record({
    count: fc.integer({ min: 1, max: 6 }),
    channels: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 4 }),
    width: fc.integer({ min: 2, max: 5 }),
  })
  .chain((size) => {
    const length = size.count * size.channels * size.height * size.width;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((images): ImageDataset => {
      const labels = Int32Array.from({ length: size.count }, (_, i) => i % 2);
      return { name: 'random', images, labels, ...size, classes: ['even', 'odd'] };
    });
  });

const planesOf = ({ count, channels, height, width }: ImageDataset, values: ArrayLike<number>, channel: number) => {
  const area = height * width;
  const plane: number[] = [];
  for (let image = 0; image < count; image++) {
    for (let i = 0; i < area; i++) plane.push(values[(image * channels + channel) * area + i]!);
  }
  return plane;
};

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('channelStatistics', () => {
  test('are the mean and the standard deviation of each channel, on the scale 0 to 1', () => {
    fc.assert(
      fc.property(dataset, (images) => {
        const { mean, std } = channelStatistics(images);
        for (let channel = 0; channel < images.channels; channel++) {
          const plane = planesOf(images, images.images, channel).map((byte) => byte / 255);
          const average = meanOf(plane);
          expect(mean[channel]).toBeCloseTo(average, 12);
          expect(std[channel]).toBeCloseTo(Math.sqrt(meanOf(plane.map((value) => (value - average) ** 2))), 12);
        }
      }),
    );
  });

  test('of no pixels are refused', () => {
    const empty: ImageDataset = {
      name: 'empty',
      images: new Uint8Array(0),
      labels: new Int32Array(0),
      count: 0,
      channels: 1,
      height: 2,
      width: 2,
      classes: [],
    };
    expect(() => channelStatistics(empty)).toThrow(
      new ArgumentError('channelStatistics: empty has no pixels to average'),
    );
  });
});

describe('normalize', () => {
  test('gives every channel mean 0 and standard deviation 1', () => {
    fc.assert(
      fc.property(dataset, (images) => {
        const statistics = channelStatistics(images);
        fc.pre(statistics.std.every((std) => std > 0.01));
        const values = normalize(images);
        expect(values).toEqual(normalize(images, statistics));
        for (let channel = 0; channel < images.channels; channel++) {
          const plane = planesOf(images, values, channel);
          expect(meanOf(plane)).toBeCloseTo(0, 5);
          expect(meanOf(plane.map((value) => value ** 2))).toBeCloseTo(1, 5);
        }
      }),
    );
  });

  test('is undone by the inverse map', () => {
    fc.assert(
      fc.property(dataset, (images) => {
        const statistics = { mean: [0.1, 0.5, 0.9], std: [0.2, 0.5, 1] };
        const given = {
          mean: statistics.mean.slice(0, images.channels),
          std: statistics.std.slice(0, images.channels),
        };
        const values = normalize(images, given);
        for (let channel = 0; channel < images.channels; channel++) {
          const back = planesOf(images, values, channel).map((value) =>
            Math.round(255 * (value * given.std[channel]! + given.mean[channel]!)),
          );
          expect(back).toEqual(planesOf(images, images.images, channel));
        }
      }),
    );
  });

  test('refuses statistics that do not fit', () => {
    const grey: ImageDataset = {
      name: 'grey',
      images: new Uint8Array(4),
      labels: new Int32Array(1),
      count: 1,
      channels: 1,
      height: 2,
      width: 2,
      classes: ['a'],
    };
    expect(() => normalize(grey)).toThrow(
      'normalize: channel 0 of grey needs a finite mean and a positive std, not mean 0 and std 0',
    );
    expect(() => normalize(grey, { mean: [0], std: [0] })).toThrow(ArgumentError);
    expect(() => normalize(grey, { mean: [Number.NaN], std: [1] })).toThrow(ArgumentError);
    expect(() => normalize(grey, { mean: [0, 0, 0], std: [1, 1, 1] })).toThrow('grey has 1 channels, but there are 3');
  });
});

describe('slice', () => {
  test('two slices that meet make up the whole, without a copy', () => {
    fc.assert(
      fc.property(dataset, fc.nat(6), (images, at) => {
        fc.pre(at <= images.count);
        const [first, second] = [slice(images, 0, at), slice(images, at, images.count)];
        expect(first.count + second.count).toBe(images.count);
        expect([...first.images, ...second.images]).toEqual([...images.images]);
        expect([...first.labels, ...second.labels]).toEqual([...images.labels]);
        expect(second.images.buffer).toBe(images.images.buffer);
        expect(() => slice(images, 0, images.count + 1)).toThrow(ArgumentError);
        expect(() => slice(images, at + 1, at)).toThrow(ArgumentError);
        expect(() => slice(images, -1, at)).toThrow(ArgumentError);
        expect(() => slice(images, 0.5, 1)).toThrow(ArgumentError);
      }),
    );
  });
});
