import {
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Generator,
  GlobalAvgPool,
  Linear,
  type Module,
  noGrad,
  Residual,
  Sequential,
  type Shape,
  setSeed,
  tensor,
} from '@pnn/nn';
import { PolynomialActivation } from '../../src/index.js';

/** Gives BatchNorm statistics and factors as a training leaves them. */
function shake(network: Module, generator: Generator): void {
  for (const [, module] of network.namedModules()) {
    if (!(module instanceof BatchNorm1d || module instanceof BatchNorm2d)) continue;
    const draw = (from: number, to: number) =>
      tensor(Float32Array.from({ length: module.channels }, () => from + (to - from) * generator.uniform()));
    noGrad(() => {
      module.gamma!.assign(draw(-1.5, 1.5));
      module.beta!.assign(draw(-0.5, 0.5));
      module.runningMean!.assign(draw(-0.5, 0.5));
      module.runningVariance!.assign(draw(0.3, 2));
    });
  }
}

/** A network in evaluation mode, and the shape of its samples. */
export interface RandomNetwork {
  readonly network: Module;
  readonly inputShape: Shape;
}

/** The kinds of networks that are drawn. */
export const kinds = ['mlp', 'cnn', 'residual'] as const;

/** A small network with three polynomial activations. */
export function randomNetwork(
  kind: (typeof kinds)[number],
  degree: number,
  bound: number,
  seed: number,
): RandomNetwork {
  setSeed(seed);
  const generator = new Generator(seed, 'random network');
  const target = (['relu', 'tanh', 'silu'] as const)[seed % 3]!;
  const channels = seed % 2 === 0 ? { channels: 3 } : {};
  const activation = (options = {}) => new PolynomialActivation({ target, degree, bound, ...options });
  const layers: Record<(typeof kinds)[number], () => Module[]> = {
    mlp: () => [
      new Flatten(),
      new Linear(32, 6),
      new BatchNorm1d(6),
      activation(),
      new Linear(6, 5),
      activation(),
      new Linear(5, 5),
      activation(),
    ],
    cnn: () => [
      new Conv2d(2, 3, 3, { padding: 1, bias: false }),
      new BatchNorm2d(3),
      activation(channels),
      new AvgPool2d(2),
      new Conv2d(3, 4, 3, { padding: 1, stride: 2 }),
      activation(),
      new Flatten(),
      new Linear(4, 3),
      activation(),
    ],
    residual: () => [
      new Conv2d(2, 3, 3, { padding: 1 }),
      activation(channels),
      new Residual(
        new Sequential(
          new Conv2d(3, 3, 3, { padding: 1, bias: false }),
          new BatchNorm2d(3),
          activation(),
          new Conv2d(3, 3, 3, { padding: 1 }),
        ),
      ),
      activation(),
      new GlobalAvgPool(),
      new Linear(3, 2),
    ],
  };
  const network = new Sequential(...layers[kind]()).eval();
  shake(network, generator);
  return { network, inputShape: [2, 4, 4] };
}
