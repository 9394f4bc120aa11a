import { checkOption } from '../options.js';
import { planesOf, type Transform } from './transform.js';

/** How far a random affine map goes; a part that is not named does nothing. */
export interface RandomAffineOptions {
  /** Turns by up to this angle either way. */
  readonly degrees?: number;
  /** Moves by up to this many pixels, along rows and along columns. */
  readonly translate?: number;
  /** Enlarges by a factor from 1 − scale to 1 + scale, below 1. */
  readonly scale?: number;
  /**
   * The value of what comes in from outside the image.
   *
   * @default 0
   */
  readonly fill?: number;
}

/**
 * A transform that turns, enlarges and moves an image about its center by random amounts, each uniform in its range,
 * and interpolates bilinearly between pixels.
 *
 * @throws ArgumentError where an option is out of range
 */
export function randomAffine({ degrees = 0, translate = 0, scale = 0, fill = 0 }: RandomAffineOptions): Transform {
  const name = 'randomAffine';
  checkOption(degrees >= 0 && degrees <= 180, name, 'degrees', 'from 0 to 180', degrees);
  checkOption(translate >= 0 && Number.isFinite(translate), name, 'translate', 'a finite number from 0 on', translate);
  checkOption(scale >= 0 && scale < 1, name, 'scale', 'from 0 to below 1', scale);
  checkOption(Number.isFinite(fill), name, 'fill', 'a finite number', fill);
  const copyOf = sampleCopier();
  return (sample, shape, generator) => {
    const { channels, height, width } = planesOf(name, shape);
    const within = (limit: number) => (2 * generator.uniform() - 1) * limit;
    const angle = (within(degrees) * Math.PI) / 180;
    const size = 1 + within(scale);
    const right = within(translate);
    const down = within(translate);
    // Every pixel looks up where it came from, so the map is the inverse one.
    const cosine = Math.cos(angle) / size;
    const sine = Math.sin(angle) / size;
    const centerX = (width - 1) / 2;
    const centerY = (height - 1) / 2;
    const source = copyOf(sample);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const dx = column - centerX - right;
        const dy = row - centerY - down;
        const x = cosine * dx + sine * dy + centerX;
        const y = cosine * dy - sine * dx + centerY;
        const left = Math.floor(x);
        const top = Math.floor(y);
        const alongX = x - left;
        const alongY = y - top;
        for (let channel = 0; channel < channels; channel++) {
          const plane = channel * height * width;
          const at = (i: number, j: number) =>
            i >= 0 && i < height && j >= 0 && j < width ? source[plane + i * width + j]! : fill;
          const upper = at(top, left) * (1 - alongX) + at(top, left + 1) * alongX;
          const lower = at(top + 1, left) * (1 - alongX) + at(top + 1, left + 1) * alongX;
          sample[plane + row * width + column] = upper * (1 - alongY) + lower * alongY;
        }
      }
    }
  };
}

/** A function that copies a sample to memory of its own, which is used again every time. */
function sampleCopier(): (sample: Float32Array | Float64Array) => Float32Array | Float64Array {
  let copy: Float32Array | Float64Array = new Float32Array(0);
  return (sample) => {
    if (copy.length !== sample.length || copy.constructor !== sample.constructor) copy = sample.slice();
    else copy.set(sample);
    return copy;
  };
}
