import { ArgumentError, AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Sequential, type Shape } from '@pnn/nn';
import { type ActivationFactory, type NormalizationOrder, normalizedActivation } from './activation-order.js';
import { type ModelEntry, refusesAllButImages } from './model-spec.js';

/** A small convolutional network for images. */
export interface SmallCnnOptions {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly activation: ActivationFactory;
  /**
   * Filters of each convolution.
   *
   * @default [16, 32]
   */
  readonly filters?: readonly number[];
  /** @default 'normalization-first' */
  readonly order?: NormalizationOrder;
}

const DEFAULT_FILTERS: readonly number[] = [16, 32];

function refusalOfSide(height: number, width: number, poolings: number): string | undefined {
  if (Math.min(height, width) >= 2 ** poolings) return undefined;
  return `halves images of ${height}x${width} ${poolings} times, until nothing is left: give fewer filters`;
}

/**
 * For each number of filters a 3×3 convolution, BatchNorm, activation, 2×2 average pooling; then one linear layer.
 *
 * @throws ArgumentError if so many poolings leave nothing of the image
 */
export function smallCnn(options: SmallCnnOptions): Sequential {
  const { channels, height, width, classes, activation } = options;
  const { filters = DEFAULT_FILTERS, order = 'normalization-first' } = options;
  const refusal = refusalOfSide(height, width, filters.length);
  if (refusal !== undefined) throw new ArgumentError(`smallCnn: it ${refusal}`);
  const shrink = 2 ** filters.length;
  const features = (filters.at(-1) ?? channels) * Math.floor(height / shrink) * Math.floor(width / shrink);
  const blocks = filters.flatMap((count, i) => [
    new Conv2d(i === 0 ? channels : filters[i - 1]!, count, 3, { padding: 1, bias: false }),
    ...normalizedActivation(new BatchNorm2d(count), activation(), order),
    new AvgPool2d(2),
  ]);
  return new Sequential(...blocks, new Flatten(), new Linear(features, classes));
}

function refuses(inputShape: Shape, filters: readonly number[]): string | undefined {
  const [, height = 0, width = 0] = inputShape;
  return refusesAllButImages(inputShape) ?? refusalOfSide(height, width, filters.length);
}

/** {@link smallCnn} by name; its widths are the filters. */
export const cnnModel: ModelEntry = {
  name: 'cnn',
  summary: 'convolutions, each with BatchNorm, activation and pooling, and a linear layer',
  widths: DEFAULT_FILTERS,
  dropout: false,
  refuses,
  make({ inputShape, outputs, activation, widths, order }) {
    const [channels = 1, height = 1, width = 1] = inputShape;
    return smallCnn({ channels, height, width, classes: outputs, activation, filters: widths, order });
  },
};
