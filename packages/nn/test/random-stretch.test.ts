import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError, Generator, randomStretch } from '../src/index.js';

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });

const mean = (sample: ArrayLike<number>) => Array.from(sample).reduce((sum, x) => sum + x, 0) / sample.length;

describe('randomStretch', () => {
  it('moves all elements from the mean of the sample by one factor in its range', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 1, max: 8, noNaN: true }), fc.nat(), (elements, factor, seed) => {
        const before = Float64Array.from(elements);
        const after = before.slice();
        randomStretch({ factor, probability: 1 })(after, [after.length], new Generator(seed));
        const center = mean(before);
        const farthest = before.reduce((i, x, k) => (Math.abs(x - center) > Math.abs(before[i]! - center) ? k : i), 0);
        const distance = before[farthest]! - center;
        // Where all are equal there is nothing but rounding to move.
        fc.pre(Math.abs(distance) > 1e-6);
        const scale = (after[farthest]! - center) / distance;
        expect(scale).toBeGreaterThanOrEqual(1 - 1e-6);
        expect(scale).toBeLessThanOrEqual(factor * (1 + 1e-6));
        for (const [i, x] of before.entries()) expect(after[i]).toBeCloseTo(center + (x - center) * scale, 6);
      }),
    );
  });

  it('changes so many samples as it is told, and draws as many numbers for the others', () => {
    const generator = new Generator(1);
    const transform = randomStretch({ probability: 0.25 });
    const samples = Array.from({ length: 2000 }, () => {
      const sample = Float32Array.of(0, 1, 2);
      transform(sample, [3], generator);
      return sample[2]!;
    });
    const stretched = samples.filter((x) => x !== 2);
    // Five deviations of the binomial distribution.
    expect(Math.abs(stretched.length - 500)).toBeLessThan(5 * Math.sqrt(2000 * 0.25 * 0.75));
    expect(Math.max(...stretched)).toBeLessThanOrEqual(2.6 + 1e-6);
    expect(Math.max(...stretched)).toBeGreaterThan(2.55);
    const [none, all] = [0, 1].map((probability) => {
      const own = new Generator(3);
      randomStretch({ probability })(Float32Array.of(0, 1), [2], own);
      return own.uniform();
    });
    expect(none).toBe(all);
  });

  it('leaves samples as they are by the factor 1 or where they are empty', () => {
    const sample = Float32Array.of(0.5, 1, 3);
    randomStretch({ factor: 1, probability: 1 })(sample, [3], new Generator(1));
    expect(Array.from(sample)).toEqual([0.5, 1, 3]);
    randomStretch({ probability: 1 })(new Float32Array(0), [0], new Generator(1));
  });

  it('refuses options out of their range', () => {
    for (const options of [{ factor: 0.9 }, { factor: Number.NaN }, { probability: -0.1 }, { probability: 1.1 }]) {
      expect(() => randomStretch(options)).toThrow(ArgumentError);
    }
  });
});
