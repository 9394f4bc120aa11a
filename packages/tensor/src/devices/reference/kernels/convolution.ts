import type { TypedArray } from '../../../dtype.js';
import type { ConvolutionGeometry, Kernels, Operand } from '../../../kernels.js';
import { type ConvolutionSizes, sizesOf } from '../../convolution-sizes.js';
import { values } from '../../host/host.js';
import { multiplyPanels, packPanels, panelSize, workspace } from './gemm.js';

/** The patches of one group of one image: `depth` elements at `positions` places. */
interface Sizes extends ConvolutionSizes {
  readonly depth: number;
  readonly positions: number;
}

function patchSizesOf(x: Operand, out: Operand, { groups, kernel }: ConvolutionGeometry): Sizes {
  const sizes = sizesOf(x.shape, out.shape, groups);
  const depth = sizes.channels * kernel[0] * kernel[1];
  return { ...sizes, depth, positions: sizes.outHeight * sizes.outWidth };
}

/**
 * Visits the rows of the patches of one image, in the order of the matrix [depth, positions]: `visit` gets the offset of the
 * row of the image (undefined beyond its edge) and the column where the first patch begins.
 */
function forEachPatchRow(
  { channels, height, width, outHeight }: Sizes,
  { kernel, stride, padding, dilation }: ConvolutionGeometry,
  visit: (row: number | undefined, firstColumn: number) => void,
): void {
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        for (let oy = 0; oy < outHeight; oy++) {
          const y = oy * stride[0] - padding[0] + ky * dilation[0];
          const inside = y >= 0 && y < height;
          visit(inside ? (c * height + y) * width : undefined, kx * dilation[1] - padding[1]);
        }
      }
    }
  }
}

/**
 * The patches of one image as a matrix [depth, positions], zeros where a patch hangs over the edge ("im2col",
 * Chellapilla et al. 2006). Only the patches of one image and group are ever in memory.
 */
function unfold(
  out: Float64Array,
  source: TypedArray,
  offset: number,
  sizes: Sizes,
  geometry: ConvolutionGeometry,
): void {
  const { width, outWidth } = sizes;
  const step = geometry.stride[1];
  let target = 0;
  forEachPatchRow(sizes, geometry, (row, firstColumn) => {
    if (row === undefined) {
      out.fill(0, target, target + outWidth);
      target += outWidth;
      return;
    }
    let x = firstColumn;
    for (let ox = 0; ox < outWidth; ox++, x += step) {
      out[target++] = x >= 0 && x < width ? source[offset + row + x]! : 0;
    }
  });
}

/** The transpose of `unfold`: every element of the patches is added to the place that it came from. */
function fold(
  target: TypedArray,
  offset: number,
  patches: Float64Array,
  sizes: Sizes,
  geometry: ConvolutionGeometry,
): void {
  const { width, outWidth } = sizes;
  const step = geometry.stride[1];
  let source = 0;
  forEachPatchRow(sizes, geometry, (row, firstColumn) => {
    if (row !== undefined) {
      let x = firstColumn;
      for (let ox = 0; ox < outWidth; ox++, x += step) {
        if (x >= 0 && x < width) target[offset + row + x]! += patches[source + ox]!;
      }
    }
    source += outWidth;
  });
}

export const convolution: Pick<Kernels, 'conv2d' | 'conv2dInputGradient' | 'conv2dWeightGradient'> = {
  conv2d(x, weight, bias, out, geometry) {
    const sizes = patchSizesOf(x, out, geometry);
    const { images, groups, channels, height, width, filters, depth, positions } = sizes;
    const source = values(x);
    const kernels = values(weight);
    const target = values(out);
    const patches = workspace(2, depth * positions);
    const packedWeight = workspace(0, panelSize(filters, depth));
    const packedPatches = workspace(1, panelSize(positions, depth));
    for (let g = 0; g < groups; g++) {
      packPanels(packedWeight, kernels, g * filters * depth, filters, depth, depth, 1);
      for (let image = 0; image < images; image++) {
        const group = image * groups + g;
        unfold(patches, source, group * channels * height * width, sizes, geometry);
        packPanels(packedPatches, patches, 0, positions, depth, 1, positions);
        const start = group * filters * positions;
        multiplyPanels(filters, positions, depth, packedWeight, packedPatches, target, start, positions, false);
      }
    }
    if (bias === undefined) return;
    const shift = values(bias);
    for (let plane = 0; plane < images * groups * filters; plane++) {
      const by = shift[plane % (groups * filters)]!;
      for (let i = plane * positions; i < (plane + 1) * positions; i++) target[i]! += by;
    }
  },
  conv2dInputGradient(gradient, weight, out, geometry) {
    const sizes = patchSizesOf(out, gradient, geometry);
    const { images, groups, channels, height, width, filters, depth, positions } = sizes;
    const source = values(gradient);
    const kernels = values(weight);
    const target = values(out);
    const patches = workspace(2, depth * positions);
    const packedWeight = workspace(0, panelSize(depth, filters));
    const packedGradient = workspace(1, panelSize(positions, filters));
    target.fill(0);
    for (let g = 0; g < groups; g++) {
      packPanels(packedWeight, kernels, g * filters * depth, depth, filters, 1, depth);
      for (let image = 0; image < images; image++) {
        const group = image * groups + g;
        packPanels(packedGradient, source, group * filters * positions, positions, filters, 1, positions);
        multiplyPanels(depth, positions, filters, packedWeight, packedGradient, patches, 0, positions, false);
        fold(target, group * channels * height * width, patches, sizes, geometry);
      }
    }
  },
  conv2dWeightGradient(gradient, x, out, geometry) {
    const sizes = patchSizesOf(x, gradient, geometry);
    const { images, groups, channels, height, width, filters, depth, positions } = sizes;
    const slopes = values(gradient);
    const source = values(x);
    const target = values(out);
    const patches = workspace(2, depth * positions);
    const packedGradient = workspace(0, panelSize(filters, positions));
    const packedPatches = workspace(1, panelSize(depth, positions));
    const sums = workspace(3, filters * depth);
    for (let g = 0; g < groups; g++) {
      sums.fill(0, 0, filters * depth);
      for (let image = 0; image < images; image++) {
        const group = image * groups + g;
        unfold(patches, source, group * channels * height * width, sizes, geometry);
        packPanels(packedPatches, patches, 0, depth, positions, positions, 1);
        packPanels(packedGradient, slopes, group * filters * positions, filters, positions, positions, 1);
        multiplyPanels(filters, depth, positions, packedGradient, packedPatches, sums, 0, depth, true);
      }
      target.set(sums.subarray(0, filters * depth), g * filters * depth);
    }
  },
};
