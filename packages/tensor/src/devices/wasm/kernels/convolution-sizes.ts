import type { ConvolutionGeometry, Operand, WindowGeometry } from '../../../kernels.js';
import type { ConvolutionSizes } from '../../convolution-sizes.js';
import { addressOf } from '../executor.js';
import type { Convolution, Geometry } from '../generated/tasks.js';

/** The sizes of the convolution that makes the gradient of the input from that of the output, where the stride is 1. */
export function turned(sizes: ConvolutionSizes): ConvolutionSizes {
  const { channels, height, width, filters, outHeight, outWidth } = sizes;
  return {
    ...sizes,
    channels: filters,
    height: outHeight,
    width: outWidth,
    filters: channels,
    outHeight: height,
    outWidth: width,
  };
}

/** What all kernels with windows are told. */
export function geometryFields(
  { height, width, outHeight, outWidth }: Pick<ConvolutionSizes, 'height' | 'width' | 'outHeight' | 'outWidth'>,
  { kernel, stride, padding, dilation }: WindowGeometry,
): Geometry {
  return {
    height,
    width,
    outHeight,
    outWidth,
    kernelY: kernel[0],
    kernelX: kernel[1],
    strideY: stride[0],
    strideX: stride[1],
    paddingY: padding[0],
    paddingX: padding[1],
    dilationY: dilation[0],
    dilationX: dilation[1],
  };
}

/** Images, rows and columns that are computed together. */
export type SlabSteps = readonly [images: number, rows: number, columns: number];

/** What all convolutions are told; where the packed weights or the parts of a gradient lie is yet to be filled in. */
export function convolutionFields(
  [x, weight, bias, out]: readonly [Operand, Operand, Operand | undefined, Operand],
  sizes: ConvolutionSizes,
  geometry: ConvolutionGeometry,
  steps: SlabSteps,
): Convolution {
  const { images, groups, channels, filters } = sizes;
  // A spread of so many fields takes V8 ten microseconds.
  return Object.assign(geometryFields(sizes, geometry), {
    shared: 0,
    x: addressOf(x),
    weight: addressOf(weight),
    bias: bias ? addressOf(bias) : 0,
    out: addressOf(out),
    images,
    groups,
    channels,
    filters,
    imageStep: steps[0],
    rowStep: steps[1],
    columnStep: steps[2],
    parts: 1,
  });
}

/** The size of the parts when `total` is cut into as few as possible of at most `limit`, all but equal. */
function partSize(total: number, limit: number): number {
  if (total === 0) return 1;
  return Math.ceil(total / Math.ceil(total / Math.min(total, Math.max(1, Math.floor(limit)))));
}

/** Slabs of enough work are so many at least, so that threads share them. */
const FEWEST_SLABS = 4;

/**
 * Cuts the rows and columns of all images into slabs: by the shapes alone, so that the results do not depend on threads.
 * Small images are together until they have `target` places, large ones are cut where they have more than `limit`; a slab
 * need not have less than `least`.
 */
export function slabSteps(
  images: number,
  rows: number,
  columns: number,
  { least, target, limit }: { readonly least: number; readonly target: number; readonly limit: number },
): SlabSteps {
  const share = Math.max(least, Math.ceil((images * rows * columns) / FEWEST_SLABS / least) * least);
  const most = Math.min(limit, share);
  return [
    partSize(images, Math.min(target, share) / (rows * columns)),
    partSize(rows, most / columns),
    partSize(columns, most),
  ];
}
