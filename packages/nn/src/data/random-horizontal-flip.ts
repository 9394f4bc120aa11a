import { checkOption } from '../options.js';
import { planesOf, type Transform } from './transform.js';

/**
 * A transform that mirrors an image left to right with this probability.
 *
 * @throws ArgumentError where it is no probability
 */
export function randomHorizontalFlip(probability = 0.5): Transform {
  const name = 'randomHorizontalFlip';
  checkOption(probability >= 0 && probability <= 1, name, 'the probability', 'from 0 to 1', probability);
  return (sample, shape, generator) => {
    const { width } = planesOf(name, shape);
    if (generator.uniform() >= probability) return;
    for (let row = 0; row < sample.length; row += width) sample.subarray(row, row + width).reverse();
  };
}
