import {
  type AveragePoolingOptions,
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  adaptiveAveragePool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  affineGrid,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  fold,
  gridSample,
  type InterpolationMode,
  interpolate,
  type MaxPoolingOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type Padding,
  pixelShuffle,
  pixelUnshuffle,
  type Shape,
  scope,
  type Tensor,
  unfold,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { distinct, quarters } from '../points.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const numbers = quarters(-2, 2);

/** A function at numbers for tensors of these shapes. */
function at(shapes: readonly Shape[], f: (...inputs: Tensor[]) => Tensor): fc.Arbitrary<GradientCase> {
  return fc.tuple(...shapes.map((shape) => tablesOf(shape, numbers))).map((inputs) => ({ inputs, f }));
}

/** Planes as large as a window at least, or as large as is said, where padding is of no help. */
const lengthOf = (kernel: number, dilation: number, extra: number) => dilation * (kernel - 1) + 1 + extra;

const sizes = {
  images: upTo(2),
  groups: upTo(2),
  channels: upTo(2),
  filters: upTo(2),
  biased: fc.boolean(),
};

const axis = fc.record({ kernel: upTo(3), stride: upTo(2), dilation: upTo(2), extra: fc.nat(2) });

/** The paddings that a convolution over so many axes has. */
const paddings = (count: number): fc.Arbitrary<Padding<never>> =>
  fc.oneof(
    fc.constantFrom('same' as const, 'valid' as const),
    fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: count, maxLength: count }),
  );

const paddedConvolutions = fc
  .record({ ...sizes, axes: fc.array(axis, { minLength: 1, maxLength: 2 }) })
  .chain(({ images, groups, channels, filters, biased, axes }) =>
    paddings(axes.length).chain((padding) => {
      const lengths = axes.map(({ kernel, dilation, extra }) => lengthOf(kernel, dilation, extra));
      const x = [images, groups * channels, ...lengths];
      const weight = [groups * filters, channels, ...axes.map(({ kernel }) => kernel)];
      const [stride, dilation] = [axes.map((each) => each.stride), axes.map((each) => each.dilation)];
      const f = (input: Tensor, kernels: Tensor, bias?: Tensor) =>
        axes.length === 1
          ? conv1d(input, kernels, bias, { stride: stride[0]!, dilation: dilation[0]!, padding, groups })
          : conv2d(input, kernels, bias, {
              stride: stride as [number, number],
              dilation: dilation as [number, number],
              padding,
              groups,
            });
      return at([x, weight, ...(biased ? [[groups * filters]] : [])], f as (...inputs: Tensor[]) => Tensor);
    }),
  );

/** One axis of a transposed convolution: an output has an element at least. */
const transposedAxis = fc
  .record({ kernel: upTo(3), stride: upTo(3), dilation: upTo(3), length: upTo(3), cut: fc.nat(2), added: fc.nat(2) })
  .map(({ kernel, stride, dilation, length, cut, added }) => {
    const outputPadding = Math.min(added, Math.max(stride, dilation) - 1);
    const whole = (length - 1) * stride + dilation * (kernel - 1) + outputPadding + 1;
    return { kernel, stride, dilation, length, outputPadding, padding: Math.min(cut, Math.floor((whole - 1) / 2)) };
  });

const transposedConvolutions = fc
  .record({ ...sizes, axes: fc.array(transposedAxis, { minLength: 1, maxLength: 2 }) })
  .chain(({ images, groups, channels, filters, biased, axes }) => {
    const x = [images, groups * channels, ...axes.map(({ length }) => length)];
    const weight = [groups * channels, filters, ...axes.map(({ kernel }) => kernel)];
    const [first, second] = axes;
    const f = (input: Tensor, kernels: Tensor, bias?: Tensor) => {
      if (!second) return convTranspose1d(input, kernels, bias, { ...first!, groups });
      return convTranspose2d(input, kernels, bias, {
        stride: [first!.stride, second.stride],
        padding: [first!.padding, second.padding],
        outputPadding: [first!.outputPadding, second.outputPadding],
        dilation: [first!.dilation, second.dilation],
        groups,
      });
    };
    return at([x, weight, ...(biased ? [[groups * filters]] : [])], f as (...inputs: Tensor[]) => Tensor);
  });

type Numbers = readonly number[];

/** A function for each number of axes, told as many numbers for each option. */
type OfAxes<Rest extends readonly unknown[]> = readonly ((x: Tensor, ...rest: Rest) => Tensor)[];

const one = (numbers: Numbers) => numbers[0]!;
const two = (numbers: Numbers) => numbers as readonly [number, number];
const three = (numbers: Numbers) => numbers as readonly [number, number, number];

const modedConvolutions = fc
  .record({
    mode: fc.constantFrom('reflect' as const, 'replicate' as const, 'circular' as const),
    padding: fc.array(fc.tuple(fc.nat(1), fc.nat(2)), { minLength: 2, maxLength: 2 }),
    stride: upTo(2),
  })
  .chain(({ mode, padding, stride }) =>
    at([[1, 1, 3, 4], [2, 1, 2, 2], [2]], (x, weight, bias) =>
      conv2d(x!, weight!, bias, { padding, paddingMode: mode, stride }),
    ),
  );

const deepAxis = fc.record({
  kernel: upTo(2),
  stride: upTo(2),
  dilation: upTo(2),
  extra: fc.nat(1),
  padding: fc.nat(1),
});
const deepConvolutions = fc
  .record({ groups: upTo(2), filters: upTo(2), axes: fc.tuple(deepAxis, deepAxis, deepAxis), biased: fc.boolean() })
  .chain(({ groups, filters, axes, biased }) => {
    const lengths = axes.map(({ kernel, dilation, extra }) => lengthOf(kernel, dilation, extra));
    const all = (name: keyof (typeof axes)[0]) => three(axes.map((each) => each[name]));
    const options = { stride: all('stride'), dilation: all('dilation'), padding: all('padding'), groups };
    return at(
      [[1, groups, ...lengths], [groups * filters, 1, ...all('kernel')], ...(biased ? [[groups * filters]] : [])],
      ((x: Tensor, weight: Tensor, bias?: Tensor) => conv3d(x, weight, bias, options)) as (
        ...inputs: Tensor[]
      ) => Tensor,
    );
  });

const deepTransposed = fc
  .record({ groups: upTo(2), filters: upTo(2), axes: fc.tuple(transposedAxis, transposedAxis, transposedAxis) })
  .chain(({ groups, filters, axes }) => {
    const all = (name: keyof (typeof axes)[0]) => three(axes.map((each) => Math.min(each[name], 2)));
    const shorter = { stride: all('stride'), dilation: all('dilation'), groups };
    return at(
      [[1, groups, ...all('length')], [groups, filters, ...all('kernel')], [groups * filters]],
      (x, weight, bias) => convTranspose3d(x!, weight!, bias, shorter),
    );
  });

/** One axis of a pooling window that begins inside the padded axis. */
const poolAxis = fc
  .record({
    kernel: upTo(3),
    stride: upTo(3),
    dilation: upTo(2),
    ends: fc.tuple(fc.boolean(), fc.boolean()),
    extra: fc.nat(2),
  })
  .map(({ ends, extra, ...window }) => {
    const reach = window.dilation * (window.kernel - 1) + 1;
    const widest = Math.floor(window.kernel / 2);
    const padding = [ends[0] ? widest : 0, ends[1] ? widest : 0] as const;
    return { ...window, padding, length: Math.max(reach - padding[0] - padding[1], window.dilation) + extra };
  });

type PoolAxis = typeof poolAxis extends fc.Arbitrary<infer T> ? T : never;

const poolingOf = (axes: readonly PoolAxis[]) => ({
  stride: axes.map(({ stride }) => stride),
  padding: axes.map(({ padding }) => padding),
});

const maxima: OfAxes<[Numbers, Numbers, MaxPoolingOptions<never>]> = [
  (x, kernel, stride, options) => maxPool1d(x, one(kernel), { ...options, stride: one(stride), dilation: 1 }),
  (x, kernel, stride, options) => maxPool2d(x, two(kernel), { ...options, stride: two(stride) }),
  (x, kernel, stride, options) => maxPool3d(x, three(kernel), { ...options, stride: three(stride) }),
];

const averages: OfAxes<[Numbers, Numbers, AveragePoolingOptions<never>]> = [
  (x, kernel, stride, options) => averagePool1d(x, one(kernel), { ...options, stride: one(stride) }),
  (x, kernel, stride, options) => averagePool2d(x, two(kernel), { ...options, stride: two(stride) }),
  (x, kernel, stride, options) => averagePool3d(x, three(kernel), { ...options, stride: three(stride) }),
];

const poolAxes = fc.array(poolAxis, { minLength: 1, maxLength: 3 });

const maximumPools = fc.tuple(poolAxes, fc.boolean()).chain(([axes, ceilMode]) => {
  const undilated = axes.map((each) => ({ ...each, dilation: 1, length: Math.max(each.length, each.kernel) }));
  const { stride, padding } = poolingOf(undilated);
  return distinct([1, 1, ...undilated.map(({ length }) => length)]).map((x) => ({
    inputs: [x],
    f: (a: Tensor) =>
      maxima[axes.length - 1]!(
        a,
        axes.map(({ kernel }) => kernel),
        stride,
        { padding, ceilMode },
      ),
  }));
});

const dilatedPools = fc.tuple(poolAxis, poolAxis).chain((axes) => {
  const { stride, padding } = poolingOf(axes);
  const [kernel, dilation] = [two(axes.map((each) => each.kernel)), two(axes.map((each) => each.dilation))];
  return distinct([1, 2, ...axes.map(({ length }) => length)]).map((x) => ({
    inputs: [x],
    f: (a: Tensor) => maxPool2d(a, kernel, { stride: two(stride), padding, dilation }),
  }));
});

const averagePools = fc.tuple(poolAxes, fc.boolean(), fc.boolean()).chain(([axes, ceilMode, countIncludePad]) => {
  const { stride, padding } = poolingOf(axes);
  return at([[1, 2, ...axes.map(({ length, kernel }) => Math.max(length, kernel))]], (x) =>
    averages[axes.length - 1]!(
      x!,
      axes.map(({ kernel }) => kernel),
      stride,
      { padding, ceilMode, countIncludePad },
    ),
  );
});

const adaptiveMaxima: OfAxes<[Numbers]> = [
  (x, size) => adaptiveMaxPool1d(x, one(size)),
  (x, size) => adaptiveMaxPool2d(x, two(size)),
  (x, size) => adaptiveMaxPool3d(x, three(size)),
];

const adaptiveAverages: OfAxes<[Numbers]> = [
  (x, size) => adaptiveAveragePool1d(x, one(size)),
  (x, size) => adaptiveAveragePool2d(x, two(size)),
  (x, size) => adaptiveAveragePool3d(x, three(size)),
];

const adaptiveAxes = fc.array(fc.record({ length: upTo(4), size: upTo(3) }), { minLength: 1, maxLength: 3 });

const adaptive = (pools: OfAxes<[Numbers]>) =>
  adaptiveAxes.chain((axes) =>
    distinct([1, 2, ...axes.map(({ length }) => length)]).map((x) => ({
      inputs: [x],
      f: (a: Tensor) =>
        pools[axes.length - 1]!(
          a,
          axes.map(({ size }) => size),
        ),
    })),
  );

const windowsOfColumns = fc.record({ rows: deepAxis, columns: deepAxis }).map(({ rows, columns }) => {
  const both = (name: keyof typeof rows) => [rows[name], columns[name]] as const;
  const plane = [rows, columns].map(({ kernel, dilation, extra }) => lengthOf(kernel, dilation, extra));
  const options = { stride: both('stride'), dilation: both('dilation'), padding: both('padding') };
  return { plane: two(plane), kernel: both('kernel'), options };
});

const modesOfAxes: readonly (readonly InterpolationMode[])[] = [
  ['nearest', 'nearest-exact', 'area', 'linear'],
  ['nearest', 'nearest-exact', 'area', 'bilinear', 'bicubic'],
  ['nearest', 'nearest-exact', 'area', 'trilinear'],
];

const resizes = fc
  .array(fc.record({ length: upTo(4), size: upTo(5), factor: fc.constantFrom(0.6, 1, 1.4, 2) }), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((axes) =>
    fc
      .record({ mode: fc.constantFrom(...modesOfAxes[axes.length - 1]!), bySize: fc.boolean(), aligned: fc.boolean() })
      .chain(({ mode, bySize, aligned }) => {
        const lengths = axes.map(({ length, factor }) => (bySize || length * factor >= 1 ? length : 2));
        const alignCorners = aligned && /linear|cubic/.test(mode);
        const target = bySize
          ? { size: axes.map(({ size }) => size) }
          : { scaleFactor: axes.map(({ factor }) => factor) };
        return at([[1, 2, ...lengths]], (x) => interpolate(x!, { mode, alignCorners, ...target }));
      }),
  );

/** Places between elements, before the first and behind the last one, away from where the nearest element changes. */
const sampledPlanes = fc
  .record({
    shape: fc.tuple(upTo(2), upTo(2), upTo(3), upTo(3)),
    places: fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.constantFrom(0.25, 0.3, 0.7), fc.constantFrom(0.2, 0.75)), {
      minLength: 1,
      maxLength: 3,
    }),
    mode: fc.constantFrom('bilinear' as const, 'nearest' as const, 'bicubic' as const),
    paddingMode: fc.constantFrom('zeros' as const, 'border' as const, 'reflection' as const),
    alignCorners: fc.boolean(),
  })
  .chain(({ shape, places, ...options }) => {
    const normalized = (place: number, length: number) =>
      options.alignCorners && length > 1 ? (2 * place) / (length - 1) - 1 : (2 * place + 1) / length - 1;
    const grid = places.flatMap(([column, row, x, y]) => [
      normalized(column - 3 + x, shape[3]),
      normalized(row - 3 + y, shape[2]),
    ]);
    const images = Array.from({ length: shape[0] }, () => grid).flat();
    return tablesOf(shape, numbers).map((plane) => ({
      inputs: [plane, { shape: [shape[0], 1, places.length, 2], data: images }],
      f: (x: Tensor, g: Tensor) => gridSample(x, g, options),
    }));
  });

/** Functions that move windows over planes, and those that resize, made of operators. */
export const windowFunctionCases: GradientCases = {
  interpolate: resizes,
  gridSample: sampledPlanes,
  affineGrid: fc
    .tuple(upTo(2), upTo(3), upTo(3), fc.boolean())
    .chain(([images, height, width, alignCorners]) =>
      at([[images, 2, 3]], (theta) => affineGrid(theta!, [images, 1, height, width], { alignCorners })),
    ),
  pixelShuffle: fc
    .tuple(upTo(2), upTo(2), upTo(2))
    .chain(([factor, channels, width]) => at([[2, channels * factor ** 2, 2, width]], (x) => pixelShuffle(x!, factor))),
  pixelUnshuffle: fc
    .tuple(upTo(2), upTo(2), upTo(2))
    .chain(([factor, channels, width]) =>
      at([[1, channels, factor, width * factor]], (x) => pixelUnshuffle(x!, factor)),
    ),
  'convolution with padding of every kind': paddedConvolutions,
  'transposed convolution': transposedConvolutions,
  'convolution with padding of its elements': modedConvolutions,
  'convolution in three dimensions': deepConvolutions,
  'transposed convolution in three dimensions': deepTransposed,
  'maximum pooling': maximumPools,
  'maximum pooling with dilation': dilatedPools,
  'average pooling': averagePools,
  'adaptive maximum pooling': adaptive(adaptiveMaxima),
  'adaptive average pooling': adaptive(adaptiveAverages),
  unfold: windowsOfColumns.chain(({ plane, kernel, options }) =>
    at([[1, 2, ...plane]], (x) => unfold(x!, kernel, options)),
  ),
  fold: windowsOfColumns.chain(({ plane, kernel, options }) => {
    const columns = scope(() => unfold(zeros([1, 2, ...plane]), kernel, options).shape);
    return at([columns], (x) => fold(x!, plane, kernel, options));
  }),
};
