import { ArgumentError } from '@pnn/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PowerSpectrum } from '../../src/index.js';

test('is the square of the sums that define the transform', () => {
  const samples = fc.integer({ min: 2, max: 7 }).chain((bits) => {
    const length = 2 ** bits;
    return fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });
  });
  fc.assert(
    fc.property(samples, (x) => {
      const n = x.length;
      const spectrum = new PowerSpectrum(n);
      const power = new Float64Array(spectrum.bins);
      // The second time memory is used again.
      for (let repeat = 0; repeat < 2; repeat++) spectrum.compute(Float64Array.from(x), power);
      expect(spectrum.bins).toBe(n / 2 + 1);
      for (let k = 0; k <= n / 2; k++) {
        let [real, imaginary] = [0, 0];
        for (let t = 0; t < n; t++) {
          real += x[t]! * Math.cos((2 * Math.PI * k * t) / n);
          imaginary -= x[t]! * Math.sin((2 * Math.PI * k * t) / n);
        }
        // Both sides round n terms of at most 1 a few times each, and squares double the error of up to n.
        expect(Math.abs(power[k]! - real ** 2 - imaginary ** 2)).toBeLessThanOrEqual(16 * n * n * 2 ** -52);
      }
    }),
    { numRuns: 50 },
  );
});

test('refuses lengths that are no powers of two', () => {
  for (const length of [0, 2, 6, 400, 2 ** 25, -8, 4.5, Number.NaN]) {
    expect(() => new PowerSpectrum(length)).toThrow(
      new ArgumentError(`PowerSpectrum: length must be a power of two from 4 to 16777216, not ${length}`),
    );
  }
});
