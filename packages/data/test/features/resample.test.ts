import { ArgumentError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resample } from '../../src/index.js';

const sine = (length: number, rate: number, hz: number, phase = 0.3) =>
  Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate + phase));

/** The largest difference away from the ends, where the recording begins and stops. */
function largestError(found: Float32Array, expected: Float32Array, margin: number): number {
  let largest = 0;
  for (let i = margin; i < found.length - margin; i++) {
    largest = Math.max(largest, Math.abs(found[i]! - expected[i]!));
  }
  return largest;
}

/** Output samples that the filter of 64 zeros reaches over at the ends. */
const marginOf = (from: number, to: number) => Math.ceil((65 / 0.95) * Math.max(1, to / from));

const rates = fc.constantFrom(8000, 11025, 16000, 22050, 44100, 48000);

describe('resample', () => {
  test('gives the same sine at other times, if its frequency is below 0.9 of half of both rates', () => {
    fc.assert(
      fc.property(rates, rates, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (from, to, part) => {
        const hz = (part * Math.min(from, to)) / 2;
        const length = Math.ceil((4 * marginOf(from, to) * from) / to);
        const found = resample(sine(length, from, hz), from, to);
        expect(found.length).toBe(Math.ceil((length * to) / from));
        // Ripples of the filter, and float32 samples on both sides.
        expect(largestError(found, sine(found.length, to, hz), marginOf(from, to))).toBeLessThan(3e-5);
      }),
      { numRuns: 30 },
    );
  });

  test('removes sines from half of the lower rate on, instead of folding them back', () => {
    for (const [from, to, hz] of [
      [16000, 8000, 4000],
      [16000, 8000, 6100],
      [44100, 16000, 8050],
      [48000, 8000, 23000],
    ] as const) {
      const found = resample(sine(4 * marginOf(to, from), from, hz), from, to);
      expect(largestError(found, new Float32Array(found.length), marginOf(from, to))).toBeLessThan(3e-5);
    }
  });

  test('keeps a constant, and what is silent', () => {
    const found = resample(new Float32Array(600).fill(0.75), 8000, 11025);
    expect(largestError(found, new Float32Array(found.length).fill(0.75), marginOf(8000, 11025))).toBeLessThan(3e-5);
    expect(resample(new Float32Array(50), 8000, 16000).every((sample) => sample === 0)).toBe(true);
  });

  test('is linear, and leaves a recording of this rate as it is', () => {
    const [a, b] = [sine(300, 8000, 500), sine(300, 8000, 1700)];
    expect(resample(a, 8000, 8000)).toBe(a);
    const sum = resample(
      a.map((x, i) => x + 2 * b[i]!),
      8000,
      6000,
    );
    const parts = [resample(a, 8000, 6000), resample(b, 8000, 6000)] as const;
    const expected = parts[0].map((x, i) => x + 2 * parts[1][i]!);
    expect(largestError(sum, expected, 0)).toBeLessThan(1e-6);
  });

  test('computes rates without a common divisor, whose filters do not fit into memory, alike', () => {
    const found = resample(sine(3000, 19997, 900), 19997, 19993);
    expect(found.length).toBe(3000);
    expect(largestError(found, sine(3000, 19993, 900), 80)).toBeLessThan(3e-5);
  });

  test('refuses rates and options out of range', () => {
    const x = new Float32Array(4);
    expect(() => resample(x, 0, 8000)).toThrow(new ArgumentError('resample: from must be an integer above 0, not 0'));
    expect(() => resample(x, 8000, 1.5)).toThrow(ArgumentError);
    for (const options of [{ zeros: 0 }, { rolloff: 0 }, { rolloff: 1.1 }, { beta: -1 }, { beta: Number.NaN }]) {
      expect(() => resample(x, 8000, 16000, options)).toThrow(ArgumentError);
    }
  });
});
