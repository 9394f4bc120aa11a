import { AvgPool2d, BatchNorm2d, Conv2d, type Module, type Shape } from '@pnn/nn';
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
 * groups.
 */
export function pooledConvolutions(options: Omit<PooledConvolutionsOptions, 'classes'>, each: number): Module[] {
  const { channels, activation, filters, order = 'normalization-first' } = options;
  return filters.flatMap((count, i) => [
    ...(i > 0 ? [new AvgPool2d(2)] : []),
    ...Array.from({ length: each }, (_, k) => [
      new Conv2d(k > 0 ? count : (filters[i - 1] ?? channels), count, 3, { padding: 1, bias: false }),
      ...normalizedActivation(new BatchNorm2d(count), activation(), order),
    ]).flat(),
  ]);
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
