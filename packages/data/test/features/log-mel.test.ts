import { ArgumentError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hzToMel, LogMel, type LogMelOptions, melFilterBank, melToHz, windowOf } from '../../src/index.js';

const options: LogMelOptions = { sampleRate: 8000, windowLength: 256, hopLength: 128, mels: 16 };

/** The row of the largest value in each column. */
function loudest(spectrogram: Float32Array, mels: number): number[] {
  const frames = spectrogram.length / mels;
  return Array.from({ length: frames }, (_, t) => {
    const column = Array.from({ length: mels }, (__, m) => spectrogram[m * frames + t]!);
    return column.indexOf(Math.max(...column));
  });
}

describe('LogMel', () => {
  test('shows a sine in the filter that its frequency lies in, with the power of the window', () => {
    const { mels, fftLength } = new LogMel(options);
    const bank = melFilterBank({ sampleRate: 8000, fftLength, mels });
    for (const bin of [20, 50, 100]) {
      const sine = Float32Array.from({ length: 1000 }, (_, i) => Math.sin((2 * Math.PI * bin * i) / fftLength));
      const spectrogram = new LogMel(options).compute(sine);
      const column = Array.from({ length: mels }, (_, m) => bank.weights[m * bank.bins + bin]!);
      const expected = column.indexOf(Math.max(...column));
      expect(loudest(spectrogram, mels).every((mel) => mel === expected)).toBe(true);
      // A sine at a frequency of the spectrum has the power (Σw/2)², and half of its amplitude on both sides with Hann's window.
      const peak = (fftLength / 4) ** 2;
      const around = [bin - 1, bin, bin + 1].map(
        (k, i) => bank.weights[expected * bank.bins + k]! * [0.25, 1, 0.25][i]!,
      );
      const energy = peak * around.reduce((a, b) => a + b, 0);
      const frames = spectrogram.length / mels;
      expect(spectrogram[expected * frames]!).toBeCloseTo(Math.log(energy), 4);
    }
  });

  test('gives silence the logarithm of the floor', () => {
    const logMel = new LogMel({ ...options, floor: 1e-6 });
    expect(logMel.silence).toBe(Math.log(1e-6));
    expect(logMel.compute(new Float32Array(500)).every((value) => value === Math.fround(Math.log(1e-6)))).toBe(true);
  });

  test('has as many spectra as windows fit in, or as hops with the edges', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 300 }), (samples, hopLength) => {
        let fitting = 0;
        for (let start = 0; start + 256 <= samples; start += hopLength) fitting++;
        expect(new LogMel({ ...options, hopLength }).frames(samples)).toBe(fitting);
        const centered = new LogMel({ ...options, hopLength, edges: 'zeros' });
        expect(centered.frames(samples)).toBe(1 + Math.floor(samples / hopLength));
      }),
    );
  });

  test('writes to memory that it is given, and gives the same bits again', () => {
    const logMel = new LogMel(options);
    const noise = Float32Array.from({ length: 900 }, (_, i) => Math.sin(i * i));
    const first = logMel.compute(noise);
    const memory = new Float32Array(first.length);
    logMel.compute(new Float32Array(900).fill(1));
    expect(logMel.compute(noise, memory)).toBe(memory);
    expect(memory).toEqual(first);
  });

  test('refuses recordings that are too short, memory of another size, and options out of range', () => {
    expect(() => new LogMel(options).compute(new Float32Array(255))).toThrow(
      new ArgumentError('LogMel: 255 samples are too few for a spectrum of 256: pad them'),
    );
    expect(() => new LogMel({ ...options, edges: 'reflect' }).compute(new Float32Array(128))).toThrow(ArgumentError);
    expect(() => new LogMel({ ...options, edges: 'zeros' }).compute(new Float32Array(0))).toThrow(ArgumentError);
    expect(() => new LogMel(options).compute(new Float32Array(256), new Float32Array(15))).toThrow(
      'a spectrogram [16,1] does not fill an array of 15',
    );
    for (const wrong of [
      { windowLength: 0 },
      { hopLength: 0 },
      { hopLength: 1.5 },
      { fftLength: 128 },
      { fftLength: 300 },
      { floor: 0 },
      { mels: 0 },
      { minHz: -1 },
      { minHz: 4000 },
      { maxHz: 4001 },
      { sampleRate: 0 },
      { window: 'bartlett' as never },
      { edges: 'wrap' as never },
      { scale: 'bark' as never },
    ]) {
      expect(() => new LogMel({ ...options, ...wrong })).toThrow(ArgumentError);
    }
    expect(() => melFilterBank({ sampleRate: 8000, fftLength: 64, mels: 60 })).toThrow('would always be silent');
    expect(() => windowOf('hann', 0)).toThrow(ArgumentError);
  });
});

test('mel scales are inverse to each other, and meet where they should', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 24000, noNaN: true }), fc.constantFrom('slaney', 'htk'), (hz, scale) => {
      expect(melToHz(hzToMel(hz, scale), scale)).toBeCloseTo(hz, 7);
    }),
  );
  expect(hzToMel(1000, 'slaney')).toBeCloseTo(15, 12);
  expect(hzToMel(6400, 'slaney')).toBeCloseTo(42, 12);
  expect(hzToMel(1000, 'htk')).toBeCloseTo(999.9855, 3);
});
