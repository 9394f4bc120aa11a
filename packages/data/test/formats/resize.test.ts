import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resizePlane } from '../../src/formats/resize.js';

const plane = Uint8Array.from({ length: 35 }, (_, i) => (i * i) % 251);

/** torch.nn.functional.interpolate(x, size, mode='bilinear', antialias=True) of PyTorch 1.13. */
const fromPyTorch = [
  [
    [3, 4],
    [24.762, 38.28, 60.36, 84.19, 167.989, 68.862, 92.378, 150.444, 120.83, 121.886, 100.143, 152.286],
  ],
  [
    [2, 9],
    [
      73.227, 83.227, 65.359, 40.995, 55.773, 72.106, 89.551, 108.106, 124.773, 134.364, 163.03, 126.374, 73.081,
      109.636, 85.631, 107.106, 147.439, 182.773,
    ],
  ],
] as const;

describe('resizePlane', () => {
  test.each(fromPyTorch)('%j as PyTorch does, rounded', ([height, width], expected) => {
    const resized = resizePlane(plane, [5, 7], [height, width]);
    expected.forEach((value, i) => {
      expect(Math.abs(resized[i]! - value)).toBeLessThan(0.501);
    });
  });

  test('leaves a plane of its own size, and one that is the same everywhere, as they are', () => {
    expect(resizePlane(plane, [5, 7], [5, 7])).toEqual(plane);
    const sides = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(sides, sides, sides, sides, fc.nat({ max: 255 }), (height, width, newHeight, newWidth, value) => {
        const even = new Uint8Array(height * width).fill(value);
        const resized = resizePlane(even, [height, width], [newHeight, newWidth]);
        expect(resized).toEqual(new Uint8Array(newHeight * newWidth).fill(value));
      }),
    );
  });
});
