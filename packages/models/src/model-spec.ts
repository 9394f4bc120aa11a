import { formatShape, type Module, type Shape } from '@pnn/nn';
import { count, type Decoder, list, number, object, oneOf, text } from '@pnn/pnn/codec';
import { type ActivationFactory, type NormalizationOrder, normalizationOrders } from './activation-order.js';

/** A network by name, but for its inputs, outputs and activations. Plain data that survives JSON. */
export interface ModelSpec {
  /** The name of a registered model. */
  readonly name: string;
  /** Filters or hidden widths, for models that have them to choose. */
  readonly widths: readonly number[];
  readonly order: NormalizationOrder;
  /** The probability of dropping a feature behind each activation, for models that can. */
  readonly dropout: number;
}

/** Decodes a {@link ModelSpec}. */
export const modelSpec: Decoder<ModelSpec> = object<ModelSpec>({
  name: text,
  widths: list(count),
  order: oneOf(...normalizationOrders),
  dropout: number,
});

/** What a network is made for and of. */
export interface ModelOptions {
  /** The shape of one sample: [C,H,W] for an image, [C,T] for a recording, [F] for a row. */
  readonly inputShape: Shape;
  /** Numbers that come out of a sample: one for each class, or one for each number to predict. */
  readonly outputs: number;
  /** Makes an activation: to be called once for each layer, where another network would have a ReLU. */
  readonly activation: ActivationFactory;
  readonly widths: readonly number[];
  readonly order: NormalizationOrder;
  readonly dropout: number;
}

/** A model that is chosen by name. */
export interface ModelEntry {
  readonly name: string;
  /** What it is, in a few words for a list. */
  readonly summary: string;
  /** The widths that it has unless others are given; null if it has none to choose. */
  readonly widths: readonly number[] | null;
  /** Whether it can drop features. */
  readonly dropout: boolean;
  /**
   * Why there is no such network for these samples, as a sentence that goes on after "the model NAME"; undefined if
   * there is one.
   */
  readonly refuses?: (inputShape: Shape, widths: readonly number[]) => string | undefined;
  /** Makes the network, with fresh parameters. */
  readonly make: (options: ModelOptions) => Module;
}

/** For `ModelEntry.refuses`: refuses samples that are no images. */
export function refusesAllButImages(inputShape: Shape): string | undefined {
  return inputShape.length === 3 ? undefined : `takes images [C,H,W], not samples ${formatShape(inputShape)}`;
}

/** For `ModelEntry.refuses`: refuses samples that are no recordings. */
export function refusesAllButRecordings(inputShape: Shape): string | undefined {
  return inputShape.length === 2 ? undefined : `takes recordings [C,T], not samples ${formatShape(inputShape)}`;
}
