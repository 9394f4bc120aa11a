import { ArgumentError, FormatError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { decodeWav, encodeWav, mixToMono, type WavEncoding, type WavSound } from '../../src/index.js';

const encodings = ['pcm8', 'pcm16', 'pcm24', 'pcm32', 'float32', 'float64'] as const;

/** The distance of two neighboring values of each encoding; float32 samples are stored by floats as they are. */
const steps: Readonly<Record<WavEncoding, number>> = {
  pcm8: 2 ** -7,
  pcm16: 2 ** -15,
  pcm24: 2 ** -23,
  pcm32: 2 ** -31,
  float32: 0,
  float64: 0,
};

const sounds: fc.Arbitrary<WavSound> = fc
  .record({
    sampleRate: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    count: fc.integer({ min: 1, max: 3 }),
    frames: fc.integer({ min: 1, max: 20 }),
    seed: fc.nat(),
  })
  .map(({ sampleRate, count, frames, seed }) => ({
    sampleRate,
    channels: Array.from({ length: count }, (_, channel) =>
      Float32Array.from({ length: frames }, (__, i) => Math.sin(seed + 7 * channel + 3 * i)),
    ),
  }));

/** The same file with WAVE_FORMAT_EXTENSIBLE. */
function extensible(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length + 24);
  const view = new DataView(result.buffer);
  result.set(bytes.subarray(0, 36));
  result.set(bytes.subarray(36), 60);
  view.setUint32(4, result.length - 8, true);
  view.setUint32(16, 40, true);
  view.setUint16(44, view.getUint16(20, true), true);
  view.setUint16(20, 0xfffe, true);
  view.setUint16(36, 22, true);
  view.setUint16(38, view.getUint16(34, true), true);
  result.set([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71], 46);
  return result;
}

/** Puts a chunk that nobody knows before the samples, of an odd size. */
function withForeignChunk(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length + 12);
  result.set(bytes.subarray(0, 36));
  result.set([0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0], 36);
  result.set(bytes.subarray(36), 48);
  new DataView(result.buffer).setUint32(4, result.length - 8, true);
  return result;
}

describe('decodeWav and encodeWav', () => {
  test('give back every sound, rounded to the steps of its encoding', () => {
    const variant = fc.constantFrom((bytes: Uint8Array) => bytes, extensible, withForeignChunk);
    fc.assert(
      fc.property(sounds, fc.constantFrom(...encodings), variant, (sound, encoding, change) => {
        const decoded = decodeWav(change(encodeWav(sound, encoding)), 'file');
        expect(decoded.sampleRate).toBe(sound.sampleRate);
        expect(decoded.channels.length).toBe(sound.channels.length);
        for (const [c, samples] of sound.channels.entries()) {
          expect(decoded.channels[c]!.length).toBe(samples.length);
          for (const [i, sample] of samples.entries()) {
            // Half a step of rounding, a whole one at full scale, and the rounding to float32.
            const bound = (sample > 1 - steps[encoding] ? 1 : 0.5) * steps[encoding] + 2 ** -25;
            expect(Math.abs(decoded.channels[c]![i]! - sample)).toBeLessThanOrEqual(bound);
          }
        }
      }),
    );
  });

  test('read the bytes as the formats say', () => {
    const dataOf = (encoding: WavEncoding, samples: number[]) => [
      ...encodeWav({ sampleRate: 8000, channels: [Float32Array.from(samples)] }, encoding).subarray(44),
    ];
    expect(dataOf('pcm8', [-1, 0, 0.5, 1])).toEqual([0, 128, 192, 255]);
    expect(dataOf('pcm16', [-1, 0.5, 2])).toEqual([0, 0x80, 0, 0x40, 0xff, 0x7f]);
    expect(dataOf('pcm24', [-1, 2 ** -23])).toEqual([0, 0, 0x80, 1, 0, 0]);
    expect(dataOf('pcm32', [-1, 0.5])).toEqual([0, 0, 0, 0x80, 0, 0, 0, 0x40]);
    expect(dataOf('float32', [1])).toEqual([0, 0, 0x80, 0x3f]);
    const header = encodeWav({ sampleRate: 8000, channels: [Float32Array.of(0.25), Float32Array.of(-1)] });
    expect([...header.subarray(0, 44)]).toEqual([
      ...[0x52, 0x49, 0x46, 0x46, 40, 0, 0, 0, 0x57, 0x41, 0x56, 0x45, 0x66, 0x6d, 0x74, 0x20, 16, 0, 0, 0],
      ...[1, 0, 2, 0, 0x40, 0x1f, 0, 0, 0, 0x7d, 0, 0, 4, 0, 16, 0, 0x64, 0x61, 0x74, 0x61, 4, 0, 0, 0],
    ]);
    expect(decodeWav(header, 'file').channels).toEqual([Float32Array.of(0.25), Float32Array.of(-1)]);
  });

  test('read a file that lies within larger memory, and one whose last byte of filling is missing', () => {
    const sound = { sampleRate: 8000, channels: [Float32Array.of(0.5, -0.5, 0.25)] };
    const bytes = encodeWav(sound, 'pcm8');
    const memory = new Uint8Array(bytes.length + 20);
    memory.set(bytes, 7);
    expect(decodeWav(memory.subarray(7, 7 + bytes.length), 'file')).toEqual(sound);
    const cut = bytes.slice(0, -1);
    new DataView(cut.buffer).setUint32(4, cut.length - 8, true);
    expect(decodeWav(cut, 'file')).toEqual(sound);
  });

  test('refuse to encode what the format cannot hold', () => {
    const one = Float32Array.of(1);
    for (const sound of [
      { sampleRate: 8000, channels: [] },
      { sampleRate: 8000, channels: [one, new Float32Array(2)] },
      { sampleRate: 0, channels: [one] },
      { sampleRate: 1.5, channels: [one] },
      { sampleRate: 2 ** 32, channels: [one] },
    ]) {
      expect(() => encodeWav(sound)).toThrow(ArgumentError);
    }
  });
});

describe('mixToMono', () => {
  test('is the mean of the channels, and the channel itself if there is one', () => {
    const [left, right] = [Float32Array.of(1, 0.5), Float32Array.of(0, -0.5)];
    expect(mixToMono({ sampleRate: 1, channels: [left, right] })).toEqual(Float32Array.of(0.5, 0));
    expect(mixToMono({ sampleRate: 1, channels: [left] })).toBe(left);
  });
});

describe('decodeWav refuses, naming the file and the fault', () => {
  const intact = encodeWav({ sampleRate: 8000, channels: [Float32Array.of(0.5, 0.25)] });
  const changed = (at: number, ...bytes: number[]) => {
    const copy = intact.slice();
    copy.set(bytes, at);
    return copy;
  };
  const infinite = encodeWav({ sampleRate: 8000, channels: [Float32Array.of(0, Number.NaN)] }, 'float32');
  const beyond = encodeWav({ sampleRate: 8000, channels: [Float32Array.of(0)] }, 'float64');
  new DataView(beyond.buffer).setFloat64(44, 1e300, true);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['an empty file', new Uint8Array(0), "begins with 'RIFF'"],
    ['another file', changed(0, 0x4f), "begins with 'RIFF'"],
    ['another kind of RIFF', changed(8, 0x41), "begins with 'RIFF'"],
    ['a truncated file', intact.subarray(0, 46), 'it says that it has 48 bytes, and there are 46: it is truncated'],
    ['samples beyond the end', changed(40, 6), "the chunk 'data' says that it has 6 bytes, and 4 are left"],
    [
      'a chunk of a name with an end of a line',
      changed(36, 10, 0x64, 0x22, 0xff, 0xff),
      `the chunk '\\nd"ÿ' says that`,
    ],
    ['a format that is cut short', changed(16, 14), "the chunk 'fmt ' has 14 bytes and needs 16"],
    ['no samples', encodeWav({ sampleRate: 1, channels: [new Float32Array(0)] }), 'it has no samples'],
    ['no format', changed(12, 0x78), "there is no chunk 'fmt '"],
    ['no data', changed(36, 0x78), "there is no chunk 'data'"],
    ['compression', changed(20, 2), 'its encoding is 0x0002 with 16 bits, and what is read is PCM'],
    ['12 bits', changed(34, 12), 'its encoding is 0x0001 with 12 bits'],
    ['an extensible header without extension', changed(20, 0xfe, 0xff), "the extensible chunk 'fmt ' has 16 bytes"],
    ['no channel', changed(22, 0), 'it has no channel'],
    ['no rate', changed(24, 0, 0), 'its sample rate is 0'],
    ['frames of another size', changed(32, 3), 'a frame takes 3 bytes, but 1 channels of 16 bits do not'],
    ['half a frame', changed(40, 3), '3 bytes of samples are no whole number of frames of 2'],
    ['samples that are no numbers', infinite, 'the sample 1 is NaN'],
    ['samples beyond float32', beyond, 'the sample 0 is Infinity'],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => decodeWav(bytes, 'some/file')).toThrow(FormatError);
    expect(() => decodeWav(bytes, 'some/file')).toThrow('decodeWav: some/file: ');
    expect(() => decodeWav(bytes, 'some/file')).toThrow(message);
  });

  test('an unknown subformat', () => {
    const bytes = extensible(intact);
    bytes[50] = 1;
    expect(() => decodeWav(bytes, 'some/file')).toThrow('its subformat is not one of those that are numbered');
  });
});

test('decodeWav gives a FormatError or as many finite samples as the file has room for, 2,000 times', () => {
  let [refused, read] = [0, 0];
  fc.assert(
    fc.property(
      sounds,
      fc.constantFrom(...encodings),
      fc.boolean(),
      fc.array(mutations, { minLength: 1, maxLength: 3 }),
      (sound, encoding, isExtensible, changes) => {
        const stored = encodeWav(sound, encoding);
        const bytes = changes.reduce((each, mutate) => mutate(each), isExtensible ? extensible(stored) : stored);
        try {
          const { sampleRate, channels } = decodeWav(bytes, 'damaged');
          read++;
          expect(sampleRate).toBeGreaterThan(0);
          expect(channels.every(({ length }) => length === channels[0]!.length && length > 0)).toBe(true);
          expect(channels.length * channels[0]!.length).toBeLessThanOrEqual(bytes.length - 44);
          expect(channels.every((samples) => samples.every(Number.isFinite))).toBe(true);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
          expect(error.message).toMatch(/^decodeWav: damaged: [^\n]+$/);
        }
      },
    ),
    { numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan((refused + read) / 10);
  expect(read).toBeGreaterThan((refused + read) / 20);
});
