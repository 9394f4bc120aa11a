import { AvgPool2d, BatchNorm2d, Conv2d, GlobalAvgPool, Linear, Sequential, type Shape } from '@pnn/nn';
import { type ActivationFactory, type NormalizationOrder, normalizedActivation } from './activation-order.js';
import { refusesAllButImages } from './model-spec.js';

/** A network of convolutions with pooling between them. */
export interface PooledConvolutionsOptions {
  readonly channels: number;
  readonly classes: number;
  readonly activation: ActivationFactory;
  /** Filters of the convolutions of each size of the image, one number or more. */
  readonly filters: readonly number[];
  /** @default 'normalization-first' */
  readonly order?: NormalizationOrder;
}

/**
 * For each number of filters `each` 3×3 convolutions with BatchNorm and activation, and 2×2 average pooling between these
 * groups; then the mean over the image and one linear layer.
 */
export function pooledConvolutions(options: PooledConvolutionsOptions, each: number): Sequential {
  const { channels, classes, activation, filters, order = 'normalization-first' } = options;
  const blocks = filters.flatMap((count, i) => [
    ...(i > 0 ? [new AvgPool2d(2)] : []),
    ...Array.from({ length: each }, (_, k) => [
      new Conv2d(k > 0 ? count : (filters[i - 1] ?? channels), count, 3, { padding: 1, bias: false }),
      ...normalizedActivation(new BatchNorm2d(count), activation(), order),
    ]).flat(),
  ]);
  return new Sequential(...blocks, new GlobalAvgPool(), new Linear(filters.at(-1)!, classes));
}

/** Why there is no such network for these samples; undefined if there is one. */
export function refusesPooling(inputShape: Shape, filters: readonly number[]): string | undefined {
  const problem = refusesAllButImages(inputShape);
  if (problem !== undefined) return problem;
  if (filters.length === 0) return 'needs one width or more';
  const [, height = 0, width = 0] = inputShape;
  const halvings = filters.length - 1;
  if (Math.min(height, width) >= 2 ** halvings) return undefined;
  return `halves images of ${height}x${width} ${halvings} times, until nothing is left: give fewer widths`;
}
