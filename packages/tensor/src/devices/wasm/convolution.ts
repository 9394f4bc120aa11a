import type { ConvolutionGeometry, Kernels, Operand } from '../../kernels.js';
import { reference } from '../reference/index.js';
import { type ConvolutionSizes, sizesOf, turned } from './convolution-sizes.js';
import { addressOf, type Executor } from './executor.js';
import { convolveByTiles, takesWinograd, weightGradientByTiles, weightGradientParts } from './winograd.js';
import { Workspace } from './workspace.js';

const PANEL_ROWS = 4;
/** The gradient of a weight is the sum of at most so many parts, of so many positions or more, in so many bytes. */
const MAXIMUM_PARTS = 16;
const POSITIONS_PER_PART = 1024;
const BYTES_OF_PARTS = 2 ** 23;

function fieldsOf(
  shared: number,
  [x, weight, bias, out]: readonly [Operand, Operand, Operand | undefined, Operand],
  sizes: ConvolutionSizes,
  { kernel, stride, padding, dilation }: ConvolutionGeometry,
  parts = 0,
): number[] {
  const { images, groups, channels, height, width, filters, outHeight, outWidth } = sizes;
  return [
    shared,
    addressOf(x),
    addressOf(weight),
    bias ? addressOf(bias) : 0,
    addressOf(out),
    images,
    groups,
    channels,
    height,
    width,
    filters,
    outHeight,
    outWidth,
    ...kernel,
    ...stride,
    ...padding,
    ...dilation,
    parts,
  ];
}

function padded(lines: number): number {
  return Math.ceil(lines / PANEL_ROWS) * PANEL_ROWS;
}

type ConvolutionName = 'conv2d' | 'conv2dInputGradient' | 'conv2dWeightGradient';

/** Convolutions of float32; `reference` has the other types. */
export function convolutionKernels(executor: Executor): Pick<Kernels, ConvolutionName> {
  const shared = new Workspace();
  const { conv2d, conv2dInputGradient, conv2dWeightGradient } = reference.kernels;
  return {
    conv2d(x, weight, bias, out, geometry) {
      if (out.dtype !== 'float32') return conv2d(x, weight, bias, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(x.shape, out.shape, geometry);
      if (takesWinograd(sizes, geometry)) {
        return convolveByTiles(executor, shared, [x, weight, bias, out], sizes, geometry.padding, false);
      }
      const { groups, channels, filters, taps } = sizes;
      const packed = shared.reserve(groups * padded(filters) * (channels * taps + 1) * 4);
      const fields = fieldsOf(packed.pointer, [x, weight, bias, out], sizes, geometry);
      executor.run('conv2dPack', fields);
      executor.run('conv2d', fields);
    },
    conv2dInputGradient(gradient, weight, out, geometry) {
      if (out.dtype !== 'float32') return conv2dInputGradient(gradient, weight, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(out.shape, gradient.shape, geometry);
      const mirrored = turned(sizes);
      if (takesWinograd(mirrored, geometry)) {
        const [y, xx] = geometry.padding;
        const padding = [2 - y, 2 - xx] as const;
        return convolveByTiles(executor, shared, [gradient, weight, undefined, out], mirrored, padding, true);
      }
      const { groups, channels, filters, taps } = sizes;
      const packed = shared.reserve(groups * padded(channels) * filters * taps * 4);
      const fields = fieldsOf(packed.pointer, [out, weight, undefined, gradient], sizes, geometry);
      executor.run('conv2dInputGradientPack', fields);
      executor.run('conv2dInputGradient', fields);
    },
    conv2dWeightGradient(gradient, x, out, geometry) {
      if (out.dtype !== 'float32') return conv2dWeightGradient(gradient, x, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(x.shape, gradient.shape, geometry);
      const bytes = out.size * 4;
      if (takesWinograd(sizes, geometry)) {
        const parts = weightGradientParts(sizes);
        const sums = parts === 1 ? addressOf(out) : shared.reserve(parts * bytes).pointer;
        weightGradientByTiles(executor, [x, gradient], sums, parts, sizes, geometry.padding);
        const fields = fieldsOf(sums, [x, out, undefined, gradient], sizes, geometry, parts);
        if (parts > 1) executor.run('conv2dWeightGradientSum', fields);
        return;
      }
      const positions = sizes.images * sizes.outHeight * sizes.outWidth;
      const wanted = Math.min(MAXIMUM_PARTS, positions / POSITIONS_PER_PART, BYTES_OF_PARTS / bytes);
      const parts = Math.max(1, Math.floor(wanted));
      const sums = parts === 1 ? addressOf(out) : shared.reserve(parts * bytes).pointer;
      const fields = fieldsOf(sums, [x, out, undefined, gradient], sizes, geometry, parts);
      executor.run('conv2dWeightGradient', fields);
      if (parts > 1) executor.run('conv2dWeightGradientSum', fields);
    },
  };
}
