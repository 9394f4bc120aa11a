import { ArgumentError, formatShape, ShapeError } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { Transform } from './transform.js';

/** How loud noise is, and what samples are. */
export interface BackgroundNoiseOptions {
  /**
   * The least and the largest ratio of the power of the recording to that of the noise, in decibels; all between are equally
   * likely.
   *
   * @default [5, 20]
   */
  readonly decibels?: readonly [least: number, most: number];
  /**
   * How often a sample gets noise.
   *
   * @default 1
   */
  readonly probability?: number;
  /**
   * What a value is: of a waveform, where recording and noise are added; or the natural logarithm of a power, as in a log-mel
   * spectrogram, where their powers are.
   *
   * @default 'amplitude'
   */
  readonly values?: 'amplitude' | 'log-power';
}

type Values = Float32Array | Float64Array;

/** The mean power of the values from `start` on in each of the rows. */
function powerOf(values: Values, rows: number, stride: number, start: number, steps: number, isLog: boolean): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    for (let i = row * stride + start; i < row * stride + start + steps; i++) {
      sum += isLog ? Math.exp(values[i]!) : values[i]! ** 2;
    }
  }
  return sum / (rows * steps);
}

/**
 * A transform that lays a random piece of one of the noises under a recording [C,T], or under a spectrogram [C,F,T]: with the
 * same rows, so that the piece is cut along time, the last axis. A silent recording stays silent.
 *
 * @param noises each one of the same rows as a sample, one after another, and at least as long
 * @throws ArgumentError where there is no noise, or an option is out of range
 */
export function backgroundNoise(noises: readonly Float32Array[], options: BackgroundNoiseOptions = {}): Transform {
  const name = 'backgroundNoise';
  const { decibels = [5, 20], probability = 1, values = 'amplitude' } = options;
  const [least, most] = decibels;
  if (noises.length === 0) throw new ArgumentError(`${name}: there is no noise`);
  const isRange = Number.isFinite(least) && Number.isFinite(most) && least <= most;
  checkOption(isRange, name, 'decibels', 'the least and the largest of two finite numbers', `[${decibels}]`);
  checkOption(probability >= 0 && probability <= 1, name, 'probability', 'from 0 to 1', probability);
  const isKnown = values === 'amplitude' || values === 'log-power';
  checkOption(isKnown, name, 'values', 'amplitude or log-power', values);
  const isLog = values === 'log-power';
  return (sample, shape, generator) => {
    const steps = shape.at(-1) ?? 1;
    const rows = sample.length / steps;
    // All that is drawn is drawn for every sample, so that the samples after it do not depend on it.
    const isNoisy = generator.uniform() < probability;
    const noise = noises[generator.integer(noises.length)]!;
    const length = noise.length / rows;
    if (!Number.isInteger(length) || length < steps) {
      throw new ShapeError(
        `${name}: a noise of ${noise.length} values is none of ${rows} rows that is as long as a sample ${formatShape(shape)}`,
      );
    }
    const start = generator.integer(length - steps + 1);
    const ratio = 10 ** ((least + (most - least) * generator.uniform()) / 10);
    if (!isNoisy) return;
    const signal = powerOf(sample, rows, steps, 0, steps, isLog);
    const power = powerOf(noise, rows, length, start, steps, isLog);
    if (power === 0) return;
    const gain = signal / (ratio * power);
    for (let row = 0; row < rows; row++) {
      const to = row * steps;
      const from = row * length + start;
      for (let i = 0; i < steps; i++) {
        const value = sample[to + i]!;
        const added = noise[from + i]!;
        sample[to + i] = isLog ? Math.log(Math.exp(value) + gain * Math.exp(added)) : value + Math.sqrt(gain) * added;
      }
    }
  };
}
