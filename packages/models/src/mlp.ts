import { BatchNorm1d, Dropout, Flatten, Linear, type Module, Sequential, sizeOf } from '@pnn/nn';
import { type ActivationFactory, type NormalizationOrder, normalizedActivation } from './activation-order.js';
import type { ModelEntry } from './model-spec.js';

/** A fully connected network. */
export interface MlpOptions {
  readonly inputs: number;
  /** Widths of the hidden layers, such as [256, 128, 64, 32, 16, 64] for UCI HAR in the paper. */
  readonly hidden: readonly number[];
  readonly classes: number;
  readonly activation: ActivationFactory;
  /**
   * The probability of dropping a feature behind each activation.
   *
   * @default 0
   */
  readonly dropout?: number;
  /** @default 'normalization-first' */
  readonly order?: NormalizationOrder;
}

/** For each hidden width a linear layer, BatchNorm and activation; then one linear layer. */
export function mlp(options: MlpOptions): Sequential {
  const { inputs, hidden, classes, activation, dropout = 0, order = 'normalization-first' } = options;
  const widths = [inputs, ...hidden];
  const blocks = hidden.flatMap((width, i): Module[] => [
    new Linear(widths[i]!, width),
    ...normalizedActivation(new BatchNorm1d(width), activation(), order),
    ...(dropout > 0 ? [new Dropout(dropout)] : []),
  ]);
  return new Sequential(new Flatten(), ...blocks, new Linear(widths.at(-1)!, classes));
}

/** {@link mlp} by name; its widths are those of the hidden layers. */
export const mlpModel: ModelEntry = {
  name: 'mlp',
  summary: 'linear layers, each with BatchNorm and activation, for samples of any shape',
  widths: [256, 128],
  dropout: true,
  make({ inputShape, outputs, activation, widths, order, dropout }) {
    return mlp({ inputs: sizeOf(inputShape), hidden: widths, classes: outputs, activation, dropout, order });
  },
};
