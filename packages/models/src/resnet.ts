import { BatchNorm2d, Conv2d, type Sequential } from '@pnn/nn';
import { type ModelEntry, refusesAllButImages } from './model-spec.js';
import { type ResidualLayers, type ResidualOptions, residualNetwork } from './residual-network.js';

/** A residual network for small images (He et al., arXiv 1512.03385), with a 3×3 stem. */
export type ResNetOptions = ResidualOptions;

const planes: ResidualLayers = {
  convolution: (from, to, stride) => new Conv2d(from, to, 3, { stride, padding: 1, bias: false }),
  projection: (from, to, stride) => new Conv2d(from, to, 1, { stride, bias: false }),
  normalization: (channels) => new BatchNorm2d(channels),
};

function resnet(widths: readonly number[], blocks: number, options: ResNetOptions): Sequential {
  return residualNetwork(planes, widths, blocks, options);
}

/** ResNet-18 with the stem for 32×32 images: four stages of two blocks, 64 to 512 channels; the paper's network. */
export function resnet18(options: ResNetOptions): Sequential {
  return resnet([64, 128, 256, 512], 2, options);
}

/** ResNet-20: three stages of three blocks, 16 to 64 channels. */
export function resnet20(options: ResNetOptions): Sequential {
  return resnet([16, 32, 64], 3, options);
}

/** ResNet-8: three stages of one block, 16 to 64 channels. */
export function resnet8(options: ResNetOptions): Sequential {
  return resnet([16, 32, 64], 1, options);
}

function entry(name: string, summary: string, make: (options: ResNetOptions) => Sequential): ModelEntry {
  return {
    name,
    summary,
    widths: null,
    dropout: false,
    refuses: refusesAllButImages,
    make: ({ inputShape, outputs, activation, order }) =>
      make({ channels: inputShape[0]!, classes: outputs, activation, order }),
  };
}

/** {@link resnet8} by name. */
export const resnet8Model = entry('resnet8', 'three stages of one residual block, 16 to 64 channels', resnet8);

/** {@link resnet20} by name. */
export const resnet20Model = entry('resnet20', 'three stages of three residual blocks, 16 to 64 channels', resnet20);

/** {@link resnet18} by name. */
export const resnet18Model = entry('resnet18', 'four stages of two residual blocks, 64 to 512 channels', resnet18);
