import { checkOption } from '../options.js';
import { planesOf, type Transform } from './transform.js';

/** How much of a spectrogram is hidden. */
export interface SpecAugmentOptions {
  /**
   * The number of bands of frequencies that are hidden.
   *
   * @default 1
   */
  readonly frequencyMasks?: number;
  /** The most rows of such a band; each has a width of its own, from 0 to this. */
  readonly frequencyWidth: number;
  /**
   * The number of stretches of time that are hidden.
   *
   * @default 1
   */
  readonly timeMasks?: number;
  /** The most columns of such a stretch; each has a width of its own, from 0 to this. */
  readonly timeWidth: number;
  /**
   * What is put in the place of the hidden: a value, or the mean of the spectrogram.
   *
   * @default 'mean'
   */
  readonly fill?: number | 'mean';
}

/**
 * A transform that hides bands of frequencies and stretches of time of a spectrogram [C,F,T] or [F,T], in all channels:
 * SpecAugment without the time warp (Park et al., arXiv 1904.08779). Width and place of each are uniform.
 *
 * @throws ArgumentError where an option is out of range
 */
export function specAugment(options: SpecAugmentOptions): Transform {
  const name = 'specAugment';
  const { frequencyMasks = 1, frequencyWidth, timeMasks = 1, timeWidth, fill = 'mean' } = options;
  for (const [option, value] of Object.entries({ frequencyMasks, frequencyWidth, timeMasks, timeWidth })) {
    checkOption(Number.isInteger(value) && value >= 0, name, option, 'an integer of 0 or more', value);
  }
  checkOption(fill === 'mean' || Number.isFinite(fill), name, 'fill', "a finite number or 'mean'", fill);
  return (sample, shape, generator) => {
    const { channels, height, width } = planesOf(name, shape);
    const value = fill === 'mean' ? meanOf(sample) : fill;
    const draw = (size: number, most: number): readonly [start: number, end: number] => {
      const length = generator.integer(Math.min(most, size) + 1);
      const start = generator.integer(size - length + 1);
      return [start, start + length];
    };
    for (let mask = 0; mask < frequencyMasks; mask++) {
      const [first, end] = draw(height, frequencyWidth);
      for (let channel = 0; channel < channels; channel++) {
        sample.fill(value, (channel * height + first) * width, (channel * height + end) * width);
      }
    }
    for (let mask = 0; mask < timeMasks; mask++) {
      const [first, end] = draw(width, timeWidth);
      for (let row = 0; row < channels * height; row++) sample.fill(value, row * width + first, row * width + end);
    }
  };
}

function meanOf(sample: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += sample[i]!;
  return sum / sample.length;
}
