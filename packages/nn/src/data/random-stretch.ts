import { checkOption } from '../options.js';
import type { Transform } from './transform.js';

/** How samples are stretched. */
export interface RandomStretchOptions {
  /**
   * The largest factor, 1 or more.
   *
   * @default 1.6
   */
  readonly factor?: number;
  /**
   * The share of samples that are stretched, from 0 to 1.
   *
   * @default 0.25
   */
  readonly probability?: number;
}

/**
 * A transform that moves the elements of some samples away from the mean of the sample, all by the same factor, which is
 * drawn from 1 to `factor`, log-uniform. Unlike a change of contrast it keeps nothing within a range: it makes samples that
 * reach farther than any that were seen, so that a boundary loss holds layers back before such a sample comes.
 *
 * @throws ArgumentError where an option is out of range
 */
export function randomStretch({ factor = 1.6, probability = 0.25 }: RandomStretchOptions = {}): Transform {
  const name = 'randomStretch';
  checkOption(factor >= 1 && Number.isFinite(factor), name, 'factor', 'a finite number of 1 or more', factor);
  checkOption(probability >= 0 && probability <= 1, name, 'probability', 'from 0 to 1', probability);
  return (sample, _, generator) => {
    // As many numbers are drawn whether the sample is changed or not.
    const isChanged = generator.uniform() < probability;
    const scale = factor ** generator.uniform();
    if (!isChanged || sample.length === 0) return;
    let sum = 0;
    for (const value of sample) sum += value;
    const mean = sum / sample.length;
    for (let i = 0; i < sample.length; i++) sample[i] = mean + (sample[i]! - mean) * scale;
  };
}
