import {
  ArgumentError,
  affineGrid,
  gridSample,
  type PnnError,
  pixelShuffle,
  pixelUnshuffle,
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
const modes = fc.constantFrom('bilinear' as const, 'nearest' as const, 'bicubic' as const);
const paddingModes = fc.constantFrom('zeros' as const, 'border' as const, 'reflection' as const);
const numbers = (x: Tensor) => Array.from(x.dataSync());

describe('gridSample', () => {
  const planes = fc
    .tuple(upTo(2), upTo(2), upTo(4), upTo(4))
    .chain((shape) => tablesOf(shape).map((x) => ({ shape, x })));

  it('gives the plane back at the places of affineGrid under the identity', () => {
    fc.assert(
      fc.property(planes, modes, paddingModes, fc.boolean(), ({ shape, x }, mode, paddingMode, alignCorners) =>
        scope(() => {
          const identity = tensorOf({ shape: [1, 2, 3], data: [1, 0, 0, 0, 1, 0] }).broadcastTo([shape[0], 2, 3]);
          const grid = affineGrid(identity, shape, { alignCorners });
          // Of a single row, or column, between aligned corners the center is both corners.
          const found = gridSample(tensorOf(x), grid, { mode, paddingMode, alignCorners });
          expect(largestDifference(tableFrom(found), x)).toBeLessThan(1e-12);
        }),
      ),
    );
  });

  it('goes on where it was, mirrored, an even number of planes further', () => {
    fc.assert(
      fc.property(
        planes,
        modes,
        fc.boolean(),
        fc.integer({ min: -2, max: 2 }),
        ({ shape, x }, mode, alignCorners, turns) =>
          scope(() => {
            const near = {
              shape: [shape[0], 1, 1, 2],
              data: Array.from({ length: shape[0] * 2 }, (_, i) => 0.3 - 0.41 * (i % 2)),
            };
            const far = { ...near, data: near.data.map((place) => place + 4 * turns) };
            const at = (grid: typeof near) =>
              tableFrom(gridSample(tensorOf(x), tensorOf(grid), { mode, alignCorners, paddingMode: 'reflection' }));
            expect(largestDifference(at(near), at(far))).toBeLessThan(1e-9);
          }),
      ),
    );
  });

  it('reads zeros at places that are no numbers or at infinity', () => {
    const x = tensor([1, 2, 3, 4]).reshape([1, 1, 2, 2]);
    const grid = tensor([Number.NaN, 0, Number.POSITIVE_INFINITY, 0, 0, Number.NEGATIVE_INFINITY, 1e30, 0]);
    for (const mode of ['bilinear', 'nearest'] as const) {
      expect(numbers(gridSample(x, grid.reshape([1, 1, 4, 2]), { mode }))).toEqual([0, 0, 0, 0]);
    }
  });

  it('takes the column first, then the row', () => {
    const x = tensor([1, 2, 3, 4, 5, 6]).reshape([1, 1, 2, 3]);
    const grid = tensor([1, -1, -1, 1]).reshape([1, 1, 2, 2]);
    expect(numbers(gridSample(x, grid, { alignCorners: true }))).toEqual([3, 4]);
  });
});

describe('pixelShuffle', () => {
  it('is undone by pixelUnshuffle', () => {
    const cases = fc.tuple(upTo(2), upTo(2), upTo(3), upTo(3), upTo(2));
    fc.assert(
      fc.property(
        cases.chain(([images, channels, height, width, factor]) =>
          fc.record({
            x: tablesOf([images, channels * factor ** 2, height, width]),
            factor: fc.constant(factor),
          }),
        ),
        ({ x, factor }) =>
          scope(() => {
            const shuffled = pixelShuffle(tensorOf(x), factor);
            const [images, channels, height, width] = x.shape as [number, number, number, number];
            expect(shuffled.shape).toEqual([images, channels / factor ** 2, height * factor, width * factor]);
            expect(tableFrom(pixelUnshuffle(shuffled, factor))).toEqual(x);
          }),
      ),
    );
  });

  it('puts the channels side by side, then below one another', () => {
    expect(numbers(pixelShuffle(tensor([1, 2, 3, 4]).reshape([1, 4, 1, 1]), 2))).toEqual([1, 2, 3, 4]);
    expect(numbers(pixelShuffle(tensor([1, 2, 3, 4, 5, 6, 7, 8]).reshape([1, 4, 1, 2]), 2))).toEqual([
      1, 3, 2, 4, 5, 7, 6, 8,
    ]);
  });
});

describe('errors', () => {
  const x = () => zeros([2, 3, 4, 4]);

  test.each<[string, () => Tensor, PnnError]>([
    [
      'grids of other images',
      () => gridSample(x(), zeros([1, 2, 2, 2])),
      new ShapeError(
        'gridSample: input [2,3,4,4], grid [1,2,2,2]: they must be [N,C,H,W], with elements in each plane, and [N,OH,OW,2]',
      ),
    ],
    [
      'a mode that there is not',
      () => gridSample(x(), zeros([2, 2, 2, 2]), { mode: 'linear' as never }),
      new ArgumentError(
        "gridSample: mode 'linear', paddingMode 'zeros': they must be one of nearest, bilinear, bicubic, and one of zeros, " +
          'border, reflection',
      ),
    ],
    [
      'maps for other images',
      () => affineGrid(zeros([1, 2, 3]), [2, 3, 4, 4]),
      new ShapeError('affineGrid: θ [1,2,3] for a size of [2,3,4,4]: they must be [N,2,3] and [N,C,H,W]'),
    ],
    [
      'channels that are no squares',
      () => pixelShuffle(x(), 2),
      new ShapeError('pixelShuffle: [2,3,4,4]: 2² must divide the 3 channels'),
    ],
    [
      'rows that do not divide',
      () => pixelUnshuffle(x(), 3),
      new ShapeError('pixelUnshuffle: [2,3,4,4]: 3 must divide the rows and the columns'),
    ],
    [
      'lines instead of planes',
      () => pixelShuffle(zeros([1, 4, 2]), 2),
      new ShapeError('pixelShuffle: [1,4,2]: the input must be [N,C,H,W]'),
    ],
    [
      'a factor of 0',
      () => pixelShuffle(x(), 0),
      new ArgumentError('pixelShuffle: factor must be an integer of 1 or more, not 0'),
    ],
  ])('of %s', (_, compute, expected) => {
    expect(compute).toThrow(expected);
  });
});
