import {
  ArgumentError,
  apply,
  averagePool1d,
  averagePool2d,
  DTypeError,
  maxPool1d,
  maxPool2d,
  ones,
  operators,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  at,
  indicesOf,
  largestDifference,
  smallNumbers,
  type Table,
  tableFrom,
  tableOf,
  tablesOf,
  tensorOf,
} from './oracle.js';

type Two = readonly [number, number];
const two = (min: number, max: number): fc.Arbitrary<Two> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

const cases = fc
  .record({
    images: fc.nat(2),
    channels: fc.integer({ min: 1, max: 2 }),
    kernel: two(1, 3),
    stride: two(1, 3),
    overhang: two(0, 1),
    extra: two(0, 4),
  })
  .chain(({ images, channels, kernel, stride, overhang, extra }) => {
    const padding = [0, 1].map((axis) => Math.min(overhang[axis]!, Math.floor(kernel[axis]! / 2))) as unknown as Two;
    const plane = [0, 1].map((axis) => Math.max(1, kernel[axis]! - 2 * padding[axis]!) + extra[axis]!);
    const numbers = fc.oneof(
      smallNumbers,
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    );
    const shape = [images, channels, plane[0]!, plane[1]!];
    return fc.record({
      finite: tablesOf(shape),
      any: tablesOf(shape, numbers),
      geometry: fc.constant({ kernel, stride, padding }),
    });
  });

/** What a function makes of the elements of each window (row by row, padding left out). */
function windows(
  x: Table,
  { kernel, stride, padding }: { kernel: Two; stride: Two; padding: Two },
  reduce: (elements: readonly { readonly value: number; readonly place: number }[]) => number,
): Table {
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const lengthOf = (length: number, axis: 0 | 1) =>
    Math.floor((length + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
  return tableOf([images, channels, lengthOf(height, 0), lengthOf(width, 1)], ([image, channel, oy, ox]) => {
    const covered = indicesOf(kernel).map(
      ([ky, kx]) => [oy! * stride[0] - padding[0] + ky!, ox! * stride[1] - padding[1] + kx!] as const,
    );
    const inside = covered.filter(([y, column]) => y >= 0 && y < height && column >= 0 && column < width);
    return reduce(
      inside.map(([y, column]) => ({ value: at(x, [image!, channel!, y, column]), place: y * width + column })),
    );
  });
}

describe('pooling', () => {
  it('takes the maximum of each window, NaN where there is one, and knows where it was', () => {
    fc.assert(
      fc.property(cases, ({ any, geometry }) =>
        scope(() => {
          const { kernel, ...rest } = geometry;
          const x = tensorOf(any);
          const maximum = (values: readonly { value: number }[]) => Math.max(...values.map(({ value }) => value));
          expect(tableFrom(maxPool2d(x, kernel, rest))).toEqual(windows(any, geometry, maximum));
          const [, positions] = apply(operators.maxPool2d, [x], { ...geometry, dilation: [1, 1] }) as [Tensor, Tensor];
          const first = windows(any, geometry, (inside) => {
            const largest = maximum(inside);
            return inside.find(({ value }) => Object.is(value, largest) || value === largest)!.place;
          });
          expect(tableFrom(positions)).toEqual(first);
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('takes the mean of each window, padding counted as zeros', () => {
    fc.assert(
      fc.property(cases, ({ finite, geometry }) =>
        scope(() => {
          const { kernel, ...rest } = geometry;
          const expected = windows(
            finite,
            geometry,
            (inside) => inside.reduce((sum, { value }) => sum + value, 0) / (kernel[0] * kernel[1]),
          );
          expect(largestDifference(tableFrom(averagePool2d(tensorOf(finite), kernel, rest)), expected)).toBeLessThan(
            1e-13,
          );
        }),
      ),
      { numRuns: 200 },
    );
  });

  it.each(['float32', 'float64'] as const)(
    'divides the sum of a window once: the mean of equal %s is that',
    (dtype) => {
      for (const height of [1, 7]) {
        for (let width = 1; width <= 64; width++) {
          scope(() => {
            const window = [height, width] as const;
            const x = ones([1, 1, height + 1, width + 6], { dtype });
            const means = averagePool2d(x, window, { stride: 1 });
            expect(new Set(means.dataSync())).toEqual(new Set([1]));
            const geometry = { kernel: window, stride: window, padding: [0, 0], dilation: [1, 1] } as const;
            const gradient = ones([1, 1, 1, 1], { dtype }).mul(height * width);
            const attributes = { ...geometry, shape: [1, 1, height, width] };
            const shares = apply(operators.averagePool2dGradient, [gradient], attributes)[0]!;
            expect(new Set(shares.dataSync())).toEqual(new Set([1]));
          });
        }
      }
    },
  );

  it('moves by its own size where nothing is said', () => {
    scope(() => {
      const x = tensor(
        Float32Array.from({ length: 16 }, (_, i) => i),
        { shape: [1, 1, 4, 4] },
      );
      expect([...maxPool2d(x, 2).dataSync()]).toEqual([5, 7, 13, 15]);
      expect([...averagePool2d(x, 2).dataSync()]).toEqual([2.5, 4.5, 10.5, 12.5]);
      expect([...maxPool2d(x, [4, 1]).dataSync()]).toEqual([12, 13, 14, 15]);
    });
  });

  it('of lines is that of planes with one row', () => {
    scope(() => {
      const x = tensor([[[3, 1, 4, 1, 5, 9, 2]]]);
      expect(tableFrom(maxPool1d(x, 3, { stride: 2, padding: 1 }))).toEqual({ shape: [1, 1, 4], data: [3, 4, 9, 9] });
      expect([...averagePool1d(x, 2).dataSync()]).toEqual([2, 2.5, 7]);
      expect(() => maxPool1d(ones([1, 1, 1, 3]), 3)).toThrow('maxPool1d: [1,1,1,3]: the input must be [N,C,L]');
      expect(() => averagePool1d(ones([3]), 3)).toThrow(ShapeError);
    });
  });

  it('of negative numbers does not see the padding', () => {
    scope(() =>
      expect([...maxPool2d(ones([1, 1, 2, 2]).neg(), 2, { padding: 1 }).dataSync()]).toEqual([-1, -1, -1, -1]),
    );
  });

  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'planes without channels',
      () => maxPool2d(ones([1, 4, 4]), 2),
      ShapeError,
      'maxPool2d: [1,4,4]: the input must be [N,C,H,W]',
    ],
    [
      'a window that does not fit',
      () => averagePool2d(ones([1, 1, 4, 1]), 2),
      ShapeError,
      'averagePool2d: [1,1,4,1]: a window of 2 does not fit into 1 along axis 3',
    ],
    [
      'too much padding',
      () => maxPool2d(ones([1, 1, 4, 4]), 3, { padding: 3 }),
      ArgumentError,
      'maxPool2d: [1,1,4,4]: window 0 along axis 2 would see padding only: make the padding smaller',
    ],
    [
      'no kernel',
      () => maxPool2d(ones([1, 1, 4, 4]), 0),
      ArgumentError,
      'maxPool2d: kernel must be an integer of 1 or more, or two of them, not 0',
    ],
    [
      'no stride',
      () => averagePool2d(ones([1, 1, 4, 4]), 2, { stride: 0 }),
      ArgumentError,
      'averagePool2d: stride must be',
    ],
    [
      'negative padding',
      () => averagePool2d(ones([1, 1, 4, 4]), 2, { padding: -1 }),
      ArgumentError,
      'averagePool2d: padding must be',
    ],
    [
      'planes without elements',
      () => maxPool2d(ones([1, 1, 0, 4]), 2, { padding: 1 }),
      ShapeError,
      'maxPool2d: [1,1,0,4]: planes without elements have no windows',
    ],
    [
      'integers',
      () => maxPool2d(ones([1, 1, 4, 4], { dtype: 'int32' }), 2),
      DTypeError,
      'maxPool2d: int32 is not supported',
    ],
  ])('refuses %s', (_, pool, type, message) => {
    scope(() => {
      expect(pool).toThrow(type);
      expect(pool).toThrow(message);
    });
  });
});
