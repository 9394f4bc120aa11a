import {
  ArgumentError,
  adaptiveAveragePool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  ones,
  type PnnError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
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

const upTo = (max: number) => fc.integer({ min: 1, max });
const numbers = (x: Tensor) => Array.from(x.dataSync());

interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly length: number;
}

const axis: fc.Arbitrary<Axis> = fc
  .record({
    kernel: upTo(3),
    stride: upTo(3),
    dilation: upTo(2),
    first: fc.boolean(),
    last: fc.boolean(),
    extra: fc.nat(3),
  })
  .map(({ first, last, extra, ...window }) => {
    const half = Math.floor(window.kernel / 2);
    const [before, after] = [first ? half : 0, last ? half : 0];
    const reach = window.dilation * (window.kernel - 1) + 1;
    return { ...window, before, after, length: Math.max(window.dilation, reach - before - after) + extra };
  });

/** The windows of an axis under PyTorch's rule: each is the places of its elements, padding too. */
function windowsAlong({ kernel, stride, dilation, before, after, length }: Axis, ceilMode: boolean): number[][] {
  const room = before + length + after - dilation * (kernel - 1) - 1;
  let count = (ceilMode ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  if (ceilMode && (count - 1) * stride >= length + before) count--;
  return Array.from({ length: count }, (_, window) =>
    Array.from({ length: kernel }, (_unused, tap) => window * stride + tap * dilation - before),
  );
}

/** What a function makes of the elements of each window, and of the number of places in it and in the padding around. */
function pooled(
  x: Table,
  axes: readonly Axis[],
  ceilMode: boolean,
  reduce: (elements: readonly number[], places: number) => number,
): Table {
  const windows = axes.map((each) => windowsAlong(each, ceilMode));
  const shape = [x.shape[0]!, x.shape[1]!, ...windows.map((along) => along.length)];
  return tableOf(shape, ([image, channel, ...place]) => {
    const taken = place.map((window, i) => windows[i]![window]!);
    const isIn = (position: number, i: number, padded: boolean) => {
      const { before, after, length } = axes[i]!;
      return padded ? position >= -before && position < length + after : position >= 0 && position < length;
    };
    const covered = indicesOf(axes.map(({ kernel }) => kernel)).map((taps) => taps.map((tap, i) => taken[i]![tap]!));
    const inside = covered.filter((positions) => positions.every((position, i) => isIn(position, i, false)));
    const counted = covered.filter((positions) => positions.every((position, i) => isIn(position, i, true)));
    return reduce(
      inside.map((positions) => at(x, [image!, channel!, ...positions])),
      counted.length,
    );
  });
}

const cases = fc.tuple(fc.array(axis, { minLength: 1, maxLength: 3 }), fc.boolean()).chain(([axes, ceilMode]) =>
  fc.record({
    x: tablesOf([2, 1, ...axes.map(({ length }) => length)], smallNumbers),
    axes: fc.constant<readonly Axis[]>(axes),
    ceilMode: fc.constant(ceilMode),
  }),
);

function optionsOf(axes: readonly Axis[]) {
  const all = (name: keyof Axis) => axes.map((each) => each[name]);
  return {
    kernel: all('kernel'),
    stride: all('stride'),
    dilation: all('dilation'),
    padding: axes.map(({ before, after }) => [before, after] as const),
  };
}

type Three = readonly [number, number, number];
type Two = readonly [number, number];

describe('pooling with all options', () => {
  it('takes the maximum of each window', () => {
    fc.assert(
      fc.property(cases, ({ x, axes, ceilMode }) =>
        scope(() => {
          const { kernel, stride, dilation, padding } = optionsOf(axes);
          const given = tensorOf(x);
          const shared = { padding, ceilMode };
          const found =
            axes.length === 1
              ? maxPool1d(given, kernel[0]!, { ...shared, stride: stride[0]!, dilation: dilation[0]! })
              : axes.length === 2
                ? maxPool2d(given, kernel as unknown as Two, {
                    ...shared,
                    stride: stride as unknown as Two,
                    dilation: dilation as unknown as Two,
                  })
                : maxPool3d(given, kernel as unknown as Three, {
                    ...shared,
                    stride: stride as unknown as Three,
                    dilation: dilation as unknown as Three,
                  });
          expect(tableFrom(found)).toEqual(pooled(x, axes, ceilMode, (elements) => Math.max(...elements)));
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('takes the mean of each window, over its elements or over its padding, too', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ x: drawn, axes: dilated, ceilMode }, countIncludePad) =>
        scope(() => {
          const axes = dilated.map((each) => ({ ...each, dilation: 1 }));
          const { kernel, stride, padding } = optionsOf(axes);
          const given = tensorOf(drawn);
          const shared = { padding, ceilMode, countIncludePad };
          const found =
            axes.length === 1
              ? averagePool1d(given, kernel[0]!, { ...shared, stride: stride[0]! })
              : axes.length === 2
                ? averagePool2d(given, kernel as unknown as Two, { ...shared, stride: stride as unknown as Two })
                : averagePool3d(given, kernel as unknown as Three, { ...shared, stride: stride as unknown as Three });
          const expected = pooled(drawn, axes, ceilMode, (elements, places) => {
            const sum = elements.reduce((total, value) => total + value, 0);
            return sum / (countIncludePad ? places : elements.length);
          });
          expect(largestDifference(tableFrom(found), expected)).toBeLessThan(1e-12);
        }),
      ),
      { numRuns: 200 },
    );
  });

  it('has means of ones that are 1, to the bit', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (let kernel = 1; kernel <= 9; kernel++) {
        const options = { padding: Math.floor(kernel / 2), ceilMode: true, countIncludePad: false };
        const means = averagePool3d(ones([1, 1, 9, 10, 11], { dtype }), kernel, options);
        expect(new Set(numbers(means))).toEqual(new Set([1]));
      }
    }
  });

  it("'same' gives as many windows as the stride has steps", () => {
    const x = tensor([1, 2, 3, 4, 5]).reshape([1, 1, 5]);
    expect(numbers(maxPool1d(x, 2, { stride: 1, padding: 'same' }))).toEqual([2, 3, 4, 5, 5]);
    expect(numbers(maxPool1d(x, 3, { stride: 2, padding: 'same' }))).toEqual([2, 4, 5]);
    expect(numbers(averagePool1d(x, 2, { padding: 'same', countIncludePad: false }))).toEqual([1.5, 3.5, 5]);
  });

  it('finds NaN in a volume', () => {
    const x = tensor([0, 1, Number.NaN, 1, 0, 2, 2, 0]).reshape([1, 1, 2, 2, 2]);
    expect(numbers(maxPool3d(x, 2))).toEqual([Number.NaN]);
  });
});

describe('adaptive pooling', () => {
  const planes = fc
    .tuple(upTo(6), upTo(6), upTo(4), upTo(4))
    .chain(([height, width, rows, columns]) =>
      fc.record({ x: tablesOf([1, 2, height, width]), size: fc.constant([rows, columns] as const) }),
    );

  function binned(x: Table, size: Two, reduce: (elements: readonly number[]) => number): Table {
    const [, , height, width] = x.shape as [number, number, number, number];
    const bin = (j: number, length: number, count: number) => {
      const start = Math.floor((j * length) / count);
      return Array.from({ length: Math.ceil(((j + 1) * length) / count) - start }, (_, i) => start + i);
    };
    return tableOf([1, 2, ...size], ([image, channel, row, column]) =>
      reduce(
        bin(row!, height, size[0]).flatMap((y) =>
          bin(column!, width, size[1]).map((z) => at(x, [image!, channel!, y, z])),
        ),
      ),
    );
  }

  it('takes means and maxima of bins', () => {
    fc.assert(
      fc.property(planes, ({ x, size }) =>
        scope(() => {
          const mean = (elements: readonly number[]) =>
            elements.reduce((sum, value) => sum + value, 0) / elements.length;
          const means = tableFrom(adaptiveAveragePool2d(tensorOf(x), size));
          expect(largestDifference(means, binned(x, size, mean))).toBeLessThan(1e-12);
          expect(tableFrom(adaptiveMaxPool2d(tensorOf(x), size))).toEqual(
            binned(x, size, (elements) => Math.max(...elements)),
          );
        }),
      ),
    );
  });

  it('of one bin is the mean of a plane, and its maximum', () => {
    const x = tensor([1, 2, 3, 6]).reshape([1, 1, 2, 2]);
    expect(adaptiveAveragePool2d(x, 1).itemSync()).toBe(3);
    expect(adaptiveMaxPool2d(x, 1).itemSync()).toBe(6);
  });
});

describe('errors', () => {
  test.each<[string, () => Tensor, PnnError]>([
    [
      'planes for volumes',
      () => maxPool3d(zeros([1, 1, 4, 4]), 2),
      new ShapeError('maxPool3d: [1,1,4,4]: the input must be [N,C,D,H,W]'),
    ],
    [
      'a window that dilation leads around the elements',
      () => maxPool1d(zeros([1, 1, 1]), 2, { dilation: 3, padding: 2 }),
      new ArgumentError('maxPool2d: [1,1,1,1]: window 0 along axis 3 would see padding only: make the padding smaller'),
    ],
    [
      'a window behind the end',
      () => averagePool1d(zeros([1, 1, 3]), 2, { padding: [[0, 3]], stride: 2 }),
      new ArgumentError(
        'averagePool2d: [1,1,1,3]: window 2 along axis 3 would see padding only: make the padding smaller',
      ),
    ],
    [
      'a dilation of 0',
      () => maxPool2d(zeros([1, 1, 3, 3]), 2, { dilation: 0 }),
      new ArgumentError('maxPool2d: dilation must be an integer of 1 or more, or two of them, not 0'),
    ],
    [
      'bins of another number of axes',
      () => adaptiveMaxPool2d(zeros([1, 1, 4]), 2),
      new ShapeError('adaptiveMaxPool2d: [1,1,4]: the input must be [N,C,H,W], with elements along all axes'),
    ],
    [
      'no bins',
      () => adaptiveMaxPool1d(zeros([1, 1, 4]), 0),
      new ArgumentError('adaptiveMaxPool1d: size must be an integer of 1 or more, not 0'),
    ],
  ])('of %s', (_, compute, expected) => {
    expect(compute).toThrow(expected);
  });
});
