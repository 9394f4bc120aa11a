import {
  ArgumentError,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  Sequential,
  type Shape,
} from '@pnn/nn';
import { type ActivationFactory, type NormalizationOrder, normalizedActivation } from './activation-order.js';
import { type ModelEntry, refusesAllButImages } from './model-spec.js';

/** A network of two activations, as CryptoNets has it. */
export interface LeNetOptions {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly activation: ActivationFactory;
  /**
   * Filters of both convolutions, and features behind them.
   *
   * @default [5, 50, 100]
   */
  readonly widths?: readonly number[];
  /** @default 'normalization-first' */
  readonly order?: NormalizationOrder;
}

const DEFAULT_WIDTHS: readonly number[] = [5, 50, 100];

const KERNEL = 5;

/** Places along an axis behind the first convolution, which adds a border of one, and behind the second. */
function placesOf(length: number): [first: number, second: number] {
  const first = Math.floor((length + 2 - KERNEL) / 2) + 1;
  return [first, Math.floor((first - KERNEL) / 2) + 1];
}

function refusal(height: number, width: number, widths: readonly number[]): string | undefined {
  if (widths.length !== 3) return `has two numbers of filters and one of features, not ${widths.length} widths`;
  if (placesOf(Math.min(height, width))[1] >= 1) return undefined;
  return `takes images of 11x11 or more, not ${height}x${width}`;
}

/**
 * The network of CryptoNets (Gilad-Bachrach et al., "CryptoNets: Applying Neural Networks to Encrypted Data with High
 * Throughput and Accuracy", 2016): a convolution of 5×5 with stride 2, the activation, the mean of 3×3, a second such
 * convolution, the mean of 3×3, a linear layer, the activation, a linear layer; with BatchNorm at both activations. All that
 * lies between them is one affine map, so that ciphertexts go through two polynomials and three products.
 *
 * @throws ArgumentError if there are not three widths, or images are smaller than 11×11
 */
export function lenet(options: LeNetOptions): Sequential {
  const { channels, height, width, classes, activation } = options;
  const { widths = DEFAULT_WIDTHS, order = 'normalization-first' } = options;
  const problem = refusal(height, width, widths);
  if (problem !== undefined) throw new ArgumentError(`lenet: it ${problem}`);
  const [first, second, features] = widths as readonly [number, number, number];
  const places = placesOf(height)[1] * placesOf(width)[1];
  return new Sequential(
    new Conv2d(channels, first, KERNEL, { stride: 2, padding: 1, bias: false }),
    ...normalizedActivation(new BatchNorm2d(first), activation(), order),
    new AvgPool2d(3, { stride: 1, padding: 1 }),
    new Conv2d(first, second, KERNEL, { stride: 2 }),
    new AvgPool2d(3, { stride: 1, padding: 1 }),
    new Flatten(),
    new Linear(second * places, features),
    ...normalizedActivation(new BatchNorm1d(features), activation(), order),
    new Linear(features, classes),
  );
}

function refuses(inputShape: Shape, widths: readonly number[]): string | undefined {
  const [, height = 0, width = 0] = inputShape;
  return refusesAllButImages(inputShape) ?? refusal(height, width, widths);
}

/** {@link lenet} by name. */
export const lenetModel: ModelEntry = {
  name: 'lenet',
  summary: 'two activations: a convolution, a second one with a linear layer, a linear layer (CryptoNets)',
  widths: DEFAULT_WIDTHS,
  dropout: false,
  refuses,
  make({ inputShape, outputs, activation, widths, order }) {
    const [channels = 1, height = 1, width = 1] = inputShape;
    return lenet({ channels, height, width, classes: outputs, activation, widths, order });
  },
};
