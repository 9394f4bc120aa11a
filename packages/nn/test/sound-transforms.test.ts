import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ArgumentError,
  ArrayDataset,
  backgroundNoise,
  DataLoader,
  Generator,
  randomTimeShift,
  ShapeError,
  specAugment,
  type Transform,
} from '../src/index.js';

const counting = (length: number) => Float32Array.from({ length }, (_, i) => i + 1);

function changed(transform: Transform, sample: Float32Array, shape: readonly number[], seed: number): Float32Array {
  const copy = sample.slice();
  transform(copy, shape, new Generator(seed));
  return copy;
}

const seeds = fc.nat();

describe('randomTimeShift', () => {
  test('moves every row by the same distance, and fills what comes in', () => {
    fc.assert(
      fc.property(seeds, fc.nat({ max: 9 }), (seed, most) => {
        const [rows, steps] = [6, 5];
        const result = changed(randomTimeShift(most, -7), counting(rows * steps), [2, 3, steps], seed);
        const distances = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
        const shifted = (distance: number) =>
          Array.from({ length: rows * steps }, (_, i) => {
            const from = (i % steps) - distance;
            return from >= 0 && from < steps ? i - distance + 1 : -7;
          });
        expect(distances.map(shifted)).toContainEqual([...result]);
      }),
    );
  });

  test('reaches every distance', () => {
    const places = Array.from({ length: 200 }, (_, seed) => changed(randomTimeShift(2), counting(5), [5], seed)[2]);
    expect(new Set(places)).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  test('refuses what is no number of steps', () => {
    expect(() => randomTimeShift(-1)).toThrow(ArgumentError);
    expect(() => randomTimeShift(1.5)).toThrow(ArgumentError);
    expect(() => randomTimeShift(1, Number.NaN)).toThrow(ArgumentError);
  });
});

describe('specAugment', () => {
  test('hides whole rows and whole columns, no more of them than asked for, in all channels alike', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.nat({ max: 3 }),
        fc.nat({ max: 12 }),
        fc.nat({ max: 3 }),
        fc.nat({ max: 12 }),
        (...args) => {
          const [seed, frequencyMasks, frequencyWidth, timeMasks, timeWidth] = args;
          const [channels, height, width] = [2, 8, 9];
          const augment = specAugment({ frequencyMasks, frequencyWidth, timeMasks, timeWidth, fill: -1 });
          const result = changed(augment, counting(channels * height * width), [channels, height, width], seed);
          const isHidden = (row: number, column: number) => result[row * width + column] === -1;
          const allOf = (count: number, hidden: (i: number) => boolean) =>
            Array.from({ length: count }, (_, i) => hidden(i)).every(Boolean);
          const rows = Array.from({ length: height }, (_, row) => allOf(width, (column) => isHidden(row, column)));
          const columns = Array.from({ length: width }, (_, column) => allOf(height, (row) => isHidden(row, column)));
          for (let i = 0; i < result.length; i++) {
            const [row, column] = [Math.floor(i / width) % height, i % width];
            // Where all columns are hidden, all rows look hidden, too.
            const expected = rows[row] || columns[column] ? -1 : i + 1;
            expect(result[i]).toBe(expected);
          }
          if (!columns.every(Boolean)) {
            expect(rows.filter(Boolean).length).toBeLessThanOrEqual(frequencyMasks * frequencyWidth);
          }
          if (!rows.every(Boolean)) expect(columns.filter(Boolean).length).toBeLessThanOrEqual(timeMasks * timeWidth);
        },
      ),
    );
  });

  test('puts the mean of the spectrogram in their place', () => {
    const spectrogram = counting(20);
    const augment = specAugment({ frequencyMasks: 0, frequencyWidth: 0, timeMasks: 4, timeWidth: 5 });
    const results = Array.from({ length: 20 }, (_, seed) => changed(augment, spectrogram, [4, 5], seed));
    expect(results.every((result) => result.every((value, i) => value === i + 1 || value === 10.5))).toBe(true);
    expect(results.some((result) => result.includes(10.5))).toBe(true);
  });

  test('reaches every place with every width', () => {
    const augment = specAugment({ frequencyWidth: 0, timeWidth: 3, fill: 0 });
    const seen = new Set(
      Array.from({ length: 500 }, (_, seed) => String(changed(augment, counting(3), [1, 3], seed).map(Math.sign))),
    );
    expect(seen).toEqual(new Set(['1,1,1', '0,1,1', '1,0,1', '1,1,0', '0,0,1', '1,0,0', '0,0,0']));
  });

  test('refuses what is no spectrogram, and options out of range', () => {
    const augment = specAugment({ frequencyWidth: 1, timeWidth: 1 });
    expect(() => changed(augment, counting(4), [4], 0)).toThrow(ShapeError);
    for (const wrong of [{ frequencyWidth: -1 }, { timeMasks: 0.5 }, { fill: Number.NaN }]) {
      expect(() => specAugment({ frequencyWidth: 1, timeWidth: 1, ...wrong })).toThrow(ArgumentError);
    }
  });
});

describe('backgroundNoise', () => {
  const power = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0) / values.length;

  test('adds a piece of a noise with the power that the ratio says', () => {
    const noise = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * i));
    const sample = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i));
    fc.assert(
      fc.property(seeds, fc.integer({ min: -20, max: 40 }), (seed, decibels) => {
        const noisy = changed(backgroundNoise([noise], { decibels: [decibels, decibels] }), sample, [1, 16], seed);
        const added = noisy.map((value, i) => value - sample[i]!);
        expect(10 * Math.log10(power(sample) / power(added))).toBeCloseTo(decibels, 2);
        // It is one of the pieces, but for a factor.
        const starts = Array.from({ length: 25 }, (_, start) => {
          const piece = noise.subarray(start, start + 16);
          const factor = added.reduce((sum, value, i) => sum + value * piece[i]!, 0) / (16 * power(piece));
          return Math.max(...added.map((value, i) => Math.abs(value - factor * piece[i]!))) / Math.sqrt(power(added));
        });
        expect(Math.min(...starts)).toBeLessThan(1e-3);
      }),
      { numRuns: 50 },
    );
  });

  test('adds powers to spectrograms, whose values are their logarithms', () => {
    const logs = (values: readonly number[]) => Float32Array.from(values, Math.log);
    const noise = backgroundNoise([logs([1, 1, 1, 3, 3, 3])], { decibels: [0, 0], values: 'log-power' });
    const result = changed(noise, logs([1, 3, 4, 8]), [1, 2, 2], 3);
    // The power of the sample is 4, that of the noise 2.
    const expected = [1 + 2, 3 + 2, 4 + 6, 8 + 6];
    for (const [i, value] of expected.entries()) expect(Math.exp(result[i]!)).toBeCloseTo(value, 5);
  });

  test('leaves silence silent, and as many samples alone as the probability says', () => {
    const noise = [counting(8)];
    expect([...changed(backgroundNoise(noise), new Float32Array(8), [1, 8], 0)]).toEqual(new Array(8).fill(0));
    expect(changed(backgroundNoise([new Float32Array(8)]), counting(8), [1, 8], 0)).toEqual(counting(8));
    const sometimes = backgroundNoise(noise, { probability: 0.25 });
    const alone = Array.from({ length: 1000 }, (_, seed) => changed(sometimes, counting(8), [1, 8], seed)[3] === 4);
    // Six standard deviations of the binomial distribution.
    expect(Math.abs(alone.filter(Boolean).length - 750)).toBeLessThan(6 * Math.sqrt(1000 * 0.25 * 0.75));
  });

  test('refuses noises that do not fit, and options out of range', () => {
    expect(() => changed(backgroundNoise([counting(7)]), counting(8), [1, 8], 0)).toThrow(
      new ShapeError('backgroundNoise: a noise of 7 values is none of 1 rows that is as long as a sample [1,8]'),
    );
    expect(() => changed(backgroundNoise([counting(9)]), counting(8), [2, 4], 0)).toThrow(ShapeError);
    expect(() => backgroundNoise([])).toThrow(new ArgumentError('backgroundNoise: there is no noise'));
    const noise = [counting(8)];
    for (const wrong of [
      { decibels: [2, 1] },
      { decibels: [0, Number.NaN] },
      { probability: 2 },
      { values: 'power' },
    ]) {
      expect(() => backgroundNoise(noise, wrong as never)).toThrow(ArgumentError);
    }
  });
});

test('a loader with these transforms goes on with the same bits where its state was taken', async () => {
  const dataset = new ArrayDataset({
    inputs: counting(12 * 20),
    inputShape: [1, 4, 5],
    labels: new Int32Array(12),
    classes: 1,
  });
  const loader = (seed: number) =>
    new DataLoader(dataset, {
      batchSize: 3,
      shuffle: true,
      generator: new Generator(seed, 'shuffle'),
      augmentationGenerator: new Generator(seed, 'augmentation'),
      transforms: [
        randomTimeShift(2),
        backgroundNoise([counting(48), counting(28)], { probability: 0.5 }),
        specAugment({ frequencyWidth: 2, timeWidth: 2 }),
      ],
    });
  const bits = async (of: DataLoader): Promise<number[][]> => {
    const result: number[][] = [];
    for (using batch of of) result.push([...(await batch.inputs.data())] as number[]);
    return result;
  };
  const whole = await bits(loader(5));
  const interrupted = loader(5);
  const iterator = interrupted[Symbol.iterator]();
  for (let i = 0; i < 2; i++) iterator.next().value!.dispose();
  const resumed = loader(99);
  resumed.restore(JSON.parse(JSON.stringify(interrupted.state())));
  expect(await bits(resumed)).toEqual(whole.slice(2));
  expect(await bits(loader(6))).not.toEqual(whole);
});
