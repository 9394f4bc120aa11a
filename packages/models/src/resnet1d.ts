import { ArgumentError, BatchNorm1d, Conv1d, type Sequential } from '@pnn/nn';
import { type ModelEntry, refusesAllButRecordings } from './model-spec.js';
import { type ResidualLayers, type ResidualOptions, residualNetwork } from './residual-network.js';

/** A residual network along time. */
export interface ResNet1dOptions extends ResidualOptions {
  /**
   * Channels of each stage, one or more.
   *
   * @default [32, 64, 128]
   */
  readonly widths?: readonly number[];
}

const DEFAULT_WIDTHS: readonly number[] = [32, 64, 128];

/** Steps that a convolution sees: those of a sensor change more slowly than pixels do. */
const KERNEL = 7;

const lines: ResidualLayers = {
  convolution: (from, to, stride) => new Conv1d(from, to, KERNEL, { stride, padding: (KERNEL - 1) / 2, bias: false }),
  projection: (from, to, stride) => new Conv1d(from, to, 1, { stride, bias: false }),
  normalization: (channels) => new BatchNorm1d(channels),
};

/**
 * A residual network for recordings and windows of sensors [C,T] of any length: a stem, a block of two convolutions over 7
 * steps for each width, which halves the steps from the second one on, the mean over time, a linear layer.
 *
 * @throws ArgumentError if there is no width
 */
export function resnet1d(options: ResNet1dOptions): Sequential {
  const { widths = DEFAULT_WIDTHS } = options;
  if (widths.length === 0) throw new ArgumentError('resnet1d: one width or more is needed');
  return residualNetwork(lines, widths, 1, options);
}

/** {@link resnet1d} by name; its widths are the channels of each stage. */
export const resnet1dModel: ModelEntry = {
  name: 'resnet1d',
  summary: 'residual blocks along time, for recordings and sensors',
  widths: DEFAULT_WIDTHS,
  dropout: false,
  refuses: (inputShape, widths) =>
    refusesAllButRecordings(inputShape) ?? (widths.length === 0 ? 'needs one width or more' : undefined),
  make: ({ inputShape, outputs, activation, widths, order }) =>
    resnet1d({ channels: inputShape[0]!, classes: outputs, activation, widths, order }),
};
