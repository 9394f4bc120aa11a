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
}

/** From the shapes of input and output. */
export function sizesOf(x: readonly number[], out: readonly number[], groups: number): ConvolutionSizes {
  const [images, channels, height, width] = x as [number, number, number, number];
  const [, filters, outHeight, outWidth] = out as [number, number, number, number];
  return { images, groups, channels: channels / groups, height, width, filters: filters / groups, outHeight, outWidth };
}
