import type { ConvolutionGeometry } from '../../packages/tensor/src/kernels.js';

/** Shapes and geometry of a convolution of windows of 3x3, padded by 1. */
export function convolutionSides(work: {
  readonly images: number;
  readonly channels: number;
  readonly filters: number;
  readonly plane: number;
}) {
  const { images, channels, filters, plane } = work;
  const geometry: ConvolutionGeometry = {
    kernel: [3, 3],
    stride: [1, 1],
    padding: [1, 1],
    dilation: [1, 1],
    groups: 1,
  };
  return {
    x: [images, channels, plane, plane],
    weight: [filters, channels, 3, 3],
    gradient: [images, filters, plane, plane],
    geometry,
  };
}
