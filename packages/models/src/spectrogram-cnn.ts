import type { Sequential } from '@pnn/nn';
import type { ModelEntry } from './model-spec.js';
import { type PooledConvolutionsOptions, pooledConvolutions, refusesPooling } from './pooled-convolutions.js';

/** A small convolutional network for spectrograms [C, bands, frames]. */
export interface SpectrogramCnnOptions extends Omit<PooledConvolutionsOptions, 'filters'> {
  /**
   * Filters of each convolution, one number or more.
   *
   * @default [16, 32, 64]
   */
  readonly filters?: readonly number[];
}

const DEFAULT_FILTERS: readonly number[] = [16, 32, 64];

/**
 * For each number of filters a 3×3 convolution, BatchNorm and activation, with 2×2 average pooling between them; then the mean
 * over bands and frames, so that it does not matter when something sounds, and one linear layer. Each convolution but the
 * first finds half as many bands and frames, of which something must be left.
 */
export function spectrogramCnn({ filters = DEFAULT_FILTERS, ...options }: SpectrogramCnnOptions): Sequential {
  return pooledConvolutions({ ...options, filters }, 1);
}

/** {@link spectrogramCnn} by name; its widths are the filters. */
export const spectrogramCnnModel: ModelEntry = {
  name: 'spectrogram-cnn',
  summary: 'convolutions with pooling between them, and the mean over bands and frames',
  widths: DEFAULT_FILTERS,
  dropout: false,
  refuses: refusesPooling,
  make: ({ inputShape, outputs, activation, widths, order }) =>
    spectrogramCnn({ channels: inputShape[0]!, classes: outputs, activation, filters: widths, order }),
};
