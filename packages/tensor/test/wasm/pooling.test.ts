import { apply, type Device, full, ones, operators, reference, scope, type WindowGeometry } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, exactly, expectWithin, ordinary, place, sumBound, variants, withSpecials } from './variants.js';

interface Case {
  readonly shape: readonly number[];
  readonly outShape: readonly number[];
  readonly geometry: WindowGeometry;
  readonly x: readonly number[];
  readonly gradient: readonly number[];
}

/** By how much planes are larger than a window: a long side now and then, so that there are several blocks. */
const excess = (long: number) =>
  fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) }, { weight: 1, arbitrary: fc.constant(long) });

/**
 * Windows of 1 to 4 rows and columns that begin before the end, with any padding after it; 2×2 side by side every fourth
 * time.
 */
function cases(numbers: fc.Arbitrary<number>, maxDilation = 1): fc.Arbitrary<Case> {
  const axis = (long: number) =>
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: maxDilation })).chain(([kernel, dilation]) =>
      fc.record({
        kernel: fc.constant(kernel),
        stride: fc.integer({ min: 1, max: 4 }),
        dilation: fc.constant(dilation),
        padding: fc.integer({ min: 0, max: kernel >> 1 }),
        after: fc.integer({ min: 0, max: dilation * (kernel - 1) }),
        extra: excess(long),
      }),
    );
  const pair = (long: number) =>
    fc
      .tuple(excess(long), fc.nat(1))
      .map(([extra, after]) => ({ kernel: 2, stride: 2, dilation: 1, padding: 0, after, extra }));
  const axes = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(axis(41), axis(301)) },
    { weight: 1, arbitrary: fc.tuple(pair(41), pair(301)) },
  );
  return fc
    .tuple(axes, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 }))
    .chain(([[vertical, horizontal], images, channels]) => {
      const reachOf = ({ kernel, dilation }: typeof vertical) => dilation * (kernel - 1) + 1;
      const sizeOf = (each: typeof vertical) =>
        Math.max(each.dilation, reachOf(each) - each.padding - each.after + each.extra);
      const lengthOf = (each: typeof vertical) =>
        Math.floor((each.padding + sizeOf(each) + each.after - reachOf(each)) / each.stride) + 1;
      const shape = [images, channels, sizeOf(vertical), sizeOf(horizontal)];
      const outShape = [images, channels, lengthOf(vertical), lengthOf(horizontal)];
      const geometry: WindowGeometry = {
        kernel: [vertical.kernel, horizontal.kernel],
        stride: [vertical.stride, horizontal.stride],
        padding: [vertical.padding, horizontal.padding],
        paddingAfter: [vertical.after, horizontal.after],
        dilation: [vertical.dilation, horizontal.dilation],
      };
      return fc.record({
        shape: fc.constant(shape),
        outShape: fc.constant(outShape),
        geometry: fc.constant(geometry),
        x: dataOf(shape, numbers),
        gradient: dataOf(outShape, numbers),
      });
    });
}

describe.each(variants)('pooling on %s', (_, device) => {
  test('finds the maxima, their positions, and what lies at them', () => {
    const results = (on: Device, { shape, geometry, x, gradient, outShape }: Case) => {
      const input = place(on, shape, x);
      const [maxima, indices] = apply(operators.maxPool2d, [input], geometry);
      const selected = apply(operators.maxPool2dSelect, [input, indices!], geometry)[0]!;
      // Both devices add in the same order in float32.
      const attributes = { ...geometry, shape };
      const slopes = apply(operators.maxPool2dGradient, [place(on, outShape, gradient), indices!], attributes)[0]!;
      return [maxima!, indices!, selected, slopes];
    };
    fc.assert(
      fc.property(cases(withSpecials, 3), (each) =>
        scope(() => {
          const expected = results(reference, each);
          for (const [i, result] of results(device, each).entries()) {
            const values = expected[i]!.dataSync();
            expectWithin(result, values, new Float64Array(values.length));
          }
        }),
      ),
      { numRuns: 150 },
    );
  });

  test('divides the sum of a window once: the mean of ones is 1', () => {
    for (const height of [1, 7]) {
      for (let width = 1; width <= 64; width++) {
        scope(() => {
          const kernel = [height, width] as const;
          const geometry: WindowGeometry = { kernel, stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
          const means = apply(operators.averagePool2d, [ones([1, 1, height + 1, width + 6], { device })], geometry)[0]!;
          expect(new Set(means.dataSync())).toEqual(new Set([1]));
          const attributes = { ...geometry, shape: [1, 1, height, width] };
          const gradient = full([1, 1, 1, 1], height * width, { device });
          const shares = apply(operators.averagePool2dGradient, [gradient], attributes)[0]!;
          expect(new Set(shares.dataSync())).toEqual(new Set([1]));
        });
      }
    }
  });

  test.each([
    ['ordinary numbers', ordinary],
    ['NaN and infinities among them', withSpecials],
  ] as const)('gives means and their gradients for %s', (_name, numbers) => {
    fc.assert(
      fc.property(cases(numbers), ({ shape, outShape, geometry, x, gradient }) =>
        scope(() => {
          // A window's sum, and one for the quotient.
          const terms = geometry.kernel[0] * geometry.kernel[1] + 1;
          const bounds = (magnitudes: ArrayLike<number>) =>
            Array.from(magnitudes, (magnitude) => sumBound(terms, magnitude));
          const forward = exactly([[shape, x]], (input) => apply(operators.averagePool2d, [input!], geometry)[0]!);
          const means = apply(operators.averagePool2d, [place(device, shape, x)], geometry)[0]!;
          expectWithin(means, forward.expected, bounds(forward.magnitudes));
          const spread = { ...geometry, shape };
          const backward = exactly(
            [[outShape, gradient]],
            (g) => apply(operators.averagePool2dGradient, [g!], spread)[0]!,
          );
          const slopes = apply(operators.averagePool2dGradient, [place(device, outShape, gradient)], spread)[0]!;
          expectWithin(slopes, backward.expected, bounds(backward.magnitudes));
        }),
      ),
      { numRuns: 150 },
    );
  });
});
