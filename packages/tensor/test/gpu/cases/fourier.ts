import { fft, fft2, ifft, irfft, rfft } from '@pnn/tensor';
import fc from 'fast-check';
import { compare, expectWithin, forAll, type KernelCase, tableOf, UNIT } from './kernel-case.js';

/** Few shapes, as each needs kernels of its own. */
const lines = fc
  .tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2, 3, 8, 12, 17, 107), fc.constantFrom(1, 3))
  .chain(([outer, length, inner]) => tableOf([outer, length, inner, 2]));

export const fourierCases: readonly KernelCase[] = [
  forAll('fft and its kin', lines, async (device, input) => {
    const [outer, length, inner] = input.shape as [number, number, number];
    const { actual, expected } = await compare(device, [input], (x) => [
      fft(x!, { axis: 1 }),
      ifft(x!, { axis: 1, norm: 'ortho' }),
      rfft(x!, { axis: 1 }),
      irfft(x!, length + 1, { axis: 1, norm: 'forward' }),
      fft2(x!, { axes: [0, 2], norm: 'ortho' }),
    ]);
    // A term has the rounding of a root, of a product and a sum in each stage, and those of the sums of a stage.
    const roundings = 4 * (length + outer + inner + 2);
    const largest = input.data.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
    const bound = roundings * UNIT * largest * 2 * (length + outer * inner + 2);
    for (const [i, values] of actual.entries()) expectWithin(values, expected[i]!, () => bound);
  }),
];
