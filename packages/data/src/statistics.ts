import { ArgumentError, type ChannelStatistics, type Dataset, sizeOf } from '@pnn/nn';
import { chunksOf } from './chunks.js';

/** Calls `visit` with every element of every sample and the channel that it belongs to: the first axis counts them. */
function forEachElement(dataset: Dataset, visit: (channel: number, element: number) => void): void {
  const channels = dataset.inputShape[0] ?? 1;
  const area = sizeOf(dataset.inputShape) / channels;
  for (const { inputs, count } of chunksOf(dataset)) {
    let i = 0;
    for (let sample = 0; sample < count; sample++) {
      for (let channel = 0; channel < channels; channel++) {
        for (const end = i + area; i < end; i++) visit(channel, inputs[i]!);
      }
    }
  }
}

/** Sums over a histogram of the bytes, which are exact up to one rounding. */
function statisticsOfBytes(dataset: Dataset, channels: number, elements: number): ChannelStatistics {
  const histograms = Array.from({ length: channels }, () => new Float64Array(256));
  forEachElement(dataset, (channel, byte) => {
    histograms[channel]![byte]! += 1;
  });
  const mean: number[] = [];
  const std: number[] = [];
  for (const histogram of histograms) {
    const average = histogram.reduce((sum, frequency, byte) => sum + frequency * byte, 0) / elements;
    const squares = histogram.reduce((sum, frequency, byte) => sum + frequency * (byte - average) ** 2, 0);
    mean.push(average / 255);
    std.push(Math.sqrt(squares / elements) / 255 || 1);
  }
  return { mean, std };
}

/**
 * Two passes, the second around the mean, so that a large mean costs no digits. The first is around the first element of
 * each channel, so that the mean of a channel that is the same everywhere is exactly that and its deviation exactly 0.
 */
function statisticsOfNumbers(dataset: Dataset, channels: number, elements: number): ChannelStatistics {
  const origins = new Float64Array(channels).fill(Number.NaN);
  const sums = new Float64Array(channels);
  forEachElement(dataset, (channel, x) => {
    if (Number.isNaN(origins[channel])) origins[channel] = x;
    sums[channel]! += x - origins[channel]!;
  });
  const mean = Array.from(sums, (sum, channel) => origins[channel]! + sum / elements);
  const squares = new Float64Array(channels);
  forEachElement(dataset, (channel, x) => {
    squares[channel]! += (x - mean[channel]!) ** 2;
  });
  return { mean, std: Array.from(squares, (sum) => Math.sqrt(sum / elements) || 1) };
}

/**
 * Mean and (population) standard deviation of each channel over all samples, in double precision. The first axis of a
 * sample counts the channels: those of an image [C,H,W] or a recording [C,T], the features of a row [F]. Take them from
 * the training data and use them for the test data too. A channel that is the same everywhere gets the deviation 1, so
 * that it can be divided by.
 *
 * @throws ArgumentError if there is no sample
 */
export function channelStatistics(dataset: Dataset): ChannelStatistics {
  if (dataset.length === 0) throw new ArgumentError('channelStatistics: there is no sample to average');
  const channels = dataset.inputShape[0] ?? 1;
  const elements = (dataset.length * sizeOf(dataset.inputShape)) / channels;
  const of = dataset.inputType === 'uint8' ? statisticsOfBytes : statisticsOfNumbers;
  return of(dataset, channels, elements);
}
