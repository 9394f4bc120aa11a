import { ArgumentError } from '@pnn/tensor';

/** Labelled images in host memory, as bytes: a quarter of what float32 would take. */
export interface ImageDataset {
  /** What reports call it, for example `mnist/train`. */
  readonly name: string;
  /** The pixels, 0 to 255, row-major in the shape [count, channels, height, width]. */
  readonly images: Uint8Array;
  /** The class of each image, 0 to classes.length - 1, in the shape [count]. */
  readonly labels: Int32Array;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** The names of the classes; a label is an index into them. */
  readonly classes: readonly string[];
}

/** Images to learn from, and images to judge by that were never learnt from. */
export interface DatasetSplits {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** Mean and standard deviation of each channel, of pixels scaled to 0 … 1. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Mean and (population) standard deviation of each channel over all pixels of all images, exact up to one rounding:
 * they come from a histogram of the bytes. Take them from the training images and use them for the test images too.
 *
 * @throws ArgumentError where there are no pixels
 */
export function channelStatistics(dataset: ImageDataset): ChannelStatistics {
  const { images, count, channels } = dataset;
  const area = dataset.height * dataset.width;
  if (count * area === 0) throw new ArgumentError(`channelStatistics: ${dataset.name} has no pixels to average`);
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const histogram = new Float64Array(256);
    for (let image = 0; image < count; image++) {
      const start = (image * channels + channel) * area;
      for (let i = start; i < start + area; i++) histogram[images[i]!]! += 1;
    }
    const average = histogram.reduce((sum, frequency, byte) => sum + frequency * byte, 0) / (count * area);
    const squares = histogram.reduce((sum, frequency, byte) => sum + frequency * (byte - average) ** 2, 0);
    mean.push(average / 255);
    std.push(Math.sqrt(squares / (count * area)) / 255);
  }
  return { mean, std };
}

/**
 * The pixels as (byte / 255 - mean) / std of their channel, float32 of the shape [count, channels, height, width].
 *
 * @param statistics those of the training images, unless others are given
 * @throws ArgumentError where there is not one finite mean and one positive finite std per channel
 */
export function normalize(dataset: ImageDataset, statistics = channelStatistics(dataset)): Float32Array {
  const { images, count, channels } = dataset;
  const { mean, std } = statistics;
  if (mean.length !== channels || std.length !== channels) {
    throw new ArgumentError(
      `normalize: ${dataset.name} has ${channels} channels, but there are ${mean.length} means and ${std.length} stds`,
    );
  }
  for (let channel = 0; channel < channels; channel++) {
    if (!Number.isFinite(mean[channel]) || !Number.isFinite(std[channel]) || std[channel]! <= 0) {
      throw new ArgumentError(
        `normalize: channel ${channel} of ${dataset.name} needs a finite mean and a positive std, not mean ${mean[channel]} and std ${std[channel]}`,
      );
    }
  }
  const area = dataset.height * dataset.width;
  const values = new Float32Array(images.length);
  for (let channel = 0; channel < channels; channel++) {
    const table = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean[channel]!) / std[channel]!);
    for (let image = 0; image < count; image++) {
      const start = (image * channels + channel) * area;
      for (let i = start; i < start + area; i++) values[i] = table[images[i]!]!;
    }
  }
  return values;
}

/**
 * The images from `start` up to, not including, `end`, as views of the same memory.
 *
 * @throws ArgumentError unless 0 ≤ start ≤ end ≤ count, all of them integers
 */
export function slice(dataset: ImageDataset, start: number, end: number): ImageDataset {
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start > end || end > dataset.count) {
    throw new ArgumentError(
      `slice: ${dataset.name} has images 0 to ${dataset.count}, which do not contain the range from ${start} to ${end}`,
    );
  }
  const size = dataset.channels * dataset.height * dataset.width;
  return {
    ...dataset,
    images: dataset.images.subarray(start * size, end * size),
    labels: dataset.labels.subarray(start, end),
    count: end - start,
  };
}
