import { ArgumentError, AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, type Module, Sequential } from '@pnn/nn';

/** Makes a new activation for every place in a network. */
export type ActivationFactory = () => Module;

/** Whether an activation sees normalised inputs (as the paper draws it) or is normalised after (as its code ran). */
export type NormalisationOrder = 'normalisation-first' | 'activation-first';

/** A small convolutional network for images. */
export interface SmallCnnOptions {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly activation: ActivationFactory;
  /** Filters of each convolution; 16 and 32 where nothing is said. */
  readonly filters?: readonly number[];
  /** `normalisation-first` where nothing is said. */
  readonly order?: NormalisationOrder;
}

/** BatchNorm and activation in the order asked for. */
export function normalisedActivation(normalisation: Module, activation: Module, order: NormalisationOrder): Module[] {
  return order === 'normalisation-first' ? [normalisation, activation] : [activation, normalisation];
}

/**
 * For each number of filters a 3×3 convolution, BatchNorm, activation, 2×2 average pooling; then one linear layer.
 *
 * @throws ArgumentError where so many poolings leave nothing of the image
 */
export function smallCnn(options: SmallCnnOptions): Sequential {
  const { channels, height, width, classes, activation, filters = [16, 32], order = 'normalisation-first' } = options;
  const shrink = 2 ** filters.length;
  const features = (filters.at(-1) ?? channels) * Math.floor(height / shrink) * Math.floor(width / shrink);
  if (features === 0) {
    throw new ArgumentError(
      `smallCnn: ${filters.length} poolings leave nothing of images of ${height}x${width}: give fewer filters`,
    );
  }
  const blocks = filters.flatMap((count, i) => [
    new Conv2d(i === 0 ? channels : filters[i - 1]!, count, 3, { padding: 1, bias: false }),
    ...normalisedActivation(new BatchNorm2d(count), activation(), order),
    new AvgPool2d(2),
  ]);
  return new Sequential(...blocks, new Flatten(), new Linear(features, classes));
}
