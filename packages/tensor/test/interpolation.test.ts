import {
  ArgumentError,
  interpolate,
  normal,
  type PnnError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { largestDifference, tableFrom, tablesOf, tensorOf } from './oracle.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const numbers = (x: Tensor) => Array.from(x.dataSync());
const line = (...values: number[]) => tensor(values, { dtype: 'float64' }).reshape([1, 1, values.length]);

describe('interpolate', () => {
  it('takes elements, means, or points on lines between elements', () => {
    expect(numbers(interpolate(line(1, 2), { scaleFactor: 2 }))).toEqual([1, 1, 2, 2]);
    expect(numbers(interpolate(line(1, 2, 3), { size: 2 }))).toEqual([1, 2]);
    expect(numbers(interpolate(line(1, 2, 3), { size: 2, mode: 'nearest-exact' }))).toEqual([1, 3]);
    expect(numbers(interpolate(line(1, 2, 6), { size: 2, mode: 'area' }))).toEqual([1.5, 4]);
    expect(numbers(interpolate(line(0, 4), { size: 4, mode: 'linear' }))).toEqual([0, 1, 3, 4]);
    expect(numbers(interpolate(line(0, 3), { size: 4, mode: 'linear', alignCorners: true }))).toEqual([0, 1, 2, 3]);
  });

  it('finds the element that begins with one of the output, whatever the lengths', () => {
    for (let length = 1; length <= 60; length++) {
      const x = tensor(Array.from({ length }, (_, i) => i)).reshape([1, 1, length]);
      const found = numbers(interpolate(x, { size: 49 }));
      expect(found).toEqual(Array.from({ length: 49 }, (_, j) => Math.floor((j * length) / 49)));
    }
  });

  it('gives the tensor back, as another one, where nothing changes', () => {
    for (const mode of ['nearest', 'area', 'bilinear', 'bicubic'] as const) {
      const x = normal([1, 2, 3, 4]);
      const same = interpolate(x, { size: [3, 4], mode });
      expect(same).not.toBe(x);
      expect(numbers(same)).toEqual(numbers(x));
    }
  });

  it('keeps constants, and straight lines where corners are aligned', () => {
    fc.assert(
      fc.property(
        upTo(6),
        upTo(9),
        fc.constantFrom('bilinear' as const, 'bicubic' as const, 'area' as const),
        (length, size, mode) =>
          scope(() => {
            const constant = interpolate(tensor(new Float64Array(length * 2).fill(3)).reshape([1, 1, length, 2]), {
              size: [size, 3],
              mode,
            });
            for (const value of numbers(constant)) expect(value).toBeCloseTo(3, 12);
            const ramp = interpolate(line(...Array.from({ length }, (_, i) => i)), {
              size,
              mode: 'linear',
              alignCorners: true,
            });
            numbers(ramp).forEach((value, j) => {
              expect(value).toBeCloseTo(size > 1 ? (j * (length - 1)) / (size - 1) : 0, 12);
            });
          }),
      ),
    );
  });

  it('resizes the axes one after the other', () => {
    const cases = fc.tuple(upTo(4), upTo(4), upTo(6), upTo(6));
    fc.assert(
      fc.property(
        cases.chain(([height, width, rows, columns]) =>
          fc.record({ x: tablesOf([1, 2, height, width]), size: fc.constant([rows, columns] as const) }),
        ),
        fc.constantFrom('nearest', 'bilinear', 'bicubic', 'area'),
        ({ x, size: [rows, columns] }, name) =>
          scope(() => {
            const mode = name as 'bilinear';
            const plane = tensorOf(x);
            const [, , height, width] = x.shape as [number, number, number, number];
            const first = interpolate(interpolate(plane, { size: [rows, width], mode }), {
              size: [rows, columns],
              mode,
            });
            const last = interpolate(interpolate(plane, { size: [height, columns], mode }), {
              size: [rows, columns],
              mode,
            });
            const both = tableFrom(interpolate(plane, { size: [rows, columns], mode }));
            expect(largestDifference(both, tableFrom(first))).toBeLessThan(1e-12);
            expect(largestDifference(both, tableFrom(last))).toBeLessThan(1e-12);
          }),
      ),
    );
  });
});

describe('errors', () => {
  const plane = () => zeros([1, 2, 3, 4]);

  test.each<[string, () => Tensor, PnnError]>([
    [
      'neither size nor factor',
      () => interpolate(plane(), {}),
      new ArgumentError('interpolate: give either a size or a scaleFactor'),
    ],
    [
      'both',
      () => interpolate(plane(), { size: 2, scaleFactor: 2 }),
      new ArgumentError('interpolate: give either a size or a scaleFactor'),
    ],
    [
      'sizes of another number of axes',
      () => interpolate(plane(), { size: [1, 2, 3] }),
      new ArgumentError('interpolate: size must be an integer of 1 or more, or two of them, not 1,2,3'),
    ],
    [
      'a factor that leaves nothing',
      () => interpolate(plane(), { scaleFactor: [0.3, 1] }),
      new ArgumentError(
        'interpolate: scaleFactor 0.3,1 for [1,2,3,4]: it must be positive, one for each axis after the first two, and ' +
          'leave an element',
      ),
    ],
    [
      'a mode for other axes',
      () => interpolate(plane(), { size: 2, mode: 'linear' }),
      new ArgumentError(
        "interpolate: mode 'linear' is not for [1,2,3,4]: take one of nearest, nearest-exact, area, bilinear, bicubic",
      ),
    ],
    [
      'no mode of that name',
      () => interpolate(zeros([1, 1, 2]), { size: 2, mode: 'cubic' as never }),
      new ArgumentError(
        "interpolate: mode 'cubic' is not for [1,1,2]: take one of nearest, nearest-exact, area, linear",
      ),
    ],
    [
      'aligned corners without lines',
      () => interpolate(plane(), { size: 2, mode: 'area', alignCorners: true }),
      new ArgumentError("interpolate: alignCorners is for the linear and the cubic modes, not for 'area'"),
    ],
    [
      'too few axes',
      () => interpolate(zeros([2, 3]), { size: 2 }),
      new ShapeError('interpolate: [2,3]: the input must be [N,C,L], [N,C,H,W] or [N,C,D,H,W], with elements'),
    ],
    [
      'no elements',
      () => interpolate(zeros([2, 3, 0]), { size: 2 }),
      new ShapeError('interpolate: [2,3,0]: the input must be [N,C,L], [N,C,H,W] or [N,C,D,H,W], with elements'),
    ],
  ])('of %s', (_, compute, expected) => {
    expect(compute).toThrow(expected);
  });
});
