import { formatShape, type Shape, ShapeError } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { Transform, ValueTransform } from './transform.js';

/** Mean and standard deviation of each channel of the samples; of bytes, on the scale 0 to 1. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * A transform that makes (x − mean)/std of every channel. The first axis counts the channels: [C,H,W], [C,T], or [F]
 * with a mean for each feature. A single mean also fits an image [H,W].
 *
 * Bytes become exactly the float32 nearest to (byte/255 − mean)/std in double precision.
 *
 * @param mean one for each channel
 * @param std one for each channel, above 0
 * @throws ArgumentError where there are not as many finite means as positive stds
 */
export function normalizeChannels(mean: readonly number[], std: readonly number[]): Transform {
  const name = 'normalizeChannels';
  checkOption(mean.every(Number.isFinite), name, 'mean', 'finite numbers', `[${mean}]`);
  const arePositive = std.length === mean.length && std.every((each) => each > 0 && Number.isFinite(each));
  checkOption(arePositive, name, 'std', `${mean.length} finite numbers above 0`, `[${std}]`);
  const count = mean.length;
  const channelsIn = (shape: Shape): number => {
    const channels = count === 1 && shape.length === 2 ? 1 : (shape[0] ?? 1);
    if (channels === count) return count;
    throw new ShapeError(
      `${name}: ${count} means for a sample of ${channels} channels, ${formatShape(shape)}: one each is needed`,
    );
  };
  const normalize = (sample: Float32Array | Float64Array, shape: Shape): void => {
    const area = sample.length / channelsIn(shape);
    for (let channel = 0; channel < count; channel++) {
      const shift = mean[channel]!;
      const scale = std[channel]!;
      for (let i = channel * area; i < (channel + 1) * area; i++) sample[i] = (sample[i]! - shift) / scale;
    }
  };
  const map = (value: number, channel: number): number => {
    const own = count === 1 ? 0 : channel;
    return (value - mean[own]!) / std[own]!;
  };
  const valueTransform: ValueTransform = Object.assign(normalize, { changes: 'values' as const, channelsIn, map });
  return valueTransform;
}
