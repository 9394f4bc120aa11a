import { apply, type Device, operators, reference, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  DIVISION,
  expectSame,
  expectWithin,
  forAll,
  type KernelCase,
  pairs,
  place,
  read,
  sumBound,
  tableOf,
  withSpecials,
} from './kernel-case.js';

/** Windows of which padding is half at most. */
const poolings = fc
  .tuple(
    pairs(1, 3),
    pairs(1, 3),
    pairs(0, 1),
    pairs(0, 8),
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .chain(([kernel, stride, wish, extra, images, channels]) => {
    const padding = [0, 1].map((axis) => Math.min(wish[axis]!, kernel[axis]! >> 1)) as [number, number];
    const size = (axis: 0 | 1) => Math.max(1, kernel[axis] - 2 * padding[axis] + extra[axis]);
    const places = (axis: 0 | 1) => Math.floor((size(axis) + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    return fc.record({
      x: tableOf([images, channels, size(0), size(1)], fc.oneof(withSpecials, fc.integer({ min: -2, max: 2 }))),
      finite: tableOf([images, channels, size(0), size(1)]),
      gradient: tableOf([images, channels, places(0), places(1)]),
      geometry: fc.constant({ kernel, stride, padding, dilation: [1, 1] as const }),
    });
  });

export const poolingCases: readonly KernelCase[] = [
  forAll('maxPool2d and its gradient', poolings, async (device, { x, gradient, geometry }) => {
    const compute = (on: Device) =>
      read(() => {
        const [maxima, indices] = apply(operators.maxPool2d, [place(on, x)], geometry) as [Tensor, Tensor];
        const [selected] = apply(operators.maxPool2dSelect, [place(on, x), indices], geometry) as [Tensor];
        const slopes = place(on, gradient);
        const attributes = { ...geometry, shape: x.shape };
        const [spread] = apply(operators.maxPool2dGradient, [slopes, indices], attributes) as [Tensor];
        // The window does not come with the positions, so a copy of them does as well.
        const [again] = apply(operators.maxPool2dGradient, [slopes, indices.clone()], attributes) as [Tensor];
        return [maxima, indices, selected, spread, again];
      });
    const expected = await compute(reference);
    const windows = geometry.kernel[0] * geometry.kernel[1];
    for (const [i, actual] of (await compute(device)).entries()) {
      if (i < 3) expectSame(actual, expected[i]!);
      else expectWithin(actual, expected[i]!, () => sumBound(windows, 8 * windows));
    }
  }),
  forAll('averagePool2d and its gradient', poolings, async (device, { finite, gradient, geometry }) => {
    const terms = geometry.kernel[0] * geometry.kernel[1];
    const { actual, expected, magnitudes } = await compare(device, [finite, gradient], (x, slopes) => [
      ...apply(operators.averagePool2d, [x!], geometry),
      ...apply(operators.averagePool2dGradient, [slopes!], { ...geometry, shape: finite.shape }),
    ]);
    for (const [i, values] of actual.entries()) {
      expectWithin(
        values,
        expected[i]!,
        (_, at) => sumBound(terms, magnitudes[i]![at]!) + DIVISION * magnitudes[i]![at]!,
      );
    }
  }),
];
