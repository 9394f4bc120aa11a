import { FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/node/decode-image.js';
import { colorAt, imageFiles } from '../formats/image-files.js';

const read = (name: string) => decodeImage(imageFiles.get(name)!, name);

/** Red, green and blue of every third pixel of every third row. */
const sampled = (rgba: Uint8Array) =>
  [0, 3, 6].flatMap((row) => [0, 3, 6].map((column) => [...rgba.subarray(4 * (8 * row + column)).subarray(0, 3)]));

const exact = [0, 3, 6].flatMap((row) => [0, 3, 6].map((column) => [...colorAt(row, column)]));

/** What Pillow 9.4 reads, by libjpeg. */
const fromPillow: Readonly<Record<string, readonly number[]>> = {
  'color.jpg': [
    7, 0, 0, 60, 7, 23, 123, 18, 51, 24, 87, 30, 77, 100, 56, 139, 109, 83, 51, 177, 52, 104, 188, 77, 167, 198, 105,
  ],
  'progressive.jpg': [
    7, 0, 0, 60, 7, 23, 123, 18, 51, 24, 87, 30, 77, 100, 56, 139, 109, 83, 51, 177, 52, 104, 188, 77, 167, 198, 105,
  ],
  'gray.jpg': [
    0, 0, 0, 25, 25, 25, 53, 53, 53, 62, 62, 62, 88, 88, 88, 115, 115, 115, 125, 125, 125, 150, 150, 150, 178, 178, 178,
  ],
  'cmyk.jpg': [
    1, 0, 2, 62, 8, 28, 124, 18, 55, 25, 89, 30, 86, 97, 55, 148, 107, 83, 51, 181, 56, 112, 189, 81, 173, 199, 109,
  ],
};

describe('decodeImage', () => {
  test.each(['alpha.png', 'interlaced.png'])('reads %s to the bit', async (name) => {
    const { width, height, hasColor, rgba } = await read(name);
    expect([width, height, hasColor]).toEqual([8, 8, true]);
    expect(sampled(rgba)).toEqual(exact);
  });

  test('makes colors of a palette', async () => {
    const { hasColor, rgba } = await read('palette.png');
    expect(hasColor).toBe(true);
    expect(sampled(rgba).flat()).toEqual([
      69, 24, 34, 69, 24, 34, 69, 24, 34, 89, 82, 53, 89, 82, 53, 105, 142, 71, 82, 200, 72, 82, 200, 72, 164, 207, 108,
    ]);
  });

  test('makes eight bits of sixteen', async () => {
    const { hasColor, rgba } = await read('gray16.png');
    expect(hasColor).toBe(false);
    for (const row of [0, 3, 7]) {
      for (const column of [0, 5, 7]) {
        const value = ((row + 8 * column) * 1023) % 65536;
        expect(Math.abs(rgba[4 * (8 * row + column)]! - (value * 255) / 65535)).toBeLessThanOrEqual(1);
      }
    }
  });

  test.each(Object.keys(fromPillow))('reads %s as libjpeg does, but for roundings', async (name) => {
    const { width, height, hasColor, rgba } = await read(name);
    expect([width, height, hasColor]).toEqual([8, 8, name !== 'gray.jpg']);
    sampled(rgba)
      .flat()
      .forEach((value, i) => {
        expect(Math.abs(value - fromPillow[name]![i]!), `${i}`).toBeLessThanOrEqual(2);
      });
  });

  test('refuses what is no image, ends too early, or promises pixels that nobody has', async () => {
    const png = imageFiles.get('alpha.png')!;
    const jpeg = imageFiles.get('color.jpg')!;
    const huge = png.slice();
    new DataView(huge.buffer).setUint32(16, 2 ** 31 - 1);
    const failed = png.slice();
    failed[50]! ^= 1;
    for (const [bytes, problem] of [
      [Uint8Array.of(1, 2, 3), 'a is neither a PNG nor a JPEG file'],
      [png.subarray(0, 20), 'a is a PNG file that ends within its header'],
      [png.subarray(0, 70), 'a is a damaged PNG file ('],
      [failed, 'a is a damaged PNG file ('],
      [huge, 'a is an image of 2147483647x8 pixels, and 1 to 67108864 are readable'],
      [jpeg.subarray(0, 100), 'a is a damaged JPEG file ('],
    ] as const) {
      const error = await decodeImage(bytes, 'a').catch((each: unknown) => each);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message.startsWith(problem), (error as Error).message).toBe(true);
    }
  });
});
