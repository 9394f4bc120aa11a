import type { ConvolutionGeometry } from '../../kernels.js';

/** The sizes of a convolution; channels and filters are those of one group. */
export interface ConvolutionSizes {
  readonly images: number;
  readonly groups: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Places of a window. */
  readonly taps: number;
}

/** From the shapes of input and output. */
export function sizesOf(
  x: readonly number[],
  out: readonly number[],
  { groups, kernel }: Pick<ConvolutionGeometry, 'groups' | 'kernel'>,
): ConvolutionSizes {
  const [images, channels, height, width] = x as [number, number, number, number];
  const [, filters, outHeight, outWidth] = out as [number, number, number, number];
  return {
    images,
    groups,
    channels: channels / groups,
    height,
    width,
    filters: filters / groups,
    outHeight,
    outWidth,
    taps: kernel[0] * kernel[1],
  };
}

/** The sizes of the convolution that makes the gradient of the input from that of the output, where the stride is 1. */
export function turned({
  channels,
  height,
  width,
  filters,
  outHeight,
  outWidth,
  ...rest
}: ConvolutionSizes): ConvolutionSizes {
  return {
    ...rest,
    channels: filters,
    height: outHeight,
    width: outWidth,
    filters: channels,
    outHeight: height,
    outWidth: width,
  };
}
