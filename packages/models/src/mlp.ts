import { BatchNorm1d, Dropout, Flatten, Linear, type Module, Sequential } from '@pnn/nn';
import { type ActivationFactory, type NormalisationOrder, normalisedActivation } from './cnn.js';

/** A fully connected network. */
export interface MlpOptions {
  readonly inputs: number;
  /** Widths of the hidden layers, such as [256, 128, 64, 32, 16, 64] for UCI HAR in the paper. */
  readonly hidden: readonly number[];
  readonly classes: number;
  readonly activation: ActivationFactory;
  /** The probability of dropping a feature behind each activation; 0 where nothing is said. */
  readonly dropout?: number;
  readonly order?: NormalisationOrder;
}

/** For each hidden width a linear layer, BatchNorm and activation; then one linear layer. */
export function mlp(options: MlpOptions): Sequential {
  const { inputs, hidden, classes, activation, dropout = 0, order = 'normalisation-first' } = options;
  const widths = [inputs, ...hidden];
  const blocks = hidden.flatMap((width, i): Module[] => [
    new Linear(widths[i]!, width),
    ...normalisedActivation(new BatchNorm1d(width), activation(), order),
    ...(dropout > 0 ? [new Dropout(dropout)] : []),
  ]);
  return new Sequential(new Flatten(), ...blocks, new Linear(widths.at(-1)!, classes));
}
