import { ArgumentError, ArrayDataset, type Dataset, type Shape, sizeOf } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelStatistics } from '../src/index.js';
import { datasetOf, numbers } from './generated-datasets.js';
import { storedInputs } from './normalized.js';

/** What each channel holds, a byte being byte/255, in the order of the samples. */
function channelsOf(dataset: Dataset): number[][] {
  const channels = dataset.inputShape[0] ?? 1;
  const area = sizeOf(dataset.inputShape) / channels;
  const values: number[][] = Array.from({ length: channels }, () => []);
  storedInputs(dataset).forEach((x, i) => {
    values[Math.floor(i / area) % channels]!.push(dataset.inputType === 'uint8' ? x / 255 : x);
  });
  return values;
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('channelStatistics', () => {
  test('are the mean and the standard deviation of each channel: of images, recordings and rows, bytes and numbers', () => {
    fc.assert(
      fc.property(datasetOf(numbers), (dataset) => {
        const { mean, std } = channelStatistics(dataset);
        const channels = channelsOf(dataset);
        expect([mean.length, std.length]).toEqual([channels.length, channels.length]);
        channels.forEach((values, channel) => {
          const largest = Math.max(...values.map(Math.abs));
          const average = meanOf(values);
          const deviation = Math.sqrt(meanOf(values.map((value) => (value - average) ** 2)));
          const tolerance = 1e-12 * (largest + 1);
          expect(Math.abs(mean[channel]! - average)).toBeLessThan(tolerance);
          // A channel that is the same everywhere has 1; its deviation by the formula is the rounding of its mean.
          const isConstant = values.every((value) => value === values[0]);
          expect(Math.abs(std[channel]! - (isConstant ? 1 : deviation))).toBeLessThan(tolerance);
        });
      }),
    );
  });

  test('of a channel that is the same everywhere are its value and 1, exactly', () => {
    const value = fc.oneof(numbers, fc.constantFrom(0.1, 1 / 3, 1e-30, -1e30));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 600 }),
        (values, length) => {
          const inputs = Float64Array.from({ length: length * values.length }, (_, i) => values[i % values.length]!);
          const dataset = new ArrayDataset({ inputs, inputShape: [values.length], labels: new Int32Array(length) });
          expect(channelStatistics(dataset)).toEqual({ mean: values.map((x) => x + 0), std: values.map(() => 1) });
        },
      ),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 600 }), (byte, length) => {
        const inputs = new Uint8Array(2 * length).fill(byte);
        const dataset = new ArrayDataset({ inputs, inputShape: [1, 1, 2], labels: new Int32Array(length) });
        expect(channelStatistics(dataset)).toEqual({ mean: [byte / 255], std: [1] });
      }),
    );
  });

  test('lose no digits where the mean is large and the deviation small', () => {
    const inputs = Float64Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2 === 0 ? 1 : -1) / 1024);
    const dataset = new ArrayDataset({ inputs, inputShape: [1, 10], labels: new Int32Array(100) });
    expect(channelStatistics(dataset)).toEqual({ mean: [1e9], std: [1 / 1024] });
  });

  test('are those of more samples than are read at a time', () => {
    const shape: Shape = [2, 3];
    for (const length of [255, 256, 257, 600]) {
      const inputs = Uint8Array.from({ length: 6 * length }, (_, i) => (i * i) % 251);
      const dataset = new ArrayDataset({ inputs, inputShape: shape, labels: new Int32Array(length) });
      const { mean, std } = channelStatistics(dataset);
      channelsOf(dataset).forEach((values, channel) => {
        const average = meanOf(values);
        expect(mean[channel]).toBeCloseTo(average, 12);
        expect(std[channel]).toBeCloseTo(Math.sqrt(meanOf(values.map((value) => (value - average) ** 2))), 12);
      });
    }
  });

  test('of no samples are refused', () => {
    const empty: Dataset = {
      length: 0,
      inputShape: [1, 2, 2],
      inputType: 'uint8',
      labelShape: [],
      labelType: 'int32',
      read: () => undefined,
    };
    expect(() => channelStatistics(empty)).toThrow(
      new ArgumentError('channelStatistics: there is no sample to average'),
    );
  });
});
