import { type Shape, ShapeError } from '@pnn/tensor';
import { checkOption } from '../options.js';
import { planesOf, type Transform, type ValueTransform } from './transform.js';

/**
 * A transform that makes (x − mean)/std of every channel of an image.
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
  const normalize = (sample: Float32Array | Float64Array, shape: Shape): void => {
    const { channels, height, width } = planesOf(name, shape);
    if (channels !== mean.length) {
      throw new ShapeError(`${name}: ${mean.length} means for a sample of ${channels} channels: one each is needed`);
    }
    const area = height * width;
    for (let channel = 0; channel < channels; channel++) {
      const shift = mean[channel]!;
      const scale = std[channel]!;
      for (let i = channel * area; i < (channel + 1) * area; i++) sample[i] = (sample[i]! - shift) / scale;
    }
  };
  const valueTransform: ValueTransform = Object.assign(normalize, { changes: 'values' as const });
  return valueTransform;
}
