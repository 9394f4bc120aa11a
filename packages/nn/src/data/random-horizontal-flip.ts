import { checkOption } from '../options.js';
import { type MoveTransform, planesOf, type Transform } from './transform.js';

/**
 * A transform that mirrors an image left to right with this probability.
 *
 * @throws ArgumentError where it is no probability
 */
export function randomHorizontalFlip(probability = 0.5): Transform {
  const name = 'randomHorizontalFlip';
  checkOption(probability >= 0 && probability <= 1, name, 'the probability', 'from 0 to 1', probability);
  const flip: Transform = (sample, shape, generator) => {
    const { width } = planesOf(name, shape);
    if (generator.uniform() < probability) mirrorRows(sample, width);
  };
  const move: MoveTransform = Object.assign(flip, { changes: 'places' as const, after: () => flip });
  return move;
}

// A call for each row, such as reverse(), takes longer than its elements do.
function mirrorRows(sample: Float32Array | Float64Array, width: number): void {
  const half = width >> 1;
  for (let start = 0; start < sample.length; start += width) {
    const end = start + width - 1;
    for (let i = 0; i < half; i++) {
      const left = sample[start + i]!;
      sample[start + i] = sample[end - i]!;
      sample[end - i] = left;
    }
  }
}
