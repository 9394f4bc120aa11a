import { BatchNorm2d, Conv2d, GlobalAvgPool, Linear, Module, Residual, Sequential, type Tensor } from '@pnn/nn';
import { type ActivationFactory, type NormalisationOrder, normalisedActivation } from './cnn.js';

/** A residual network for small images (He et al., arXiv 1512.03385), with a 3×3 stem. */
export interface ResNetOptions {
  readonly channels: number;
  readonly classes: number;
  readonly activation: ActivationFactory;
  readonly order?: NormalisationOrder;
}

/** Two 3×3 convolutions around a shortcut, and the activation behind their sum. */
class BasicBlock extends Module {
  readonly residual: Residual;
  readonly activation: Module;

  constructor(
    inChannels: number,
    outChannels: number,
    stride: number,
    make: ActivationFactory,
    order: NormalisationOrder,
  ) {
    super();
    const body = new Sequential(
      new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false }),
      ...normalisedActivation(new BatchNorm2d(outChannels), make(), order),
      new Conv2d(outChannels, outChannels, 3, { padding: 1, bias: false }),
      new BatchNorm2d(outChannels),
    );
    const projection =
      stride === 1 && inChannels === outChannels
        ? undefined
        : new Sequential(new Conv2d(inChannels, outChannels, 1, { stride, bias: false }), new BatchNorm2d(outChannels));
    this.residual = new Residual(body, projection);
    this.activation = make();
  }

  override forward(x: Tensor): Tensor {
    return this.activation.forward(this.residual.forward(x));
  }
}

/** A stem, stages of basic blocks that halve the image from the second one on, global average pooling, a linear layer. */
function resnet(widths: readonly number[], blocks: number, options: ResNetOptions): Sequential {
  const { channels, classes, activation, order = 'normalisation-first' } = options;
  const stages = widths.flatMap((width, stage) =>
    Array.from({ length: blocks }, (_, block) => {
      const inChannels = block > 0 ? width : (widths[stage - 1] ?? width);
      return new BasicBlock(inChannels, width, block === 0 && stage > 0 ? 2 : 1, activation, order);
    }),
  );
  return new Sequential(
    new Conv2d(channels, widths[0]!, 3, { padding: 1, bias: false }),
    ...normalisedActivation(new BatchNorm2d(widths[0]!), activation(), order),
    ...stages,
    new GlobalAvgPool(),
    new Linear(widths.at(-1)!, classes),
  );
}

/** ResNet-18 with the stem for 32×32 images: four stages of two blocks, 64 to 512 channels; the paper's network. */
export function resnet18(options: ResNetOptions): Sequential {
  return resnet([64, 128, 256, 512], 2, options);
}

/** ResNet-20: three stages of three blocks, 16 to 64 channels. */
export function resnet20(options: ResNetOptions): Sequential {
  return resnet([16, 32, 64], 3, options);
}

/** ResNet-8: three stages of one block, 16 to 64 channels. */
export function resnet8(options: ResNetOptions): Sequential {
  return resnet([16, 32, 64], 1, options);
}
