import type { ConvolutionGeometry, Operand, WindowGeometry } from '../../../kernels.js';
import type { ConvolutionSizes } from '../../convolution-sizes.js';
import { addressOf } from '../executor.js';

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

/** What all kernels with windows are told first: see kernels/geometry.ts. */
export function geometryFields(
  { height, width, outHeight, outWidth }: Pick<ConvolutionSizes, 'height' | 'width' | 'outHeight' | 'outWidth'>,
  { kernel, stride, padding, dilation }: WindowGeometry,
): number[] {
  return [height, width, outHeight, outWidth, ...kernel, ...stride, ...padding, ...dilation];
}

/** Images, rows and columns that are computed together. */
export type SlabSteps = readonly [images: number, rows: number, columns: number];

/** What all convolutions are told: see kernels/convolution/fields.ts. */
export function convolutionFields(
  shared: number,
  [x, weight, bias, out]: readonly [Operand, Operand, Operand | undefined, Operand],
  sizes: ConvolutionSizes,
  geometry: ConvolutionGeometry,
  steps: SlabSteps,
  parts = 0,
): number[] {
  const { images, groups, channels, filters } = sizes;
  return [
    ...geometryFields(sizes, geometry),
    shared,
    addressOf(x),
    addressOf(weight),
    bias ? addressOf(bias) : 0,
    addressOf(out),
    images,
    groups,
    channels,
    filters,
    ...steps,
    parts,
  ];
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
