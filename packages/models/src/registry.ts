import { GELU, Module, ReLU, type Sequential, Sigmoid, SiLU, Tanh, type Tensor } from '@pnn/nn';
import { PolynomialActivation, type TargetName } from '@pnn/pnn';
import { smallCnn } from './cnn.js';
import { mlp } from './mlp.js';
import { resnet8, resnet18, resnet20 } from './resnet.js';
import type { ActivationSettings, ExperimentSettings } from './settings.js';

/** ln(1 + e^x). */
class Softplus extends Module {
  override forward(x: Tensor): Tensor {
    return x.softplus();
  }
}

const targets: Readonly<Record<TargetName, new () => Module>> = {
  relu: ReLU,
  silu: SiLU,
  gelu: GELU,
  sigmoid: Sigmoid,
  tanh: Tanh,
  softplus: Softplus,
};

/** B before calibration; any positive number would do, since the warm-up uses the targets. */
const PROVISIONAL_BOUND = 10;

function activationFactory(target: TargetName, settings: ActivationSettings | null): () => Module {
  if (!settings) return () => new targets[target]();
  const { degree, bound, alpha, method, basis, learnable, outside, penalty } = settings;
  const b = bound.kind === 'fixed' ? bound.bound : PROVISIONAL_BOUND;
  return () =>
    new PolynomialActivation({ target, degree, bound: b, alpha, method, basis, learnable, outside, penalty });
}

/** What a network has to know of its images; any data set of them will do. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: readonly string[];
}

/** Mean and standard deviation of each channel, of pixels scaled to 0 … 1. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The network of an experiment for images of this shape and as many outputs as there are classes, with fresh parameters. */
export function buildNetwork(settings: ExperimentSettings, shape: ImageShape): Sequential {
  const { channels, height, width } = shape;
  const classes = shape.classes.length;
  const activation = activationFactory(settings.target, settings.activation);
  const { order, dropout, widths } = settings;
  switch (settings.model) {
    case 'cnn':
      return smallCnn({ channels, height, width, classes, activation, filters: widths, order });
    case 'mlp':
      return mlp({ inputs: channels * height * width, hidden: widths, classes, activation, dropout, order });
    case 'resnet8':
      return resnet8({ channels, classes, activation, order });
    case 'resnet20':
      return resnet20({ channels, classes, activation, order });
    case 'resnet18':
      return resnet18({ channels, classes, activation, order });
  }
}
