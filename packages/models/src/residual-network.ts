import { GlobalAvgPool, Linear, Module, Residual, Sequential, type Tensor } from '@pnn/nn';
import { type ActivationFactory, type NormalizationOrder, normalizedActivation } from './activation-order.js';

/** What a residual network is made for and of. */
export interface ResidualOptions {
  readonly channels: number;
  readonly classes: number;
  readonly activation: ActivationFactory;
  /** @default 'normalization-first' */
  readonly order?: NormalizationOrder;
}

/** The layers of a residual network, for images or for recordings; convolutions have no bias. */
export interface ResidualLayers {
  /** A convolution that keeps the size of its input, but for the stride. */
  convolution(from: number, to: number, stride: number): Module;
  /** One that sees a single place, for a shortcut between other numbers of channels. */
  projection(from: number, to: number, stride: number): Module;
  normalization(channels: number): Module;
}

/** Two convolutions around a shortcut, and the activation behind their sum. */
class BasicBlock extends Module {
  readonly residual: Residual;
  readonly activation: Module;

  constructor(
    layers: ResidualLayers,
    from: number,
    to: number,
    stride: number,
    make: ActivationFactory,
    order: NormalizationOrder,
  ) {
    super();
    const body = new Sequential(
      layers.convolution(from, to, stride),
      ...normalizedActivation(layers.normalization(to), make(), order),
      layers.convolution(to, to, 1),
      layers.normalization(to),
    );
    const isSame = stride === 1 && from === to;
    const projection = isSame
      ? undefined
      : new Sequential(layers.projection(from, to, stride), layers.normalization(to));
    this.residual = new Residual(body, projection);
    this.activation = make();
  }

  override forward(x: Tensor): Tensor {
    return this.activation.forward(this.residual.forward(x));
  }
}

/**
 * A stem, stages of basic blocks that halve their input from the second one on, global average pooling, a linear layer (He et
 * al., "Deep Residual Learning for Image Recognition", arXiv 1512.03385).
 *
 * @param widths the channels of each stage
 * @param blocks the number of blocks of each stage
 */
export function residualNetwork(
  layers: ResidualLayers,
  widths: readonly number[],
  blocks: number,
  options: ResidualOptions,
): Sequential {
  const { channels, classes, activation, order = 'normalization-first' } = options;
  const stages = widths.flatMap((width, stage) =>
    Array.from({ length: blocks }, (_, block) => {
      const from = block > 0 ? width : (widths[stage - 1] ?? width);
      return new BasicBlock(layers, from, width, block === 0 && stage > 0 ? 2 : 1, activation, order);
    }),
  );
  const stem = widths[0]!;
  return new Sequential(
    layers.convolution(channels, stem, 1),
    ...normalizedActivation(layers.normalization(stem), activation(), order),
    ...stages,
    new GlobalAvgPool(),
    new Linear(widths.at(-1)!, classes),
  );
}
