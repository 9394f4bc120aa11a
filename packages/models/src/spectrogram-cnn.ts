import { ArgumentError, AvgPool2d, Flatten, Linear, Sequential } from '@pnn/nn';
import type { ModelEntry } from './model-spec.js';
import { type PooledConvolutionsOptions, pooledConvolutions, refusesPooling } from './pooled-convolutions.js';

/** A small convolutional network for spectrograms [C, bands, frames]. */
export interface SpectrogramCnnOptions extends Omit<PooledConvolutionsOptions, 'filters'> {
  readonly bands: number;
  readonly frames: number;
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
 * over the frames, so that it does not matter when something sounds, and a linear layer that tells the bands apart. Each
 * convolution but the first finds half as many bands and frames.
 *
 * @throws ArgumentError if there are no filters, or so many that nothing is left of the spectrogram
 */
export function spectrogramCnn(options: SpectrogramCnnOptions): Sequential {
  const { channels, bands, frames, classes, filters = DEFAULT_FILTERS } = options;
  const refusal = refusesPooling([channels, bands, frames], filters);
  if (refusal !== undefined) throw new ArgumentError(`spectrogramCnn: it ${refusal}`);
  const [bandsLeft, framesLeft] = [bands, frames].map((count) => Math.floor(count / 2 ** (filters.length - 1)));
  return new Sequential(
    ...pooledConvolutions({ ...options, filters }, 1),
    new AvgPool2d([1, framesLeft!]),
    new Flatten(),
    new Linear(filters.at(-1)! * bandsLeft!, classes),
  );
}

/** {@link spectrogramCnn} by name; its widths are the filters. */
export const spectrogramCnnModel: ModelEntry = {
  name: 'spectrogram-cnn',
  summary: 'convolutions with pooling between them, the mean over time, and a linear layer',
  widths: DEFAULT_FILTERS,
  dropout: false,
  refuses: refusesPooling,
  make({ inputShape, outputs, activation, widths, order }) {
    const [channels = 1, bands = 1, frames = 1] = inputShape;
    return spectrogramCnn({ channels, bands, frames, classes: outputs, activation, filters: widths, order });
  },
};
