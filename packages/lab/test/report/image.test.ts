import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageDataUri } from '../../src/report/chart/image.js';

/** Reads a PNG with 8 bits a channel whose rows are not filtered; Node's zlib checks the stream and its checksum. */
function decode(uri: string): { width: number; height: number; colorType: number; pixels: number[] } {
  const bytes = Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64');
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
  const header = chunks.get('IHDR')!;
  const [width, height, depth, colorType] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8]!, header[9]!];
  expect(depth).toBe(8);
  const lines = inflateSync(chunks.get('IDAT')!);
  const stride = lines.length / height;
  const pixels = Array.from({ length: height }, (_, row) => {
    expect(lines[row * stride]).toBe(0);
    return [...lines.subarray(row * stride + 1, (row + 1) * stride)];
  }).flat();
  return { width, height, colorType, pixels };
}

/** Table-driven, unlike the code under test; check value 0xCBF43926 for "123456789". */
function crc32(bytes: Uint8Array): number {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  return ~bytes.reduce((crc, byte) => table[(crc ^ byte) & 0xff]! ^ (crc >>> 8), -1) >>> 0;
}

describe('imageDataUri', () => {
  it('is a PNG that decodes to the same pixels', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    const size = fc.record({
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      channels: fc.constantFrom(1 as const, 3 as const),
    });
    const image = size.chain((s) => {
      const length = s.height * s.width * s.channels;
      return fc
        .array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length })
        .map((pixels) => ({ ...s, pixels }));
    });
    fc.assert(
      fc.property(image, ({ pixels, ...options }) => {
        const { width, height, channels } = options;
        const uri = imageDataUri(pixels, options)!;
        expect(decode(uri)).toEqual({ width, height, colorType: channels === 1 ? 0 : 2, pixels });
      }),
    );
  });

  it('splits more than 65,535 bytes into blocks', () => {
    const pixels = Array.from({ length: 300 * 300 }, (_, index) => (index * 7) % 256);
    expect(decode(imageDataUri(pixels, { height: 300, width: 300, channels: 1 })!).pixels).toEqual(pixels);
  });

  it('clamps values and refuses sizes that do not match', () => {
    const size = { height: 1, width: 3, channels: 1 as const };
    expect(decode(imageDataUri([-5, 300, Number.NaN], size)!).pixels).toEqual([0, 255, 0]);
    expect(imageDataUri([1, 2], size)).toBeNull();
    expect(imageDataUri([], { ...size, width: 0 })).toBeNull();
    expect(imageDataUri([1, 2, 3], { ...size, height: 0.5, width: 6 })).toBeNull();
  });
});
