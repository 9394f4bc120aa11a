import { checkOption } from '../options.js';
import { type MoveTransform, planesOf, type Transform } from './transform.js';

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
  const cropWith =
    (fillOf: (channel: number) => number): Transform =>
    (sample, shape, generator) => {
      const { channels, height, width } = planesOf(name, shape);
      const down = generator.integer(2 * padding + 1) - padding;
      const right = generator.integer(2 * padding + 1) - padding;
      // One move for all rows and channels; what it carries over the edge of a row or a channel is border.
      const distance = down * width + right;
      sample.copyWithin(Math.max(distance, 0), Math.max(-distance, 0));
      const area = height * width;
      for (let channel = 0; channel < channels; channel++) {
        fillBorder(sample, channel * area, (channel + 1) * area, width, down, right, fillOf(channel));
      }
    };
  const crop: MoveTransform = Object.assign(
    cropWith(() => fill),
    {
      changes: 'places' as const,
      after(change: (value: number) => ArrayLike<number>): Transform {
        const fills = change(fill);
        return cropWith((channel) => fills[channel]!);
      },
    },
  );
  return crop;
}

/** Fills the rows and columns of a plane, from `start` to before `end`, that nothing was moved to. */
function fillBorder(
  sample: Float32Array | Float64Array,
  start: number,
  end: number,
  width: number,
  down: number,
  right: number,
  value: number,
): void {
  if (down > 0) sample.fill(value, start, Math.min(start + down * width, end));
  if (down < 0) sample.fill(value, Math.max(end + down * width, start), end);
  const firstColumn = right > 0 ? 0 : Math.max(width + right, 0);
  const endColumn = right > 0 ? Math.min(right, width) : width;
  for (let column = firstColumn; column < endColumn; column++) {
    for (let i = start + column; i < end; i += width) sample[i] = value;
  }
}
