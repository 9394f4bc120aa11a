import type { Kernels } from '../../../kernels.js';
import { type ConvolutionSizes, sizesOf } from '../../convolution-sizes.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';
import { convolutionFields, slabSteps, turned } from './convolution-sizes.js';
import { runPacked } from './packed-weights.js';
import { convolveByTiles, takesWinograd, tileParts, tileSteps } from './winograd.js';

/** Places of a slab: several small images have a cache's worth of patches, and one large image has not too many. */
const SLAB = { least: 64, target: 256, limit: 1024 };
/** Where the output's gradient is packed as a whole, it must stay in a first-level cache. */
const WEIGHT_SLAB = { least: 64, target: 256, limit: 256 };
/** The gradient of a weight is cut into at most so many blocks: into parts of so many positions, in so many bytes. */
const MAX_BLOCKS = 16;
const POSITIONS_PER_PART = 1024;
const BYTES_OF_PARTS = 2 ** 23;
/** So few filters are not packed, as in kernels/convolution/weight-gradient.ts. */
const DIRECT_FILTERS = 2;

/** How many sums the gradient of the weight is cut into, where each is computed in so many blocks. */
function partsOf({ images, outHeight, outWidth }: ConvolutionSizes, blocks: number): number {
  return Math.min(MAX_BLOCKS / blocks, (images * outHeight * outWidth) / POSITIONS_PER_PART);
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
      const steps = slabSteps(sizes.images, sizes.outHeight, sizes.outWidth, SLAB);
      runPacked(executor, shared, ['conv2dPack', 'conv2d'], (packed) =>
        convolutionFields(packed, operands, sizes, geometry, steps),
      );
    },
    conv2dInputGradient(gradient, weight, out, geometry) {
      if (out.dtype !== 'float32') return conv2dInputGradient(gradient, weight, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(out.shape, gradient.shape, geometry.groups);
      if (takesWinograd(turned(sizes), geometry)) {
        return convolveByTiles(executor, shared, [gradient, weight, undefined, out], turned(sizes), geometry, true);
      }
      const [strideY, strideX] = geometry.stride;
      const [rows, columns] = [Math.ceil(sizes.height / strideY), Math.ceil(sizes.width / strideX)];
      const steps = slabSteps(sizes.images, rows, columns, SLAB);
      const operands = [out, weight, undefined, gradient] as const;
      runPacked(executor, shared, ['conv2dInputGradientPack', 'conv2dInputGradient'], (packed) =>
        convolutionFields(packed, operands, sizes, geometry, steps),
      );
    },
    conv2dWeightGradient(gradient, x, out, geometry) {
      if (out.dtype !== 'float32') return conv2dWeightGradient(gradient, x, out, geometry);
      if (out.size === 0) return;
      const sizes = sizesOf(x.shape, gradient.shape, geometry.groups);
      const { images, filters, outHeight, outWidth } = sizes;
      const byTiles = takesWinograd(sizes, geometry);
      const slab = filters > DIRECT_FILTERS ? WEIGHT_SLAB : SLAB;
      const steps = byTiles ? tileSteps(sizes) : slabSteps(images, outHeight, outWidth, slab);
      const name = byTiles ? 'winogradWeightGradient' : 'conv2dWeightGradient';
      const fieldsWith = (sums: number, parts: number) =>
        convolutionFields(sums, [x, out, undefined, gradient], sizes, geometry, steps, parts);
      const blocks = executor.blocks(name, fieldsWith(0, 1));
      const bytes = out.size * 4;
      const wanted = Math.min((byTiles ? tileParts : partsOf)(sizes, blocks), BYTES_OF_PARTS / bytes);
      const parts = Math.max(1, Math.floor(wanted));
      const fields = fieldsWith(parts === 1 ? addressOf(out) : shared.reserve(parts * bytes).pointer, parts);
      executor.run(name, fields);
      if (parts > 1) executor.run('conv2dWeightGradientSum', fields);
    },
  };
}
