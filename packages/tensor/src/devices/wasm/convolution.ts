import type { ConvolutionGeometry, Kernels } from '../../kernels.js';
import { reference } from '../reference/index.js';
import { type ConvolutionSizes, convolutionFields, sizesOf, slabSteps, turned } from './convolution-sizes.js';
import { addressOf, type Executor } from './executor.js';
import { convolveByTiles, takesWinograd, tileParts, tileSteps } from './winograd.js';
import { Workspace } from './workspace.js';

/** Rows of the panels of weights, and how many of them are packed in a block. */
const PANEL_ROWS = 4;
const PACK_LIMIT = 64;
/** Places of a slab: several small images have a cache's worth of patches, and one large image has not too many. */
const SLAB = { least: 64, target: 256, limit: 1024 };
/** Where the output's gradient is packed as a whole, it must stay in a first-level cache. */
const WEIGHT_SLAB = { least: 64, target: 256, limit: 256 };
/** The gradient of a weight is cut into at most so many blocks: into parts of so many positions, in so many bytes. */
const MAXIMUM_BLOCKS = 16;
const POSITIONS_PER_PART = 1024;
const BYTES_OF_PARTS = 2 ** 23;
/** Filters of such a block, and how few of them are not packed, as in kernels/convolution/weight-gradient.ts. */
const FILTER_LIMIT = 64;
const DIRECT_FILTERS = 2;

function padded(lines: number): number {
  return Math.ceil(lines / PANEL_ROWS) * PANEL_ROWS;
}

function tapsOf({ kernel }: ConvolutionGeometry): number {
  return kernel[0] * kernel[1];
}

/** How many sums the gradient of the weight is cut into. */
function partsOf({ images, groups, filters, outHeight, outWidth }: ConvolutionSizes): number {
  const blocks = groups * Math.ceil(filters / FILTER_LIMIT);
  return Math.min(MAXIMUM_BLOCKS / blocks, (images * outHeight * outWidth) / POSITIONS_PER_PART);
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
      const sizes = sizesOf(x.shape, out.shape, geometry.groups);
      const operands = [x, weight, bias, out] as const;
      if (takesWinograd(sizes, geometry)) {
        return convolveByTiles(executor, shared, operands, sizes, geometry, false);
      }
      const { images, groups, channels, filters, outHeight, outWidth } = sizes;
      const packed = shared.reserve(groups * padded(filters) * (channels * tapsOf(geometry) + 1) * 4);
      const steps = slabSteps(images, outHeight, outWidth, SLAB);
      const fields = convolutionFields(packed.pointer, operands, sizes, geometry, steps);
      executor.run('conv2dPack', fields);
      executor.run('conv2d', fields);
    },
    conv2dInputGradient(gradient, weight, out, geometry) {
      if (out.dtype !== 'float32') return conv2dInputGradient(gradient, weight, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(out.shape, gradient.shape, geometry.groups);
      if (takesWinograd(turned(sizes), geometry)) {
        return convolveByTiles(executor, shared, [gradient, weight, undefined, out], turned(sizes), geometry, true);
      }
      const { images, groups, channels, height, width, filters } = sizes;
      const findings = Math.ceil((groups * Math.ceil(channels / PACK_LIMIT)) / 16) * 64;
      const packed = shared.reserve(findings + groups * padded(channels) * filters * tapsOf(geometry) * 4);
      const [rows, columns] = [Math.ceil(height / geometry.stride[0]), Math.ceil(width / geometry.stride[1])];
      const steps = slabSteps(images, rows, columns, SLAB);
      const operands = [out, weight, undefined, gradient] as const;
      const fields = convolutionFields(packed.pointer, operands, sizes, geometry, steps);
      executor.run('conv2dInputGradientPack', fields);
      executor.run('conv2dInputGradient', fields);
    },
    conv2dWeightGradient(gradient, x, out, geometry) {
      if (out.dtype !== 'float32') return conv2dWeightGradient(gradient, x, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(x.shape, gradient.shape, geometry.groups);
      const { images, filters, outHeight, outWidth } = sizes;
      const byTiles = takesWinograd(sizes, geometry);
      const slab = filters > DIRECT_FILTERS ? WEIGHT_SLAB : SLAB;
      const steps = byTiles ? tileSteps(sizes) : slabSteps(images, outHeight, outWidth, slab);
      const bytes = out.size * 4;
      const wanted = Math.min(byTiles ? tileParts(sizes) : partsOf(sizes), BYTES_OF_PARTS / bytes);
      const parts = Math.max(1, Math.floor(wanted));
      const sums = parts === 1 ? addressOf(out) : shared.reserve(parts * bytes).pointer;
      const fields = convolutionFields(sums, [x, out, undefined, gradient], sizes, geometry, steps, parts);
      executor.run(byTiles ? 'winogradWeightGradient' : 'conv2dWeightGradient', fields);
      if (parts > 1) executor.run('conv2dWeightGradientSum', fields);
    },
  };
}
