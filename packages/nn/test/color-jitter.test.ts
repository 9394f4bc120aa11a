import { ArgumentError, Generator, ShapeError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RandomColorJitterOptions, randomColorJitter } from '../src/index.js';

/** The pixel, channel by channel, of an image [3,1,1] that was changed with a generator of its own. */
function changed(pixel: readonly number[], options: RandomColorJitterOptions, seed = 1): number[] {
  const sample = Float64Array.from(pixel);
  randomColorJitter(options)(sample, [3, 1, 1], new Generator(seed, 'jitter'));
  return [...sample];
}

/** A number from −1 to 1 as the transform draws it first. */
const drawn = (seed: number) => 2 * new Generator(seed, 'jitter').uniform() - 1;

/** Red, green and blue of a hue in turns, a saturation and a value: the plain form of the hexagon. */
function rgbOf(hue: number, saturation: number, value: number): number[] {
  const h = 6 * (((hue % 1) + 1) % 1);
  const chroma = value * saturation;
  const x = chroma * (1 - Math.abs((h % 2) - 1));
  const [r, g, b] = [
    [chroma, x, 0],
    [x, chroma, 0],
    [0, chroma, x],
    [0, x, chroma],
    [x, 0, chroma],
    [chroma, 0, x],
  ][Math.floor(h)]! as [number, number, number];
  return [r, g, b].map((each) => each + value - chroma);
}

const unit = fc.double({ min: 0, max: 1, noNaN: true });

describe('randomColorJitter', () => {
  test('turns hues and keeps saturation and value', () => {
    fc.assert(
      fc.property(unit, unit, unit, fc.double({ min: 0, max: 0.5, noNaN: true }), fc.nat(), (h, s, v, hue, seed) => {
        const result = changed(rgbOf(h, s, v), { hue }, seed);
        rgbOf(h + (hue > 0 ? hue * drawn(seed) : 0), s, v).forEach((value, i) => {
          expect(result[i]).toBeCloseTo(value, 9);
        });
      }),
    );
  });

  test('scales brightness, contrast and saturation about their grays', () => {
    const seed = 3;
    const factor = 1 + 0.5 * drawn(seed);
    const pixel = [0.2, 0.4, 0.3];
    const gray = 0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.3;
    const about = (center: number) => pixel.map((value) => center + factor * (value - center));
    const close = (result: number[], expected: number[]) =>
      expected.forEach((value, i) => {
        expect(result[i]).toBeCloseTo(value, 12);
      });
    close(changed(pixel, { brightness: 0.5 }, seed), about(0));
    // The mean gray of one pixel is its own.
    close(changed(pixel, { contrast: 0.5 }, seed), about(gray));
    close(changed(pixel, { saturation: 0.5 }, seed), about(gray));
  });

  test('stays from 0 to 1, repeats with the seed, and changes nothing by nothing', () => {
    const options = { brightness: 3, contrast: 3, saturation: 3, hue: 0.5 };
    const image = fc.array(unit, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(image, fc.nat(), (values, seed) => {
        const run = (given: RandomColorJitterOptions) => {
          const sample = Float32Array.from(values);
          randomColorJitter(given)(sample, [3, 2, 2], new Generator(seed, 'jitter'));
          return sample;
        };
        const result = run(options);
        expect(result.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(run(options)).toEqual(result);
        expect(run({})).toEqual(Float32Array.from(values));
      }),
    );
  });

  test('gives an image of one channel brightness and contrast alone', () => {
    const sample = Float64Array.of(0.25, 0.5, 0.75, 0.5);
    randomColorJitter({ contrast: 0.5, saturation: 1, hue: 0.5 })(sample, [1, 2, 2], new Generator(3, 'jitter'));
    const factor = 1 + 0.5 * drawn(3);
    expect(sample[0]).toBeCloseTo(0.5 - 0.25 * factor, 12);
    expect(sample[1]).toBeCloseTo(0.5, 12);
  });

  test('refuses reaches out of range, and other numbers of channels', () => {
    for (const options of [{ brightness: -1 }, { contrast: Number.NaN }, { saturation: Infinity }, { hue: 0.6 }]) {
      expect(() => randomColorJitter(options)).toThrow(ArgumentError);
    }
    expect(() => randomColorJitter({})(new Float32Array(8), [2, 2, 2], new Generator(1, 'jitter'))).toThrow(ShapeError);
  });
});
