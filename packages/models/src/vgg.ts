import { GlobalAvgPool, Linear, Sequential } from '@pnn/nn';
import type { ModelEntry } from './model-spec.js';
import { type PooledConvolutionsOptions, pooledConvolutions, refusesPooling } from './pooled-convolutions.js';

/** A network of pairs of convolutions. */
export interface VggOptions extends Omit<PooledConvolutionsOptions, 'filters'> {
  /**
   * Filters of each pair of convolutions, one number or more.
   *
   * @default [32, 64, 128]
   */
  readonly filters?: readonly number[];
}

const DEFAULT_FILTERS: readonly number[] = [32, 64, 128];

/**
 * For each number of filters two 3×3 convolutions, each with BatchNorm and activation, and 2×2 average pooling between the
 * pairs (after Simonyan and Zisserman, arXiv 1409.1556); then the mean over the image and one linear layer instead of three.
 * Each pair but the first halves the image, of which something must be left.
 */
export function vgg({ filters = DEFAULT_FILTERS, ...options }: VggOptions): Sequential {
  const blocks = pooledConvolutions({ ...options, filters }, 2);
  return new Sequential(...blocks, new GlobalAvgPool(), new Linear(filters.at(-1)!, options.classes));
}

/** {@link vgg} by name; its widths are the filters of each pair. */
export const vggModel: ModelEntry = {
  name: 'vgg',
  summary: 'pairs of convolutions with pooling between them, as VGG has, and a linear layer',
  widths: DEFAULT_FILTERS,
  dropout: false,
  refuses: refusesPooling,
  make: ({ inputShape, outputs, activation, widths, order }) =>
    vgg({ channels: inputShape[0]!, classes: outputs, activation, filters: widths, order }),
};
