import {
  affineGrid,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  gridSample,
  type InterpolationMode,
  interpolate,
  type Padding,
  pixelShuffle,
  pixelUnshuffle,
  type Shape,
  type Tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { quarters } from '../points.js';

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
};
