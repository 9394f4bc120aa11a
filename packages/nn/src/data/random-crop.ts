import { checkOption } from '../options.js';
import { planesOf, sampleCopier, type Transform } from './transform.js';

/**
 * A transform that adds a border to an image and cuts the size it had out of the result at a random place, all places
 * being equally likely: it moves by up to `padding` rows and columns.
 *
 * @param padding the width of the border
 * @param fill the value of the border
 * @throws ArgumentError where the padding is no integer of 0 or more, or the value is not finite
 */
export function randomCrop(padding: number, fill = 0): Transform {
  const name = 'randomCrop';
  checkOption(Number.isInteger(padding) && padding >= 0, name, 'padding', 'an integer of 0 or more', padding);
  checkOption(Number.isFinite(fill), name, 'fill', 'a finite number', fill);
  const copyOf = sampleCopier();
  return (sample, shape, generator) => {
    const { channels, height, width } = planesOf(name, shape);
    const down = generator.integer(2 * padding + 1) - padding;
    const right = generator.integer(2 * padding + 1) - padding;
    if (down === 0 && right === 0) return;
    const source = copyOf(sample);
    sample.fill(fill);
    const firstRow = Math.max(down, 0);
    const endRow = Math.min(height + down, height);
    const firstColumn = Math.max(right, 0);
    const endColumn = Math.min(width + right, width);
    for (let channel = 0; channel < channels; channel++) {
      for (let row = firstRow; row < endRow; row++) {
        const target = (channel * height + row) * width;
        const from = target - down * width - right;
        for (let column = firstColumn; column < endColumn; column++) sample[target + column] = source[from + column]!;
      }
    }
  };
}
