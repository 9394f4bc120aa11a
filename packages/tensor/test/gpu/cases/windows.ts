import {
  adaptiveMaxPool2d,
  affineGrid,
  averagePool2d,
  conv3d,
  convTranspose2d,
  convTranspose3d,
  fold,
  gridSample,
  interpolate,
  maxPool3d,
  pixelShuffle,
  unfold,
} from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  DIVISION,
  expectSame,
  expectWithin,
  floats,
  forAll,
  type KernelCase,
  numbers,
  pairs,
  sumBound,
  tableOf,
  UNIT,
  withinSums,
} from './kernel-case.js';

const transposed = fc
  .record({ kernel: pairs(1, 3), stride: pairs(1, 3), plane: pairs(1, 4), groups: fc.integer({ min: 1, max: 2 }) })
  .chain(({ kernel, plane, ...options }) =>
    fc.record({
      x: tableOf([2, 2 * options.groups, ...plane]),
      weight: tableOf([2 * options.groups, 3, ...kernel]),
      bias: tableOf([3 * options.groups]),
      options: fc.constant(options),
    }),
  );

const resizes = fc.record({
  x: fc.tuple(pairs(1, 5), pairs(1, 2)).chain(([plane, planes]) => tableOf([...planes, ...plane])),
  size: pairs(1, 7),
  mode: fc.constantFrom('nearest' as const, 'area' as const, 'bilinear' as const, 'bicubic' as const),
});

const samples = fc.record({
  x: tableOf([2, 2, 4, 3]),
  grid: tableOf([2, 3, 2, 2], floats(-2, 2)),
  mode: fc.constantFrom('bilinear' as const, 'bicubic' as const),
  paddingMode: fc.constantFrom('zeros' as const, 'border' as const, 'reflection' as const),
});

const volumes = fc.record({
  x: tableOf([1, 2, 3, 4, 3]),
  weight: tableOf([2, 2, 2, 2, 1]),
  stride: fc.integer({ min: 1, max: 2 }),
  paddingMode: fc.constantFrom('zeros' as const, 'reflect' as const, 'replicate' as const),
});

/** Functions that are made of operators. */
export const windowCases: readonly KernelCase[] = [
  forAll('convTranspose2d', transposed, (device, { x, weight, bias, options }) =>
    withinSums(device, [x, weight, bias], weight.data.length + 1, (input, kernels, shift) => [
      convTranspose2d(input!, kernels!, shift, options),
    ]),
  ),
  forAll('interpolate', resizes, async (device, { x, size, mode }) => {
    const { actual, expected } = await compare(device, [x], (input) => [interpolate(input!, { size, mode })]);
    // Two maps of 4 products at most (area: of 5), with weights of 2.25 in sum at most, which are rounded too.
    const largest = Math.max(...x.data.map(Math.abs));
    expectWithin(actual[0]!, expected[0]!, () => sumBound(12, 2.25 ** 2 * largest));
  }),
  forAll('gridSample', samples, async (device, { x, grid, mode, paddingMode }) => {
    const compute = [x, grid] as const;
    const { actual, expected } = await compare(device, compute, (plane, places) => [
      gridSample(plane!, places!, { mode, paddingMode }),
    ]);
    // Places up to 12 are rounded a dozen times; between neighbors the plane changes by 16, times 2.25 by cubic weights.
    expectWithin(actual[0]!, expected[0]!, () => 12 * 12 * UNIT * 16 * 2.25 ** 2 + sumBound(20, 8 * 2.25 ** 2));
  }),
  forAll('affineGrid', fc.record({ theta: tableOf([2, 2, 3]) }), async (device, { theta }) => {
    const { actual, expected } = await compare(device, [theta], (maps) => [affineGrid(maps!, [2, 1, 3, 2])]);
    expectWithin(actual[0]!, expected[0]!, () => sumBound(4, 3 * 8));
  }),
  forAll('pixelShuffle', fc.record({ x: tableOf([1, 8, 2, 3], numbers) }), (device, { x }) =>
    withinSums(device, [x], 1, (input) => [pixelShuffle(input!, 2)]),
  ),
  forAll('conv3d and its transpose', volumes, (device, { x, weight, stride, paddingMode }) =>
    withinSums(device, [x, weight], 16, (input, kernels) => [
      conv3d(input!, kernels!, undefined, { stride, padding: 1, paddingMode }),
      convTranspose3d(input!, kernels!, undefined, { stride, padding: [1, 0, 0] }),
    ]),
  ),
  forAll('maximum pooling', volumes, async (device, { x, stride }) => {
    const { actual, expected } = await compare(device, [x], (input) => [
      maxPool3d(input!, [2, 3, 2], { stride, dilation: [1, 1, 2], ceilMode: true }),
      adaptiveMaxPool2d(input!.reshape([2, 3, 4, 3]), [3, 2]),
    ]);
    for (const [i, values] of actual.entries()) expectSame(values, expected[i]!);
  }),
  forAll('average pooling without padding', volumes, async (device, { x, stride }) => {
    const { actual, expected } = await compare(device, [x], (input) => [
      averagePool2d(input!.reshape([2, 3, 4, 3]), 3, { stride, padding: 1, ceilMode: true, countIncludePad: false }),
    ]);
    expectWithin(actual[0]!, expected[0]!, () => sumBound(9, 8) + 3 * DIVISION * 8);
  }),
  forAll('unfold and fold', volumes, (device, { x, stride }) =>
    withinSums(device, [x], 4, (input) => {
      const columns = unfold(input!.reshape([2, 3, 4, 3]), 2, { stride, padding: 1 });
      return [columns, fold(columns, [4, 3], 2, { stride, padding: 1 })];
    }),
  ),
];
