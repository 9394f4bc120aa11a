import { checkOption } from '../options.js';
import type { Transform } from './transform.js';

/**
 * A transform that moves a recording or a spectrogram along time, its last axis, by up to this many steps either way, all
 * distances being equally likely. What is moved over an end is lost.
 *
 * @param most the steps
 * @param fill the value of what comes in at the other end: silence, which is ln(floor) in a log-mel spectrogram
 * @throws ArgumentError where the steps are no integer of 0 or more, or the value is not finite
 */
export function randomTimeShift(most: number, fill = 0): Transform {
  const name = 'randomTimeShift';
  checkOption(Number.isInteger(most) && most >= 0, name, 'the steps', 'an integer of 0 or more', most);
  checkOption(Number.isFinite(fill), name, 'fill', 'a finite number', fill);
  return (sample, shape, generator) => {
    const steps = shape.at(-1) ?? 1;
    const later = generator.integer(2 * most + 1) - most;
    const filled = Math.min(Math.abs(later), steps);
    for (let start = 0; start < sample.length; start += steps) {
      const end = start + steps;
      if (later > 0) {
        sample.copyWithin(start + filled, start, end - filled);
        sample.fill(fill, start, start + filled);
      } else {
        sample.copyWithin(start, start + filled, end);
        sample.fill(fill, end - filled, end);
      }
    }
  };
}
